"""A whole phone number is shown for a reason, which is kept and published, and only so often (P2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from chassis.clock import new_id
from chassis.data.phones import Phones
from chassis.data.unit_of_work import UnitOfWork
from chassis.ops.logging import log
from chassis.ops.metrics import PHONE_REVEALS_REFUSED
from player.application.players import living
from player.domain.codes import REVEALED_FOR
from player.domain.errors import NoPhone, RevealQuota
from player.domain.events import PhoneRevealed
from player.domain.reveal import PhoneReveal

_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Ration:
    """How many numbers one person may be shown in any 24 hours, how many are left, and when there is one more."""

    limit: int
    left: int
    again_at: datetime | None


def reveal_phone(
    uow: UnitOfWork, player_id: str, reason: str, *, phones: Phones, limit: int
) -> tuple[str, PhoneReveal, int]:
    """(the number in E.164, the entry made of it, how many more are left).

    Raises NotFound, FieldHidden, NoPhone, RevealQuota.
    """
    uow.caller.fields.must_see(["player.phone"])
    player = living(uow, player_id)
    number = player.phone(phones)
    if number is None:
        raise NoPhone()
    left = _take_one(uow, limit)
    entry = PhoneReveal(
        id=new_id(),
        player_id=player.id,
        by=uow.caller.id,
        reason=reason,
        at=uow.now(),
        expires_at=uow.now() + REVEALED_FOR,
    )
    uow.publish(PhoneRevealed.of(entry))
    return number, uow.add(entry), left


def ration(uow: UnitOfWork, limit: int) -> Ration:
    """What the caller has left now."""
    moments = _moments(uow)
    again = None if len(moments) < limit else moments[-limit] + _DAY if limit else None
    return Ration(limit, max(0, limit - len(moments)), again)


def _take_one(uow: UnitOfWork, limit: int) -> int:
    """One person's requests are counted one after the other; returns how many are left. Raises RevealQuota."""
    lock = int.from_bytes(hashlib.blake2b(f"reveal\0{uow.caller.id}".encode(), digest_size=8).digest(), signed=True)
    uow.session.execute(select(func.pg_advisory_xact_lock(lock)))
    now = ration(uow, limit)
    if not now.left:
        PHONE_REVEALS_REFUSED.inc()
        log.warning("phone reveals used up", staff=uow.caller.id, limit=limit)
        wait = ((now.again_at or uow.now() + _DAY) - uow.now()).total_seconds()
        raise RevealQuota(max(1, int(wait)), limit)
    return now.left - 1


def _moments(uow: UnitOfWork) -> list[datetime]:
    mine = (PhoneReveal.by == uow.caller.id) & (PhoneReveal.at > uow.now() - _DAY)
    return list(uow.session.scalars(select(PhoneReveal.at).where(mine).order_by(PhoneReveal.at)))
