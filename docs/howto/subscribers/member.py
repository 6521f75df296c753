"""Member system: a point for every whole yuan a player has paid, once for each order that is paid in full."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

from listening import Fact, run, write_whole

KEYS = ("order.paid.v1",)
TABLES = "CREATE TABLE IF NOT EXISTS points (order_id TEXT PRIMARY KEY, player_id TEXT, points INTEGER);"


def take(notes: sqlite3.Connection, fact: Fact) -> None:
    """Points belong to the order: told again, under whatever sequence, they are not given again."""
    data = fact["data"]
    row = (fact["subject"], data["player_id"], int(Decimal(data["total"]["amount"])))
    notes.execute("INSERT OR IGNORE INTO points VALUES (?, ?, ?)", row)


def write(notes: sqlite3.Connection, folder: Path) -> None:
    """points.json: {player: points}."""
    points = dict(notes.execute("SELECT player_id, sum(points) FROM points GROUP BY player_id ORDER BY player_id"))
    write_whole(folder / "points.json", json.dumps(points, indent=1))


if __name__ == "__main__":
    run("member", KEYS, TABLES, take, write)
