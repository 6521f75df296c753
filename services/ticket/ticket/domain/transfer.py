"""A hand-over between people, departments and lines: accepted or sent back, nothing lost, the clock running (T17, T21)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from ticket.domain.base import Base
from ticket.domain.deadlines import STANDARD, Terms
from ticket.domain.errors import TransferDecided
from ticket.domain.events import TicketFact, TicketTransferred, state_of
from ticket.domain.ticket import Ticket

OFFERED, ACCEPTED, RETURNED = "offered", "accepted", "returned"


class Transfer(Record, Base):
    """One hand-over of one ticket."""

    __tablename__ = "transfers"

    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("tickets.id"))
    from_staff_id: Mapped[str | None] = mapped_column(Id)
    from_department_id: Mapped[str | None] = mapped_column(Id)
    from_line: Mapped[int]
    staff_id: Mapped[str | None] = mapped_column(Id)
    department_id: Mapped[str | None] = mapped_column(Id)
    line: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default=OFFERED)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    ticket: Mapped[Ticket] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (Index("ix_transfers_ticket_id", "ticket_id"),)

    def offer(self, ticket: Ticket, at: datetime, terms: Terms = STANDARD) -> list[TicketFact]:
        """Hand the ticket over; the former place is remembered. Raises AlreadyDone."""
        self.ticket_id, self.created_at, self.updated_at, self.state = ticket.id, at, at, OFFERED
        self.from_staff_id, self.from_department_id, self.from_line = (
            ticket.assignee_id,
            ticket.department_id,
            ticket.line,
        )
        self.line = self.line or ticket.line
        before = state_of(ticket)
        ticket.hand_over(to_staff=self.staff_id, to_department=self.department_id, line=self.line, at=at, terms=terms)
        return [self._fact(ticket, before, self.reason)]

    def accept(self, *, by: str | None, at: datetime) -> list[TicketFact]:
        """Take it on. Raises TransferDecided."""
        self._decide(ACCEPTED, at)
        before = state_of(self.ticket)
        self.ticket.assignee_id = by or self.ticket.assignee_id
        self.ticket.changed(at)
        return [self._fact(self.ticket, before, self.reason)]

    def give_back(self, reason: str, *, at: datetime, keep: bool = True, terms: Terms = STANDARD) -> list[TicketFact]:
        """Send it back to where it came from; without `keep` to the department alone. Raises TransferDecided, AlreadyDone."""
        self._decide(RETURNED, at)
        before = state_of(self.ticket)
        self.ticket.hand_over(
            to_staff=self.from_staff_id if keep else None,
            to_department=self.from_department_id,
            line=self.from_line,
            at=at,
            terms=terms,
        )
        return [self._fact(self.ticket, before, reason)]

    def _decide(self, state: str, at: datetime) -> None:
        if self.state != OFFERED:
            raise TransferDecided()
        self.state, self.decided_at = state, at
        self.changed(at)

    def _fact(self, ticket: Ticket, before: Mapping[str, Any], reason: str) -> TicketFact:
        return TicketTransferred.of(ticket, before, transfer_id=self.id, transfer_state=self.state, reason=reason)
