"""`python -m deploy.heard`: gives each service the schemas of what it hears, as their owners publish them.

An image holds one service, so it cannot look into another's folder; `--check` only says whether they are up to date.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from chassis.facts.bus import EVENTS, matches
from chassis.service import Service
from deploy.local.programs import SERVICES
from deploy.local.state import ROOT


def wanted(service: Service) -> dict[str, str]:
    """{file name: text} of the schemas of all that this service listens to."""
    keys = {
        key for s in service.subscriptions if s.exchange == EVENTS for listen in s.listens for key in listen.keys
    }  # fmt: skip
    told = {path.stem: path for path in sorted(ROOT.glob("services/*/schemas/*.json"))}
    return {p.name: p.read_text("utf-8") for key, p in told.items() if any(matches(heard, key) for heard in keys)}


def differing(folder: Path, texts: dict[str, str]) -> list[Path]:
    """The files of the folder that are missing, too many, or not what they should be."""
    present = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return [folder / name for name in sorted(present | texts) if present.get(name) != texts.get(name)]


def main(arguments: list[str]) -> int:
    """Write what differs, or only name it; returns the exit status."""
    status = 0
    for name in SERVICES:
        service = importlib.import_module(f"{name}.app").SERVICE
        texts = wanted(service)
        old = differing(service.heard, texts)
        if "--check" in arguments and old:
            shown = ", ".join(path.relative_to(ROOT).as_posix() for path in old)
            print(f"{name}: out of date: {shown}; run `make docs`", file=sys.stderr)
            status = 1
        elif old:
            _write(old, texts)
    return status


def _write(paths: list[Path], texts: dict[str, str]) -> None:
    for path in paths:
        if path.name in texts:
            path.parent.mkdir(exist_ok=True)
            path.write_text(texts[path.name], "utf-8")
        else:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
