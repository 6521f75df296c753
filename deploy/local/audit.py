"""`make audit-verify`: the audit log of the suite that runs from the state folder, verified with its own key."""

from __future__ import annotations

import os
import subprocess
import sys

from deploy.local.state import ROOT, State


def main() -> int:
    """Run `python -m gateway audit-verify`; its exit status: 0 as written, 1 something found, 2 it cannot be done."""
    state = State()
    if not state.running():
        print("no suite runs from this folder; start one with `make run`", file=sys.stderr)
        return 2
    secrets, port = state.read("secrets"), state.read("ports")["postgres"]
    password = secrets["postgres.gateway"]
    settings = {
        "DATABASE_URL": f"postgresql+psycopg://gateway:{password}@127.0.0.1:{port}/gateway",
        "TOKEN_PRIVATE_KEY": secrets["token.private"],
        "AUDIT_KEY": secrets["audit.key"],
    }
    command = [sys.executable, "-m", "gateway", "audit-verify", *sys.argv[2:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, check=False).returncode
