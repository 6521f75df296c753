"""A ticket and its rules: three statuses, a solution before the end, a reason to begin again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from chassis.data.search import tokens
from ticket.domain.base import Base
from ticket.domain.codes import DONE, IN_PROGRESS, PENDING
from ticket.domain.copies import PlayerCopy
from ticket.domain.deadlines import STANDARD, Terms, pauses_of
from ticket.domain.errors import (
    AlreadyDone,
    DifferentPlayer,
    IntoDone,
    MergedAway,
    NotDone,
    NotInProgress,
    NotMerged,
    NotPending,
    SameTicket,
    SolutionMissing,
)
from ticket.domain.events import (
    TicketCompleted,
    TicketCreated,
    TicketFact,
    TicketMerged,
    TicketReopened,
    TicketStarted,
    TicketUnmerged,
    TicketUpdated,
    state_of,
)
from ticket.domain.ticket_clock import Clock

WINDING = ("priority", "category", "department_id")  # what decides a ticket's deadlines, beside its history


def merged_into(no: str) -> str:
    """The solution of a ticket that had none when it was merged."""
    return f"已合并到 {no}"


class Ticket(Clock, Record, Base):
    """A player's question and its solution (T1 to T3). `terms` are the policies by which its deadlines are worked out."""

    __tablename__ = "tickets"

    no: Mapped[str] = mapped_column(String(24), unique=True)
    player_id: Mapped[str] = mapped_column(Id, ForeignKey("player_copies.id"))
    question: Mapped[str] = mapped_column(Text)
    solution: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(32), default="other")
    priority: Mapped[str] = mapped_column(String(16), default="normal")
    status: Mapped[str] = mapped_column(String(16), default=PENDING)
    waiting: Mapped[bool] = mapped_column(default=False)
    line: Mapped[int] = mapped_column(default=1)
    assignee_id: Mapped[str | None] = mapped_column(Id)
    department_id: Mapped[str | None] = mapped_column(Id)
    session_id: Mapped[str | None] = mapped_column(Id)
    order_id: Mapped[str | None] = mapped_column(Id)
    reopen_count: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    words: Mapped[list[str]] = mapped_column(ARRAY(String(64)), default=list)
    # No foreign keys: one would lock the whole table while it is added, and a cause while its tickets change.
    cause_id: Mapped[str | None] = mapped_column(Id)
    cause_fix_id: Mapped[str | None] = mapped_column(Id)  # the fix of its cause that completed it
    merged_into_id: Mapped[str | None] = mapped_column(Id)
    status_before_merge: Mapped[str | None] = mapped_column(String(16))

    player: Mapped[PlayerCopy] = relationship(lazy="joined", innerjoin=True, viewonly=True)

    __table_args__ = (
        Index("ix_tickets_player_id_created_at", "player_id", "created_at", "id"),
        Index("ix_tickets_created_at", "created_at", "id"),
        Index("ix_tickets_updated_at", "updated_at", "id"),
        Index("ix_tickets_open_by_assignee", "assignee_id", "due_at", "id", postgresql_where=text("status <> 'done'")),
        Index("ix_tickets_open_due_at", "due_at", "id", postgresql_where=text("status <> 'done'")),
        Index("ix_tickets_next_alarm_at", "next_alarm_at", "id", postgresql_where=text("next_alarm_at IS NOT NULL")),
        Index("ix_tickets_open_unwound", "id", postgresql_where=text("policy_id IS NULL AND status <> 'done'")),
        Index("ix_tickets_assignee_id_created_at", "assignee_id", "created_at", "id"),
        Index("ix_tickets_done_by_assignee", "assignee_id", "completed_at", postgresql_where=text("status = 'done'")),
        Index("ix_tickets_department_id_created_at", "department_id", "created_at", "id"),
        Index("ix_tickets_words", "words", postgresql_using="gin"),
        Index(
            "ix_tickets_cause_id_created_at",
            "cause_id",
            "created_at",
            "id",
            postgresql_where=text("cause_id IS NOT NULL"),
        ),
        Index(
            "ix_tickets_open_by_cause",
            "cause_id",
            "id",
            postgresql_where=text("cause_id IS NOT NULL AND status <> 'done'"),
        ),
        Index("ix_tickets_session_id", "session_id", postgresql_where=text("session_id IS NOT NULL")),
        Index("ix_tickets_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    )

    def open(self, at: datetime, terms: Terms = STANDARD) -> list[TicketFact]:
        """Count the clock from `at` (UTC) and say that the ticket is there."""
        self.created_at = self.updated_at = at
        self.wind(terms)
        self._index()
        return [TicketCreated.of(self)]

    def edit(self, fields: Mapping[str, Any], *, at: datetime, terms: Terms = STANDARD) -> list[TicketFact]:
        """Change some fields. A ticket that is done keeps a solution. Raises SolutionMissing, MergedAway."""
        self._must_stand_alone()
        before = state_of(self)
        if all(before[name] == value for name, value in fields.items()):
            return []
        for name, value in fields.items():
            setattr(self, name, value)
        if self.status == DONE and not self.solution.strip():
            raise SolutionMissing()
        if any(before[name] != getattr(self, name) for name in WINDING):
            self.wind(terms)
        self._index()
        self.changed(at)
        return [TicketUpdated.of(self, before)]

    def start(self, *, by: str | None, at: datetime) -> list[TicketFact]:
        """Begin work; whoever begins an unassigned ticket takes it. Raises NotPending."""
        before = state_of(self)
        self._move(PENDING, IN_PROGRESS, NotPending)
        self.started_at = self.started_at or at
        self.assignee_id = self.assignee_id or by
        self.changed(at)
        return [TicketStarted.of(self, before)]

    def complete(self, solution: str | None, *, at: datetime) -> list[TicketFact]:
        """Close the ticket; `at` is UTC. Raises SolutionMissing, NotInProgress."""
        before = state_of(self)
        if solution is not None:
            self.solution = solution
        if not self.solution.strip():
            raise SolutionMissing()
        self._move(IN_PROGRESS, DONE, NotInProgress)
        self.completed_at, self.waiting, self.cause_fix_id = at, False, None
        self._index()
        self.changed(at)
        return [TicketCompleted.of(self, before)]

    def complete_with_cause(self, solution: str, fix_id: str, *, at: datetime) -> list[TicketFact]:
        """Close it, wherever it stands, because its cause is fixed. Raises NotInProgress where it is done."""
        facts = self.start(by=None, at=at) if self.status == PENDING else []
        facts += self.complete(solution, at=at)
        self.cause_fix_id = fix_id
        return facts

    def reopen(self, reason: str, *, at: datetime, keep: bool = True, terms: Terms = STANDARD) -> list[TicketFact]:
        """Work on it again; counted, the solution stays, the clock goes on. Without `keep` it is nobody's.

        Raises NotDone, MergedAway.
        """
        self._must_stand_alone()
        before = state_of(self)
        self._move(DONE, IN_PROGRESS, NotDone)
        self.reopen_count += 1
        self.assignee_id = self.assignee_id if keep else None
        self.was_done_until(at)
        self.completed_at = self.cause_fix_id = None
        self.wind(terms)
        self.changed(at)
        return [TicketReopened.of(self, before, reason=reason)]

    def hand_over(
        self,
        *,
        to_staff: str | None,
        to_department: str | None,
        line: int | None,
        at: datetime,
        terms: Terms = STANDARD,
    ) -> None:
        """Give it to somebody else; the clock runs on, by the policy of that department. Raises AlreadyDone."""
        if self.status == DONE:
            raise AlreadyDone()
        self.assignee_id, self.department_id = to_staff, to_department
        self.line = line or self.line
        self.wind(terms)
        self.changed(at)

    def merge_into(self, other: Ticket, *, at: datetime) -> list[TicketFact]:
        """Be worked on there from now: done here, with a solution that says where.

        Raises SameTicket, DifferentPlayer, MergedAway where either is merged already, IntoDone.
        """
        if self.id == other.id:
            raise SameTicket()
        if self.player_id != other.player_id:
            raise DifferentPlayer()
        self._must_stand_alone()
        other._must_stand_alone()
        if other.status == DONE != self.status:
            raise IntoDone()
        before = state_of(self)
        self.merged_into_id, self.status_before_merge = other.id, self.status
        self.status, self.waiting = DONE, False
        self.completed_at = self.completed_at or at
        self.set_alarm()
        self.solution = self.solution if self.solution.strip() else merged_into(other.no)
        self._index()
        self.changed(at)
        return [TicketMerged.of(self, before, merged_into_no=other.no)]

    def unmerge(self, other: Ticket, *, at: datetime) -> list[TicketFact]:
        """Be as before it was merged into `other`, as if the clock had run on. Raises NotMerged."""
        if self.merged_into_id is None:
            raise NotMerged()
        before = state_of(self)
        self.status = self.status_before_merge or IN_PROGRESS
        self.completed_at = self.completed_at if self.status == DONE else None
        self.set_alarm()
        self.solution = "" if self.solution == merged_into(other.no) else self.solution
        self.merged_into_id = self.status_before_merge = None
        self._index()
        self.changed(at)
        return [TicketUnmerged.of(self, before, merged_into_no=other.no)]

    def rewind(self, terms: Terms, statuses: Iterable[tuple[datetime, str, str]], *, at: datetime) -> list[TicketFact]:
        """Work its deadlines out anew by these terms and its changes of status; a fact where that moves one of them."""
        before = state_of(self)
        self.paused_as(pauses_of(statuses, DONE))
        self.wind(terms)
        if state_of(self) == before:
            return []
        self.changed(at)
        return [TicketUpdated.of(self, before)]

    def written(self) -> TicketChange:
        """The first line of its timeline, which needs no row of its own."""
        return TicketChange(
            id=self.id, ticket_id=self.id, at=self.created_at, kind="created", actor_id=self.created_by, changes={}
        )

    def is_overdue(self, now: datetime) -> bool:
        """Whether its time is up and it is not done."""
        return self.status != DONE and self.due_at < now

    def _must_stand_alone(self) -> None:
        if self.merged_into_id is not None:
            raise MergedAway()

    def _move(self, origin: str, target: str, refusal: type[Exception]) -> None:
        if self.status != origin:
            raise refusal()
        self.status = target
        self.set_alarm()

    def _index(self) -> None:
        self.words = tokens((self.question, self.solution))


class TicketChange(Base):
    """One line of a ticket's timeline: who did what, when, and what was there before."""

    __tablename__ = "ticket_changes"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("tickets.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(32))
    actor_id: Mapped[str] = mapped_column(String(64))
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_ticket_changes_ticket_id_at", "ticket_id", "at", "id"),)
