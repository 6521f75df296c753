"""What a ticket's own page shows beside the ticket: its timeline and its cause."""

from gateway.clients import Refused, Unavailable, api


def about(ticket: dict) -> dict:
    """What `tickets/_page_body.html` needs."""
    return {"ticket": ticket, "timeline": timeline(ticket["id"]), "cause": cause_of(ticket.get("cause_id"))}


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
