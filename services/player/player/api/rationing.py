"""The ration of players read (S26), around every route whose answer, or whose refusal, shows a whole player."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, current_app

from chassis.callers import Caller
from chassis.data.unit_of_work import StaleRecord
from chassis.http import problems
from player.application.readings import Readings
from player.domain.errors import RevealQuota
from player.settings import settings


def readings() -> Readings:
    """What this process has shown to whom."""
    kept = current_app.extensions
    if "player_readings" not in kept:
        kept["player_readings"] = Readings(
            kept["playdesk"], settings().players_read_alarm, settings().players_read_limit
        )
    found: Readings = kept["player_readings"]
    return found


@contextmanager
def reading(who: Caller, *player_ids: str) -> Iterator[None]:
    """Around work that shows these players, as it leaves them or, come too late, as they are; who is not there counts not.

    Raises TooManyRead.
    """
    readings().must_not_be_held(who)
    try:
        yield
    except StaleRecord:
        readings().note(who, player_ids)
        raise
    readings().note(who, player_ids)


def say_when_again(refusal: RevealQuota) -> Response:
    """A quota says when to come again."""
    response = problems.of_refusal(refusal)
    response.headers["Retry-After"] = str(refusal.seconds)
    return response
