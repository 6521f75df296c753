"""One call of a webhook ends in time, whatever the target does: also one that sends drop by drop."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from gateway.integration import sending
from gateway.integration.addresses import Target

WHOLE = 1.0
HEAD = b"HTTP/1.1 200 OK\r\n"
SECRET = "whsec_" + "A" * 44


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[int]:
    """A server that says something at once, and then a drop every tenth of a second; its port."""
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(first)
                while not over.wait(0.1):
                    connection.sendall(drop)
            except OSError:
                pass

    def accept(server: socket.socket) -> None:
        while True:
            try:
                threading.Thread(target=drip, args=(server.accept()[0],), daemon=True).start()
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        over.set()
        server.shutdown(socket.SHUT_RDWR)


DROPS = {
    "headers": ("http", HEAD, b"x-drop: 1\r\n", None),
    "a header without end": ("http", HEAD + b"x-long: ", b"a", None),
    "TLS": ("https", b"\x16\x03\x03\x40\x00", b"\0", None),
    "a body": ("http", HEAD + b"content-length: 100000\r\n\r\n", b"b", 200),
    "chunks": ("http", HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nc\r\n", 200),
    "a body without end": ("http", HEAD + b"connection: close\r\n\r\n", b"d", 200),
}


@pytest.mark.parametrize("what", DROPS)
def test_a_target_that_answers_drop_by_drop_ends_with_the_call_s_time(what: str, monkeypatch):
    monkeypatch.setattr(sending, "WHOLE", WHOLE)
    scheme, first, drop, status = DROPS[what]
    with dripping(first, drop) as port:
        started = monotonic()
        outcome = sending.send(Target(scheme, "127.0.0.1", port, "127.0.0.1", "/"), "id", "{}", [SECRET])
        took = monotonic() - started
    assert took < 3 * WHOLE, "and not as long as the drops last"
    assert (outcome.status, outcome.ok) == (status, status == 200)
    assert outcome.error == ("" if status else "no answer in time")
    if status:
        assert set(outcome.answer) <= set("bcd"), "what came of its answer is kept"
        assert outcome.answer


def test_a_call_leaves_no_handle_and_no_thread_behind():
    def files() -> int:
        import os

        return len(os.listdir("/proc/self/fd"))

    with dripping(HEAD + b"content-length: 2\r\n\r\nok", b"") as port:
        target = Target("http", "127.0.0.1", port, "127.0.0.1", "/")
        assert sending.send(target, "id", "{}", [SECRET]).ok
        before, threads = files(), {one.name for one in threading.enumerate() if isinstance(one, threading.Timer)}
        for _ in range(20):
            assert sending.send(target, "id", "{}", [SECRET]).answer == "ok"
        assert files() <= before + 25, "the server's own ends, of which each may still be open"
    assert len({one for one in threading.enumerate() if isinstance(one, threading.Timer)}) <= len(threads)
