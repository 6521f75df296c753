"""B10: how long after its commit a fact is handled in another service, at 200 facts a second."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg

from chassis.facts.hint import Hint
from tests.bench.client import at
from tests.bench.compare import Result
from tests.bench.rows.made import COLUMNS, _row, player_updated
from tests.bench.stage import Stage

RATE, WRITERS = 200, 4
_INSERT = f"INSERT INTO outbox ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_HANDLED = """
SELECT event_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM inbox
WHERE consumer = 'ticket.copies' AND event_id = ANY(%s)
"""


def commit_to_handled(stage: Stage) -> list[Result]:
    """B10: facts of the player service; the commit of the ticket service's inbox row with its projection is the end.

    Both moments are those PostgreSQL keeps of the two transactions, by one clock.
    """
    seconds = stage.sizes.paced_seconds
    written = _write(stage, seconds)
    committed = _committed(stage, written)
    handled = _handled(stage, list(written))
    late = sorted((handled[key] - committed[key]) * 1000 for key in handled)
    p50, p99 = at(late, 0.5), at(late, 0.99)
    words, more = f"commit to handled, {RATE}/s for {seconds:.0f} s", {"p50": p50, "p99": p99, "facts": len(late)}
    reached = len(written) / seconds > 0.95 * RATE
    return [
        Result("B10", f"{words}, p50", f"{p50:.1f} ms", "", None, "≤ 20 ms", p50 <= 20 if reached else None, more),
        Result("B10", f"{words}, p99", f"{p99:.1f} ms", "", None, "≤ 100 ms", p99 <= 100 if reached else None, more),
    ]


def _write(stage: Stage, seconds: float) -> dict[str, str]:
    """{fact: transaction} of facts written at the rate, each in a transaction of its own, by four writers."""
    hint = Hint(stage.suite.postgres.url("player"))
    written: dict[str, str] = {}
    started = time.perf_counter() + 0.2

    def writer(number: int) -> None:
        with stage.suite.postgres.connect("player") as connection:
            for index in range(number, int(RATE * seconds), WRITERS):
                event = player_updated(stage, index)
                time.sleep(max(0.0, started + index / RATE - time.perf_counter()))
                written[event.event_id] = _one(connection, event, stage)
                hint.wake()

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return written


def _one(connection: psycopg.Connection[Any], event: Any, stage: Stage) -> str:
    with connection.transaction():
        connection.execute(_INSERT, _row(event, stage))
        row = connection.execute("SELECT pg_current_xact_id()::text").fetchone()
    assert row is not None
    return str(row[0])


def _committed(stage: Stage, written: dict[str, str]) -> dict[str, float]:
    with stage.suite.postgres.connect("player") as connection:
        query = "SELECT x, extract(epoch FROM pg_xact_commit_timestamp(x::xid)) FROM unnest(%s::text[]) AS x"
        times = dict(connection.execute(query, (list(written.values()),)).fetchall())
    return {key: float(times[xid]) for key, xid in written.items()}


def _handled(stage: Stage, facts: list[str]) -> dict[str, float]:
    """When each was handled; waits for the last one."""
    deadline = time.monotonic() + 60
    with stage.suite.postgres.connect("ticket") as connection:
        while True:
            rows = connection.execute(_HANDLED, (facts,)).fetchall()
            if len(rows) == len(facts):
                return {str(key): float(moment) for key, moment in rows}
            if time.monotonic() > deadline:
                raise RuntimeError(f"only {len(rows)} of {len(facts)} facts were handled within a minute")
            time.sleep(0.2)
