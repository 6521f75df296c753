"""The one table of a run, and its file."""

from __future__ import annotations

import json
import os
import platform
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.local.state import ROOT
from tests.bench.compare import Result

HEADINGS = ("row", "what", "ours", "floor", "ratio", "goal", "reached")


def line_of(result: Result) -> tuple[str, ...]:
    """A result as the cells of a line."""
    ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
    reached = {True: "yes", False: "NO", None: "–"}[result.reached]
    return result.row, result.what, result.ours, result.floor, ratio, result.goal, reached


def table(lines: Iterable[Sequence[str]]) -> str:
    """Lines under their headings, in columns."""
    everything = [HEADINGS, *(tuple(line) for line in lines)]
    widths = [max(_width(line[column]) for line in everything) for column in range(len(HEADINGS))]
    shown = ["  ".join(_padded(cell, width) for cell, width in zip(line, widths, strict=True)) for line in everything]
    return "\n".join([shown[0], "  ".join("─" * width for width in widths), *shown[1:]])


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def write(results: Sequence[Result], about: dict[str, Any]) -> Path:
    """Keep the run in .playdesk/bench; returns the file."""
    folder = ROOT / ".playdesk" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now().astimezone()
    path = folder / f"{now:%Y-%m-%dT%H%M%S}.json"
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
    found = {"at": now.isoformat(), "machine": machine, **about, "rows": [asdict(result) for result in results]}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1, default=str), "utf-8")
    return path
