"""Keeps one server for a whole test run: started by the first worker that asks, ended after the last one has gone.

Every user holds a shared lock on one file; the keeper ends its server when it can have that lock for itself, which is
so even when the users were killed. A second lock keeps a newcomer and an ending keeper from missing one another.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.local.state import ROOT, AlreadyRunning, State

START_SECONDS = 150


class Kept:
    """One shared server seen from a test process; `facts()` starts it if need be and says where it is."""

    def __init__(self, kind: str):
        self.kind, self.folder = kind, run_folder() / kind
        self._using: int | None = None

    def facts(self) -> dict[str, Any]:
        """What the server's starter wrote down: addresses and the like."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / "start.lock"):
            if self._using is None:
                self._using = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._using, fcntl.LOCK_SH)
            if not self._note.exists():
                self._start()
        return json.loads(self._note.read_text())

    @property
    def _note(self) -> Path:
        return self.folder / "server.json"

    def _start(self) -> None:
        log = self.folder / "keeper.log"
        with log.open("ab") as out:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.support.keeper", self.kind, str(self.folder)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._note.exists():
            if keeper.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the {self.kind} for the tests did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)


def run_folder() -> Path:
    """A folder that all workers of this test run share and no other run does; open to be passed through."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"process-{os.getpid()}"
    folder = Path(tempfile.gettempdir()) / f"playdesk-tests-{os.getuid()}-{run}"
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, waiting for it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def keep(kind: str, folder: Path) -> None:
    """In the keeper: start the server, write down where it is, end it when nobody uses it any more."""
    from tests.support.servers import STARTERS

    server, facts = STARTERS[kind](folder / "state")
    try:
        new = folder / "server.new"
        new.write_text(json.dumps(facts))
        new.rename(folder / "server.json")
        while not _unused(folder):
            time.sleep(0.3)
    finally:
        server.stop()
        with contextlib.suppress(OSError, AlreadyRunning):
            State(folder / "state").remove()  # also what a root user's PostgreSQL had to keep elsewhere
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()


def _unused(folder: Path) -> bool:
    """Whether the last user has gone; if so, takes the note away before a newcomer can read it."""
    with locked(folder / "start.lock"), open(folder / "users.lock", "a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        (folder / "server.json").unlink()
        return True


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]))
