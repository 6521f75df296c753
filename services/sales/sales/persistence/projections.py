"""Copies kept from others' facts, and taken out of a caller's token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from chassis.data.copies import player_columns, staff_columns
from chassis.data.options import option_columns
from chassis.data.people import People
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from chassis.facts.projection import Projection
from chassis.money import Money
from sales.domain.copies import OptionCopy, PackCopy, PackPrice, PlayerCopy, StaffCopy


@dataclass(frozen=True)
class PackLine:
    """What this service reads of a pack's line."""

    item_id: str
    no: str
    name: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True)
class PackState:
    """What this service reads of a pack fact."""

    no: str
    revision: int
    name: str
    lines: list[PackLine]
    sum: Money
    price: Money
    discount: Decimal
    state: str
    player_id: str | None
    valid_until: datetime | None


def pack_columns(state: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a pack copy out of a fact or a reference."""
    until = state["valid_until"]
    return {
        **{name: state[name] for name in ("no", "revision", "name", "lines", "state", "player_id")},
        "sum": Decimal(state["sum"]["amount"]),
        "price": Decimal(state["price"]["amount"]),
        "currency": state["price"]["currency"],
        "discount": Decimal(state["discount"]),
        "valid_until": None if until is None else datetime.fromisoformat(until),
    }


@dataclass(frozen=True)
class Packs(Projection):
    """Copies of packs, and of each version of one its price with its moment: the history that claims are judged by."""

    def handle(self, work: UnitOfWork, facts: list[Received]) -> None:
        """Take the state out of facts, and keep every version's price; one that is there already stays as it is."""
        super().handle(work, facts)
        rows = [_price_row(fact, work.now()) for fact in facts]
        if rows:
            work.session.execute(insert(PackPrice).on_conflict_do_nothing(), rows)


def _price_row(fact: Received, now: datetime) -> dict[str, Any]:
    columns = pack_columns(fact.data)
    kept = {name: columns[name] for name in ("no", "price", "currency", "state", "player_id", "valid_until")}
    return {"pack_id": fact.subject, "version": fact.version, "at": fact.time or now, **kept}


PEOPLE = People(PlayerCopy)
PLAYERS = Projection(PlayerCopy.__table__, player_columns)  # type: ignore[arg-type]
STAFF = Projection(StaffCopy.__table__, staff_columns)  # type: ignore[arg-type]
PACKS = Packs(PackCopy.__table__, pack_columns)  # type: ignore[arg-type]
OPTIONS = Projection(OptionCopy.__table__, option_columns)  # type: ignore[arg-type]
