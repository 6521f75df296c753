"""Memory of processes: the proportional set size, in which shared pages count once."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.local.processes import descendants

_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def family_megabytes(pid: int) -> float:
    """Of a process and everything below it."""
    return sum(megabytes(one) for one in [pid, *descendants(pid)])


def megabytes(pid: int) -> float:
    """Of one process; 0 where it is gone."""
    try:
        found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return 0.0
    return int(found.group(1)) / 1024 if found else 0.0
