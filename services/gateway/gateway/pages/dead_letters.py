"""Dead letters under the settings: what could not be handled, why, sent again or discarded."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.clients import api
from gateway.pages.answers import go, page, typed, version
from gateway.policies import requires

blueprint = Blueprint("dead_letters_pages", __name__, url_prefix="/settings/dead-letters")

TABS = {"parked": _l("待处理"), "sent": _l("已重发"), "discarded": _l("已丢弃")}


@blueprint.get("")
@requires("dead_letter.read")
def index():
    """The list, by state."""
    tab = request.args.get("tab", "parked")
    asked = {name: request.args[name] for name in ("cursor",) if request.args.get(name)}
    query = {"state": tab if tab in TABS else "parked", "limit": 50, "count": "true", **asked}
    letters = api.get("/dead-letters", params=query).json
    return page("dead_letters/index.html", "dead_letters/_rows.html", letters=letters, tab=tab, tabs=TABS)


@blueprint.get("/<uuid:letter_id>")
@requires("dead_letter.read")
def one(letter_id):
    """One letter: its reason and its body."""
    return render_template("dead_letters/one.html", letter=api.get(f"/dead-letters/{letter_id}").json)


@blueprint.post("/<uuid:letter_id>/resend")
@requires("dead_letter.write")
def resend(letter_id):
    """Have it handled now."""
    api.post(f"/dead-letters/{letter_id}/resend", version=version())
    return go(url_for(".index"), _("已重发并处理"))


@blueprint.post("/<uuid:letter_id>/discard")
@requires("dead_letter.write")
def discard(letter_id):
    """Give it up, with the reason."""
    api.post(f"/dead-letters/{letter_id}/discard", json=typed("reason"), version=version())
    return go(url_for(".index"), _("已丢弃"))


@blueprint.post("/resend")
@requires("dead_letter.write")
def resend_all():
    """Send the oldest again, up to 200 of each service."""
    found = api.post("/dead-letters/resend").json
    return go(
        url_for(".index"), _("重发成功 %(sent)s 条，仍失败 %(failed)s 条", sent=found["sent"], failed=found["failed"])
    )
