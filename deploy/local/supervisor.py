"""Keeps processes running: starts them together, restarts what crashes, ends them all."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests

from deploy.local import processes

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 30.0  # having run this long, a process has earned a quick restart again
LOG_LIMIT = 10_000_000


@dataclass(frozen=True)
class Program:
    """What to run: a name, a command, its environment, and the address that says it is ready."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready_url: str | None = None
    cwd: Path = field(default_factory=Path.cwd)


class Process:
    """One program, started and ended as often as one likes."""

    def __init__(self, program: Program, logs: Path):
        self.program, self.name = program, program.name
        self.log = logs / f"{program.name}.log"
        self.wanted = False
        self._child: subprocess.Popen[bytes] | None = None
        self._pause, self._started, self._due = FIRST_PAUSE, 0.0, 0.0

    def start(self, **env: str) -> Process:
        """Start it, with more environment variables if given; nothing happens when it runs."""
        self.wanted = True
        if not self.alive:
            self._turn_log_over()
            program = self.program
            self._child = processes.spawn(program.argv, env={**program.env, **env}, cwd=program.cwd, log=self.log)
            self._started = time.monotonic()
        return self

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        self.wanted = False
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)

    def stop(self, patience: float = 20.0) -> bool:
        """SIGTERM, then SIGKILL when it does not end; True when it ended by itself."""
        self.wanted = False
        child, self._child = self._child, None
        return child is None or processes.stop(child, patience=patience)

    def kill(self) -> None:
        """SIGKILL the whole group; it stays dead until `start`."""
        self.wanted = False
        if self._child is not None:
            processes.kill(self._child)
            self._child = None

    def crash(self) -> None:
        """SIGKILL the whole group as if by accident: the supervisor will bring it back."""
        if self._child is not None:
            processes.kill(self._child)

    def restart(self, **env: str) -> Process:
        """A clean stop, then a start."""
        self.stop()
        return self.start(**env)

    def signal(self, number: int) -> None:
        """Send a signal to the first process, such as SIGSTOP or SIGHUP."""
        if self._child is not None:
            self._child.send_signal(number)

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    @property
    def pids(self) -> list[int]:
        """All its processes: the first one, then those below it (web workers)."""
        return [self.pid, *processes.descendants(self.pid)] if self.alive and self.pid else []

    def is_ready(self) -> bool:
        """Whether it runs and, where it has an address for that, says so itself."""
        if not self.alive or self.program.ready_url is None:
            return self.alive
        try:
            return requests.get(self.program.ready_url, timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def revive(self, now: float) -> str | None:
        """Start it again if it crashed and its pause is over; what to tell about it, if anything."""
        if not self.wanted or self.alive or self._child is None:
            return None
        if not self._due:
            self._pause = FIRST_PAUSE if now - self._started > STEADY_SECONDS else self._pause
            self._due, pause = now + self._pause, self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            code = self._child.returncode
            return f"{self.name} ended with {code}; starting it again in {pause:g} s (see {self.log})"
        if now >= self._due:
            self._due = 0.0
            processes.kill(self._child)  # whatever of its group is still there
            self.start()
        return None

    def _turn_log_over(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))


class Supervisor:
    """All programs of a suite; while `watch` is on, what crashes is started again."""

    def __init__(self, programs: Sequence[Program], logs: Path, say: Callable[[str], None] = print):
        self.processes = {program.name: Process(program, logs) for program in programs}
        self._say, self._stopped = say, threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, names: Sequence[str] | None = None) -> None:
        """Start all (or these) at once."""
        for name in names or self.processes:
            self.processes[name].start()

    def watch(self) -> None:
        """Bring back what crashes from now on."""
        self._watcher = threading.Thread(target=self._keep_alive, name="supervisor", daemon=True)
        self._watcher.start()

    def wait_ready(self, timeout: float, names: Sequence[str] | None = None) -> list[str]:
        """Wait for all (or these) to be ready; the names of those that ended, or are not ready when the time is up."""
        missing = list(names or self.processes)
        deadline = time.monotonic() + timeout
        while missing and time.monotonic() < deadline:
            missing = [name for name in missing if not self.processes[name].is_ready()]
            ended = [name for name in missing if not self.processes[name].alive]
            if ended:
                return ended
            time.sleep(0.1 if missing else 0)
        return missing

    def stop(self, patience: float = 20.0) -> None:
        """Ask all to end together, then wait for each."""
        self._stopped.set()
        if self._watcher is not None:
            self._watcher.join()
        for process in self.processes.values():
            process.ask_to_stop()
        deadline = time.monotonic() + patience
        for process in self.processes.values():
            process.stop(max(0.1, deadline - time.monotonic()))

    def _keep_alive(self) -> None:
        while not self._stopped.wait(0.2):
            for process in self.processes.values():
                said = process.revive(time.monotonic())
                if said:
                    self._say(said)
