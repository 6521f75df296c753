"""A phone number and a WeChat ID belong to one living player: found at entry, named where one may see it (P13)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, union_all
from sqlalchemy.exc import IntegrityError

from chassis.data.phones import Phones
from chassis.data.unit_of_work import UnitOfWork
from chassis.field_rules import veiled
from player.domain.errors import DuplicateElsewhere, DuplicatePlayer
from player.domain.names import handle_key
from player.domain.player import Player

_OURS = ("uq_players_phone_index", "uq_players_wechat_key")


def refuse_duplicates(
    uow: UnitOfWork, phones: Phones, phone: str | None, wechat_id: str | None, *, but: Player | None = None
) -> None:
    """Raise DuplicatePlayer where another living player has the phone number (E.164) or the WeChat ID."""
    others = [found for found in _having(uow, phones, phone, wechat_id) if but is None or found != but.id]
    if others:
        raise duplicate(uow, others)


def duplicate_behind(
    uow: UnitOfWork, error: IntegrityError, phones: Phones, phone: str | None, wechat_id: str | None
) -> Exception:
    """What to raise for an index that was violated; the transaction has been rolled back."""
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return duplicate(uow, _having(uow, phones, phone, wechat_id)) if constraint in _OURS else error


def duplicate(uow: UnitOfWork, ids: list[str]) -> DuplicatePlayer:
    """The refusal; the existing player is named only where the caller reaches them."""
    seen = uow.session.scalar(uow.select(Player).where(Player.id.in_(ids)).limit(1)) if ids else None
    if seen is None:
        return DuplicateElsewhere(members={"existing": None})
    return DuplicatePlayer(members={"existing": named(uow, seen)})


def brief(player: Player) -> dict[str, Any]:
    """A player in few words."""
    return {"id": player.id, "nickname": player.nickname, "wechat_id": player.wechat_id}


def named(uow: UnitOfWork, player: Player) -> dict[str, Any]:
    """A player as a problem document names them to the caller."""
    return veiled("player", brief(player), uow.caller.fields, listed=True)


def _having(uow: UnitOfWork, phones: Phones, phone: str | None, wechat_id: str | None) -> list[str]:
    """IDs of the players with this phone number or this WeChat ID, whoever's they are; of who was merged, the survivor's."""
    found = func.coalesce(Player.merged_into_id, Player.id)
    lookups = [select(found).where(Player.phone_index.in_(phones.indexes(phone)))] if phone else []
    lookups += [select(found).where(Player.wechat_key == handle_key(wechat_id))] if wechat_id else []
    if not lookups:
        return []
    with (
        uow.session.no_autoflush
    ):  # what is written down is flushed at once; the rest of the work can wait for its batch
        return list(uow.session.scalars(union_all(*lookups)))
