"""Tickets: the list, one ticket, and every change, in place on home or on its own page (T1–T7)."""

from collections.abc import Mapping

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.identity import current, directory
from gateway.pages import clock, home
from gateway.pages.answers import inner, page, saved, shown, typed, version, wants_fragment
from gateway.pages.jobs import ask_export
from gateway.pages.ticket_page import about, cause_of
from gateway.policies import requires

blueprint = Blueprint("tickets", __name__)

TABS = {
    "mine": _l("我的未完成"),
    "due": _l("按时限"),
    "soon": _l("即将超时"),
    "overdue": _l("已超时"),
    "second": _l("二线"),
    "waiting": _l("等玩家回复"),
    "done": _l("最近完成"),
    "all": _l("全部"),
}
FILTERS = ("q", "status", "category", "priority", "line", "assignee_id", "player_id", "cause_id")


@blueprint.get("/tickets")
@requires("ticket.read")
def index():
    """The list; the address is its whole state."""
    tab = request.args.get("tab", "mine" if current.role in ("agent", "specialist") else "all")
    found = api.get("/tickets", params=_list_filters(tab)).json
    cause = cause_of(request.args.get("cause_id"))
    return page(
        "tickets/index.html", "tickets/_rows.html", tab=tab, tabs=TABS, tickets=found, staff=directory(), cause=cause
    )


@blueprint.get("/tickets/<ticket_id>")
@requires("ticket.read")
def one(ticket_id):
    """One ticket with its timeline."""
    ticket = api.get(f"/tickets/{ticket_id}").json
    return page(
        "tickets/one.html",
        "tickets/_page_body.html",
        **about(ticket),
        edit="edit" in request.args,
        ask=request.args.get("ask"),
    )


@blueprint.get("/tickets/<ticket_id>/row")
@requires("ticket.read")
def row(ticket_id):
    """One ticket in its row: closed, open, or open for editing; or as a row of the list page."""
    template = "tickets/_tr.html" if request.args.get("as") == "tr" else "tickets/_row.html"
    return shown(template, ticket=api.get(f"/tickets/{ticket_id}").json, **_row_state(request.args))


@blueprint.post("/players/<player_id>/tickets")
@requires("ticket.create")
def create(player_id):
    """Write down a question; the player's tickets come back with it on top."""
    body = {"player_id": player_id, **typed("question", "category", "priority")}
    ticket = api.post("/tickets", json=body, key=request.form.get("key")).json
    text = _("已新建工单 %(no)s", no=ticket["no"])
    return saved(
        "home/_tickets_and_guards.html",
        back=url_for("home.index", player=player_id),
        text=text,
        **home.regions(player_id),
    )


@blueprint.post("/tickets/<ticket_id>")
@requires("ticket.update")
def save(ticket_id):
    """Save what was typed; `do=solve` also finishes the ticket."""
    before = api.get(f"/tickets/{ticket_id}").json
    fields = {name: value for name, value in _edited(request.form).items() if (before.get(name) or "") != value}
    solving = request.form.get("do") == "solve"
    solution = fields.pop("solution", None) if solving else None
    ticket = {**before, "version": version()}
    if fields:
        ticket = api.patch(f"/tickets/{ticket_id}", json=fields, version=version()).json
    if solving:
        return _moved(ticket, "done", solution)
    return _changed(ticket, _("已保存 %(no)s", no=ticket["no"]), _undo_edit(before, ticket, fields), open="1")


@blueprint.post("/tickets/<ticket_id>/status")
@requires("ticket.update")
def status(ticket_id):
    """Move a ticket to another status; done asks for the solution, reopening for the reason."""
    ticket = api.get(f"/tickets/{ticket_id}").json
    ticket["version"] = version() or ticket["version"]
    return _moved(ticket, request.form.get("status", ""))


@blueprint.post("/tickets/<ticket_id>/reopen")
@requires("ticket.update")
def reopen(ticket_id):
    """Open a finished ticket again, with the reason."""
    ticket = api.post(f"/tickets/{ticket_id}/reopen", json=typed("reason"), version=version()).json
    return _changed(ticket, _("已重开 %(no)s", no=ticket["no"]), open="1")


@blueprint.post("/tickets/<ticket_id>/transfer")
@requires("ticket.transfer")
def transfer(ticket_id):
    """Hand the ticket to a department's second line or to a colleague."""
    body = {**typed("reason"), **_receiver(request.form.get("to", ""))}
    api.post(f"/tickets/{ticket_id}/transfers", json=body, version=version(), key=request.form.get("key"))
    ticket = api.get(f"/tickets/{ticket_id}").json
    return _changed(ticket, _("已转交 %(no)s", no=ticket["no"]))


@blueprint.get("/tickets/<ticket_id>/transfer")
@requires("ticket.transfer")
def transfer_form(ticket_id):
    """The hand-over form, in a dialogue."""
    return shown(
        "tickets/_transfer.html",
        ticket=api.get(f"/tickets/{ticket_id}").json,
        departments=departments(),
        staff=directory(),
        place=request.args.get("as", "row"),
    )


def _moved(ticket: dict, wanted: str, solution: str | None = None) -> Response:
    """Take a ticket to the wanted status by the steps there are: start, complete with its solution, reopen."""
    if ticket["status"] == wanted:
        return _changed(ticket, _("已经是这个状态"))
    if ticket["status"] == "done":
        return _asking(ticket, "reason")
    if wanted == "done" and not (solution or ticket.get("solution") or "").strip():
        return _asking(ticket, "solution")
    if ticket["status"] == "pending":
        ticket = api.post(f"/tickets/{ticket['id']}/start", json={}, version=ticket["version"]).json
    if wanted != "done":
        return _changed(ticket, _("%(no)s 处理中", no=ticket["no"]))
    body = {"solution": solution} if solution else {}
    ticket = api.post(f"/tickets/{ticket['id']}/complete", json=body, version=ticket["version"]).json
    return _changed(ticket, _("%(no)s 已完成", no=ticket["no"]), _undo_done(ticket))


def _asking(ticket: dict, what: str) -> Response:
    """The open ticket, asking for the solution or the reason; nothing was changed."""
    place = request.form.get("as", "row")
    if not wants_fragment():
        return shown("tickets/_ask.html", ticket=ticket, ask=what, status=409)
    if place == "tr":
        response = shown("tickets/_ask_dialog.html", ticket=ticket, ask=what)
        response.headers.update({"HX-Retarget": "#dialog", "HX-Reswap": "innerHTML"})
        return response
    if place == "page":
        return shown("tickets/_page_body.html", ask=what, **about(ticket))
    return shown("tickets/_row.html", ticket=ticket, open=True, ask=what, place=place)


def _changed(ticket: dict, text: str, undo: dict | None = None, open: str = "") -> Response:
    """The changed ticket where it was changed: row, table row, or its own page."""
    back = inner(request.form.get("back"), url_for("home.index", player=ticket["player_id"]))
    place = request.form.get("as", "row")
    if place == "page":
        return saved(
            "tickets/_page_body.html",
            back=url_for(".one", ticket_id=ticket["id"]),
            text=text,
            undo=undo,
            **about(ticket),
        )
    if place == "tr":
        return saved("tickets/_tr.html", back=back, text=text, undo=undo, ticket=ticket)
    regions = home.regions(ticket["player_id"])
    return saved(
        "tickets/_row_and_counts.html",
        back=back,
        text=text,
        undo=undo,
        ticket=ticket,
        open=bool(open),
        following=_following(regions["tickets"]),
        **regions,
    )


def _following(tickets: dict | None) -> dict | None:
    """The ticket to open after a solved one, where the page asks for one: it knows what is being typed elsewhere."""
    wanted, items = request.form.get("next"), (tickets or {}).get("items", [])
    return next((one for one in items if one["id"] == wanted and one["status"] != "done"), None)


def _edited(form: Mapping[str, str]) -> dict:
    fields: dict = {name: form[name].strip().replace("\r\n", "\n") for name in ("question", "solution") if name in form}
    fields.update(typed("category", "priority", "assignee_id"))
    if "waiting_shown" in form:
        fields["waiting"] = "waiting" in form
    return fields


def _undo_edit(before: dict, after: dict, fields: dict) -> dict | None:
    """The inverse of an edit: the fields as they were, over the version just made."""
    old = {name: before[name] or "" for name in fields if name != "waiting" and before[name] != after[name]}
    if not old:
        return None
    return {
        "url": url_for(".save", ticket_id=after["id"]),
        "target": f"#ticket-{after['id']}",
        "fields": {**old, "version": after["version"], "as": request.form.get("as", "row")},
    }


def _undo_done(ticket: dict) -> dict:
    """The inverse of finishing: reopening, which has its reason."""
    return {
        "url": url_for(".reopen", ticket_id=ticket["id"]),
        "target": f"#ticket-{ticket['id']}",
        "fields": {"reason": _("撤销刚才的完成"), "version": ticket["version"], "as": request.form.get("as", "row")},
    }


def _receiver(value: str) -> dict:
    """`department:<id>` or `staff:<id>` of the hand-over form; a department's second line takes it."""
    kind, _colon, identity = value.partition(":")
    return {"staff_id": identity} if kind == "staff" else {"department_id": identity, "line": 2}


def _row_state(arguments: Mapping[str, str]) -> dict:
    return {"open": "open" in arguments, "edit": "edit" in arguments, "ask": arguments.get("ask"), "place": "row"}


def departments() -> list[dict]:
    """All departments, for the hand-over."""
    return api.get("/departments", params={"limit": 200}).json["items"]


@blueprint.post("/tickets/exports")
@requires("ticket.export")
def export():
    """Export what the list shows."""
    return ask_export("/tickets/exports", _list_filters(request.args.get("tab", "all")))


def _list_filters(tab: str) -> dict:
    """Query of the list: the tab's own filters, then what is in the address."""
    unfinished: dict = {"status": "pending,in_progress"}
    own: dict = {
        "mine": {"assignee_id": current.id, **unfinished, "sort": "due_at"},
        "due": {**unfinished, "sort": "due_at"},
        "soon": {"due_before": clock.soon(), "overdue": "false", "sort": "due_at"},
        "overdue": {"overdue": "true", "sort": "due_at"},
        "second": {"line": 2, **unfinished, "sort": "due_at"},
        "waiting": {"waiting": "true"},
        "done": {"status": "done", "sort": "-updated_at"},
        "all": {},
    }.get(tab, {})
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**own, **asked, "limit": 50}
