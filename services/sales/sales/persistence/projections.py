"""Copies kept from others' facts, and taken out of a caller's token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chassis.data.copies import player_columns, staff_columns
from chassis.data.options import option_columns
from chassis.data.people import People
from chassis.facts.projection import Projection
from chassis.money import Money
from sales.domain.copies import OptionCopy, PackCopy, PlayerCopy, StaffCopy


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


PEOPLE = People(PlayerCopy)
PLAYERS = Projection(PlayerCopy.__table__, player_columns)  # type: ignore[arg-type]
STAFF = Projection(StaffCopy.__table__, staff_columns)  # type: ignore[arg-type]
PACKS = Projection(PackCopy.__table__, pack_columns)  # type: ignore[arg-type]
OPTIONS = Projection(OptionCopy.__table__, option_columns)  # type: ignore[arg-type]
