"""The gateway as it runs in production, under gunicorn, before the services and databases of a suite in this process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.support.suite_in_process import InProcessSuite


def free_port() -> int:
    """A port on loopback that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RealGateway:
    """`python -m gateway web`; ends with `close`."""

    def __init__(self, suite: InProcessSuite, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "gateway.log"
        services = {f"{name.upper()}_URL": one.served.url for name, one in suite.services.items()}
        environment = {
            **os.environ,
            "DATABASE_URL": suite.database_urls["gateway"],
            "TOKEN_PUBLIC_KEY": suite.public_key,
            "TOKEN_PRIVATE_KEY": suite.private_key,
            "PORT": str(self.port),
            "COOKIE_SECURE": "true",
            "RATE_LIMIT": "1000000/minute",
            "LOG_LEVEL": "WARNING",
            **services,
        }
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "gateway", "web"]
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the gateway did not start: {self.log.read_text('utf-8', 'replace')[-2000:]}")

    def connection(self, timeout: float = 20) -> socket.socket:
        """A bare connection, to send on it whatever one likes."""
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def answer(self, request: bytes, timeout: float = 20) -> bytes:
        """What comes back for these bytes until the other side closes, or nothing more comes for `timeout` seconds."""
        with self.connection(timeout) as connection:
            with contextlib.suppress(OSError):  # refused before all of it was sent: the answer is there all the same
                connection.sendall(request)
            return received(connection)

    def memory(self) -> int:
        """Bytes of memory that all processes of the gateway hold by themselves."""
        group = subprocess.run(
            ["ps", "-o", "pid=", "-g", str(self._process.pid)], capture_output=True, check=True
        ).stdout
        return sum(_private(int(pid)) for pid in group.split())

    def close(self) -> None:
        """Stop it."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def received(connection: socket.socket) -> bytes:
    """Everything until the end, or until nothing comes any more."""
    found = b""
    while True:
        try:
            data = connection.recv(65536)
        except OSError:
            return found
        if not data:
            return found
        found += data


def _private(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("Private_", "Swap:")))
