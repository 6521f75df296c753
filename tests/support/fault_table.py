"""The one table of what each fault has cost, printed at the end of the run, whichever worker broke what."""

from __future__ import annotations

import json
from typing import Any

COLUMNS = ("acknowledged", "facts", "delivered", "lost", "doubled", "differences", "dead", "seconds")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, whichever worker the tests ran in."""
    reports = [report for key in ("passed", "failed") for report in terminalreporter.stats.get(key, [])]
    rows = [json.loads(v) for r in reports for name, v in getattr(r, "user_properties", []) if name == "fault"]
    if not rows:
        return
    terminalreporter.write_sep("-", "faults: invariant I")
    terminalreporter.write_line(f"{'fault':44}" + "".join(f"{name:>13}" for name in COLUMNS))
    for row in rows:
        figures = "".join(f"{row[name]:>13.1f}" if name == "seconds" else f"{row[name]:>13}" for name in COLUMNS)
        terminalreporter.write_line(f"{row['row']:44}{figures}  {row['more']}")
