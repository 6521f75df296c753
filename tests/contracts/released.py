"""The schemas of each release as they were; `python -m tests.contracts.released 0.2` keeps those of now as a release."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from deploy.local.state import ROOT
from tests.contracts.compatibility import misread

RELEASES = Path(__file__).parent / "releases"


def released() -> dict[str, dict[str, dict[str, Any]]]:
    """{release: {key: schema}}."""
    return {folder.name: _schemas(folder.glob("*.json")) for folder in sorted(RELEASES.iterdir())}


def current() -> dict[str, dict[str, Any]]:
    """{key: schema} as committed now."""
    return _schemas(ROOT.glob("services/*/schemas/*.json"))


def broken(then: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """{key: why} of each fact of a release that is gone, or that old and new programs cannot read of one another.

    Both ways: a subscriber of now reads what is in the log from then; one from then reads what is told now.
    """
    faults = {key: ["is no longer told"] if key not in now else _both_ways(then[key], now[key]) for key in then}
    return {key: why for key, why in faults.items() if why}


def _both_ways(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [f"old data, new schema: {f}" for f in misread(now, then)] + [
        f"new data, old schema: {f}" for f in misread(then, now)
    ]


def _schemas(paths: Any) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(paths)}


def keep(release: str) -> int:
    """Write the schemas of now down as those of a release; a release is never written twice."""
    folder = RELEASES / release
    folder.mkdir()
    for path in sorted(ROOT.glob("services/*/schemas/*.json")):
        (folder / path.name).write_bytes(path.read_bytes())
    return len(list(folder.iterdir()))


if __name__ == "__main__":
    print(f"{keep(sys.argv[1])} schemas kept")
