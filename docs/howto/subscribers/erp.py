"""ERP: every order as it is now, one line each in orders.csv."""

from __future__ import annotations

import csv
import io
import sqlite3
from pathlib import Path

from listening import Fact, run, write_whole

KEYS = ("order.*.v1", "payment.received.v1")
TABLES = """
CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, version INTEGER, no TEXT, state TEXT, player_id TEXT, pack_no TEXT, quantity INTEGER, total TEXT,
  currency TEXT, placed_at TEXT);
"""
COLUMNS = ("no", "state", "player_id", "pack_no", "quantity", "total", "currency", "placed_at")


def take(notes: sqlite3.Connection, fact: Fact) -> None:
    """Keep the order, unless what is kept is newer: facts of one entity carry its whole state and its version."""
    data = fact["data"]
    if fact["type"] == "playdesk.payment.received.v1":  # the one fact that tells of an order that is paid in part
        change = (data["order_state"], data["order_version"], data["order_id"], data["order_version"])
        notes.execute("UPDATE orders SET state = ?, version = ? WHERE id = ? AND version < ?", change)
        return
    row = (
        fact["subject"], fact["entityversion"], data["no"], data["state"], data["player_id"], data["pack"]["no"],
        data["quantity"], data["total"]["amount"], data["total"]["currency"], data["placed_at"],
    )  # fmt: skip
    known = notes.execute("SELECT version FROM orders WHERE id = ?", (fact["subject"],)).fetchone()
    if known is None or known[0] < fact["entityversion"]:
        notes.execute(f"INSERT OR REPLACE INTO orders VALUES ({', '.join('?' * len(row))})", row)


def write(notes: sqlite3.Connection, folder: Path) -> None:
    """orders.csv, by number."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    lines.writerows(notes.execute(f"SELECT {', '.join(COLUMNS)} FROM orders ORDER BY no"))
    write_whole(folder / "orders.csv", out.getvalue())


if __name__ == "__main__":
    run("erp", KEYS, TABLES, take, write)
