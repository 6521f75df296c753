"""The web worker: a thread gets a request once it is there whole, so that slow clients hold memory for a while and no thread.

gunicorn's own gthread gives a thread to every connection at once and lets it wait for what is sent: sixteen clients that
send a byte a second are enough to keep everybody else out.
"""

from __future__ import annotations

import errno
import selectors
import socket
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

from gunicorn.http.unreader import Unreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from chassis.ops.incoming import Incoming

HEAD_SECONDS = 10.0  # for the head of a request, from the connection or its first byte
WHOLE_SECONDS = 60.0  # for head and body
ANSWER_SECONDS = 15.0  # for an answer to be taken, beyond what the kernel holds
GOODBYE_SECONDS = 2.0
HELD_MOST = 128 * 1024 * 1024  # bytes of unfinished requests that one worker holds
IGNORED_MOST = 4 * 1024 * 1024  # of what still comes after an answer was given
SEND_BUFFER = 512 * 1024  # an answer up to this size leaves the thread at once, however slowly it is read
_LOOK_EVERY = 0.5


class _Socket(socket.socket):
    """A connection on which a thread never waits for ever."""

    def setblocking(self, flag: bool) -> None:
        self.settimeout(ANSWER_SECONDS if flag else 0.0)


class _Held(Unreader):
    """What has been received already; a parser that wants more than a whole request is told that there is no more."""

    def chunk(self, size_hint: int | None = None) -> bytes:
        return b""


class _Connection(TConn):
    """A connection, the request that is coming in on it, and until when it may take."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.init()
        self.parser.unreader = _Held()
        self.incoming = Incoming()
        self.deadline = 0.0
        self.ignored = 0  # bytes that came after the last answer


class PatientWorker(ThreadWorker):
    """gthread with requests gathered by the poller. TLS ends at the proxy in front."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[_Connection, None] = {}  # for a request, in the order of their arrival
        self._leaving: dict[_Connection, None] = {}
        self._held = 0
        self._looked = 0.0
        self._stopping: float | None = None

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its request."""
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        sock = _Socket(fileno=accepted.detach())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.nr_conns += 1
        self._wait_for(_Connection(self.cfg, sock, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: _Connection, client: socket.socket) -> None:
        """The next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait_for(conn)
        self._receive(conn, client)

    def finish_request(self, conn: _Connection, fs: Any) -> None:
        """After the answer: the next request, if it has come already, or the connection's rest or end."""
        kept = not fs.cancelled() and fs.exception() is None and fs.result()
        if not kept:
            self._say_goodbye(conn)
        elif rest := conn.parser.unreader.take_buffered():
            self._wait_for(conn)
            self._take(conn, rest)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Now and then: end what took too long, and what has sent nothing while the worker stops."""
        now = monotonic()
        if now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        if not self.alive:
            self._stopping = self._stopping or now
        for conn in [conn for conn in self._waiting if self._is_over(conn, now)]:
            self._refuse(conn, 408) if conn.incoming.size else self._drop(conn)
        for conn in [conn for conn in self._leaving if conn.deadline < now]:
            self._drop(conn)

    def _is_over(self, conn: _Connection, now: float) -> bool:
        idle = self._stopping is not None and not conn.incoming.size and now > self._stopping + GOODBYE_SECONDS
        return idle or conn.deadline < now

    def _wait_for(self, conn: _Connection) -> None:
        conn.incoming = Incoming()
        conn.deadline = monotonic() + HEAD_SECONDS
        self._waiting[conn] = None
        self._watch(conn, self._receive)

    def _watch(self, conn: _Connection, when_readable: Callable[[Any, Any], None]) -> None:
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(when_readable, conn))

    def _receive(self, conn: _Connection, _client: socket.socket) -> None:
        data = _received(conn)
        if data == b"":
            self._drop(conn)
        elif data is not None:
            self._take(conn, data)

    def _take(self, conn: _Connection, data: bytes) -> None:
        """Add what came; the whole request goes to a thread."""
        incoming = conn.incoming
        had_head = incoming.has_head
        incoming.add(data)
        self._held += len(data)
        if incoming.refusal:
            self._refuse(conn, incoming.refusal)
        elif incoming.is_whole:
            self._forget(conn)
            conn.parser.unreader.unread(bytes(incoming.data))
            self.enqueue_req(conn)
        elif incoming.has_head and not had_head:
            conn.deadline += WHOLE_SECONDS - HEAD_SECONDS
            if incoming.asks_to_go_on:
                _send(conn, b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._held > HELD_MOST:
            self._refuse(next(iter(self._waiting)), 503)

    def _forget(self, conn: _Connection) -> None:
        """Wait for nothing more on a connection."""
        if conn in self._waiting:
            self._held -= conn.incoming.size
        self._waiting.pop(conn, None)
        self._leaving.pop(conn, None)
        self.poller.unregister(conn.sock)

    def _drop(self, conn: _Connection) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _refuse(self, conn: _Connection, status: int) -> None:
        self._forget(conn)
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Length: 0\r\nConnection: close\r\n"
        _send(conn, f"{head}X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n".encode())
        self._say_goodbye(conn)

    def _say_goodbye(self, conn: _Connection) -> None:
        """Close without cutting off the answer: the other side has a moment to take it and to close, and no thread waits."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        conn.deadline = monotonic() + GOODBYE_SECONDS
        self._leaving[conn] = None
        self._watch(conn, self._drain)

    def _drain(self, conn: _Connection, _client: socket.socket) -> None:
        """Whoever goes on sending all the same is cut off."""
        data = _received(conn)
        conn.ignored += len(data or b"")
        if data == b"" or conn.ignored > IGNORED_MOST:
            self._drop(conn)


_REASONS = {
    408: "Request Timeout",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


def _received(conn: _Connection) -> bytes | None:
    """What has come; empty where the other side is gone, None where there is nothing yet."""
    try:
        data: bytes = conn.sock.recv(64 * 1024)
        return data
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""


def _send(conn: _Connection, data: bytes) -> None:
    """A few bytes, if they can be sent at once."""
    try:
        conn.sock.send(data)
    except OSError:
        return
