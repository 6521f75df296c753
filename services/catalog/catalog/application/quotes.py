"""The one way to a verdict: lines with the prices of now, judged by the rules in force; for preview and saving alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from catalog.domain.codes import MOST_MONEY, WITHDRAWN
from catalog.domain.errors import ItemWithdrawn
from catalog.domain.item import Item
from catalog.domain.pack import Pack
from catalog.domain.pricing import Line, Quote, Verdict, judge, sum_of
from catalog.persistence import queries
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import WrongFields

Wanted = Sequence[Mapping[str, Any]]


def quote(uow: UnitOfWork, fields: Mapping[str, Any]) -> Quote:
    """The quote for `lines` at `price` (Money) or `discount` (Decimal). Raises WrongFields, PriceAboveSum."""
    lines = wanted_lines(uow, fields["lines"])
    price = fields["price"].amount if fields.get("price") is not None else None
    return judged(uow, lines, price=price, discount=fields.get("discount"))


def requote(uow: UnitOfWork, pack: Pack, fields: Mapping[str, Any]) -> Quote:
    """The quote for a pack as it would be after `fields`; what they leave out stays, at the item prices of now.

    Raises WrongFields, ItemWithdrawn, PriceAboveSum.
    """
    lines = wanted_lines(uow, fields["lines"]) if "lines" in fields else _refreshed(uow, pack)
    price = fields["price"].amount if "price" in fields else None if "discount" in fields else pack.price
    return judged(uow, lines, price=price, discount=fields.get("discount"))


def rejudged(uow: UnitOfWork, pack: Pack) -> Verdict:
    """The verdict of the rules in force on a pack whose prices are frozen. Raises ItemWithdrawn."""
    _refreshed(uow, pack)
    return judge(pack.lines_kept(), queries.rules_in_force(uow), price=pack.price)


def judged(
    uow: UnitOfWork, lines: Sequence[Line], *, price: Decimal | None = None, discount: Decimal | None = None
) -> Quote:
    """Lines and the verdict on them. Raises PriceAboveSum, WrongFields where the sum is beyond all bounds."""
    if sum_of(lines) > MOST_MONEY:
        raise WrongFields([("/lines", f"out_of_range:0–{MOST_MONEY}")])
    return Quote(tuple(lines), judge(lines, queries.rules_in_force(uow), price=price, discount=discount))


def wanted_lines(uow: UnitOfWork, wanted: Wanted) -> list[Line]:
    """The lines that were asked for, at the prices of now. Raises WrongFields, which points at each wrong line."""
    items = queries.items_by_id(uow, {line["item_id"] for line in wanted})
    seen: set[str] = set()
    wrong: list[tuple[str, str]] = []
    for index, line in enumerate(wanted):
        code = _fault(items.get(line["item_id"]), line["item_id"] in seen)
        seen.add(line["item_id"])
        if code:
            wrong.append((f"/lines/{index}/item_id", code))
    if wrong:
        raise WrongFields(wrong)
    return [_line(items[line["item_id"]], line["quantity"]) for line in wanted]


def _fault(item: Item | None, seen: bool) -> str | None:
    if item is None:
        return "item_not_found"
    if item.state == WITHDRAWN:
        return "item_withdrawn"
    return "duplicate" if seen else None


def _refreshed(uow: UnitOfWork, pack: Pack) -> list[Line]:
    items = queries.items_by_id(uow, pack.item_ids)
    gone = [line for line in pack.lines if items[line["item_id"]].state == WITHDRAWN]
    if gone:
        named = [{name: line[name] for name in ("item_id", "no", "name")} for line in gone]
        raise ItemWithdrawn(members={"items": named})
    return [_line(items[line["item_id"]], line["quantity"]) for line in pack.lines]


def _line(item: Item, quantity: int) -> Line:
    return Line(item.id, item.no, item.name, item.category, quantity, item.price)
