"""The routes of tickets."""

from __future__ import annotations

from typing import Any

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from ticket.api import schemas
from ticket.api.views import change_view, summary_view, ticket_view
from ticket.application import merging, tickets
from ticket.domain.ticket import Ticket
from ticket.persistence import queries
from ticket.settings import timezone

routes = Routes("tickets", "Tickets", show=ticket_view)


@routes.post(
    "/tickets",
    action="ticket.create",
    body=schemas.NewTicket,
    answer=schemas.TicketShown,
    status=201,
    place="/tickets/{id}",
    references={"player_id": "player", "assignee_id": "staff"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Ticket:
    """Write a ticket for a player."""
    return tickets.create_ticket(uow, body, timezone=timezone())


@routes.get(
    "/tickets",
    action="ticket.read",
    query=schemas.TicketQuery,
    answer=schemas.TicketPage,
    references={"phone": "player_by_phone"},
)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find tickets."""
    return queries.find_tickets(uow, query)


@routes.get("/tickets/<uuid:ticket_id>", action="ticket.read", answer=schemas.TicketShown)
def read(uow: UnitOfWork, ticket_id: str) -> Ticket:
    """Read one ticket."""
    return uow.get(Ticket, ticket_id)


@routes.patch(
    "/tickets/<uuid:ticket_id>",
    action="ticket.update",
    body=schemas.TicketEdit,
    answer=schemas.TicketShown,
    references={"assignee_id": "staff"},
    problems={409: "solution_missing, merged_away"},
)
def edit(uow: UnitOfWork, ticket_id: str, version: int, body: dict[str, Any]) -> Ticket:
    """Change a ticket's fields."""
    return tickets.edit_ticket(uow, ticket_id, body, version=version)


@routes.post(
    "/tickets/<uuid:ticket_id>/start",
    action="ticket.update",
    answer=schemas.TicketShown,
    versioned=True,
    problems={409: "not_pending"},
)
def start(uow: UnitOfWork, ticket_id: str, version: int) -> Ticket:
    """Begin work on a ticket."""
    return tickets.start_ticket(uow, ticket_id, version=version)


@routes.post(
    "/tickets/<uuid:ticket_id>/complete",
    action="ticket.update",
    body=schemas.Completion,
    answer=schemas.TicketShown,
    versioned=True,
    problems={409: "solution_missing, not_in_progress"},
)
def complete(uow: UnitOfWork, ticket_id: str, version: int, body: dict[str, Any]) -> Ticket:
    """Complete a ticket."""
    return tickets.complete_ticket(uow, ticket_id, body.get("solution"), version=version)


@routes.post(
    "/tickets/<uuid:ticket_id>/reopen",
    action="ticket.update",
    body=schemas.Reopening,
    answer=schemas.TicketShown,
    versioned=True,
    problems={409: "not_done, merged_away"},
)
def reopen(uow: UnitOfWork, ticket_id: str, version: int, body: dict[str, Any]) -> Ticket:
    """Open a completed ticket again."""
    return tickets.reopen_ticket(uow, ticket_id, body["reason"], version=version)


@routes.post(
    "/tickets/<uuid:ticket_id>/merge",
    action="ticket.update",
    body=schemas.Merging,
    answer=schemas.TicketShown,
    versioned=True,
    problems={409: "same_ticket, different_player, merged_away, into_done"},
)
def merge(uow: UnitOfWork, ticket_id: str, version: int, body: dict[str, Any]) -> Ticket:
    """Merge a ticket into another one of the same player."""
    return merging.merge_ticket(uow, ticket_id, body["into_id"], version=version)


@routes.post(
    "/tickets/<uuid:ticket_id>/unmerge",
    action="ticket.update",
    answer=schemas.TicketShown,
    versioned=True,
    problems={409: "not_merged"},
)
def unmerge(uow: UnitOfWork, ticket_id: str, version: int) -> Ticket:
    """Take a merged ticket out again, as it was before."""
    return merging.unmerge_ticket(uow, ticket_id, version=version)


@routes.get("/tickets/<uuid:ticket_id>/timeline", action="ticket.read", answer=schemas.TimelinePage)
def timeline(uow: UnitOfWork, ticket_id: str) -> dict[str, Any]:
    """Read every change of a ticket and of what was merged into it: what, who, when."""
    return {"items": [change_view(*line) for line in queries.timeline(uow, ticket_id)], "next_cursor": None}


@routes.get("/ticket-summary", action="ticket.read", query=schemas.SummaryQuery, answer=schemas.SummaryShown)
def summary(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Read one player's tickets, counts and guards, as the home page shows them."""
    return summary_view(queries.summary(uow, query))


@routes.get("/ticket-counters", action="ticket.read", answer=schemas.CountersShown)
def counters(uow: UnitOfWork) -> dict[str, Any]:
    """Read the caller's own work in figures."""
    return queries.counters(uow, timezone())
