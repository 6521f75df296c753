"""The figures of a session out of what was said when: pure, so that they can be worked out again at any time (T13–T15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ticket.domain.codes import AGENT, BOT, PLAYER

_AT_ONCE = {PLAYER: 0, BOT: 1, AGENT: 2}  # who asked and was answered at the same moment was answered at once
_NONE = timedelta(0)


@dataclass(frozen=True)
class Said:
    """That somebody said something: when (UTC), and whether `player`, `agent` or `bot`."""

    at: datetime
    author: str


@dataclass(frozen=True)
class Figures:
    """Whole seconds, and counts; None where nobody has answered, or where the session is not over."""

    messages: int
    bot_messages: int
    answers: int
    first_response_seconds: int | None
    average_response_seconds: int | None
    handling_seconds: int | None


def waits(opened_at: datetime, said: Iterable[Said]) -> list[timedelta]:
    """How long the player waited for an agent, each time they were answered, in whatever order the messages came in.

    A wait begins with the first thing the player says after the last answer; where they have said nothing yet, with the
    opening. A bot ends none.
    """
    found: list[timedelta] = []
    since: datetime | None = None
    for one in sorted(said, key=lambda one: (one.at, _AT_ONCE[one.author])):
        if one.author == PLAYER:
            since = since or one.at
        elif one.author == AGENT:
            since = since or (None if found else opened_at)
            found += [max(one.at - since, _NONE)] if since else []
            since = None
    return found


def figures(opened_at: datetime, said: Iterable[Said], ended_at: datetime | None) -> Figures:
    """What a session comes to: how many spoke, how long the player waited first and on average, how long it took."""
    everything = list(said)
    waited, count = waits(opened_at, everything), Counter(one.author for one in everything)
    return Figures(
        messages=len(everything),
        bot_messages=count[BOT],
        answers=len(waited),
        first_response_seconds=int(waited[0].total_seconds()) if waited else None,
        average_response_seconds=int(sum(waited, _NONE).total_seconds() // len(waited)) if waited else None,
        handling_seconds=int(max(ended_at - opened_at, _NONE).total_seconds()) if ended_at else None,
    )
