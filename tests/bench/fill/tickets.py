"""Tickets of the last months, nine in ten done."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.data.search import tokens
from deploy.local.demo import texts
from tests.bench.fill.copying import id_at
from tests.bench.fill.players import Person
from ticket.domain.codes import DUE_AFTER, PRIORITIES

MONTHS = timedelta(days=180)
TICKET = (
    "id", "version", "created_at", "updated_at", "no", "player_id", "question", "solution", "category", "priority",
    "status", "waiting", "line", "assignee_id", "department_id", "reopen_count", "due_at", "created_by", "started_at",
    "completed_at", "words",
)  # fmt: skip
_CASES = 500


def ticket_rows(
    count: int, everyone: Sequence[Person], departments: Mapping[str, str | None], now: datetime
) -> Iterator[Sequence[Any]]:
    """`count` rows as TICKET names their columns, in the order of time; none of today."""
    rng = random.Random("bench tickets")
    cases = [texts.case(rng) for _ in range(_CASES)]
    words = [(tokens((case.question, "")), tokens((case.question, case.solution))) for case in cases]
    for number in range(count):
        at = now - timedelta(days=2) - MONTHS * (1 - number / count)
        one = everyone[int(len(everyone) * rng.random() ** 1.3)]
        which = rng.randrange(_CASES)
        case, priority = cases[which], rng.choice(PRIORITIES)
        fate = rng.random()
        status = "done" if fate < 0.9 else "in_progress" if fate < 0.96 else "pending"
        done = status == "done"
        started = None if status == "pending" else at + timedelta(minutes=10)
        # The open ones are due within days from now, so that not all of them are late.
        due = at + DUE_AFTER[priority] if done else now + timedelta(hours=rng.randint(-24, 72))
        yield (
            id_at(rng, at), 3 if done else 1, at, at, f"T{at + timedelta(hours=8):%Y%m%d}-{number:07d}", one.id,
            case.question, case.solution if done else "", case.category, priority, status, False, 1, one.agent_id,
            departments[one.agent_id], 0, due, one.agent_id, started, at + timedelta(hours=2) if done else None,
            words[which][done],
        )  # fmt: skip
