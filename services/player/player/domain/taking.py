"""What a survivor takes over from a player who is merged, and how it is given back: the rules of merging (P13).

The survivor takes what it lacks: WeChat ID and names, the phone number with all that the game says of it, member marks,
custom fields, tags (both players' together), the note (both, one below the other), the later of the last contacts. Who
is merged keeps everything; so that giving back needs no more than the names of what was taken. What somebody has changed
since stays as they left it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chassis.data.phones import Phones
from player.domain.events import PlayerFact, PlayerTagged, PlayerTierChanged, PlayerUpdated
from player.domain.game import GameSnapshot
from player.domain.player import Player

LONGEST_NOTE, MOST_TAGS = 5000, 30
_NAMES = ("wechat_id", "wechat_name", "nickname")
_TOLD = (*_NAMES, "note", "custom", "registered", "last_contact_at", "tags", "vip_tier")
_BELOW = "\n\n"
_CONTACT = "own_last_contact_at"  # of the survivor, before the merge: contacts with the other count for both

Taken = dict[str, Any]
State = dict[str, Any]


def take_over(into: Player, gone: Player, phones: Phones, only: Taken | None = None) -> Taken:
    """Let the survivor have what it lacks, of `only` where that is given; returns what `give_back` has to know."""
    names = [name for name in _NAMES if getattr(into, name) is None and getattr(gone, name) is not None]
    taken: Taken = {name: True for name in names if _may(name, only)}
    for name in taken:
        setattr(into, name, getattr(gone, name))
    if into.phone_sealed is None and gone.phone_sealed is not None and _may("phone", only):
        taken["phone"] = _take_phone(into, gone, phones)
    if into.member is None and gone.member is not None and _may("member", only):
        into.member, taken["member"] = dict(gone.member), True
    lacked = [name for name in gone.custom if name not in into.custom and _may("custom", only, name)]
    if lacked:
        into.custom, taken["custom"] = {**into.custom, **{name: gone.custom[name] for name in lacked}}, lacked
    tags = [tag for tag in gone.tags if tag not in into.tags and _may("tags", only, tag)]
    if room := tags[: max(0, MOST_TAGS - len(into.tags))]:
        into.tags, taken["tags"] = [*into.tags, *room], room
    if _fits(into.note, gone.note) and _may("note", only):
        into.note, taken["note"] = f"{into.note}{_BELOW}{gone.note}" if into.note else gone.note, True
    taken[_CONTACT] = into.last_contact_at and into.last_contact_at.isoformat()
    into.last_contact_at = max(filter(None, (into.last_contact_at, gone.last_contact_at)), default=None)
    return taken


def fields_of(taken: Taken) -> list[str]:
    """The names of the fields that were taken over."""
    return sorted(name for name in taken if name != _CONTACT)


def _may(name: str, only: Taken | None, part: str = "") -> bool:
    return only is None or (name in only and (not part or part in only[name]))


def _take_phone(into: Player, gone: Player, phones: Phones) -> State:
    before = {"vip_tier": into.vip_tier, "registered": into.registered}
    into.set_phone(gone.phone(phones), phones)
    if gone.game is not None:
        into.game = into.game or GameSnapshot(player_id=into.id, roles=[])
        into.game.copy(gone.game)
    into.vip_tier, into.registered = max(into.vip_tier, gone.vip_tier), into.registered or gone.registered
    return before


def _fits(own: str, other: str) -> bool:
    return bool(other) and other != own and len(own) + len(_BELOW) + len(other) <= LONGEST_NOTE


def give_back(into: Player, gone: Player, taken: Taken, phones: Phones) -> Taken:
    """Undo `take_over`; of several merges the last one first. Returns what was given back: not what was changed since."""
    given: Taken = {name: True for name in _NAMES if name in taken and getattr(into, name) == getattr(gone, name)}
    for name in given:
        setattr(into, name, None)
    if into.last_contact_at == gone.last_contact_at:  # a contact with the other, before the merge or since
        before = taken.get(_CONTACT)
        into.last_contact_at = before and datetime.fromisoformat(before)
    if "note" in taken and (note := _without(into.note, gone.note)) != into.note:
        into.note, given["note"] = note, True
    given["tags"] = [tag for tag in taken.get("tags", ()) if tag in into.tags]
    into.tags = [tag for tag in into.tags if tag not in given["tags"]]
    same = [name for name in taken.get("custom", ()) if name in into.custom and into.custom[name] == gone.custom[name]]
    into.custom, given["custom"] = {name: value for name, value in into.custom.items() if name not in same}, same
    if "member" in taken and into.member == gone.member:
        into.member, given["member"] = None, True
    if "phone" in taken and into.phone(phones) == gone.phone(phones):
        _give_phone_back(into, gone, taken["phone"], phones)
        given["phone"] = True
    return given


def _give_phone_back(into: Player, gone: Player, before: State, phones: Phones) -> None:
    """What the game has said of the number meanwhile goes back with it."""
    if into.game is not None and into.game.fetched_at is not None:
        gone.game = gone.game or GameSnapshot(player_id=gone.id, roles=[])
        if gone.game.fetched_at is None or gone.game.fetched_at < into.game.fetched_at:
            gone.game.copy(into.game)
            gone.vip_tier, gone.registered = into.vip_tier, into.registered
    into.set_phone(None, phones)
    into.vip_tier, into.registered = before["vip_tier"], before["registered"]


def _without(note: str, piece: str) -> str:
    """The note without the piece below it; as it is where somebody has changed it since."""
    return "" if note == piece else note.removesuffix(f"{_BELOW}{piece}")


def either(some: Taken, others: Taken) -> Taken:
    """What is in one of the two or in both."""
    parts = {name: [*some.get(name, ()), *others.get(name, ())] for name in ("tags", "custom")}
    return {**some, **others, **parts}


def know_also(into: Player, merged: Iterable[Player]) -> None:
    """Let the survivor be found by the names, WeChat IDs and UIDs of everybody merged into it."""
    found: dict[str, dict[str, None]] = {"names": {}, "wechat_ids": {}, "game_uids": {}}
    for one in merged:
        found["names"] |= {name: None for name in one.searched_names() if name}
        found["wechat_ids"] |= {handle: None for handle in (one.wechat_id, *one.former["wechat_ids"]) if handle}
        found["game_uids"] |= {one.game.uid: None} if one.game is not None and one.game.uid else {}
    into.also_known = {kind: list(values) for kind, values in found.items() if values}
    into.index_names()


def state_of(player: Player, phones: Phones) -> State:
    """What a merge can change of a survivor."""
    return {**{name: getattr(player, name) for name in _TOLD}, "phone": player.phone(phones)}


def facts_since(player: Player, before: State, phones: Phones) -> list[PlayerFact]:
    """What is told of a survivor who was `before` as `state_of` said; nothing where nothing others know has changed."""
    now = state_of(player, phones)
    changed = [name for name, value in now.items() if value != before[name]]
    others = [name for name in changed if name not in ("tags", "vip_tier")]
    facts: list[PlayerFact] = [PlayerUpdated.of(player, phones, *others)] if others else []
    if "tags" in changed:
        facts.append(PlayerTagged.of(player, phones, "tags"))
    if "vip_tier" in changed:
        facts.append(PlayerTierChanged.of(player, phones, "vip_tier", vip_tier_before=before["vip_tier"]))
    return facts
