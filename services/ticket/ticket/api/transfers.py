"""The routes of hand-overs."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from ticket.api import schemas
from ticket.api.views import ticket_view, transfer_view
from ticket.application import transfers
from ticket.domain.ticket import Ticket
from ticket.domain.transfer import Transfer


def shown(record: Transfer | Ticket, who: Caller) -> dict[str, Any]:
    """A hand-over; or the ticket, where the version it was handed over at is stale."""
    return ticket_view(record, who) if isinstance(record, Ticket) else transfer_view(record, who)


routes = Routes("transfers", "Hand-overs", show=shown)


@routes.post(
    "/tickets/<uuid:ticket_id>/transfers",
    action="ticket.transfer",
    body=schemas.NewTransfer,
    answer=schemas.TransferShown,
    status=201,
    versioned=True,
    references={"staff_id": "staff", "department_id": "department"},
    problems={409: "already_done, staff_left"},
)
def offer(uow: UnitOfWork, ticket_id: str, version: int, body: dict[str, Any]) -> Transfer:
    """Hand a ticket to a person, a department or the second line."""
    return transfers.offer_transfer(uow, ticket_id, body, version=version)


@routes.post(
    "/transfers/<uuid:transfer_id>/accept",
    action="ticket.transfer",
    answer=schemas.TransferShown,
    problems={409: "transfer_decided"},
)
def accept(uow: UnitOfWork, transfer_id: str) -> Transfer:
    """Take a hand-over on."""
    return transfers.accept_transfer(uow, transfer_id)


@routes.post(
    "/transfers/<uuid:transfer_id>/return",
    action="ticket.transfer",
    body=schemas.Reopening,
    answer=schemas.TransferShown,
    problems={409: "transfer_decided, already_done"},
)
def give_back(uow: UnitOfWork, transfer_id: str, body: dict[str, Any]) -> Transfer:
    """Send a hand-over back, with the reason."""
    return transfers.return_transfer(uow, transfer_id, body["reason"])
