"""The facts of tickets, each carrying the whole state after the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from chassis.facts.event import Event, fact
from ticket.domain.deadlines import ESCALATED, FIRST_RESPONSE, LEVELS, WARNED, Alarm

if TYPE_CHECKING:
    from ticket.domain.ticket import Ticket

_STATE = (
    "no", "player_id", "question", "solution", "category", "priority", "status", "waiting", "line", "assignee_id",
    "department_id", "session_id", "order_id", "reopen_count", "due_at", "created_by", "created_at", "started_at",
    "completed_at", "cause_id", "merged_into_id", "first_response_due_at",
)  # fmt: skip


def state_of(ticket: Ticket) -> dict[str, Any]:
    """What facts tell of a ticket, as it is now."""
    return {name: getattr(ticket, name) for name in _STATE}


@dataclass(frozen=True, kw_only=True)
class TicketFact(Event):
    """The state of a ticket after a change."""

    no: str
    player_id: str
    question: str
    solution: str
    category: str
    priority: str
    status: str
    waiting: bool
    line: int
    assignee_id: str | None
    department_id: str | None
    session_id: str | None
    order_id: str | None
    reopen_count: int
    due_at: datetime
    created_by: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    cause_id: str | None = None
    merged_into_id: str | None = None
    first_response_due_at: datetime | None = None

    @classmethod
    def of(
        cls, ticket: Ticket, before: Mapping[str, Any] | None = None, *, at: datetime | None = None, **more: Any
    ) -> Self:
        """The fact that this ticket is now as it is, and was as `before` says.

        What happens without a change of the ticket has its own moment, `at`.
        """
        state = state_of(ticket)
        changed = tuple(name for name in _STATE if before is not None and before[name] != state[name])
        return cls(
            subject=ticket.id,
            entity_version=ticket.version,
            occurred_at=at or ticket.updated_at,
            changed=changed,
            **state,
            **more,
        )


@fact("ticket.created.v1")
class TicketCreated(TicketFact):
    """A ticket was written."""


@fact("ticket.updated.v1")
class TicketUpdated(TicketFact):
    """A ticket's texts, category, priority, assignee or waiting flag were changed."""


@fact("ticket.started.v1")
class TicketStarted(TicketFact):
    """Work on a ticket began."""


@fact("ticket.completed.v1")
class TicketCompleted(TicketFact):
    """A ticket was completed with a solution."""


@fact("ticket.reopened.v1")
@dataclass(frozen=True, kw_only=True)
class TicketReopened(TicketFact):
    """A completed ticket was opened again."""

    reason: str


@fact("ticket.transferred.v1")
@dataclass(frozen=True, kw_only=True)
class TicketTransferred(TicketFact):
    """A ticket was handed over, accepted or sent back."""

    transfer_id: str
    transfer_state: str
    reason: str


@fact("ticket.merged.v1")
@dataclass(frozen=True, kw_only=True)
class TicketMerged(TicketFact):
    """A ticket was merged into another of the same player, where it is worked on from now."""

    merged_into_no: str


@fact("ticket.unmerged.v1")
@dataclass(frozen=True, kw_only=True)
class TicketUnmerged(TicketFact):
    """A ticket was taken out of the one it had been merged into, and is again as it was before."""

    merged_into_no: str


@dataclass(frozen=True, kw_only=True)
class DeadlineFact(TicketFact):
    """What the clock says of a ticket; the ticket is as it was, and so is its version."""

    deadline: Literal["first_response", "completion"]
    deadline_at: datetime
    policy_id: str | None


@fact("ticket.deadline_warned.v1")
class TicketDeadlineWarned(DeadlineFact):
    """A deadline of a ticket is near."""


@fact("ticket.deadline_missed.v1")
class TicketDeadlineMissed(DeadlineFact):
    """A deadline of a ticket has gone by."""


@fact("ticket.escalated.v1")
@dataclass(frozen=True, kw_only=True)
class TicketEscalated(DeadlineFact):
    """A deadline that was missed reaches the next level: the agent, the department's supervisor, the one above."""

    level: int
    reaches: Literal["agent", "supervisor", "manager"]


def alarm_fact(ticket: Ticket, alarm: Alarm, at: datetime) -> DeadlineFact:
    """What is told of an alarm at `at`, which is a little later than the alarm."""
    due = ticket.first_response_due_at if alarm.deadline == FIRST_RESPONSE else ticket.due_at
    what: dict[str, Any] = {"deadline": alarm.deadline, "deadline_at": due, "policy_id": ticket.policy_id}
    if alarm.step == ESCALATED:
        return TicketEscalated.of(ticket, at=at, level=alarm.level, reaches=LEVELS[alarm.level - 1], **what)
    kind = TicketDeadlineWarned if alarm.step == WARNED else TicketDeadlineMissed
    return kind.of(ticket, at=at, **what)
