"""Duplicates are merged, and merges taken back: each a single transaction, one at a time in the whole company (P13, O8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.clock import new_id
from chassis.data.phones import Phones
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.rules import NotFound
from player.application.claims import claim, contacts, release
from player.application.duplicates import named
from player.application.players import ask_anew, locked, reached, standing
from player.domain.errors import DuplicatePlayer, MergedFurther, NotMerged, SamePlayer
from player.domain.events import PlayerFact, PlayerMerged, PlayerUnmerged
from player.domain.merge import Merge
from player.domain.player import Player
from player.domain.taking import State, either, facts_since, fields_of, give_back, know_also, state_of, take_over
from player.persistence import groups, jobs, search_keys


def merge_player(uow: UnitOfWork, player_id: str, into_id: str, reason: str, *, version: int, phones: Phones) -> Player:
    """Merge a player into another, whoever was merged into them before with them; returns the one who goes.

    Raises NotFound where either is out of reach, PlayerMerged, SamePlayer, StaleRecord.
    """
    groups.lock_all(uow.session, player_id, into_id)
    gone, into = locked(uow, player_id, version), locked(uow, into_id, None)
    if gone.id == into.id:
        raise SamePlayer()
    before, followers = state_of(into, phones), groups.members(uow.session, gone.id)
    release(uow, [gone, *followers])
    merge = Merge(id=new_id(), player_id=gone.id, into_id=into.id, at=uow.now(), by=uow.caller.id, reason=reason)
    merge.taken = take_over(into, gone, phones)
    uow.session.add(merge)
    facts = [_goes(uow, one, into, reason, phones) for one in (gone, *followers)]
    jobs.forget(uow.session, gone.id)
    uow.publish([*facts, *_settle(uow, into, before, phones)])
    return gone


def unmerge_player(uow: UnitOfWork, player_id: str, reason: str, *, version: int, phones: Phones) -> Player:
    """Take a merge back: both are what they were, apart from what was changed since; returns the one who comes back.

    Raises NotFound, NotMerged, MergedFurther, StaleRecord, ContactMissing; DuplicatePlayer where the survivor has been
    given the other's phone number or WeChat ID meanwhile.
    """
    groups.hold(uow.session)
    found = reached(uow, player_id)
    if found.merged_into_id is None:
        raise NotFound() if found.deleted else NotMerged()
    groups.lock_all(uow.session, found.merged_into_id)
    uow.session.refresh(found)
    into, merge = _survivor(uow, found), groups.standing_merge(uow.session, found.id)
    if merge.into_id != into.id:
        raise MergedFurther(members={"first": named(uow, uow.session.get_one(Player, merge.into_id))})
    if found.is_stale_for(version):
        raise StaleRecord(found)
    before = state_of(into, phones)
    release(uow, groups.members(uow.session, into.id))
    _take_apart(uow, into, found, merge, phones)
    _must_be_apart(uow, into, found, phones)
    merge.undo(reason, by=uow.caller.id, at=uow.now())
    facts = [*_comes_back(uow, found, into, reason, phones), *_settle(uow, into, before, phones)]
    _stand(uow, found, phones)
    ask_anew(uow, found)
    uow.publish(facts)
    return found


def preview_merge(uow: UnitOfWork, player_id: str, into_id: str, *, phones: Phones) -> Mapping[str, Any]:
    """{gone, into, taken}: the survivor as it would be; nothing is written. Raises as `merge_player`."""
    gone, into = standing(uow, player_id), standing(uow, into_id)
    if gone.id == into.id:
        raise SamePlayer()
    with uow.session.no_autoflush:
        taken = take_over(into, gone, phones)
        uow.session.expunge_all()
    return {"gone": gone, "into": into, "taken": fields_of(taken)}


def _survivor(uow: UnitOfWork, gone: Player) -> Player:
    """Whom a player stands under, locked. Raises NotMerged, NotFound where they are deleted or out of reach."""
    if gone.merged_into_id is None:
        raise NotMerged()
    return locked(uow, gone.merged_into_id, None)


def _goes(uow: UnitOfWork, one: Player, into: Player, reason: str, phones: Phones) -> PlayerFact:
    """One player stands under another from now on."""
    one.merged_into_id, one.also_known = into.id, {}
    one.touched(uow.now())
    return PlayerMerged.of(one, phones, "merged_into_id", into_id=into.id, reason=reason)


def _take_apart(uow: UnitOfWork, into: Player, gone: Player, merge: Merge, phones: Phones) -> None:
    """Give back what was taken in every merge, the last one first, and then take again in those that stand."""
    merges = groups.direct_merges(uow.session, into.id)
    members = {one.id: one for one in groups.members(uow.session, into.id)}
    given = {one.id: give_back(into, members[one.player_id], one.taken, phones) for one in reversed(merges)}
    for one in merges:
        if one.id != merge.id:
            only = either(given[merge.id], given[one.id])
            one.taken = take_over(into, members[one.player_id], phones, only)


def _comes_back(uow: UnitOfWork, gone: Player, into: Player, reason: str, phones: Phones) -> list[PlayerFact]:
    """One player is one of their own again, and whoever was merged into them stands under them again."""
    gone.merged_into_id = None
    followers = _followers(uow, gone)
    facts = [_goes(uow, one, gone, reason, phones) for one in followers]
    gone.touched(uow.now())
    told = PlayerUnmerged.of(gone, phones, "merged_into_id", from_id=into.id, reason=reason)
    return [told, *facts]


def _followers(uow: UnitOfWork, player: Player) -> list[Player]:
    """Whoever was merged into the player, and into those, by merges that stand."""
    found: list[Player] = []
    waiting = [player.id]
    while waiting:
        for merge in groups.direct_merges(uow.session, waiting.pop()):
            found.append(uow.session.get_one(Player, merge.player_id))
            waiting.append(merge.player_id)
    return found


def _settle(uow: UnitOfWork, into: Player, before: State, phones: Phones) -> list[PlayerFact]:
    """After a merge or its reverse: who holds what, what the survivor is found by, and what is told of it."""
    _stand(uow, into, phones)
    if into.phone(phones) != before["phone"]:
        ask_anew(uow, into)
    into.touched(uow.now())
    return facts_since(into, before, phones)


def _stand(uow: UnitOfWork, player: Player, phones: Phones) -> None:
    """Let a player hold and be found by all that is theirs, and their followers'."""
    followers = groups.members(uow.session, player.id)
    claim(uow, player, followers, phones)
    know_also(player, followers)
    search_keys.keep_former_handles(uow.session, player)
    search_keys.keep_game_uid(uow.session, player)


def _must_be_apart(uow: UnitOfWork, into: Player, gone: Player, phones: Phones) -> None:
    """Raise DuplicatePlayer where the survivor was given a number or an ID of the other's since they were merged."""
    theirs = [gone, *_followers(uow, gone)]
    left = [one for one in groups.members(uow.session, into.id) if one not in theirs]
    if not contacts([into, *left], phones).isdisjoint(contacts(theirs, phones)):
        raise DuplicatePlayer(members={"existing": named(uow, into)})
