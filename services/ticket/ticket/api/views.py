"""Tickets, their timeline and their hand-overs as JSON."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339, utc_now
from chassis.data.copies import player_brief
from ticket.domain.deadlines import DEADLINES
from ticket.domain.ticket import Ticket, TicketChange
from ticket.domain.ticket_clock import Standing
from ticket.domain.transfer import Transfer


def ticket_view(ticket: Ticket, _who: Caller | None = None) -> dict[str, Any]:
    """One ticket."""
    now = utc_now()
    return {
        "id": ticket.id,
        "no": ticket.no,
        "player_id": ticket.player_id,
        "player": player_brief(ticket.player),
        "question": ticket.question,
        "solution": ticket.solution,
        "category": ticket.category,
        "priority": ticket.priority,
        "status": ticket.status,
        "waiting": ticket.waiting,
        "line": ticket.line,
        "assignee_id": ticket.assignee_id,
        "department_id": ticket.department_id,
        "session_id": ticket.session_id,
        "order_id": ticket.order_id,
        "cause_id": ticket.cause_id,
        "merged_into_id": ticket.merged_into_id,
        "reopen_count": ticket.reopen_count,
        "due_at": rfc3339(ticket.due_at),
        "overdue": ticket.is_overdue(now),
        "deadlines": {name: deadline_view(ticket.standing(name, now)) for name in DEADLINES},
        "created_by": ticket.created_by,
        "created_at": rfc3339(ticket.created_at),
        "updated_at": rfc3339(ticket.updated_at),
        "started_at": rfc3339(ticket.started_at),
        "completed_at": rfc3339(ticket.completed_at),
        "version": ticket.version,
    }


def deadline_view(standing: Standing) -> dict[str, Any]:
    """How a ticket stands with one deadline."""
    moments = {"due_at": rfc3339(standing.due_at), "warn_at": rfc3339(standing.warn_at)}
    return {**moments, "state": standing.state, "level": standing.level}


def change_view(change: TicketChange, ticket_no: str) -> dict[str, Any]:
    """One line of the timeline."""
    return {
        "id": change.id,
        "ticket_id": change.ticket_id,
        "ticket_no": ticket_no,
        "at": rfc3339(change.at),
        "kind": change.kind,
        "actor_id": change.actor_id,
        "changes": change.changes,
        "reason": change.reason,
    }


def transfer_view(transfer: Transfer, _who: Caller | None = None) -> dict[str, Any]:
    """One hand-over."""
    return {
        "id": transfer.id,
        "ticket_id": transfer.ticket_id,
        "staff_id": transfer.staff_id,
        "department_id": transfer.department_id,
        "line": transfer.line,
        "reason": transfer.reason,
        "state": transfer.state,
        "created_at": rfc3339(transfer.created_at),
        "decided_at": rfc3339(transfer.decided_at),
        "version": transfer.version,
    }


def summary_view(found: dict[str, Any]) -> dict[str, Any]:
    """One player's tickets for the home page."""
    guards = [{**guard, "since": rfc3339(guard["since"])} for guard in found["guards"]]
    return {**found, "items": [ticket_view(ticket) for ticket in found["items"]], "guards": guards}
