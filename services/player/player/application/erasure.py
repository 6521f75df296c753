"""A player is erased: the row, its histories and files here; the others follow the fact (S31)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.facts.erasing import ERASED, blank_facts, forget_answers
from chassis.jobs.store import withdraw_files
from player.domain.binding import Binding
from player.domain.phones import Phones
from player.domain.player import Player
from player.domain.reveal import PhoneReveal
from player.persistence import bindings, jobs, search_keys

BLANK: dict[str, Any] = {
    **dict.fromkeys(("phone", "wechat_id", "wechat_name", "nickname", "game")),
    **{"tags": [], "custom": {}, "former_wechat_ids": [], "vip_tier": 0, "reason": ERASED},
}


def erase_player(uow: UnitOfWork, player_id: str, reason: str, *, version: int, phones: Phones) -> Player:
    """Erase a player, living or deleted; only that there was one stays, with whose they were and when.

    Files of jobs that are over are withdrawn: the player may be in them. Raises NotFound, StaleRecord, AlreadyErased.
    """
    player = uow.locked(Player, player_id)
    if player.is_stale_for(version):
        raise StaleRecord(player)
    facts = player.erase(reason, phones, uow.now())
    uow.session.flush()
    for kind in (Binding, PhoneReveal):
        uow.session.execute(update(kind).where(kind.player_id == player_id, kind.reason != "").values(reason=ERASED))  # type: ignore[attr-defined]
    search_keys.forget(uow.session, player_id)
    bindings.close(uow.session, player_id, uow.now())
    jobs.forget(uow.session, player_id)
    blank_facts(uow.session, [player_id], BLANK)
    forget_answers(uow.session, [player_id])
    withdraw_files(uow.session)
    uow.publish(facts)
    return player
