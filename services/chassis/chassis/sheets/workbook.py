"""Reads the first sheet of an xlsx file and writes its rows as lines of JSON: run by itself, with little memory and time.

A file of a few kilobytes can claim a sheet of seventeen billion cells. Whatever it makes the reader do, it does it
to this process alone, which ends at its limits.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date, datetime

MOST_ROWS, MOST_COLUMNS = 200_000, 100
MEMORY = 700 * 1024 * 1024  # of addresses; what is really used is a third of it
SECONDS = 60
TOO_BIG = 3


def main(path: str) -> int:
    """Write the rows; returns the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        end = sheet.end or (0, 0)
        if end[0] > MOST_ROWS or end[1] >= MOST_COLUMNS:
            return TOO_BIG
        for row in sheet.iter_rows():
            sys.stdout.write(json.dumps([as_text(cell) for cell in row]) + "\n")
    except MemoryError:
        return TOO_BIG
    except (CalamineError, ValueError, OSError):
        return 1
    return 0


def as_text(cell: object) -> str:
    """A cell as a person would type it: whole numbers without a point, moments as 2026-11-25 09:30:00."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
