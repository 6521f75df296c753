"""Free TCP ports on loopback, the same ones again where that is possible."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

from deploy.local.state import State

# Below the range the kernel takes for outgoing connections, so that a port is still free when its owner restarts.
FIRST, LAST, BLOCK = 20_000, 32_000, 40
_claims: list[int] = []  # open lock files: a block stays ours until this process ends


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a listener could be opened on `port` now, sharing it with nobody."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


class Ports:
    """Ports by name: the kept one when it is free, else a new one out of a block no other suite on the machine uses."""

    def __init__(self, state: State):
        self._state = state
        self._kept: dict[str, int] = state.read("ports")
        self._given: dict[str, int] = {}
        self._block: list[int] = []

    def port(self, name: str) -> int:
        """The port for `name`: checked to be free when first asked for, the same from then on."""
        if name not in self._given:
            kept = self._kept.get(name)
            if kept is None or kept in self._given.values() or not is_free(kept):
                self._kept[name] = self._next()
                self._state.write("ports", self._kept)
            self._given[name] = self._kept[name]
        return self._given[name]

    def _next(self) -> int:
        while True:
            if not self._block:
                self._block = _claim_block()
            port = self._block.pop()
            if port not in self._kept.values() and is_free(port):
                return port


def _claim_block() -> list[int]:
    firsts = list(range(FIRST, LAST, BLOCK))
    random.SystemRandom().shuffle(firsts)
    for first in firsts:
        if _claim(first):
            return list(range(first, first + BLOCK))
    raise OSError(f"no free block of ports between {FIRST} and {LAST}")


def _claim(first: int) -> bool:
    """Lock a block against other suites that look for ports at the same moment."""
    folder = Path(tempfile.gettempdir()) / f"playdesk-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder / str(first), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return False
    _claims.append(handle)
    return True
