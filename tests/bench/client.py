"""The load: so many clients in a closed loop on kept-alive sockets, cheap enough not to be what is measured."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

CLIENTS = 4
# A connection stays with the web worker that took it: it is opened anew now and then, so that all of them get work.
REQUESTS_A_CONNECTION = 50
TIMEOUT = 30.0

Make = Callable[[int], bytes]


class WrongAnswer(RuntimeError):
    """An answer that is not a success; the message is how it begins."""


@dataclass(frozen=True)
class Sample:
    """One measurement: answers a second, and times of single answers in milliseconds."""

    rate: float
    median: float
    p95: float
    p99: float
    count: int


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None
        self._left = 0

    def ask(self, raw: bytes) -> bytes:
        """Send one request; the whole answer. Raises WrongAnswer."""
        if self._socket is None or self._left <= 0:
            self._open()
        self._left -= 1
        assert self._socket is not None
        self._socket.sendall(raw)
        answer = self._receive()
        if answer[9:10] not in (b"2", b"3"):
            raise WrongAnswer(answer[:600].decode(errors="replace"))
        return answer

    def _open(self) -> None:
        self.close()
        self._socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = REQUESTS_A_CONNECTION

    def _receive(self) -> bytes:
        assert self._socket is not None
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        at = head.find(b"content-length:")
        wanted = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if at < 0 and b"transfer-encoding: chunked" in head:
            raise WrongAnswer("the answer is chunked, which this client does not read")
        while len(data) < end + 4 + wanted:
            data += self._more()
        if b"connection: close" in head:
            self._left = 0
        return data

    def _more(self) -> bytes:
        assert self._socket is not None
        block = self._socket.recv(262_144)
        if not block:
            raise WrongAnswer("the server closed the connection")
        return block

    def close(self) -> None:
        """Let go of it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Client(threading.Thread):
    def __init__(self, port: int, make: Make, number: int, clients: int, until: float) -> None:
        super().__init__(daemon=True)
        self.connection, self.make = Connection(port), make
        self.number, self.clients, self.until = number, clients, until
        self.times: list[float] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        index = self.number
        try:
            while time.perf_counter() < self.until:
                raw = self.make(index)
                index += self.clients
                started = time.perf_counter()
                self.connection.ask(raw)
                self.times.append(time.perf_counter() - started)
        except BaseException as error:
            self.error = error
        finally:
            self.connection.close()


def load(port: int, make: Make, seconds: float, clients: int = CLIENTS) -> Sample:
    """Ask `make(0)`, `make(1)`, … for so many seconds. Raises what a client raised."""
    started = time.perf_counter()
    everyone = [_Client(port, make, number, clients, started + seconds) for number in range(clients)]
    for one in everyone:
        one.start()
    for one in everyone:
        one.join()
    took = time.perf_counter() - started
    for one in everyone:
        if one.error is not None:
            raise one.error
    return sample([t for one in everyone for t in one.times], took)


def sample(times: list[float], took: float) -> Sample:
    """The figures of single answers (in seconds)."""
    ordered = sorted(t * 1000 for t in times)
    return Sample(len(ordered) / took, statistics.median(ordered), at(ordered, 0.95), at(ordered, 0.99), len(ordered))


def at(ordered: list[float], share: float) -> float:
    """The value below which this share of the ordered values lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
