"""Starting and ending child processes so that none outlives us."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GUARDIAN = Path(__file__).with_name("guardian.py")
_guardian: subprocess.Popen[str] | None = None
_groups: dict[int, int] = {}  # process group -> the signal that stops it
_lock = threading.Lock()


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path | str = "/",
    stop_signal: int = signal.SIGTERM,
    **kwargs: Any,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own; the guardian ends that group should we die."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(
            [str(part) for part in argv],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **kwargs,
        )
    _guard(child.pid, int(stop_signal))
    return child


def run(argv: Sequence[str | Path], **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end; its output and errors come back as one text."""
    return subprocess.run(
        argv,
        check=False,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **kwargs,
    )


def stop(child: subprocess.Popen[bytes], stop_signal: int = signal.SIGTERM, patience: float = 20.0) -> bool:
    """Ask a child to end, kill its whole group when it does not; True when it ended by itself."""
    asked = child.poll() is None
    if asked:
        child.send_signal(stop_signal)
    try:
        child.wait(patience if asked else 0.1)
        clean = True
    except subprocess.TimeoutExpired:
        clean = False
    kill(child)
    return clean


def kill(child: subprocess.Popen[bytes]) -> None:
    """SIGKILL the child's whole group and everything it started in groups of their own."""
    victims = [child.pid, *descendants(child.pid)]  # one that has only just begun leads no group yet
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    for pid in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.wait()
    _guard(child.pid, None)


def descendants(pid: int) -> list[int]:
    """Process IDs below `pid`, nearest first; empty where there is no /proc."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        children = parents.get(queue.pop(0), [])
        found += children
        queue += children
    return found


def command_of(pid: int) -> str:
    """The command line of a live process, empty when there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        pass
    try:
        return run(["ps", "-o", "command=", "-p", str(pid)]).stdout
    except OSError:
        return ""


def wait_until(condition: Any, child: subprocess.Popen[bytes] | None, timeout: float, step: float = 0.05) -> bool:
    """Poll `condition()`; False when the child ends or the time is up first."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        if child is not None and child.poll() is not None:
            return False
        time.sleep(step)
    return False


def tail(log: Path, size: int = 2000) -> str:
    """The end of a log, for an error message."""
    try:
        return log.read_bytes()[-size:].decode(errors="replace")
    except OSError:
        return ""


def _guard(group: int, stop_signal: int | None) -> None:
    """Have the guardian watch a group, or (None) forget it."""
    with _lock:
        if stop_signal is None:
            _groups.pop(group, None)
        else:
            _groups[group] = stop_signal
        if _guardian is None or _guardian.poll() is not None:
            _start_guardian()
        else:
            _tell(group, stop_signal)


def _start_guardian() -> None:
    global _guardian
    _guardian = subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARDIAN)], stdin=subprocess.PIPE, text=True, start_new_session=True, cwd="/"
    )
    for group, stop_signal in _groups.items():
        _tell(group, stop_signal)


def _tell(group: int, stop_signal: int | None) -> None:
    assert _guardian is not None
    assert _guardian.stdin is not None
    _guardian.stdin.write(f"-{group}\n" if stop_signal is None else f"+{group} {stop_signal}\n")
    _guardian.stdin.flush()
