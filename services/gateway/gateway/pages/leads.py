"""Leads: the list, one of them, and what becomes of it: converted, discarded, claimed, given back (S9, S10)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import Refused, api
from gateway.composition.converting import convert as convert_lead
from gateway.identity import current, directory
from gateway.pages.answers import go, page, saved, shown, typed, version, wants_fragment
from gateway.pages.jobs import ask_export
from gateway.policies import requires

blueprint = Blueprint("sales_leads", __name__)

TABS = {
    "mine": _l("我的线索"),
    "back": _l("将收回"),
    "all": _l("跟进中"),
    "converted": _l("已转化"),
    "discarded": _l("已放弃"),
}
FILTERS = ("q", "source", "owner_id")
FIELDS = ("name", "phone", "wechat_id", "source", "channel", "note")


@blueprint.get("/leads")
@requires("sales.read")
def index():
    """The list; the address is its whole state."""
    tab = _tab()
    asked = {"cursor": request.args["cursor"]} if request.args.get("cursor") else {}
    found = api.get("/leads", params={**_list_filters(tab), **asked, "limit": 50}).json
    return page("leads/index.html", "leads/_rows.html", tab=tab, tabs=TABS, leads=found, staff=directory())


@blueprint.get("/leads/<uuid:lead_id>")
@requires("sales.read")
def one(lead_id):
    """One lead, what comes next, and whose it was when."""
    return page("leads/one.html", "leads/_one.html", **_whole(api.get(f"/leads/{lead_id}").json))


@blueprint.get("/leads/new")
@requires("lead.write")
def new():
    """The form, in a dialogue."""
    return shown("leads/_form.html", found=None)


@blueprint.post("/leads")
@requires("lead.write")
def create():
    """Write one down."""
    found = api.post("/leads", json=typed(*FIELDS), key=request.form.get("key")).json
    return go(url_for(".one", lead_id=found["id"]), _("已新建线索"))


@blueprint.get("/leads/<uuid:lead_id>/edit")
@requires("lead.write")
def edit(lead_id):
    """The form of one that is there."""
    return shown("leads/_form.html", found=api.get(f"/leads/{lead_id}").json)


@blueprint.post("/leads/<uuid:lead_id>")
@requires("lead.write")
def save(lead_id):
    """Change it; a phone number is changed only by another, for it is shown masked."""
    before, rules = api.get(f"/leads/{lead_id}").json, current.caller.fields
    sent = {name: request.form[name].strip() for name in FIELDS if name in request.form}
    empty = {"name": "", "note": "", "channel": None, "wechat_id": None}
    fields = {name: value or empty.get(name) for name, value in sent.items() if value or name in empty}
    fields = {name: value for name, value in fields.items() if value or not rules.masks(f"lead.{name}", listed=False)}
    found = api.patch(f"/leads/{lead_id}", json=fields, version=version()).json
    names = [name for name in fields if name != "phone" and rules.shows_whole(f"lead.{name}", listed=False)]
    undo = {name: before[name] or "" for name in names}
    return _changed(found, _("已保存"), url_for(".save", lead_id=lead_id), undo)


@blueprint.get("/leads/<uuid:lead_id>/<any(convert, discard, reopen, assign):step>")
@requires("lead.write")
def ask(lead_id, step):
    """What has to be said with the step, in a dialogue."""
    return shown("leads/_ask.html", found=api.get(f"/leads/{lead_id}").json, step=step, staff=directory())


@blueprint.post("/leads/<uuid:lead_id>/convert")
@requires("player.create")
def convert(lead_id):
    """Make or find the player it has become, and go there."""
    title = request.form.get("title", "").strip()
    done = convert_lead(str(lead_id), version=version(), opportunity={"title": title} if title else None)
    return go(url_for("players.one", player_id=done["player_id"]), _("已转成玩家"))


@blueprint.post("/leads/<uuid:lead_id>/<any(discard, reopen):step>")
@requires("lead.write")
def end(lead_id, step):
    """Give it up with a reason, or take that back."""
    found = api.post(f"/leads/{lead_id}/{step}", json=typed("reason"), version=version()).json
    if step == "reopen":
        return _changed(found, _("已重新打开"))
    return _changed(found, _("已放弃"), url_for(".end", lead_id=lead_id, step="reopen"), {"reason": _("撤销")})


@blueprint.post("/leads/<uuid:lead_id>/claim")
@requires("lead.write")
def claim(lead_id):
    """Take it out of the pool; whoever comes second is told so."""
    try:
        found = api.post(f"/leads/{lead_id}/claim", version=version()).json
    except Refused as refused:
        if refused.status not in (404, 412) or not wants_fragment():
            raise
        return go(url_for("sales_pools.index", kind="lead"), _("晚了一步，已经被别人领走"))
    undo = {"url": url_for(".release", lead_id=lead_id), "fields": {"version": found["version"]}}
    return go(url_for(".one", lead_id=lead_id), _("已领取，现在归你跟"), undo)


@blueprint.post("/leads/<uuid:lead_id>/release")
@requires("lead.write")
def release(lead_id):
    """Give it back to the pool."""
    found = api.post(f"/leads/{lead_id}/release", json=typed("reason"), version=version()).json
    undo = {"url": url_for(".claim", lead_id=lead_id), "fields": {"version": found["version"]}}
    return go(url_for(".index"), _("已退回公海"), undo)


@blueprint.post("/leads/<uuid:lead_id>/assign")
@requires("pool.assign")
def assign(lead_id):
    """Give it to somebody, whatever the limits say."""
    found = api.post(f"/leads/{lead_id}/assign", json=typed("staff_id", "reason"), version=version()).json
    return _changed(found, _("已分配"))


@blueprint.post("/leads/exports")
@requires("sales.export")
def export():
    """Export what the list shows."""
    return ask_export("/leads/exports", _list_filters(_tab()))


def _tab() -> str:
    tab = request.args.get("tab") or ("mine" if current.role == "agent" else "all")
    return tab if tab in TABS else "all"


def _list_filters(tab: str) -> dict:
    mine_or_others = {"state": "assigned"}
    own = {
        "mine": {"owner_id": current.id, **mine_or_others},
        "back": {"warned": "true", **mine_or_others},
        "all": mine_or_others,
    }.get(tab, {"state": tab})
    return {**own, **{name: request.args[name] for name in FILTERS if request.args.get(name)}}


def _whole(found: dict) -> dict:
    return {"found": found, "steps": api.get(f"/leads/{found['id']}/history").json["items"]}


def _changed(found: dict, text: str, undo: str = "", fields: dict | None = None) -> Response:
    inverse = {"url": undo, "target": "#lead", "fields": {**(fields or {}), "version": found["version"]}}
    back = url_for(".one", lead_id=found["id"])
    return saved("leads/_one.html", back=back, text=text, undo=inverse if undo else None, **_whole(found))
