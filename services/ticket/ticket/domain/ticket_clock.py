"""The clock of a ticket: its deadlines and alarms, kept with it, wound anew when what decides them changes (T22, T23)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from ticket.domain.codes import DONE, PENDING
from ticket.domain.deadlines import COMPLETION, FIRST_RESPONSE, WARNED, Alarm, Pause, Policy, Schedule, Terms, schedule


@dataclass(frozen=True)
class Standing:
    """How it stands with one deadline: running, warned, missed or met, none where there is no standard time.

    `level` is the highest level of escalation that has been told, 0 before the first.
    """

    due_at: datetime | None
    state: str
    warn_at: datetime | None = None
    level: int = 0


class Clock:
    """Columns and rules of a record with a `status`, `priority`, `category`, `department_id` and two deadlines.

    `alarms` is all that may be told, `told` what has been, `next_alarm_at` the earliest that waits (None: nothing does);
    `pauses` are the times during which it was done. A row of before there were policies has none of it yet.
    """

    if TYPE_CHECKING:
        status: Mapped[str]
        priority: Mapped[str]
        category: Mapped[str]
        department_id: Mapped[str | None]
        created_at: Mapped[datetime]
        started_at: Mapped[datetime | None]
        completed_at: Mapped[datetime | None]

    due_at: Mapped[datetime] = mapped_column(Instant)  # of the solution
    first_response_due_at: Mapped[datetime | None] = mapped_column(Instant)
    policy_id: Mapped[str | None] = mapped_column(Id)
    alarms: Mapped[list[Any] | None] = mapped_column(JSONB)
    told: Mapped[list[str] | None] = mapped_column(JSONB)
    pauses: Mapped[list[Any] | None] = mapped_column(JSONB)
    next_alarm_at: Mapped[datetime | None] = mapped_column(Instant)

    def wind(self, terms: Terms) -> None:
        """Work out both deadlines and every alarm by the policy that fits now, from the whole history."""
        policy, found = self.planned(terms, self.paused())
        self.policy_id, self.due_at, self.first_response_due_at = policy.id, found.completion, found.first_response
        self.alarms = [alarm.plain() for alarm in found.alarms]
        self.set_alarm()

    def planned(self, terms: Terms, pauses: Iterable[Pause]) -> tuple[Policy, Schedule]:
        """The policy that fits now, and the deadlines by it of a ticket that was done during the pauses."""
        policy = terms.policy_of(self.category, self.department_id)
        return policy, schedule(policy, self.priority, self.created_at, pauses)

    def differs_from(self, policy: Policy, planned: Schedule) -> bool:
        """Whether these are other alarms than it has."""
        return self.policy_id != policy.id or self.alarms != [alarm.plain() for alarm in planned.alarms]

    def paused(self) -> tuple[Pause, ...]:
        """From when to when it was done."""
        return tuple((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in self.pauses or ())

    def was_done_until(self, at: datetime) -> None:
        """It is not done any more: the time since it was completed does not count."""
        if self.completed_at is not None:
            self.pauses = [*(self.pauses or ()), [self.completed_at.isoformat(), at.isoformat()]]

    def paused_as(self, pauses: Iterable[Pause]) -> None:
        """Take the pauses that its timeline tells of."""
        self.pauses = [[stopped.isoformat(), resumed.isoformat()] for stopped, resumed in pauses]

    def ring(self, at: datetime) -> list[Alarm]:
        """What is due to be told at `at` and has not been; from now on it has been told."""
        due = [alarm for alarm in self._waiting() if alarm.at <= at]
        self.told = [*(self.told or ()), *(alarm.key for alarm in due)]
        self.set_alarm()
        return due

    def set_alarm(self) -> None:
        """Name the earliest alarm that its status lets ring, for whoever looks for what is due."""
        self.next_alarm_at = min((alarm.at for alarm in self._waiting()), default=None)

    def pass_over(self, at: datetime) -> None:
        """Tell nothing of what lies before `at`: nobody was promised it then."""
        self.ring(at)

    def standing(self, deadline: str, now: datetime) -> Standing:
        """How it stands with one of the deadlines."""
        due, ended = self._ends(deadline)
        if due is None:
            return Standing(None, "none")
        alarms = [alarm for alarm in self._known() if alarm.deadline == deadline]
        warning = next((alarm.at for alarm in alarms if alarm.step == WARNED), None)
        told = self.told or ()
        level = max((alarm.level for alarm in alarms if alarm.key in told), default=0) if ended is None else 0
        if ended is not None:
            return Standing(due, "met" if ended <= due else "missed", warning, level)
        if due < now:
            return Standing(due, "missed", warning, level)
        return Standing(due, "warned" if warning is not None and warning <= now else "running", warning, level)

    def _ends(self, deadline: str) -> tuple[datetime | None, datetime | None]:
        """When this deadline ends, and when it was kept, if it was."""
        if deadline == FIRST_RESPONSE:
            return self.first_response_due_at, self.started_at or self.completed_at
        return self.due_at, self.completed_at if self.status == DONE else None

    def _known(self) -> list[Alarm]:
        return [Alarm.kept(plain) for plain in self.alarms or ()]

    def _waiting(self) -> list[Alarm]:
        """Alarms that are still to be told: none of a ticket that is done, of the first response while it is pending."""
        running = {PENDING: (FIRST_RESPONSE, COMPLETION), DONE: ()}.get(self.status, (COMPLETION,))
        return [alarm for alarm in self._known() if alarm.deadline in running and alarm.key not in (self.told or ())]
