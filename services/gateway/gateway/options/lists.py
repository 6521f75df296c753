"""What is done with options: added, called otherwise, moved, retired, restored, removed; the order of a list has no gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, text

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from gateway.options.errors import BuiltInOption, DuplicateOption, LastOption, ListFull, OptionActive, OptionInUse
from gateway.options.events import OptionChanged
from gateway.options.option import Option

MOST = 100
_LOCK = 7_301_203  # a list's order is changed by one at a time


def options_of(uow: UnitOfWork, name: str) -> list[Option]:
    """A list in its order."""
    query = select(Option).where(Option.list == name).order_by(Option.position, Option.id)
    return list(uow.session.scalars(query))


def add_option(uow: UnitOfWork, fields: Mapping[str, Any]) -> Option:
    """Add a code of one's own: `list`, `code`, `zh`, `en`, perhaps `position` and `active`. Raises DuplicateOption, ListFull."""
    _one_at_a_time(uow)
    there = options_of(uow, fields["list"])
    if len(there) >= MOST:
        raise ListFull(most=MOST)
    if fields["code"] in (one.code for one in there):
        raise DuplicateOption()
    values = {"active": True, "position": len(there) + 1, **fields}
    option = Option(id=new_id(), version=1, built_in=False, used=False, **values)
    option.created_at = option.updated_at = uow.now()
    moved = _placed(option, there, values["position"])
    option.position = moved.pop(option.id)
    uow.publish(OptionChanged.of(option, *sorted(values)))
    _move(uow, there, moved)
    return uow.add(option)


def edit_option(uow: UnitOfWork, option_id: str, fields: Mapping[str, Any], *, version: int) -> Option:
    """Change `zh`, `en`, `position` or `active`; the others make room. Raises NotFound, StaleRecord, LastOption."""
    _one_at_a_time(uow)
    option = uow.for_update(Option, option_id, version)
    values, moved = dict(fields), dict[str, int]()
    others = [one for one in options_of(uow, option.list) if one.id != option.id]
    if values.get("position", option.position) != option.position:
        moved = _placed(option, others, values["position"])
        values["position"] = moved.pop(option.id)
    if values.get("active") is False and not any(one.active for one in others):
        raise LastOption()
    uow.publish(option.edit(values, uow.now()))
    _move(uow, others, moved)
    return option


def remove_option(uow: UnitOfWork, option_id: str, *, version: int) -> None:
    """Remove a retired code of one's own that nothing has had.

    Raises NotFound, StaleRecord, BuiltInOption, OptionActive, OptionInUse. A record made with it at this very moment
    keeps the code and shows it as it is.
    """
    _one_at_a_time(uow)
    option = uow.for_update(Option, option_id, version)
    if option.built_in:
        raise BuiltInOption()
    if option.used:
        raise OptionInUse()
    if option.active:
        raise OptionActive()
    option.changed(uow.now())
    uow.publish(OptionChanged.of(option, removed=True))
    others = [one for one in options_of(uow, option.list) if one.id != option.id]
    _move(uow, others, {one.id: place for place, one in enumerate(others, 1)})
    uow.session.flush()
    uow.session.delete(option)


def _one_at_a_time(uow: UnitOfWork) -> None:
    uow.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _placed(option: Option, others: Sequence[Option], position: int) -> dict[str, int]:
    """{id: position} of the whole list with the option at this place, or at the end where it is shorter."""
    order = [one.id for one in others]
    order.insert(position - 1, option.id)
    return {option_id: place for place, option_id in enumerate(order, 1)}


def _move(uow: UnitOfWork, options: Sequence[Option], places: Mapping[str, int]) -> None:
    for one in options:
        uow.publish(one.edit({"position": places.get(one.id, one.position)}, uow.now()))
