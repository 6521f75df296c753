"""How fast the load's client itself is: against a server that answers always the same and does nothing else."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time

from tests.bench.client import CLIENTS, load, request

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def _serve(listener: socket.socket) -> None:
    def one(connection: socket.socket) -> None:
        while connection.recv(65_536):
            connection.sendall(ANSWER)

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=one, args=(connection,), daemon=True).start()


def client_ceiling(seconds: float) -> tuple[float, float]:
    """(answers a second, milliseconds of CPU a request) of the client alone."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    server = multiprocessing.get_context("fork").Process(target=_serve, args=(listener,), daemon=True)
    server.start()
    raw = request("GET", "/", {"Authorization": "Bearer " + "x" * 600})
    try:
        before = time.process_time()
        found = load(listener.getsockname()[1], lambda _: raw, seconds, CLIENTS)
        return found.rate, (time.process_time() - before) / found.count * 1000
    finally:
        server.kill()
        server.join()
        listener.close()
