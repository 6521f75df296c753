"""A TCP proxy that can be cut and mended, or stop reading, to take a server away from its clients without ending it."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit, urlunsplit


class Proxy:
    """Listens on a free port of loopback and passes everything on to `host:port`, unless it is cut."""

    def __init__(self, host: str, port: int, listen_on: str = "127.0.0.1") -> None:
        self.target = (host, port)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._open = True
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._listener = socket.create_server((listen_on, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    def before(cls, url: str, listen_on: str = "127.0.0.1") -> tuple[Proxy, str]:
        """(a proxy before the server of `url`, the same address by way of it)."""
        parts = urlsplit(url)
        proxy = cls(parts.hostname or "127.0.0.1", parts.port or 5432, listen_on)
        user, _, _ = parts.netloc.rpartition("@")
        return proxy, urlunsplit(parts._replace(netloc=f"{user}@{listen_on}:{proxy.port}"))

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        with self._lock:
            self._open = False
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _break(*pair)

    def mend(self) -> None:
        """Let connections through again."""
        self._open = True

    def hold(self) -> None:
        """Go on taking connections and bytes, and pass nothing on: the other side has stopped reading and answering."""
        self._flowing.clear()

    def release(self) -> None:
        """Pass on what was held, and all that follows."""
        self._flowing.set()

    def close(self) -> None:
        """End it."""
        self.release()
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._join(client)

    def _join(self, client: socket.socket) -> None:
        try:
            if not self._open:
                raise ConnectionRefusedError
            server = socket.create_connection(self.target, 5)
            server.settimeout(None)
        except OSError:
            _break(client)
            return
        with self._lock:
            self._pairs.append((client, server))
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=(one, other, self._flowing), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, flowing: threading.Event) -> None:
    try:
        while piece := source.recv(65536):
            flowing.wait()
            target.sendall(piece)
    except OSError:
        pass
    _break(source, target)


def _break(*ends: socket.socket) -> None:
    """Reset, as a killed server would be seen."""
    for end in ends:
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            end.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            end.close()
