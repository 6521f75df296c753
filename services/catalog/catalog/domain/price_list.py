"""The game's price list as it is taken over: items that have already been found well-formed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class ListedItem:
    """One line of the price list; `price` in CNY with at most two places, never negative."""

    game_item_id: str
    name: str
    category: str
    price: Decimal
    on_sale: bool = True
    attributes: dict[str, Any] = field(default_factory=dict)
    icon_url: str | None = None
