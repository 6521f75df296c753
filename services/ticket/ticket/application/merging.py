"""Two tickets about one thing become one, and can be two again."""

from __future__ import annotations

from chassis.data.unit_of_work import UnitOfWork
from ticket.application.deadlines import ring
from ticket.application.tickets import record, snapshot
from ticket.domain.errors import NotMerged
from ticket.domain.ticket import Ticket


def merge_ticket(uow: UnitOfWork, ticket_id: str, into_id: str, *, version: int) -> Ticket:
    """Merge a ticket into another that the caller reaches; both timelines say so.

    Raises NotFound, StaleRecord, SameTicket, DifferentPlayer, MergedAway, IntoDone.
    """
    ticket, other = _both(uow, ticket_id, into_id, version)
    ring(uow, ticket)
    before = snapshot(ticket)
    facts = ticket.merge_into(other, at=uow.now())
    record(uow, ticket, "merged", before, reason=other.no)
    record(uow, other, "merged_in", {}, reason=ticket.no)
    uow.publish(facts)
    return ticket


def unmerge_ticket(uow: UnitOfWork, ticket_id: str, *, version: int) -> Ticket:
    """Take a ticket out of the one it was merged into. Raises NotFound, StaleRecord, NotMerged."""
    into_id = uow.get(Ticket, ticket_id).merged_into_id
    if into_id is None:
        uow.for_update(Ticket, ticket_id, version)  # whoever saw it merged is told that it has changed
        raise NotMerged()
    uow.session.expire_all()
    ticket, other = _both(uow, ticket_id, into_id, version)
    before = snapshot(ticket)
    facts = ticket.unmerge(other, at=uow.now())
    record(uow, ticket, "unmerged", before, reason=other.no)
    record(uow, other, "unmerged_from", {}, reason=ticket.no)
    uow.publish(facts)
    return ticket


def _both(uow: UnitOfWork, ticket_id: str, into_id: str, version: int) -> tuple[Ticket, Ticket]:
    """The two, locked in the order of their IDs, so that merging both ways at once does not wait for one another."""
    found = {one: uow.locked(Ticket, one) for one in sorted((ticket_id, into_id))}
    return uow.for_update(Ticket, ticket_id, version), found[into_id]
