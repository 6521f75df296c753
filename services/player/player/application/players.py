"""What is done with a player: write down, edit, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.copies import must_be_in_service
from chassis.data.phones import Phones
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.rules import NotFound
from player.application.claims import claim, release
from player.application.duplicates import duplicate_behind, named, refuse_duplicates
from player.domain.binding import Binding
from player.domain.copies import StaffCopy
from player.domain.errors import PlayerMerged
from player.domain.game import SnapshotJob
from player.domain.player import Player
from player.persistence import bindings, groups, jobs, search_keys


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
    shared = {"phone", "wechat_id"} & fields.keys() and groups.has_members(uow.session, player_id)
    if shared:
        groups.lock_all(uow.session, player_id)
    player = locked(uow, player_id, version)
    refuse_duplicates(uow, phones, fields.get("phone"), fields.get("wechat_id"), but=player)
    handle, sealed = player.wechat_id, player.phone_sealed
    members = groups.members(uow.session, player.id) if shared else ()
    release(uow, members)
    facts = player.edit(fields, phones, uow.now())
    _save(uow, player, phones, fields)
    claim(uow, player, members, phones)
    if handle != player.wechat_id:
        search_keys.keep_former_handles(uow.session, player)
    if player.phone_sealed != sealed:
        search_keys.keep_game_uid(uow.session, player)
        ask_anew(uow, player)
    uow.publish(facts)
    return player


def delete_player(uow: UnitOfWork, player_id: str, *, version: int, phones: Phones) -> None:
    """Delete a player, and whoever was merged into them; the rows stay for the records that hang on them.

    Raises NotFound, PlayerMerged, StaleRecord.
    """
    groups.lock_all(uow.session, player_id)
    for one in (locked(uow, player_id, version), *groups.members(uow.session, player_id)):
        uow.publish(one.remove(phones, uow.now()))
        search_keys.forget(uow.session, one.id)
        bindings.close(uow.session, one.id, uow.now())
        jobs.forget(uow.session, one.id)


def living(uow: UnitOfWork, player_id: str) -> Player:
    """One player the caller reaches, merged or not. Raises NotFound, also where the player is deleted."""
    player = reached(uow, player_id)
    if player.deleted:
        raise NotFound()
    return player


def standing(uow: UnitOfWork, player_id: str) -> Player:
    """One living player who was not merged into another. Raises NotFound, PlayerMerged."""
    player = living(uow, player_id)
    if player.merged_into_id is not None:
        raise merged(uow, player.merged_into_id)
    return player


def reached(uow: UnitOfWork, player_id: str) -> Player:
    """One player the caller reaches; who was merged is reached by whoever reaches the survivor. Raises NotFound."""
    try:
        player = uow.get(Player, player_id)
    except NotFound:
        # Asked so that whoever is out of reach and who is not there at all take the same time (S4).
        query = select(Player).where(Player.id == player_id, Player.merged_into_id.is_not(None))
        gone = uow.session.scalar(query)
        if gone is None:
            raise
        player = gone
    if player.merged_into_id is not None:
        uow.get(Player, player.merged_into_id)
    return player


def merged(uow: UnitOfWork, survivor_id: str) -> PlayerMerged:
    """The refusal to change a merged player. Raises NotFound where the survivor is out of reach."""
    return PlayerMerged(members={"survivor": named(uow, uow.get(Player, survivor_id))})


def locked(uow: UnitOfWork, player_id: str, version: int | None) -> Player:
    """One living player, locked; `version` is what the caller has seen, None where it does not matter.

    Raises NotFound, PlayerMerged, StaleRecord where somebody has edited the player since then.
    """
    try:
        player = uow.locked(Player, player_id)
    except NotFound:
        standing(uow, player_id)
        raise
    if player.merged_into_id is not None:
        raise merged(uow, player.merged_into_id)
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


def ask_anew(uow: UnitOfWork, player: Player) -> None:
    """What the game knew belonged to another phone number: ask for this one, if there is any."""
    if player.phone_sealed is None:
        jobs.forget(uow.session, player.id)
    else:
        jobs.schedule(uow.session, player.id, uow.now(), urgent=True)
