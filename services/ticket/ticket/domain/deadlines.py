"""Deadlines as data: what is due when, whom that concerns, and all of it worked out from a ticket's history (T22, T23)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ticket.domain.codes import DUE_AFTER
from ticket.domain.working_time import AROUND_THE_CLOCK, NOTHING, WorkingTime

FIRST_RESPONSE, COMPLETION = "first_response", "completion"
DEADLINES = (FIRST_RESPONSE, COMPLETION)
WARNED, MISSED, ESCALATED = "warned", "missed", "escalated"
STEPS = (WARNED, MISSED, ESCALATED)
LEVELS = ("agent", "supervisor", "manager")  # whom levels 1, 2 and 3 of an escalation reach
Pause = tuple[datetime, datetime]


@dataclass(frozen=True)
class Policy:
    """The standard times of tickets of a category and a department; None stands for all of them.

    `standard` has for each priority the working minutes of its deadlines, None where there is none; `warn_percent` of them
    or `warn_minutes` before their end one is warned, and `escalate_after` so many working minutes behind it each level.
    """

    id: str
    calendar: WorkingTime
    standard: Mapping[str, Mapping[str, int | None]]
    category: str | None = None
    department_id: str | None = None
    warn_percent: int | None = 80
    warn_minutes: int | None = None
    escalate_after: tuple[int, ...] = (0, 30, 120)

    @property
    def closeness(self) -> tuple[bool, bool]:
        """What decides between policies that both fit: the department first, then the category."""
        return self.department_id is not None, self.category is not None

    def fits(self, category: str, department_id: str | None) -> bool:
        """Whether it says anything of such tickets."""
        return self.category in (None, category) and self.department_id in (None, department_id)

    def warned_after(self, minutes: int) -> timedelta:
        """The working time after which one is warned; with minutes before the end never in the first half."""
        whole = timedelta(minutes=minutes)
        if self.warn_minutes is None:
            return whole * (self.warn_percent or 100) / 100
        return max(whole - timedelta(minutes=self.warn_minutes), whole / 2)


@dataclass(frozen=True)
class Terms:
    """All policies that are in force; one of them fits every ticket."""

    policies: tuple[Policy, ...]

    def policy_of(self, category: str, department_id: str | None) -> Policy:
        """The closest one that fits; one for a department goes before one for a category."""
        fitting = (policy for policy in self.policies if policy.fits(category, department_id))
        return max(fitting, key=lambda policy: policy.closeness)


@dataclass(frozen=True)
class Alarm:
    """Something that is to be told at a moment, unless the deadline is kept before: exactly once."""

    at: datetime
    deadline: str
    step: str
    level: int = 0

    @property
    def key(self) -> str:
        """What it is told by, once."""
        return f"{self.deadline}.{self.step}" + (f".{self.level}" if self.level else "")

    def plain(self) -> list[Any]:
        """As it is kept with the ticket."""
        return [self.at.isoformat(), self.deadline, self.step, self.level]

    @classmethod
    def kept(cls, plain: list[Any]) -> Alarm:
        """Out of what is kept."""
        return cls(datetime.fromisoformat(plain[0]), *plain[1:])


@dataclass(frozen=True)
class Schedule:
    """When both deadlines end (None where the policy has none), and every alarm on the way, in the order of time."""

    first_response: datetime | None
    completion: datetime
    alarms: tuple[Alarm, ...]


def schedule(policy: Policy, priority: str, began: datetime, pauses: Iterable[Pause] = ()) -> Schedule:
    """The deadlines of a ticket written at `began` that was done from the first to the second moment of each pause.

    What is done has had its first response, so a pause is none of that.
    """
    stops = {FIRST_RESPONSE: (), COMPLETION: tuple(pauses)}
    minutes = policy.standard[priority]
    ends: dict[str, datetime | None] = dict.fromkeys(DEADLINES)
    alarms: list[Alarm] = []
    for deadline in DEADLINES:
        standard = minutes[deadline]
        if standard is not None:
            found = _alarms(policy, deadline, standard, began, stops[deadline])
            ends[deadline] = found[1].at
            alarms += found
    alarms.sort(key=lambda alarm: (alarm.at, STEPS.index(alarm.step), alarm.level, DEADLINES.index(alarm.deadline)))
    completion = ends[COMPLETION]
    assert completion is not None, "every policy says how long a solution may take"
    return Schedule(ends[FIRST_RESPONSE], completion, tuple(alarms))


def _alarms(policy: Policy, deadline: str, minutes: int, began: datetime, pauses: tuple[Pause, ...]) -> list[Alarm]:
    """The warning, the end, and what follows where it is missed."""

    def at(working: timedelta) -> datetime:
        return moment_after(policy.calendar, began, working, pauses)

    whole = timedelta(minutes=minutes)
    warning = Alarm(at(policy.warned_after(minutes)), deadline, WARNED)
    levels = enumerate(policy.escalate_after, 1)
    after = [Alarm(at(whole + timedelta(minutes=late)), deadline, ESCALATED, level) for level, late in levels]
    return [warning, Alarm(at(whole), deadline, MISSED), *after]


def moment_after(calendar: WorkingTime, began: datetime, working: timedelta, pauses: Iterable[Pause]) -> datetime:
    """When so much working time has gone by since `began`, not counting the pauses, which are in the order of time."""
    left = working
    for stopped, resumed in pauses:
        used = calendar.between(began, stopped)
        if used >= left:
            break
        left, began = left - used, resumed
    return calendar.after(began, max(left, NOTHING))


def pauses_of(statuses: Iterable[tuple[datetime, str, str]], done: str) -> tuple[Pause, ...]:
    """From when to when a ticket was done, out of its changes of status: (at, before, after), oldest first."""
    found: list[Pause] = []
    stopped: datetime | None = None
    for at, before, after in statuses:
        if after == done != before:
            stopped = at
        elif before == done != after and stopped is not None:
            found.append((stopped, at))
            stopped = None
    return tuple(found)


_FIRST_ANSWER = {"urgent": 15, "high": 30, "normal": 120, "low": 480}
STANDARD = Terms(
    (
        Policy(
            "01890000-0000-7000-8000-00000000d002",
            AROUND_THE_CLOCK,
            {
                priority: {FIRST_RESPONSE: _FIRST_ANSWER[priority], COMPLETION: int(limit.total_seconds() // 60)}
                for priority, limit in DUE_AFTER.items()
            },
        ),
    )
)
"""As it is delivered, until the company says otherwise: around the clock."""
