"""`python -m deploy.local run | tour | audit-verify | clean`: the suite on this machine."""

from __future__ import annotations

import importlib
import sys

COMMANDS = {
    "run": ("deploy.local.runner", "run", "start everything and keep it running"),
    "tour": ("deploy.local.tour.walk", "main", "walk the ten steps of the main job by HTTP"),
    "audit-verify": ("deploy.local.audit", "main", "verify the audit log of the suite that runs"),
    "clean": ("deploy.local.state", "clean", "remove the state folder and all data"),
}


def main() -> int:
    """Run one command; the exit status."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        for command, (_, _, words) in COMMANDS.items():
            print(f"  python -m deploy.local {command:<12} {words}")
        return 2
    module, function, _ = COMMANDS[name]
    return int(getattr(importlib.import_module(module), function)() or 0)


if __name__ == "__main__":
    sys.exit(main())
