"""How much data there is and how long each thing is measured, as the environment says."""

from __future__ import annotations

import os
from dataclasses import dataclass

ROWS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B14")
DEMO_PLAYERS, FULL_PLAYERS = 30_000, 300_000
_DEMO = {"tickets": 2.0, "touches": 4 / 3, "orders": 1 / 3}  # a player
_FULL = {"tickets": 20 / 3, "touches": 10 / 3, "orders": 1.0}


@dataclass(frozen=True)
class Sizes:
    """Rows of data; `seconds` of one measurement, `rounds` of them in turn, `facts` through the bus."""

    players: int
    tickets: int
    touches: int
    orders: int
    staff: int
    seconds: float
    rounds: int
    facts: int
    rows: tuple[str, ...]

    @property
    def paced_seconds(self) -> float:
        """How long facts flow at a fixed rate (B10)."""
        return min(20.0, self.seconds * 15)


def of_environment() -> Sizes:
    """PLAYERS=300000, BENCH_SECONDS, BENCH_ROUNDS, BENCH_FACTS, ROWS=B1,B3. Raises SystemExit for an unknown row."""
    players = int(os.environ.get("PLAYERS") or DEMO_PLAYERS)
    full = players >= FULL_PLAYERS
    per_player = _FULL if full else _DEMO
    return Sizes(
        players=players,
        **{name: round(players * share) for name, share in per_player.items()},
        staff=200 if full else 20,
        seconds=float(os.environ.get("BENCH_SECONDS") or 1.5),
        rounds=int(os.environ.get("BENCH_ROUNDS") or 3),
        facts=int(os.environ.get("BENCH_FACTS") or (1_000_000 if full else 100_000)),
        rows=_rows(os.environ.get("ROWS", "")),
    )


def _rows(wanted: str) -> tuple[str, ...]:
    names = tuple(name.strip().upper() for name in wanted.split(",") if name.strip())
    unknown = set(names) - set(ROWS)
    if unknown:
        raise SystemExit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    return names or ROWS
