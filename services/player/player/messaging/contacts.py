"""Touches and tickets are contacts with a player: the moment of the last one is kept."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from player.persistence.contacts import keep_newest


@dataclass(frozen=True)
class Contact:
    """What is read of a touch or a ticket."""

    player_id: str


def hear(uow: UnitOfWork, facts: list[Received]) -> None:
    """Keep the newest contact of each player; nothing is published of it."""
    newest: dict[str, datetime] = {}
    for fact in facts:
        player_id, at = _uuid(fact.data["player_id"]), min(_moment(fact, uow.now()), uow.now())
        if player_id is not None:
            newest[player_id] = max(at, newest.get(player_id, at))
    keep_newest(uow.session, newest)


def _uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def _moment(fact: Received, now: datetime) -> datetime:
    """When it happened: the touch's own moment, else that in the fact's ID, a uuid7, which begins with milliseconds."""
    try:
        told = datetime.fromisoformat(str(fact.data.get("at")))
        return told if told.tzinfo else now
    except ValueError:
        pass
    made = uuid.UUID(fact.id)
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC) if made.version == 7 else now
