"""Players are marked with what the member system knows of them (P12)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from player.domain.phones import e164
from player.domain.player import Player


def player_of_member(uow: UnitOfWork, player_id: str | None, phone: str | None) -> Player | None:
    """The living player with this ID or phone number, locked; None where there is none. Raises NotAPhone."""
    query = select(Player).where(Player.deleted.is_(False)).with_for_update(of=Player)
    if player_id is not None:
        return uow.session.scalar(query.where(Player.id == player_id))
    indexes = uow.settings.phones.indexes(e164(phone or ""))
    return uow.session.scalar(query.where(Player.phone_index.in_(indexes)))


def mark_member(uow: UnitOfWork, player: Player, marks: dict[str, Any]) -> None:
    """Keep the marks; nothing is published of them, whose source is the member system itself.

    Two member numbers of one player: the one told of last counts.
    """
    player.mark(marks, uow.now())
