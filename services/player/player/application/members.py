"""Players are marked with what the member system knows of them (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from chassis.data.phones import e164
from chassis.data.unit_of_work import UnitOfWork
from player.domain.player import Player
from player.persistence import groups


def players_of_member(uow: UnitOfWork, player_id: str | None, phone: str | None) -> list[Player]:
    """The living player with this ID or phone number, locked; of one who was merged, also those who took the marks over.

    Empty where there is none. Raises NotAPhone.
    """
    found = _named(uow, player_id) if player_id is not None else _with_number(uow, e164(phone or ""))
    if found is None:
        return []
    chain = [found]
    while chain[-1].merged_into_id is not None:
        merge = groups.standing_merge(uow.session, chain[-1].id)
        into = uow.session.get_one(Player, merge.into_id)
        if "member" not in merge.taken and into.member is not None:
            break
        merge.taken = {**merge.taken, "member": True}
        chain.append(into)
    return chain


def _named(uow: UnitOfWork, player_id: str) -> Player | None:
    found = uow.session.get(Player, player_id)
    if found is None:
        return None
    if found.merged_into_id is not None:
        groups.lock_all(uow.session, found.merged_into_id)
    uow.session.refresh(found, with_for_update={"of": Player})
    return None if found.deleted else found


def _with_number(uow: UnitOfWork, number: str) -> Player | None:
    """Whose number it is in truth: of who was merged, though the survivor may have taken it over."""
    held = Player.phone_index.in_(uow.settings.phones.indexes(number))
    holder = uow.session.scalar(select(Player.id).where(held, Player.deleted.is_(False)))
    found = None if holder is None else _named(uow, holder)
    if found is None or found.merged_into_id is not None:
        return found
    members = groups.members(uow.session, found.id)
    return next((one for one in members if one.phone(uow.settings.phones) == number), found)


def mark_member(uow: UnitOfWork, players: Sequence[Player], marks: dict[str, Any]) -> None:
    """Keep the marks; nothing is published of them, whose source is the member system itself.

    Two member numbers of one player: the one told of last counts.
    """
    for player in players:
        player.mark(marks, uow.now())
