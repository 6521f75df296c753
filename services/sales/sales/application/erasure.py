"""What is written in the sales records of a player who has been erased goes with them; the figures stay (S31)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, union_all, update

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.erasing import ERASED, blank_facts, forget_answers
from chassis.jobs.store import withdraw_files
from sales.domain.circulation import CirculationLoss
from sales.domain.claims import Claim
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity
from sales.domain.order import Order
from sales.domain.pool import Step
from sales.domain.returns import Return
from sales.domain.touch import Touch

_ONCE = {"synchronize_session": False}


def erase_texts(uow: UnitOfWork, players: Sequence[str]) -> None:
    """Blank what is written of these players in touches, orders, returns, claims, opportunities and leads, and in the log.

    Of a claim its evidence goes, of a lead its contacts.

    Amounts and payments stay. The versions go up, so that nobody who has the old text before them can save it again.
    """
    _blank(uow, Touch, players, "note")
    _blank(uow, Order, players, "note", "reason")
    _blank(uow, Return, players, "reason", "decision")
    _blank(uow, Claim, players, "reason", "decision")
    _without_evidence(uow, players)
    _blank(uow, Opportunity, players, "title", "note", "reason")
    _erase_leads(uow, players)
    _erase_steps(uow, players)
    forget_answers(uow.session, players)
    withdraw_files(uow.session)


def _erase_leads(uow: UnitOfWork, players: Sequence[str]) -> None:
    """A lead that became one of these players keeps neither name nor contact."""
    _blank(uow, Lead, players, "name", "note", "reason")
    gone = ("phone_sealed", "phone_index", "phone_masked", "wechat_id", "wechat_key")
    theirs = Lead.player_id.in_(players)
    uow.session.execute(update(Lead).where(theirs).values(dict.fromkeys(gone)), execution_options=_ONCE)
    blank_facts(
        uow.session, list(uow.session.scalars(select(Lead.id).where(theirs))), {"phone": None, "wechat_id": None}
    )


def _erase_steps(uow: UnitOfWork, players: Sequence[str]) -> None:
    """The reasons in the history of their leads and opportunities, and what runs called these."""
    theirs = union_all(*(select(kind.id).where(kind.player_id.in_(players)) for kind in (Lead, Opportunity)))
    why = (Step.record_id.in_(theirs), Step.reason.is_not(None))
    uow.session.execute(update(Step).where(*why).values(reason=ERASED), execution_options=_ONCE)
    lost = CirculationLoss.record_id.in_(theirs)
    uow.session.execute(update(CirculationLoss).where(lost).values(title=ERASED), execution_options=_ONCE)


def _without_evidence(uow: UnitOfWork, players: Sequence[str]) -> None:
    """What was put forward for their claims goes whole: it is texts and links, and nothing else."""
    theirs = Claim.player_id.in_(players)
    uow.session.execute(update(Claim).where(theirs).values(evidence=[]), execution_options=_ONCE)
    blank_facts(uow.session, list(uow.session.scalars(select(Claim.id).where(theirs))), {"evidence": []})


def _blank(uow: UnitOfWork, kind: Any, players: Sequence[str], *names: str) -> None:
    ids = list(uow.session.scalars(select(kind.id).where(kind.player_id.in_(players)).with_for_update()))
    for name in names:
        written = getattr(kind, name) != ""
        uow.session.execute(
            update(kind).where(kind.id.in_(ids), written).values({name: ERASED}), execution_options=_ONCE
        )
    newer = {"version": kind.version + 1, "updated_at": uow.now()}
    uow.session.execute(update(kind).where(kind.id.in_(ids)).values(newer), execution_options=_ONCE)
    blank_facts(uow.session, ids, dict.fromkeys(names, ERASED))
