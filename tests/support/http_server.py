"""A WSGI application on a loopback port that can be told to go away, to be slow, or to answer with an error."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, as gunicorn does, and writes no line per request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...

    def log(self, type: str, message: str, *args: Any) -> None: ...


class Served:
    """`app` at `url`. `asked` holds the headers of the last requests; `misbehave(...)` changes what is answered."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app
        self.asked: deque[tuple[str, str, dict[str, str]]] = deque(maxlen=400)
        self._mode: tuple[str, Any] = ("well", None)
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @contextlib.contextmanager
    def misbehave(self, mode: str, value: Any = None) -> Iterator[None]:
        """Within the block: "away" (connections break), "slow" (by `value` seconds), "status" (answers `value`)."""
        kept, self._mode = self._mode, (mode, value)
        try:
            yield
        finally:
            self._mode = kept

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        self.asked.append((request.method, environ.get("REQUEST_URI", request.full_path), dict(request.headers)))
        mode, value = self._mode
        if mode == "away":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        if mode == "slow":
            time.sleep(value)
        if mode == "status":
            return Response(b"{}", value, content_type="application/json")(environ, start_response)
        return self.app(environ, start_response)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
