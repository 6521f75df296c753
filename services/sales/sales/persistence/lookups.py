"""The player and the pack that a touch, an order or a page names."""

from __future__ import annotations

from sqlalchemy import Select, bindparam, select

from chassis.data.database import Id
from chassis.data.unit_of_work import Reach, UnitOfWork
from chassis.rules import NotFound
from sales.domain.copies import PackCopy, PlayerCopy


def player_by(uow: UnitOfWork, **named: str) -> PlayerCopy:
    """The player the caller reaches with this `id` or `wechat_id`. Raises NotFound."""
    [(column, value)] = named.items()
    found = uow.session.scalar(uow.kept(_BY[column]), {"named": value})
    if found is None:
        raise NotFound()
    return found


def _by_id(visible: Reach) -> Select[tuple[PlayerCopy]]:
    return _living(visible).where(PlayerCopy.id == bindparam("named", type_=Id))


def _by_wechat_id(visible: Reach) -> Select[tuple[PlayerCopy]]:
    return _living(visible).where(PlayerCopy.wechat_id == bindparam("named"))


def _living(visible: Reach) -> Select[tuple[PlayerCopy]]:
    return select(PlayerCopy).where(visible(PlayerCopy), PlayerCopy.deleted.is_(False)).limit(1)


_BY = {"id": _by_id, "wechat_id": _by_wechat_id}


def pack_numbered(uow: UnitOfWork, no: str) -> PackCopy:
    """The pack with this number, in whatever case it was typed. Raises NotFound."""
    found = uow.session.scalar(select(PackCopy).where(PackCopy.no == no.upper()))
    if found is None:
        raise NotFound()
    return found
