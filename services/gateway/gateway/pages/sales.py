"""Touches: what was offered, how it ended, when to ask again (S1, S2); on home, and as a page of due follow-ups."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.clients import api
from gateway.identity import current, directory
from gateway.pages import clock, home
from gateway.pages.answers import page, saved, typed
from gateway.pages.jobs import ask_export
from gateway.policies import requires

blueprint = Blueprint("sales", __name__)

TABS = {"due": _l("待跟进"), "mine": _l("我的接触"), "refused": _l("未成交"), "sold": _l("成交"), "all": _l("全部")}
FILTERS = ("outcome", "channel", "lost_reason", "pack_no", "staff_id", "player_id", "campaign_id")


@blueprint.get("/sales")
@requires("sales.read")
def index():
    """Follow-ups due first; then every touch within the scope."""
    tab = request.args.get("tab", "due")
    touches = api.get("/touches", params=_list_filters(tab)).json
    return page("sales/index.html", "sales/_rows.html", tab=tab, tabs=TABS, touches=touches, staff=directory())


@blueprint.post("/players/<player_id>/touches")
@requires("touch.create")
def create(player_id):
    """Log a touch; the player's sales come back with it on top."""
    body = {"player_id": player_id, **typed("channel", "outcome", "lost_reason", "note", "campaign_id")}
    if body.get("outcome") != "refused":
        body.pop("lost_reason", None)
    if request.form.get("pack_no", "").strip():
        body["pack_no"] = request.form["pack_no"].strip().upper()
    if clock.from_input(request.form.get("next_at")):
        body["next_at"] = clock.from_input(request.form["next_at"])
    api.post("/touches", json=body, key=request.form.get("key"))
    return saved(
        "home/_sales_and_side.html",
        back=url_for("home.index", player=player_id),
        text=_("已记下这次接触"),
        **home.regions(player_id),
    )


@blueprint.post("/sales/exports")
@requires("sales.export")
def export():
    """Export what the list shows."""
    return ask_export("/touches/exports", _list_filters(request.args.get("tab", "all")))


def _list_filters(tab: str) -> dict:
    own = {
        "due": {"staff_id": current.id, "next_at[lte]": clock.day_start(1), "next_at[gte]": clock.day_start(-30)},
        "mine": {"staff_id": current.id},
        "refused": {"outcome": "refused"},
        "sold": {"outcome": "sold"},
        "all": {},
    }.get(tab, {})
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**own, **asked, "limit": 50}
