"""What is done with items: synced from the game's price list, adjusted, and conflicts between the two settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.application import suppliers
from catalog.domain.codes import ADJUSTED, LIST
from catalog.domain.events import ItemFact, ItemWithdrawn
from catalog.domain.item import Item, PriceChange
from catalog.domain.price_list import ListedItem
from catalog.persistence import locks, queries
from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.money import Money


@dataclass
class SyncReport:
    """What one sync did: how many items were added, changed and withdrawn, and the conflicts it found."""

    at: datetime
    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    conflicts: list[Item] = field(default_factory=list)


def sync_from_game(uow: UnitOfWork, fetch: Callable[[], Sequence[ListedItem]]) -> SyncReport:
    """Fetch the list, with no transaction open, and apply it. Raises SyncRunning, GameServerUnavailable."""
    with locks.fetching(uow):
        listed = fetch()
        # Taken before the fetching lock is let go: no other list can come between this one and its commit.
        return sync_items(uow, listed)


def sync_items(uow: UnitOfWork, listed: Sequence[ListedItem]) -> SyncReport:
    """Bring the items to a whole price list, each ID in it once, in this one transaction. Raises SyncRunning."""
    locks.applying(uow)
    known = queries.all_items_locked(uow)
    report = SyncReport(uow.now())
    _add(uow, [line for line in listed if line.game_item_id not in known], report)
    for line in listed:
        item = known.pop(line.game_item_id, None)
        if item is not None:
            _take_over(uow, item, line, report)
    for item in known.values():
        _count(report, _change(uow, item, "sync", lambda gone: gone.leave(uow.now())))
    uow.session.flush()
    return report


def _add(uow: UnitOfWork, lines: Sequence[ListedItem], report: SyncReport) -> None:
    items = [Item(id=new_id(), no=no) for no in queries.next_item_nos(uow, len(lines))]
    for item, line in zip(items, lines, strict=True):
        uow.publish(item.add(line, uow.now()))
    uow.session.add_all(items)
    uow.session.flush()  # the history refers to them
    for item in items:
        _record(uow, item, LIST, None, item.list_price, "sync")
    report.added = len(items)


def _take_over(uow: UnitOfWork, item: Item, line: ListedItem, report: SyncReport) -> None:
    list_price = item.list_price
    _count(report, _change(uow, item, "sync", lambda known: known.take_over(line, uow.now())))
    if item.conflict_at is not None and item.list_price != list_price:
        report.conflicts.append(item)


def _count(report: SyncReport, facts: list[ItemFact]) -> None:
    for fact in facts:
        if isinstance(fact, ItemWithdrawn):
            report.withdrawn += 1
        else:
            report.changed += 1


def adjust_item(uow: UnitOfWork, item_id: str, fields: Mapping[str, Any], *, version: int) -> Item:
    """Give an item an `adjusted_price` (Money, or None for the list's), a `note`, a `supplier_id` or a `buyer`.

    Raises NotFound, also where there is no such supplier, and StaleRecord.
    """
    item = uow.for_update(Item, item_id, version)
    values = {name: value.amount if isinstance(value, Money) else value for name, value in fields.items()}
    supplier_id = fields.get("supplier_id", item.supplier_id)
    if supplier_id != item.supplier_id:
        suppliers.must_supply(uow, supplier_id)
        uow.session.expire(item, ["supplier"])
    _change(uow, item, "adjustment", lambda known: known.adjust(values, uow.now()))
    return item


def resolve_conflict(uow: UnitOfWork, item_id: str, keep: str, *, version: int) -> Item:
    """Keep the `adjusted` price or take the `list`'s. Raises NotFound, StaleRecord, NoConflict."""
    item = uow.for_update(Item, item_id, version)
    _change(uow, item, "resolution", lambda known: known.resolve(keep, uow.now()))
    return item


def _change(uow: UnitOfWork, item: Item, cause: str, rule: Callable[[Item], list[ItemFact]]) -> list[ItemFact]:
    """Apply a rule; whatever it does to a price goes into the history."""
    listed, adjusted = item.list_price, item.adjusted_price
    facts = rule(item)
    uow.publish(facts)
    if item.list_price != listed:
        _record(uow, item, LIST, listed, item.list_price, cause)
    if item.adjusted_price != adjusted:
        _record(uow, item, ADJUSTED, adjusted, item.adjusted_price, cause)
    return facts


def _record(uow: UnitOfWork, item: Item, kind: str, before: Decimal | None, after: Decimal | None, cause: str) -> None:
    values = {"before": before, "after": after, "cause": cause, "at": uow.now(), "by": uow.caller.id}
    uow.session.add(PriceChange(id=new_id(), item_id=item.id, kind=kind, **values))
