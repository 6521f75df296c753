"""Two tickets about one thing become one on the ticket's page, and can be two again."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from gateway.clients import api
from gateway.pages.answers import saved, shown, version
from gateway.pages.ticket_page import about
from gateway.policies import requires

blueprint = Blueprint("tickets_merging", __name__)


@blueprint.get("/tickets/<ticket_id>/merge")
@requires("ticket.update")
def form(ticket_id):
    """The player's other tickets that this one can go into."""
    ticket = api.get(f"/tickets/{ticket_id}").json
    # Open ones alone, unless this one is done itself: nobody would answer it there.
    status = None if ticket["status"] == "done" else "pending,in_progress"
    found = api.get("/tickets", params={"player_id": ticket["player_id"], "status": status, "limit": 50}).json["items"]
    others = [one for one in found if one["id"] != ticket["id"] and not one["merged_into_id"]]
    return shown("tickets/_merge.html", ticket=ticket, others=others)


@blueprint.post("/tickets/<ticket_id>/merge")
@requires("ticket.update")
def merge(ticket_id):
    """Merge it into the one chosen."""
    body = {"into_id": request.form.get("into_id", "")}
    ticket = api.post(f"/tickets/{ticket_id}/merge", json=body, version=version()).json
    undo = _inverse(ticket, url_for(".unmerge", ticket_id=ticket_id))
    return _changed(ticket, _("已合并 %(no)s", no=ticket["no"]), undo)


@blueprint.post("/tickets/<ticket_id>/unmerge")
@requires("ticket.update")
def unmerge(ticket_id):
    """Take it out again."""
    into_id = api.get(f"/tickets/{ticket_id}").json["merged_into_id"]
    ticket = api.post(f"/tickets/{ticket_id}/unmerge", version=version()).json
    undo = _inverse(ticket, url_for(".merge", ticket_id=ticket_id), into_id=into_id)
    return _changed(ticket, _("已拆出 %(no)s", no=ticket["no"]), undo)


def _inverse(ticket, url, **fields):
    return {"url": url, "target": f"#ticket-{ticket['id']}", "fields": {**fields, "version": ticket["version"]}}


def _changed(ticket, text, undo):
    back = url_for("tickets.one", ticket_id=ticket["id"])
    return saved("tickets/_page_body.html", back=back, text=text, undo=undo, **about(ticket))
