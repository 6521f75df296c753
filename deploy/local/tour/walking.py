"""What the steps of the tour share: where the suite is, who is signed in, and what was made on the way."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from deploy.local.tour.desk import Desk
from deploy.local.tour.listener import Listener


@dataclass
class Walk:
    """What the steps share: where the suite is, who is signed in, and what was made on the way."""

    url: str
    game_url: str
    bus_url: str
    kill: Callable[[str], None]
    start: Callable[[str], None]
    say: Callable[[str], None]
    listener: Listener | None = None
    people: dict[str, Desk] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: secrets.token_hex(3))

    def __getitem__(self, no: str) -> Desk:
        if no not in self.people:
            self.people[no] = Desk(self.url, no)
        return self.people[no]


def money(amount: Any) -> dict[str, str]:
    """An amount in CNY."""
    return {"amount": f"{Decimal(amount):.2f}", "currency": "CNY"}
