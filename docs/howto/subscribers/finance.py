"""Finance: payments, refunds and claims paid, which must add up to what the orders say has been paid and not gone back."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

from listening import Fact, run, write_whole

KINDS = {"payment": "payment", "return": "refund", "claim": "claim"}
KEYS = ("payment.*.v1", "return.refunded.v1", "claim.paid.v1", "order.*.v1")
TABLES = """
CREATE TABLE IF NOT EXISTS bookings (id TEXT PRIMARY KEY, order_no TEXT, kind TEXT, method TEXT, amount TEXT);
CREATE TABLE IF NOT EXISTS orders (no TEXT PRIMARY KEY, version INTEGER, paid TEXT, refunded TEXT);
"""


def take(notes: sqlite3.Connection, fact: Fact) -> None:
    """A payment is booked once, a refund or a claim with a minus; of an order its own idea of both is kept."""
    data = fact["data"]
    if fact["type"].startswith("playdesk.order."):
        keep_order(notes, data["no"], fact["entityversion"], data)
        return
    kind = KINDS[fact["type"].split(".")[1]]
    amount = data["amount"]["amount"] if kind == "payment" else f"-{data['amount']['amount']}"
    row = (fact["subject"], data["order_no"], kind, data.get("method"), amount)
    notes.execute("INSERT OR IGNORE INTO bookings VALUES (?, ?, ?, ?, ?)", row)
    keep_order(notes, data["order_no"], data["order_version"], data)


def keep_order(notes: sqlite3.Connection, no: str, version: int, data: dict[str, Any]) -> None:
    """What an order says has been paid and refunded, unless what is kept is newer; a payment tells of no refunds."""
    known = notes.execute("SELECT version, refunded FROM orders WHERE no = ?", (no,)).fetchone() or (0, "0.00")
    if known[0] < version:
        back = data.get("refunded_total") or {"amount": known[1]}
        row = (no, version, data["paid_total"]["amount"], back["amount"])
        notes.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)", row)


def write(notes: sqlite3.Connection, folder: Path) -> None:
    """balance.json: the sum of all bookings, by method, and the orders whose payments do not add up to what they say."""
    bookings = notes.execute("SELECT order_no, method, amount FROM bookings").fetchall()
    by_order: dict[str, Decimal] = {}
    by_method: dict[str, Decimal] = {}
    for order_no, method, amount in bookings:
        by_order[order_no] = by_order.get(order_no, Decimal()) + Decimal(amount)
        by_method[method or "refund"] = by_method.get(method or "refund", Decimal()) + Decimal(amount)
    orders = notes.execute("SELECT no, paid, refunded FROM orders").fetchall()
    wrong = sorted(no for no, paid, back in orders if by_order.get(no, Decimal()) != Decimal(paid) - Decimal(back))
    balance = {
        "bookings": len(bookings),
        "total": str(sum(by_order.values(), Decimal("0.00"))),
        "by_method": {method: str(amount) for method, amount in sorted(by_method.items())},
        "do_not_add_up": wrong,
    }
    write_whole(folder / "balance.json", json.dumps(balance, indent=1))


if __name__ == "__main__":
    run("finance", KEYS, TABLES, take, write)
