"""A coalesced hint that wakes the relay: NOTIFY inside a business transaction would take a lock all writers share."""

from __future__ import annotations

import threading
from time import sleep

import psycopg

from chassis.facts.relay import CHANNEL
from chassis.ops.logging import log


class Hint:
    """Wakes the relay soon after a commit, at most once in 5 ms per process, on a connection and thread of its own."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def wake(self) -> None:
        """There is something in the outbox."""
        self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="hint", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        """A lost hint costs a second at most: the relay looks by itself as well."""
        while True:
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=3) as connection:
                    self._notify(connection)
            except psycopg.Error as error:
                log.warning("no hint to the relay", error=str(error).split("\n")[0])
                sleep(1)

    def _notify(self, connection: psycopg.Connection) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            connection.execute(f"NOTIFY {CHANNEL}")
            sleep(0.005)
