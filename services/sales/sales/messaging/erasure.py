"""A player was erased: their copy becomes a tombstone that no older fact overwrites, and what was written of them is blanked."""

from __future__ import annotations

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from sales.application.erasure import erase_texts
from sales.persistence.projections import PLAYERS


def hear(uow: UnitOfWork, facts: list[Received]) -> None:
    """Take the empty state, and blank what was written."""
    PLAYERS.handle(uow, facts)
    erase_texts(uow, [fact.subject for fact in facts])
