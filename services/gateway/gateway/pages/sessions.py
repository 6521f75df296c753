"""Service sessions: the list, one conversation as it goes on, what comes of it, and what was masked in it (T8–T15, T31)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import Refused, Unavailable, api
from gateway.identity import current, directory
from gateway.pages.answers import go, page, saved, shown, typed, version
from gateway.pages.jobs import ask_export
from gateway.policies import requires

blueprint = Blueprint("sessions", __name__, url_prefix="/sessions")

TABS = {
    "mine": _l("我的进行中"),
    "unanswered": _l("还没回复"),
    "open": _l("进行中"),
    "ended": _l("已结束"),
    "masked": _l("有屏蔽"),
    "all": _l("全部"),
}
FILTERS = ("q", "channel", "agent_id", "player_id", "order_id")
MESSAGES = 200  # of a conversation at once
QUESTION = 5000  # characters, as long as a ticket's may be


@blueprint.get("")
@requires("session.read")
def index():
    """The list; the address is its whole state."""
    tab = request.args.get("tab", "mine" if current.can("session.write") else "all")
    found = api.get("/sessions", params=_list_filters(tab)).json
    return page("sessions/index.html", "sessions/_rows.html", tab=tab, tabs=TABS, sessions=found, staff=directory())


@blueprint.get("/new")
@requires("session.write")
def new():
    """The form, in a dialogue: with a player, or with somebody not known yet."""
    player_id = request.args.get("player_id")
    player = api.get(f"/players/{player_id}").json if player_id else None
    return shown("sessions/_new.html", player=player)


@blueprint.post("")
@requires("session.write")
def create():
    """Open it, and go there."""
    session = api.post("/sessions", json=typed("channel", "player_id", "contact"), key=request.form.get("key")).json
    return go(url_for(".one", service_session_id=session["id"]), _("已新建服务单 %(no)s", no=session["no"]))


@blueprint.get("/<uuid:service_session_id>")
@requires("session.read")
def one(service_session_id):
    """One conversation, with what came of it."""
    return page("sessions/one.html", "sessions/_one.html", **_whole(api.get(f"/sessions/{service_session_id}").json))


@blueprint.get("/<uuid:service_session_id>/talk")
@requires("session.read")
def talk(service_session_id):
    """What is new: nothing (204) where the version on the page is the last one."""
    session = api.get(f"/sessions/{service_session_id}").json
    if request.args.get("seen") == str(session["version"]):
        return "", 204
    return shown("sessions/_talk.html", **_talk(session))


@blueprint.post("/<uuid:service_session_id>/messages")
@requires("session.write")
def write(service_session_id):
    """Answer, or write down what the player said elsewhere."""
    body = {"author": request.form.get("author") or "agent", **typed("text")}
    api.post(f"/sessions/{service_session_id}/messages", json=body, key=request.form.get("key"))
    return _changed(api.get(f"/sessions/{service_session_id}").json, _("已记下"))


@blueprint.get("/<uuid:service_session_id>/edit")
@requires("session.write")
def edit(service_session_id):
    """Whose it is and who it is with, in a dialogue."""
    return shown("sessions/_edit.html", session=api.get(f"/sessions/{service_session_id}").json, staff=directory())


@blueprint.post("/<uuid:service_session_id>")
@requires("session.write")
def save(service_session_id):
    """Give it its player or another agent."""
    before = api.get(f"/sessions/{service_session_id}").json
    body = {**typed("agent_id", "contact"), **_player(request.form.get("wechat_id", ""))}
    session = api.patch(f"/sessions/{service_session_id}", json=body, version=version()).json
    undo = None
    if before["agent_id"] not in (None, session["agent_id"]):
        fields = {"agent_id": before["agent_id"], "version": session["version"]}
        undo = {"url": url_for(".save", service_session_id=service_session_id), "target": "#session", "fields": fields}
    return _changed(session, _("已保存"), undo)


@blueprint.post("/<uuid:service_session_id>/end")
@requires("session.write")
def end(service_session_id):
    """End it, at the version that was read."""
    session = api.post(f"/sessions/{service_session_id}/end", json={}, version=version()).json
    return _changed(session, _("%(no)s 已结束", no=session["no"]))


@blueprint.post("/<uuid:service_session_id>/ticket")
@requires("ticket.create")
def to_ticket(service_session_id):
    """Make a ticket of it: what the player said is the question."""
    session = api.get(f"/sessions/{service_session_id}").json
    body = {"player_id": session["player_id"], "session_id": session["id"], "question": _question(session)}
    body |= {"order_id": session["order_id"]} if session["order_id"] else {}
    ticket = api.post("/tickets", json=body, key=request.form.get("key")).json
    return go(url_for("tickets.one", ticket_id=ticket["id"], edit=1), _("已新建工单 %(no)s", no=ticket["no"]))


@blueprint.get("/messages/<uuid:message_id>/original")
@requires("message.unmask")
def unmask_form(message_id):
    """Asks why one has to read what is masked."""
    return shown("sessions/_why.html", message_id=message_id)


@blueprint.post("/messages/<uuid:message_id>/original")
@requires("message.unmask")
def unmask(message_id):
    """Show a message as it was written; who, when and why is kept."""
    found = api.post(f"/messages/{message_id}/unmask", json=typed("reason")).json
    return shown("sessions/_original.html", message_id=message_id, text=found["text"])


@blueprint.post("/exports")
@requires("session.export")
def export():
    """Export what the list shows."""
    return ask_export("/sessions/exports", _list_filters(request.args.get("tab", "all")))


def sessions_of(player_id: str) -> dict | None:
    """A player's last sessions; None where they cannot be read, no items where one may not."""
    if not current.can("session.read"):
        return {"items": []}
    try:
        found: dict = api.get("/sessions", params={"player_id": player_id, "limit": 10}).json
    except (Refused, Unavailable):
        return None
    return found


def _whole(session: dict) -> dict:
    """A conversation, its tickets, and the orders it is about or led to; what cannot be read is None."""
    tickets = _items("/tickets", {"session_id": session["id"], "limit": 20}) if current.can("ticket.read") else []
    return {**_talk(session), "tickets": tickets, "orders": _orders(session), "staff": directory()}


def _talk(session: dict) -> dict:
    """What was said last, oldest first; `earlier` leads to what was said before."""
    query = {"sort": "-at", "limit": MESSAGES, "cursor": request.args.get("cursor")}
    found = api.get(f"/sessions/{session['id']}/messages", params=query).json
    return {"session": session, "messages": found["items"][::-1], "earlier": found["next_cursor"]}


def _orders(session: dict) -> list[dict] | None:
    if not session["player_id"] or not current.can("sales.read"):
        return []
    orders = _items("/orders", {"player_id": session["player_id"], "limit": 50})
    if orders is None:
        return None
    return [one for one in orders if session["id"] == one["session_id"] or one["id"] == session["order_id"]]


def _items(path: str, query: dict) -> list[dict] | None:
    try:
        found: list[dict] = api.get(path, params=query).json["items"]
    except (Refused, Unavailable):
        return None
    return found


def _changed(session: dict, text: str, undo: dict | None = None) -> Response:
    back = url_for(".one", service_session_id=session["id"])
    return saved("sessions/_one.html", back=back, text=text, undo=undo, **_whole(session))


def _question(session: dict) -> str:
    """What the player has said, as it is read by everybody; what does not fit is left to the conversation."""
    said = [one["text"] for one in _talk(session)["messages"] if one["author"] == "player"]
    return "\n".join(said)[:QUESTION] or _("见服务单 %(no)s", no=session["no"])


def _player(wechat_id: str) -> dict:
    """The player with this WeChat ID, as the form's reader reaches them; one that is not found is refused by name."""
    if not wechat_id.strip():
        return {}
    found = api.get("/players", params={"wechat_id": wechat_id.strip(), "limit": 1}).json["items"]
    if not found:
        text = _("没有这个微信ID的玩家")
        raise Refused(422, {"status": 422, "code": "wrong_fields", "title": text, "errors": []})
    return {"player_id": found[0]["id"]}


def _list_filters(tab: str) -> dict:
    own: dict = {
        "mine": {"agent_id": current.id, "state": "open"},
        "unanswered": {"state": "open", "answered": "false", "sort": "opened_at"},
        "open": {"state": "open"},
        "ended": {"state": "ended"},
        "masked": {"masked": "true"},
    }.get(tab, {})
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**own, **asked, "limit": 50}
