"""Hand-overs of tickets: offer, accept, give back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from ticket.application.tickets import department_of, record, snapshot, still_here
from ticket.domain.ticket import Ticket
from ticket.domain.transfer import Transfer
from ticket.persistence.deadlines import terms


def offer_transfer(uow: UnitOfWork, ticket_id: str, fields: Mapping[str, Any], *, version: int) -> Transfer:
    """Hand a ticket to a person or a department. Raises NotFound, StaleRecord, AlreadyDone."""
    ticket = uow.for_update(Ticket, ticket_id, version)
    before = snapshot(ticket)
    department = fields.get("department_id") or department_of(uow, fields.get("staff_id"))
    transfer = Transfer(
        id=new_id(),
        version=1,
        staff_id=fields.get("staff_id"),
        department_id=department,
        line=fields.get("line") or ticket.line,
        reason=fields["reason"],
    )
    facts = transfer.offer(ticket, uow.now(), terms(uow))
    transfer.ticket = ticket
    uow.add(transfer)
    record(uow, ticket, "transferred", before, reason=transfer.reason)
    uow.publish(facts)
    return transfer


def accept_transfer(uow: UnitOfWork, transfer_id: str) -> Transfer:
    """Take a hand-over on. Raises NotFound, TransferDecided."""
    transfer = _locked(uow, transfer_id)
    before = snapshot(transfer.ticket)
    facts = transfer.accept(by=uow.caller.staff_id, at=uow.now())
    record(uow, transfer.ticket, "transfer_accepted", before)
    uow.publish(facts)
    return transfer


def return_transfer(uow: UnitOfWork, transfer_id: str, reason: str) -> Transfer:
    """Send a hand-over back. Raises NotFound, TransferDecided, AlreadyDone."""
    transfer = _locked(uow, transfer_id)
    before = snapshot(transfer.ticket)
    keep = still_here(uow, transfer.from_staff_id)
    facts = transfer.give_back(reason, at=uow.now(), keep=keep, terms=terms(uow))
    record(uow, transfer.ticket, "transfer_returned", before, reason=reason)
    uow.publish(facts)
    return transfer


def _locked(uow: UnitOfWork, transfer_id: str) -> Transfer:
    """The ticket is locked first, as everywhere, so that two changes cannot wait for one another."""
    ticket_id = uow.get(Transfer, transfer_id).ticket_id
    uow.locked(Ticket, ticket_id)
    return uow.locked(Transfer, transfer_id)
