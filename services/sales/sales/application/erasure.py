"""What is written in the sales records of a player who has been erased goes with them; the figures stay (S31)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.erasing import ERASED, blank_facts, forget_answers
from chassis.jobs.store import withdraw_files
from sales.domain.claims import Claim
from sales.domain.order import Order
from sales.domain.returns import Return
from sales.domain.touch import Touch


def erase_texts(uow: UnitOfWork, players: Sequence[str]) -> None:
    """Blank every note, reason and evidence of these players' touches, orders, returns and claims, and in the log.

    Amounts and payments stay. The versions go up, so that nobody who has the old text before them can save it again.
    """
    _blank(uow, Touch, players, "note")
    _blank(uow, Order, players, "note", "reason")
    _blank(uow, Return, players, "reason", "decision")
    _blank(uow, Claim, players, "reason", "decision")
    _without_evidence(uow, players)
    forget_answers(uow.session, players)
    withdraw_files(uow.session)


def _without_evidence(uow: UnitOfWork, players: Sequence[str]) -> None:
    """What was put forward for their claims goes whole: it is texts and links, and nothing else."""
    theirs = Claim.player_id.in_(players)
    uow.session.execute(
        update(Claim).where(theirs).values(evidence=[]), execution_options={"synchronize_session": False}
    )
    blank_facts(uow.session, list(uow.session.scalars(select(Claim.id).where(theirs))), {"evidence": []})


def _blank(uow: UnitOfWork, kind: Any, players: Sequence[str], *names: str) -> None:
    ids = list(uow.session.scalars(select(kind.id).where(kind.player_id.in_(players)).with_for_update()))
    once = {"synchronize_session": False}
    for name in names:
        written = getattr(kind, name) != ""
        uow.session.execute(
            update(kind).where(kind.id.in_(ids), written).values({name: ERASED}), execution_options=once
        )
    newer = {"version": kind.version + 1, "updated_at": uow.now()}
    uow.session.execute(update(kind).where(kind.id.in_(ids)).values(newer), execution_options=once)
    blank_facts(uow.session, ids, dict.fromkeys(names, ERASED))
