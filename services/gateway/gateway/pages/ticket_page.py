"""What a ticket's own page shows beside the ticket: its timeline, its cause, what was merged into it or where it went."""

from chassis.rules import Forbidden
from gateway.clients import Refused, Unavailable, api


def about(ticket: dict) -> dict:
    """What `tickets/_page_body.html` needs."""
    lines = timeline(ticket["id"])
    return {
        "ticket": ticket,
        "timeline": lines,
        "cause": cause_of(ticket.get("cause_id")),
        "survey": survey_of(ticket) if ticket["status"] == "done" else None,
        "merged": {line["ticket_id"]: line["ticket_no"] for line in lines if line["ticket_id"] != ticket["id"]},
        "merged_into_no": next((line["reason"] for line in lines if line["kind"] == "merged"), ""),
    }


def timeline(ticket_id: str) -> list[dict]:
    """Every change, newest first; empty when it cannot be read."""
    try:
        items = api.get(f"/tickets/{ticket_id}/timeline").json["items"]
    except (Refused, Unavailable):
        return []
    return sorted(items, key=lambda item: item["at"], reverse=True)


def cause_of(cause_id: str | None) -> dict | None:
    """The cause with this ID; None where there is none or it cannot be read."""
    if not cause_id:
        return None
    try:
        found: dict = api.get(f"/causes/{cause_id}").json
    except (Refused, Unavailable):
        return None
    return found


def survey_of(ticket: dict) -> dict | None:
    """How satisfied the player was; None where nobody asks, or it cannot be read."""
    try:
        found = api.get("/surveys", params={"ticket_id": ticket["id"], "limit": 1}).json["items"]
    except (Refused, Unavailable, Forbidden):
        return None
    return found[0] if found else None
