"""Processes that are killed hundreds of times start by a fork of one that has everything loaded, in half of the time.

A stable keeps one program: what that reads of the environment while it is loaded is the same for all its children, but
for the fault point, which is armed in each anew.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import random
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import configure_mappers

from chassis.ops import faultpoints
from deploy.local import processes
from deploy.local.state import ROOT

LATER = (
    "alembic",
    "chassis.ops.cli",
    "chassis.ops.worker",
    "pika",
    "sqlalchemy.dialects.postgresql.psycopg",
    "xlsxwriter",
)


class Foal:
    """A child of the stable, with what `subprocess.Popen` offers of it."""

    def __init__(self, stable: Stable, pid: int) -> None:
        self.stable, self.pid = stable, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status once it has ended, a negative signal number where it was killed."""
        if self.returncode is None:
            self.returncode = self.stable.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Until it has ended. Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.01)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


class Stable:
    """The process that forks; it ends, and with it all it has started, when this one does."""

    def __init__(self, program: str, log: Path, env: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        argv = [sys.executable, "-m", "tests.faults.stable", str(theirs.fileno()), program]
        self.process = processes.spawn(argv, env=env, log=log, cwd=ROOT, pass_fds=(theirs.fileno(),))
        theirs.close()
        self._lines = ours.makefile("rw", encoding="utf-8")

    def start(self, words: Sequence[str], *, env: Mapping[str, str], log: Path) -> Foal:
        """`python -m program words…` in a process group of its own, under this environment."""
        return Foal(self, self.ask({"words": list(words), "env": dict(env), "log": str(log)}))

    def ask(self, what: dict[str, Any]) -> Any:
        """One question, one answer."""
        self._lines.write(json.dumps(what) + "\n")
        self._lines.flush()
        return json.loads(self._lines.readline())

    def close(self) -> None:
        """End it and all it has started."""
        self._lines.close()
        processes.stop(self.process)


def serve(program: str, lines: Any) -> None:
    """Fork and tell who has ended, until nobody asks any more."""
    alive: set[int] = set()
    for line in lines:
        asked = json.loads(line)
        if "ended" in asked:
            pid, status = os.waitpid(asked["ended"], os.WNOHANG)
            alive.discard(pid)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork() or _become(program, **asked)
            alive.add(answer)
        lines.write(json.dumps(answer) + "\n")
        lines.flush()
    for pid in alive:
        os.killpg(pid, signal.SIGKILL)


def _become(program: str, words: list[str], env: dict[str, str], log: str) -> int:
    """In the child: be that program, and never come back."""
    os.setsid()
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), 1)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(env)
    random.seed()
    faultpoints.arm(env.get("PLAYDESK_FAULT", ""))
    sys.argv = [program, *words]
    status = 1
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        os._exit(status)


def _load(program: str) -> None:
    """Everything that the program loads by its name and what it loads later, so that no child has to."""
    for module in (*LATER, program):
        importlib.import_module(module)
    for module in pkgutil.walk_packages(importlib.import_module(program).__path__, f"{program}."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    configure_mappers()
    gc.freeze()  # a collection in a child would write on every page that they share


if __name__ == "__main__":
    _load(sys.argv[2])
    with socket.socket(fileno=int(sys.argv[1])) as theirs:
        serve(sys.argv[2], theirs.makefile("rw", encoding="utf-8"))
