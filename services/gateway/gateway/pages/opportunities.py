"""Opportunities on a board, one of them, and what is done with it: moved, won, lost, reopened, claimed, given back (S11)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import Refused, Unavailable, api
from gateway.identity import current, directory
from gateway.pages import clock
from gateway.pages.answers import go, page, saved, shown, typed, version, wants_fragment
from gateway.pages.filters import as_decimal
from gateway.pages.jobs import ask_export
from gateway.pages.labels import options
from gateway.pages.orders import yuan
from gateway.policies import requires

blueprint = Blueprint("sales_opportunities", __name__)

TABS = {"mine": _l("我的商机"), "back": _l("将收回"), "all": _l("全部"), "won": _l("赢单"), "lost": _l("输单")}
FILTERS = ("owner_id", "player_id")
ENDS = ("won", "lost")
AT_ONCE = 200


@blueprint.get("/opportunities")
@requires("sales.read")
def index():
    """The board; the address is its whole state."""
    tab = _tab()
    return page("opportunities/index.html", "opportunities/_board.html", tab=tab, tabs=TABS, **_board(tab))


@blueprint.get("/opportunities/<uuid:opportunity_id>")
@requires("sales.read")
def one(opportunity_id):
    """One opportunity, what comes next, and whose it was when."""
    return page("opportunities/one.html", "opportunities/_one.html", **_whole(api.get(_path(opportunity_id)).json))


@blueprint.get("/players/<player_id>/opportunities/new")
@requires("opportunity.write")
def new(player_id):
    """The form, in a dialogue."""
    return shown("opportunities/_form.html", player=api.get(f"/players/{player_id}").json, found=None)


@blueprint.post("/players/<player_id>/opportunities")
@requires("opportunity.write")
def create(player_id):
    """Open one for a player."""
    body = {"player_id": player_id, **_fields(), **typed("stage")}
    found = api.post("/opportunities", json=body, key=request.form.get("key")).json
    return go(url_for(".one", opportunity_id=found["id"]), _("已新建商机"))


@blueprint.get("/opportunities/<uuid:opportunity_id>/edit")
@requires("opportunity.write")
def edit(opportunity_id):
    """The form of one that is there."""
    return shown("opportunities/_form.html", player=None, found=api.get(_path(opportunity_id)).json)


@blueprint.post("/opportunities/<uuid:opportunity_id>")
@requires("opportunity.write")
def save(opportunity_id):
    """Change it; an empty field is emptied."""
    before = api.get(_path(opportunity_id)).json
    empty = {"pack_no": None, "amount": None, "next_at": None, "note": ""}
    found = api.patch(_path(opportunity_id), json={**empty, **_fields()}, version=version()).json
    return _changed(found, _("已保存"), url_for(".save", opportunity_id=opportunity_id), _as_form(before))


@blueprint.post("/opportunities/<uuid:opportunity_id>/move")
@requires("opportunity.write")
def move(opportunity_id):
    """Put it into another stage: from its page, or on the board by menu or by hand."""
    before = api.get(_path(opportunity_id)).json["stage"]
    found = api.post(f"{_path(opportunity_id)}/move", json=typed("stage"), version=version()).json
    back = {"url": url_for(".move", opportunity_id=opportunity_id), "fields": {"stage": before}}
    return _answer(found, _("已移到“%(stage)s”", stage=dict(options("stage", retired=True)).get(found["stage"])), back)


@blueprint.get("/opportunities/<uuid:opportunity_id>/<any(win, lose, reopen, assign):step>")
@requires("opportunity.write")
def ask(opportunity_id, step):
    """What has to be said with the step, in a dialogue."""
    found = api.get(_path(opportunity_id)).json
    orders = _orders_of(found) if step == "win" else []
    return shown("opportunities/_ask.html", found=found, step=step, orders=orders, staff=directory())


@blueprint.post("/opportunities/<uuid:opportunity_id>/<any(win, lose):step>")
@requires("opportunity.write")
def end(opportunity_id, step):
    """Win it, by an order where one is named; or lose it, with the reason."""
    body = typed("order_id") if step == "win" else typed("reason", "note")
    found = api.post(f"{_path(opportunity_id)}/{step}", json=body, version=version()).json
    undo = {"url": url_for(".reopen", opportunity_id=opportunity_id), "fields": {"reason": _("撤销")}}
    return _answer(found, _("已赢单") if step == "win" else _("已输单"), undo)


@blueprint.post("/opportunities/<uuid:opportunity_id>/reopen")
@requires("opportunity.write")
def reopen(opportunity_id):
    """It was not over."""
    found = api.post(f"{_path(opportunity_id)}/reopen", json=typed("reason"), version=version()).json
    return _answer(found, _("已重新打开"))


@blueprint.post("/opportunities/<uuid:opportunity_id>/claim")
@requires("opportunity.write")
def claim(opportunity_id):
    """Take it out of the pool; whoever comes second is told so."""
    try:
        found = api.post(f"{_path(opportunity_id)}/claim", version=version()).json
    except Refused as refused:
        if refused.status not in (404, 412) or not wants_fragment():
            raise
        return go(url_for("sales_pools.index", kind="opportunity"), _("晚了一步，已经被别人领走"))
    undo = {"url": url_for(".release", opportunity_id=opportunity_id), "fields": {"version": found["version"]}}
    return go(url_for(".one", opportunity_id=opportunity_id), _("已领取，现在归你跟"), undo)


@blueprint.post("/opportunities/<uuid:opportunity_id>/release")
@requires("opportunity.write")
def release(opportunity_id):
    """Give it back to the pool."""
    found = api.post(f"{_path(opportunity_id)}/release", json=typed("reason"), version=version()).json
    fields = {"version": found["version"]}
    undo = {"url": url_for(".claim", opportunity_id=opportunity_id), "fields": fields}
    return go(url_for(".index"), _("已退回公海"), undo)


@blueprint.post("/opportunities/<uuid:opportunity_id>/assign")
@requires("pool.assign")
def assign(opportunity_id):
    """Give it to somebody, whatever the limits say."""
    found = api.post(f"{_path(opportunity_id)}/assign", json=typed("staff_id", "reason"), version=version()).json
    return _changed(found, _("已分配"))


@blueprint.post("/opportunities/exports")
@requires("sales.export")
def export():
    """Export what the board shows."""
    return ask_export("/opportunities/exports", _list_filters(_tab()))


def of_player(player_id: str) -> list[dict] | None:
    """A player's opportunities, newest first; None where the sales service is away."""
    try:
        found: list[dict] = api.get("/opportunities", params={"player_id": player_id, "limit": 20}).json["items"]
    except Unavailable:
        return None
    return found


def _path(opportunity_id: object) -> str:
    return f"/opportunities/{opportunity_id}"


def _tab() -> str:
    tab = request.args.get("tab") or ("mine" if current.role == "agent" else "all")
    return tab if tab in TABS else "all"


def _list_filters(tab: str) -> dict:
    open_ones = {"open": "true", "in_pool": "false"}
    own = {
        "mine": {"owner_id": current.id, **open_ones},
        "back": {"warned": "true", **open_ones},
        "all": open_ones,
    }.get(tab, {"stage": tab})
    asked = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return {**own, **asked}


def _board(tab: str) -> dict:
    """Columns by stage in the list's order, each with its cards, how many there are, and what is expected of them."""
    filters = _list_filters(tab)
    sort = "-created_at" if tab in ENDS else "next_at"
    cards = api.get("/opportunities", params={**filters, "limit": AT_ONCE, "sort": sort}).json
    totals = {one["stage"]: one for one in api.get("/opportunities/totals", params=filters).json["items"]}
    offered = [(code, word) for code, word in options("stage") if (code in ENDS) == (tab in ENDS) or code == tab]
    named = [pair for pair in offered if tab not in ENDS or pair[0] == tab]
    known = dict(options("stage", retired=True))
    named += [(code, known.get(code, code)) for code in totals if code not in dict(named)]
    columns = [
        {
            "stage": code,
            "word": word,
            "total": totals.get(code),
            "cards": [card for card in cards["items"] if card["stage"] == code],
        }
        for code, word in named
    ]
    stages = [pair for pair in options("stage") if pair[0] not in ENDS]
    return {"columns": columns, "stages": stages, "more": cards["next_cursor"], "staff": directory()}


def _whole(found: dict) -> dict:
    steps = api.get(f"/opportunities/{found['id']}/history").json["items"]
    stages = options("stage", *ENDS, keep=found["stage"])
    return {"found": found, "steps": steps, "stages": stages}


def _orders_of(found: dict) -> list[dict]:
    """The player's newest orders, one of which may have won it."""
    if not found["player_id"]:
        return []
    orders = api.get("/orders", params={"player_id": found["player_id"], "limit": 20}).json["items"]
    return [order for order in orders if order["state"] != "cancelled"]


def _fields() -> dict:
    """What the form says; an amount that is no number goes on as it is, and is refused by name."""
    body: dict = typed("title", "note", "pack_no")
    if clock.from_input(request.form.get("next_at")):
        body["next_at"] = clock.from_input(request.form["next_at"])
    amount = request.form.get("amount", "").strip()
    if amount:
        number = as_decimal(amount)
        body["amount"] = amount if number is None else yuan(number)
    return body


def _as_form(before: dict) -> dict:
    fields = {name: before[name] or "" for name in ("title", "note", "pack_no")}
    return {
        **fields,
        "amount": (before["amount"] or {}).get("amount", ""),
        "next_at": clock.to_input(before["next_at"]),
    }


def _answer(found: dict, text: str, undo: dict | None = None) -> Response:
    """The board where the step was taken there, else the one page."""
    fields = {**undo["fields"], "version": found["version"]} if undo else {}
    if request.form.get("as") == "board":
        tab = request.form.get("tab", "")
        tab = tab if tab in TABS else "all"
        inverse = (
            {"url": undo["url"], "target": "#board", "fields": {**fields, "as": "board", "tab": tab}} if undo else None
        )
        back = url_for(".index", tab=tab)
        return saved("opportunities/_board.html", back=back, text=text, undo=inverse, tab=tab, **_board(tab))
    return _changed(found, text, undo["url"] if undo else "", fields)


def _changed(found: dict, text: str, undo: str = "", fields: dict | None = None) -> Response:
    inverse = {"url": undo, "target": "#opportunity", "fields": {**(fields or {}), "version": found["version"]}}
    back = url_for(".one", opportunity_id=found["id"])
    return saved("opportunities/_one.html", back=back, text=text, undo=inverse if undo else None, **_whole(found))
