"""Known holes in what we depend on, looked up by pip-audit: which there are, and what could not be looked up, said aloud."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = "requirements.txt"


def told(report: dict[str, Any]) -> tuple[list[str], int]:
    """(what to say of a report, the status to end with): 1 where a hole is known.

    pip-audit itself says "no known vulnerabilities" also where nobody answered for a single dependency.
    """
    known, unknown = [], []
    for one in report["dependencies"]:
        if "skip_reason" in one:
            unknown.append(one["name"])
        known += [
            f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
            for hole in one.get("vulns", ())
        ]
    looked_up = len(report["dependencies"]) - len(unknown)
    lines = [*known, f"known holes: {len(known)} in {looked_up} of {len(report['dependencies'])} dependencies"]
    if unknown:
        names = ", ".join(sorted(unknown)) if looked_up else "all of them"
        lines.append(f"NOT LOOKED UP, as nobody answers for them here: {names}")
    return lines, 1 if known else 0


def main() -> int:
    """Look everything in the lock up. Returns 0, or 1 where a hole is known or looking up broke off."""
    program = Path(sys.executable).with_name("pip-audit")
    run = subprocess.run(
        [program, "--require-hashes", "--disable-pip", "-r", LOCK, "--format", "json", "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(run.stdout)
    except ValueError:
        print(run.stderr, file=sys.stderr)
        return run.returncode or 1
    lines, status = told(report)
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
