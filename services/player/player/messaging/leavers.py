"""Players of a leaver are handed over; the span of the leaver stays in the history of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select

from chassis.data.unit_of_work import UnitOfWork
from chassis.jobs.handover import Belongings, handover
from player.domain.binding import Binding
from player.domain.copies import StaffCopy
from player.domain.player import Player
from player.persistence import bindings


def _count(uow: UnitOfWork, staff_id: str) -> int:
    query = select(func.count()).where(Player.agent_id == staff_id, Player.deleted.is_(False))
    return uow.session.scalar(query) or 0


def _loads(uow: UnitOfWork, staff_ids: list[str]) -> Mapping[str, int]:
    mine = (Player.agent_id.in_(staff_ids), Player.deleted.is_(False), Player.merged_into_id.is_(None))
    found = uow.session.execute(select(Player.agent_id, func.count()).where(*mine).group_by(Player.agent_id))
    return {staff_id: count for staff_id, count in found if staff_id}


def _step(uow: UnitOfWork, given: Mapping[str, Any], receiver: Callable[[], str | None], limit: int) -> int:
    """Bind up to `limit` players to others. The WeChat account goes along where one person takes everything."""
    theirs = select(Player).where(Player.agent_id == given["from_id"], Player.deleted.is_(False))
    players = uow.session.scalars(theirs.order_by(Player.id).limit(limit).with_for_update(of=Player)).all()
    reason = f"离职交接：{given['no']}"
    for player in players:
        account = player.wechat_account_id if given["rule"] == "person" else None
        facts = player.bind(receiver(), account, reason, uow.settings.phones, uow.now())
        bindings.close(uow.session, player.id, uow.now())
        uow.add(Binding.of(player, reason, by=uow.caller.id, at=uow.now()))
        uow.publish(facts)
    return len(players)


SUBSCRIPTION, HANDOVER = handover("players.handover", StaffCopy, Belongings(_count, _loads, _step))
