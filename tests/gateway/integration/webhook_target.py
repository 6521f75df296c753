"""A system that takes webhooks: over real HTTP, checking signatures as Standard Webhooks has it, and told how to behave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Target:
    """What came in, and what is answered: `answer(number of the call)` gives status and headers."""

    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[int], tuple[int, dict[str, str]]] = lambda _number: (204, {})
    delay: float = 0.0
    port: int = 0
    down: bool = True

    def start(self) -> Target:
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                target.calls.append(({k.lower(): v for k, v in self.headers.items()}, body))
                if target.delay:
                    threading.Event().wait(target.delay)
                status, headers = target.answer(len(target.calls))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0" if status == 204 else "14")
                self.end_headers()
                if status != 204:
                    self.wfile.write(b"tel 1381234567")

            do_GET = do_POST  # noqa: N815 - whoever follows a redirect comes this way

            def log_message(self, *_arguments: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port, self.down = self.server.server_port, False
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"

    def mend(self) -> None:
        """From now on it takes everything at once; where it was down, it is up again."""
        self.answer, self.delay = (lambda _number: (204, {})), 0.0
        if self.down:
            self.start()

    def close(self) -> None:
        self.down = True
        self.server.shutdown()
        self.server.server_close()
