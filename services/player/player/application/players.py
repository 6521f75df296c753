"""What is done with a player: write down, edit, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.copies import must_be_in_service
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.rules import NotFound
from player.application.duplicates import duplicate_behind, refuse_duplicates
from player.domain.binding import Binding
from player.domain.copies import StaffCopy
from player.domain.game import SnapshotJob
from player.domain.phones import Phones
from player.domain.player import Player
from player.persistence import bindings, jobs, search_keys


def create_player(uow: UnitOfWork, fields: Mapping[str, Any], *, phones: Phones) -> Player:
    """Write a player down; the game server is asked as soon as this is committed.

    `fields` are those of POST /players, the phone number in E.164. Without `agent_id` the player is the caller's own
    where the caller sees only their own. Raises ContactMissing, DuplicatePlayer, NotFound (no such agent), Forbidden.
    """
    values = {**fields, "agent_id": agent_of_new(uow, fields.get("agent_id"))}
    refuse_duplicates(uow, phones, values.get("phone"), values.get("wechat_id"))
    player = Player(id=new_id())
    facts = player.open(values, phones, uow.now())
    _save(uow, player, phones, values)
    if player.agent_id is not None:
        uow.session.add(Binding.of(player, "", by=uow.caller.id, at=uow.now()))
    if player.phone_sealed is not None:
        uow.session.add(SnapshotJob(player_id=player.id, urgent=True, due_at=uow.now(), attempts=0))
    uow.publish(facts)
    return player


def agent_of_new(uow: UnitOfWork, agent_id: str | None) -> str | None:
    """Whose a new player is. Raises Forbidden where giving players away is not the caller's to do, NotFound."""
    if agent_id is None:
        return uow.caller.staff_id if uow.caller.scope.kind == "self" else None
    if agent_id != uow.caller.id and uow.caller.kind != "service":
        uow.caller.must("player.bind")
        known_agent(uow, agent_id)
    return agent_id


def known_agent(uow: UnitOfWork, agent_id: str) -> None:
    """Raises NotFound where there is nobody such, StaffHasLeft."""
    if agent_id == uow.caller.id:
        return
    must_be_in_service(uow.session.get(StaffCopy, agent_id))


def edit_player(uow: UnitOfWork, player_id: str, fields: Mapping[str, Any], *, version: int, phones: Phones) -> Player:
    """Change some fields. Raises NotFound, StaleRecord, ContactMissing, DuplicatePlayer."""
    player = locked(uow, player_id, version)
    refuse_duplicates(uow, phones, fields.get("phone"), fields.get("wechat_id"), but=player)
    handle, sealed = player.wechat_id, player.phone_sealed
    facts = player.edit(fields, phones, uow.now())
    _save(uow, player, phones, fields)
    if handle != player.wechat_id:
        search_keys.keep_former_handles(uow.session, player)
    if player.phone_sealed != sealed:
        _ask_anew(uow, player)
    uow.publish(facts)
    return player


def delete_player(uow: UnitOfWork, player_id: str, *, version: int, phones: Phones) -> None:
    """Delete a player; the row stays for the records that hang on it. Raises NotFound, StaleRecord."""
    player = locked(uow, player_id, version)
    facts = player.remove(phones, uow.now())
    search_keys.forget(uow.session, player.id)
    bindings.close(uow.session, player.id, uow.now())
    jobs.forget(uow.session, player.id)
    uow.publish(facts)


def living(uow: UnitOfWork, player_id: str) -> Player:
    """One player the caller reaches. Raises NotFound, also where the player is deleted."""
    player = uow.get(Player, player_id)
    if player.deleted:
        raise NotFound()
    return player


def locked(uow: UnitOfWork, player_id: str, version: int | None) -> Player:
    """One living player, locked; `version` is what the caller has seen, None where it does not matter.

    Raises NotFound, StaleRecord where somebody has edited the player since then.
    """
    player = uow.locked(Player, player_id)
    if player.deleted:
        raise NotFound()
    if version is not None and player.is_stale_for(version):
        raise StaleRecord(player)
    return player


def _save(uow: UnitOfWork, player: Player, phones: Phones, fields: Mapping[str, Any]) -> None:
    """Two who write the same phone number at once: the unique index lets one through."""
    try:
        uow.add(player)
    except IntegrityError as error:
        uow.session.rollback()
        raise duplicate_behind(uow, error, phones, fields.get("phone"), fields.get("wechat_id")) from None


def _ask_anew(uow: UnitOfWork, player: Player) -> None:
    """What the game knew belonged to another phone number."""
    search_keys.keep_game_uid(uow.session, player)
    if player.phone_sealed is None:
        jobs.forget(uow.session, player.id)
    else:
        jobs.schedule(uow.session, player.id, uow.now(), urgent=True)
