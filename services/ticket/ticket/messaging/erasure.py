"""A player was erased: their copy becomes a tombstone that no older fact overwrites, and their tickets lose their texts."""

from __future__ import annotations

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from ticket.application.erasure import erase_texts
from ticket.persistence.projections import PLAYERS


def hear(uow: UnitOfWork, facts: list[Received]) -> None:
    """Take the empty state, and blank what was written."""
    PLAYERS.handle(uow, facts)
    erase_texts(uow, [fact.subject for fact in facts])
