"""`python -m tests.contracts.examples [--all]`: takes examples of facts out of the logs of a suite that has run.

An example is a fact as it went over the wire. One that still shows what its schema says is kept as it is.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import jsonschema_rs
from sqlalchemy import text

from chassis.facts.envelope import ROW, envelope
from deploy.local.state import ROOT
from tests.contracts.acts import play
from tests.support.keeper import Kept
from tests.support.postgres import Databases
from tests.support.suite_in_process import InProcessSuite, start_suite

_LAST = text(f"SELECT DISTINCT ON (type) {ROW} FROM event_log ORDER BY type, sequence DESC")


def schemas() -> dict[str, Path]:
    """{key: file} of every fact that is published."""
    return {path.stem: path for path in sorted(ROOT.glob("services/*/schemas/*.json"))}


def example_of(schema: Path) -> Path:
    """Where the example of a schema lies."""
    return schema.parent.parent / "examples" / schema.name


def faults(schema: dict[str, Any], example: dict[str, Any]) -> list[str]:
    """Why an example does not show what its schema says; empty where it does."""
    wrong = [
        error.message
        for error in jsonschema_rs.validator_for(schema, validate_formats=True).iter_errors(example["data"])
    ]
    return wrong + [f"{name} is not shown" for name in schema["properties"] if name not in example["data"]]


def outdated() -> list[str]:
    """The keys whose example is missing or does not fit any more."""
    return [key for key, path in schemas().items() if not _fits(path)]


def _fits(schema: Path) -> bool:
    path = example_of(schema)
    return path.exists() and not faults(_json(schema), _json(path))


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def told(suite: InProcessSuite) -> dict[str, dict[str, Any]]:
    """The newest fact of each kind in the logs of the suite, as it went over the wire."""
    found = {}
    for name in suite.runtimes():
        with suite.raw(name) as connection:
            found |= {row.type: json.loads(envelope(name, row)) for row in connection.execute(_LAST)}
    return found


def main(arguments: list[str]) -> int:
    """Run a suite, play everything, write what is wanted; returns the exit status."""
    wanted = list(schemas()) if "--all" in arguments else outdated()
    if not wanted:
        print("every fact has an example that fits")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        suite = start_suite(Databases(Kept("postgres")), Path(folder))
        play(suite)
        suite.pump()
        found = told(suite)
        suite.close()
    for key in wanted:
        if key in found:
            path = example_of(schemas()[key])
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(found[key], ensure_ascii=False, indent=1) + "\n", "utf-8")
    missing = sorted(set(wanted) - set(found))
    print(
        f"{len(wanted) - len(missing)} examples written" + (f"; nobody told {missing}: add an act" if missing else "")
    )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
