"""Runs commands of several services (migrate, declare) out of one process that loads the libraries once.

Five Python processes that each import everything cost seconds; five forks of one that has done so cost almost none.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from deploy.local import processes
from deploy.local.state import ROOT

COMMON = ("alembic.command", "sqlalchemy.dialects.postgresql", "psycopg", "flask_smorest", "environs", "orjson", "pika")


class PreparationFailed(RuntimeError):
    """A command ended badly for some service; the message ends with what they said."""


class Preparation:
    """The process, seen from outside: loads the libraries while other things start, then runs what it is told."""

    def __init__(self, env: Mapping[str, str], log: Path):
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.prepare"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                cwd=ROOT,
                env=dict(env),
                text=True,
                start_new_session=True,
            )

    def run(self, command: str, environments: Mapping[str, Mapping[str, str]]) -> None:
        """Run `python -m SERVICE COMMAND` for every service at once. Raises PreparationFailed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([command, environments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if answer != "0":
            raise PreparationFailed(f"{command} failed:\n{processes.tail(self._log, 4000)}")

    def close(self) -> None:
        """End the process; it ends by itself, too, when we are gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Answer each line [command, {service: environment}] with the number of services it failed for."""
    for module in COMMON:
        importlib.import_module(module)
    for line in sys.stdin:
        command, environments = json.loads(line)
        children = [os.fork() or _run(service, command, env) for service, env in environments.items()]
        statuses = [os.waitpid(pid, 0)[1] for pid in children]
        print(sum(status != 0 for status in statuses), flush=True)


def _run(service: str, command: str, env: dict[str, str]) -> int:
    """In the child: be `python -m service command`. Never returns."""
    status = 1
    try:
        os.dup2(2, 1)  # what the service says belongs into the log, not into our answers
        os.environ.clear()
        os.environ.update(env)
        sys.argv = [service, command]
        runpy.run_module(service, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        print(f"{service} {command} ended with {end.code}", file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
