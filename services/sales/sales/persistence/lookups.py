"""The pack that a touch, an order or a page names."""

from __future__ import annotations

from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from sales.domain.copies import PackCopy


def pack_numbered(uow: UnitOfWork, no: str) -> PackCopy:
    """The pack with this number, in whatever case it was typed. Raises NotFound."""
    found = uow.session.scalar(select(PackCopy).where(PackCopy.no == no.upper()))
    if found is None:
        raise NotFound()
    return found
