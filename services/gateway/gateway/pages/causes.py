"""The cause board under the tickets: one bad pack is one problem; and the cause of one ticket (T33)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.pages.answers import go, page, saved, shown, typed, version
from gateway.pages.ticket_page import about
from gateway.policies import requires

blueprint = Blueprint("tickets_causes", __name__)

TABS = {"open": _l("未解决"), "fixed": _l("已解决"), "all": _l("全部")}
UNFINISHED = {"status": "pending,in_progress"}


@blueprint.get("/causes")
@requires("ticket.read")
def index():
    """The board: what most players wait for comes first on each page of it."""
    tab = request.args.get("tab", "open")
    state = tab if tab in ("open", "fixed") else None
    asked = {name: request.args.get(name) for name in ("q", "cursor")}
    found = api.get("/causes", params={**asked, "state": state, "limit": 60}).json
    found["items"].sort(key=lambda one: -(one["open_tickets"] + one["outside_tickets"]))
    return page("causes/index.html", "causes/_cards.html", causes=found, tab=tab, tabs=TABS)


@blueprint.get("/causes/new")
@requires("cause.write")
def new():
    """The form for a new one."""
    return shown("causes/_form.html", cause=None)


@blueprint.post("/causes")
@requires("cause.write")
def create():
    """Name a problem, and go to where its tickets are collected."""
    cause = api.post("/causes", json=typed("title", "note", "pack_no"), key=request.form.get("key")).json
    return go(url_for(".one", cause_id=cause["id"]), _("已新建原因"))


@blueprint.get("/causes/<uuid:cause_id>")
@requires("ticket.read")
def one(cause_id):
    """One cause with its open tickets."""
    return page("causes/one.html", "causes/_one.html", **_with_tickets(api.get(f"/causes/{cause_id}").json))


@blueprint.get("/causes/<uuid:cause_id>/edit")
@requires("cause.write")
def edit(cause_id):
    """The form of one that is there."""
    return shown("causes/_form.html", cause=api.get(f"/causes/{cause_id}").json)


@blueprint.post("/causes/<uuid:cause_id>")
@requires("cause.write")
def save(cause_id):
    """Change its words from the version the form was made from."""
    before = api.get(f"/causes/{cause_id}").json
    fields = {"note": "", "pack_no": None, **typed("title", "note", "pack_no")}
    cause = api.patch(f"/causes/{cause_id}", json=fields, version=version()).json
    old = {name: before[name] or "" for name in ("title", "note", "pack_no")}
    return _changed(cause, _("已保存"), url_for(".save", cause_id=cause_id), old)


@blueprint.post("/causes/<uuid:cause_id>/fix")
@requires("cause.fix")
def fix(cause_id):
    """Fix it: its open tickets are completed with the solution."""
    cause = api.post(f"/causes/{cause_id}/fix", json=typed("solution"), version=version(), key=request.form.get("key"))
    text = _told(cause.json, _("已解决，完成 %(n)s 张工单", n=cause.json["moved"]))
    return _changed(cause.json, text, url_for(".unfix", cause_id=cause_id), {"reason": _("撤销刚才的解决")})


@blueprint.post("/causes/<uuid:cause_id>/unfix")
@requires("cause.fix")
def unfix(cause_id):
    """Take the fix back, with the completion of its tickets."""
    cause = api.post(f"/causes/{cause_id}/unfix", json=typed("reason"), version=version()).json
    told = _("已撤销，重开 %(n)s 张工单", n=cause["moved"])
    return _changed(cause, _told(cause, told))


@blueprint.post("/causes/<uuid:cause_id>/reopen")
@requires("cause.fix")
def reopen(cause_id):
    """Open the cause again; its tickets stay as they are."""
    cause = api.post(f"/causes/{cause_id}/reopen", json=typed("reason"), version=version()).json
    return _changed(cause, _("原因已重开，工单不变"))


@blueprint.get("/causes/<uuid:cause_id>/candidates")
@requires("ticket.update")
def candidates(cause_id):
    """Open tickets with these words that have no cause yet or another one, to be ticked."""
    q = request.args.get("q", "").strip()
    found = api.get("/tickets", params={"q": q, **UNFINISHED, "limit": 50}).json["items"] if q else []
    others = [ticket for ticket in found if ticket["cause_id"] != str(cause_id)]
    return shown("causes/_candidates.html", cause_id=cause_id, tickets=others, q=q)


@blueprint.post("/causes/<uuid:cause_id>/tickets")
@requires("ticket.update")
def give(cause_id):
    """Say of the ticked tickets that this is their cause."""
    told = api.post(f"/causes/{cause_id}/tickets/batch", json={"ticket_ids": request.form.getlist("ticket_id")}).json
    given = sum(one["status"] == 200 for one in told["items"])
    missed = len(told["items"]) - given
    text = _("已归入 %(n)s 张工单", n=given)
    text += _("，%(n)s 张没找到", n=missed) if missed else ""
    return _changed(api.get(f"/causes/{cause_id}").json, text)


@blueprint.get("/tickets/<ticket_id>/cause")
@requires("ticket.update")
def of_ticket(ticket_id):
    """The picker: open causes with the words typed, or a new one."""
    ticket = api.get(f"/tickets/{ticket_id}").json
    found = api.get("/causes", params={"q": request.args.get("q"), "state": "open", "limit": 20}).json["items"]
    template = "causes/_choices.html" if "q" in request.args else "causes/_picker.html"
    return shown(template, ticket=ticket, causes=found)


@blueprint.post("/tickets/<ticket_id>/cause")
@requires("ticket.update")
def give_to_ticket(ticket_id):
    """Give a ticket a cause: one that is there, a new one by its title, or none."""
    before = api.get(f"/tickets/{ticket_id}").json
    title = typed("title")
    cause_id = request.form.get("cause_id", before["cause_id"]) or None  # nothing chosen changes nothing
    if title:
        cause_id = api.post("/causes", json=title, key=request.form.get("key")).json["id"]
    ticket = api.patch(f"/tickets/{ticket_id}", json={"cause_id": cause_id}, version=version()).json
    url = url_for(".give_to_ticket", ticket_id=ticket_id)
    fields = {"cause_id": before["cause_id"] or "", "version": ticket["version"]}
    undo = {"url": url, "target": f"#ticket-{ticket_id}", "fields": fields}
    text = _("已记下原因") if cause_id else _("已去掉原因")
    back = url_for("tickets.one", ticket_id=ticket_id)
    return saved("tickets/_page_body.html", back=back, text=text, undo=undo, **about(ticket))


def _with_tickets(cause: dict) -> dict:
    tickets = api.get("/tickets", params={"cause_id": cause["id"], **UNFINISHED, "sort": "due_at", "limit": 50}).json
    return {"cause": cause, "tickets": tickets}


def _told(cause: dict, text: str) -> str:
    """What was done, and what a job still does."""
    return text + (_("，其余 %(n)s 张在后台继续", n=cause["left"]) if cause["left"] else "")


def _changed(cause: dict, text: str, undo: str = "", fields: dict | None = None) -> Response:
    """The cause as it is now, with the inverse of what was done to it."""
    inverse = {"url": undo, "target": "#cause", "fields": {**(fields or {}), "version": cause["version"]}}
    back = url_for(".one", cause_id=cause["id"])
    return saved("causes/_one.html", back=back, text=text, undo=inverse if undo else None, **_with_tickets(cause))
