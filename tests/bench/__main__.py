"""`python -m tests.bench [--strict]`: measure the rows, print the table, keep it."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.bench import sizes as sizing
from tests.bench.ceiling import client_ceiling
from tests.bench.compare import Result
from tests.bench.rows import ROWS
from tests.bench.stage import Stage, stage
from tests.bench.table import line_of, table, write


def main() -> int:
    """Exit 0 unless something crashed; with --strict also where a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail where a goal is not reached")
    strict = parser.parse_args().strict
    sizes, started = sizing.of_environment(), time.monotonic()
    os.environ["RATE_LIMIT"] = "100000000/minute"
    rate, cost = client_ceiling(min(2.0, sizes.seconds))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"the client alone: {rate:.0f} requests/s, {cost:.3f} ms of CPU a request", flush=True)
    results: list[Result] = []
    crashed: list[str] = []
    with stage(sizes) as ready:
        print(f"filled after {time.monotonic() - started:.0f} s", flush=True)
        for name in sizing.ROWS:
            if name in sizes.rows:
                _row(name, ROWS[name], ready, results, crashed)
    print("\n" + table(line_of(result) for result in results))
    about = {
        "sizes": vars(sizes),
        "client": {"rate": rate, "cpu_ms": cost},
        "crashed": crashed,
        "at": datetime.now(UTC),
    }
    print(f"\n{time.monotonic() - started:.0f} s; written to {write(results, about)}")
    missed = [result.row for result in results if result.reached is False]
    return 1 if crashed or (strict and missed) else 0


def _row(
    name: str, measure: Callable[[Stage], list[Result]], ready: Stage, results: list[Result], crashed: list[str]
) -> None:
    """Measure one row; where it crashes, the others are measured all the same."""
    print(f"{name} …", end=" ", flush=True)
    started = time.monotonic()
    try:
        found: list[Any] = measure(ready)
    except Exception:
        crashed.append(name)
        print("crashed")
        traceback.print_exc()
        return
    results += found
    print(f"{time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
