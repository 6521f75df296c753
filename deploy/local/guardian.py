"""A tiny watcher that ends our process groups when the process that started them is gone, even by SIGKILL.

A parent-death signal would reach only our direct children: neither the virtual machine behind RabbitMQ's start
script nor anything started by a thread that has ended. The watcher holds one end of a pipe; the kernel closes the other.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE_SECONDS = 15.0


def read_groups(lines: Iterable[str]) -> dict[int, int]:
    """Follow `+group signal` and `-group` lines until the pipe closes; the groups left are orphans."""
    groups: dict[int, int] = {}
    for line in lines:
        word, *rest = line.split()
        if word.startswith("+"):
            groups[int(word[1:])] = int(rest[0])
        else:
            groups.pop(int(word[1:]), None)
    return groups


def signal_group(group: int, number: int) -> bool:
    """Signal a whole group; False when there is nobody left in it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end(groups: dict[int, int]) -> None:
    """Ask each group to stop in its own way, and kill what is still there after a while."""
    for group, number in groups.items():
        signal_group(group, number)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and any(signal_group(group, 0) for group in groups):
        time.sleep(0.1)
    for group in groups:
        signal_group(group, signal.SIGKILL)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(read_groups(sys.stdin))
