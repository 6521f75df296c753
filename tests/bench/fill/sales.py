"""Touches, and orders with their payments."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from deploy.local.demo import texts
from tests.bench.fill.copying import id_at
from tests.bench.fill.players import Person

MONTHS = timedelta(days=180)
TOUCH = (
    "id", "version", "created_at", "updated_at", "player_id", "staff_id", "channel", "outcome", "lost_reason", "note",
    "next_at", "pack_no", "pack_name", "pack_price", "currency", "order_id",
)  # fmt: skip
ORDER = (
    "id", "version", "created_at", "updated_at", "no", "player_id", "staff_id", "placed_by", "touch_id", "pack_id",
    "pack_no", "pack_revision", "pack_name", "lines", "quantity", "list_sum", "pack_price", "price", "total",
    "paid_total", "discount", "currency", "state", "note", "paid_at", "shipped_at", "completed_at",
)  # fmt: skip
PAYMENT = ("id", "order_id", "method", "amount", "paid_at", "external_no", "recorded_by", "created_at")
_LINE = ("item_id", "no", "name", "quantity", "unit_price")


@dataclass(frozen=True)
class Contact:
    """One touch, and the number of the order it ended in, if any."""

    id: str
    number: int
    one: Person
    at: datetime
    pack: dict[str, Any]
    order_id: str | None


def contacts(
    touches: int, orders: int, everyone: Sequence[Person], packs: Sequence[dict[str, Any]], now: datetime
) -> Iterator[Contact]:
    """`touches` contacts in the order of time, every so many of them sold; the same ones each time."""
    rng, every = random.Random("bench sales"), max(1, touches // orders)
    for number in range(touches):
        at = now - timedelta(days=2) - MONTHS * (1 - number / touches)
        one, pack = everyone[int(len(everyone) * rng.random() ** 1.3)], packs[int(len(packs) * rng.random() ** 1.5)]
        sold = number % every == 0 and number // every < orders
        yield Contact(id_at(rng, at), number, one, at, pack, id_at(rng, at) if sold else None)


def touch_rows(made: Iterator[Contact], now: datetime) -> Iterator[Sequence[Any]]:
    """Rows of `touches`, as TOUCH names their columns."""
    rng = random.Random("bench touches")
    notes = [texts.touch_note(rng, "considering") for _ in range(200)]
    for touch in made:
        outcome = "sold" if touch.order_id else ("considering", "refused", "no_answer")[touch.number % 3]
        reason = "too_expensive" if outcome == "refused" else None
        next_at = now + timedelta(hours=touch.number % 200) if outcome == "considering" else None
        yield (
            touch.id, 1, touch.at, touch.at, touch.one.id, touch.one.agent_id, "wechat", outcome, reason,
            notes[touch.number % 200], next_at, touch.pack["no"], touch.pack["name"], _price(touch.pack), "CNY",
            touch.order_id,
        )  # fmt: skip


def order_rows(made: Iterator[Contact]) -> Iterator[Sequence[Any]]:
    """Rows of `orders`, as ORDER names their columns: paid, shipped and completed."""
    for touch in made:
        if touch.order_id is None:
            continue
        pack, at, price = touch.pack, touch.at, _price(touch.pack)
        lines = [{name: line.get(name) for name in _LINE} for line in pack["lines"]]
        no = f"O{at + timedelta(hours=8):%Y%m%d}-{touch.number:07d}"
        yield (
            touch.order_id, 4, at, at, no, touch.one.id, touch.one.agent_id, touch.one.agent_id, touch.id, pack["id"],
            pack["no"], pack["revision"], pack["name"], Jsonb(lines), 1, Decimal(pack["sum"]["amount"]), price, price,
            price, price, Decimal("0.1000"), "CNY", "completed", "", at, at, at,
        )  # fmt: skip


def payment_rows(made: Iterator[Contact]) -> Iterator[Sequence[Any]]:
    """Rows of `payments`, one an order."""
    rng = random.Random("bench payments")
    for touch in made:
        if touch.order_id is not None:
            at, agent = touch.at, touch.one.agent_id
            yield (
                id_at(rng, at),
                touch.order_id,
                "wechat_pay",
                _price(touch.pack),
                at,
                f"4200{touch.number:012d}",
                agent,
                at,
            )


def _price(pack: dict[str, Any]) -> Decimal:
    return Decimal(pack["price"]["amount"])
