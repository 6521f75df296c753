"""A player is erased: the row, its histories and files here; the others follow the fact (S31)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from chassis.data.phones import Phones
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.facts.erasing import ERASED, blank_facts, forget_answers
from chassis.jobs.store import withdraw_files
from player.application.players import merged
from player.domain.binding import Binding
from player.domain.events import PlayerFact, PlayerUpdated
from player.domain.merge import Merge
from player.domain.player import Player
from player.domain.reveal import PhoneReveal
from player.persistence import bindings, groups, jobs, search_keys

BLANK: dict[str, Any] = {
    **dict.fromkeys(("phone", "wechat_id", "wechat_name", "nickname", "game")),
    **{"tags": [], "custom": {}, "former_wechat_ids": [], "vip_tier": 0, "reason": ERASED},
}


def erase_player(uow: UnitOfWork, player_id: str, reason: str, *, version: int, phones: Phones) -> Player:
    """Erase a player, living or deleted, and whoever was merged into them: they are one person.

    Only that there was one stays, with whose they were and when. Files of jobs that are over are withdrawn: the player
    may be in them. Raises NotFound, PlayerMerged, StaleRecord, AlreadyErased.
    """
    groups.lock_all(uow.session, player_id)
    player = uow.locked(Player, player_id)
    if player.merged_into_id is not None and player.erased_at is None:
        raise merged(uow, player.merged_into_id)
    if player.is_stale_for(version):
        raise StaleRecord(player)
    everybody = [player, *(one for one in groups.members(uow.session, player_id) if one.erased_at is None)]
    called = {name for one in everybody for name in one.called()}
    facts: list[PlayerFact] = [fact for one in everybody for fact in one.erase(reason, phones, uow.now())]
    uow.session.flush()
    _forget(uow, [one.id for one in everybody])
    facts += _forget_with(uow, [one.id for one in everybody], called, phones)
    withdraw_files(uow.session)
    uow.publish(facts)
    return player


def _forget(uow: UnitOfWork, ids: list[str]) -> None:
    """What hangs on players who have been erased: histories, keys, jobs, and what the log tells of them."""
    for kind in (Binding, PhoneReveal, Merge):
        reasons = update(kind).where(kind.player_id.in_(ids), kind.reason != "")  # type: ignore[attr-defined]
        uow.session.execute(reasons.values(reason=ERASED))
    undone = update(Merge).where(Merge.player_id.in_(ids), Merge.undone_reason != "")
    uow.session.execute(undone.values(undone_reason=ERASED))
    uow.session.execute(update(Merge).where(Merge.player_id.in_(ids) | Merge.into_id.in_(ids)).values(taken={}))
    for one in ids:
        search_keys.forget(uow.session, one)
        bindings.close(uow.session, one, uow.now())
        jobs.forget(uow.session, one)
    blank_facts(uow.session, ids, BLANK)
    forget_answers(uow.session, ids)


def _forget_with(uow: UnitOfWork, ids: list[str], called: set[str], phones: Phones) -> list[PlayerFact]:
    """Who was taken for the same person for a time: what their facts told then is blanked, and told anew as it is now."""
    facts: list[PlayerFact] = []
    for one in groups.parted(uow.session, ids):
        one.former = {kind: [name for name in values if name not in called] for kind, values in one.former.items()}
        one.index_names()
        search_keys.keep_former_handles(uow.session, one)
        one.touched(uow.now())
        blank_facts(uow.session, [one.id], BLANK)
        forget_answers(uow.session, [one.id])
        facts.append(PlayerUpdated.of(one, phones, "former_wechat_ids"))
    return facts
