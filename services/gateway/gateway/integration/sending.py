"""One call of a webhook: signed as Standard Webhooks has it, to the address that was judged, without redirects."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import urllib3
from standardwebhooks.webhooks import Webhook

from chassis.data.masking import mask_text
from gateway.integration.addresses import Target

CONNECT, WHOLE = 5.0, 15.0  # seconds
_LATE = "no answer in time"
KEPT = 2000  # characters of an answer
CONTENT_TYPE = "application/cloudevents+json"
GONE = 410  # the target wants nothing more, ever


@dataclass(frozen=True)
class Outcome:
    """What came of a call: the status, or why there was none; `ms` it took; the answer's beginning, masked."""

    ok: bool
    status: int | None
    error: str
    ms: int
    answer: str

    def shown(self) -> dict[str, Any]:
        """As it is kept with the delivery."""
        return {"ok": self.ok, "status": self.status, "error": self.error, "ms": self.ms, "answer": self.answer}


def headers_of(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: one signature for each secret, the newest first."""
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": CONTENT_TYPE,
        "user-agent": "Playdesk",
    }


class _Deadline:
    """Ends a call as a whole: a target that sends drop by drop keeps to every wait for the next drop, and never ends."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._pass)

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        with self._lock:
            for one in self._sockets:
                one.close()

    def over(self, connection: socket.socket) -> socket.socket:
        """A connection that is shut when the time is up, by a handle of its own: TLS takes the first one over."""
        with self._lock:
            self._sockets.append(connection.dup())
            if self.passed:
                _shut(connection)
        return connection

    def _pass(self) -> None:
        with self._lock:
            self.passed = True
            for one in self._sockets:
                _shut(one)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Plain(urllib3.connection.HTTPConnection):
    """By HTTP, which a listed network alone is reached by; under a deadline."""

    def __init__(self, *arguments: Any, deadline: _Deadline, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return self._deadline.over(super()._new_conn())


class _Secure(_Plain, urllib3.connection.HTTPSConnection):
    """By HTTPS, under the same deadline."""


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


def send(target: Target, message_id: str, body: str, secrets: Sequence[str]) -> Outcome:
    """POST once, in `WHOLE` seconds at most. 2xx is a success; everything else is a failure, a redirect too."""
    started = monotonic()
    headers = headers_of(message_id, body, secrets, datetime.now(UTC)) | {"host": target.authority}
    status, answer, error = None, "", ""
    with _Deadline(WHOLE) as deadline:
        try:
            with _pool(target, deadline) as pool:
                response = pool.urlopen(
                    "POST",
                    target.path,
                    body=body.encode(),
                    headers=headers,
                    timeout=urllib3.Timeout(connect=CONNECT, read=WHOLE, total=WHOLE),
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    assert_same_host=False,
                )
                if deadline.passed:  # headers that break off are read as if they had ended
                    raise TimeoutError
                status = response.status
                answer = _beginning(response)
                response.close()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as failure:
            error = _LATE if deadline.passed else _words(failure)
    ok = status is not None and 200 <= status < 300
    return Outcome(ok, status, error, int(1000 * (monotonic() - started)), mask_text(answer))


def _pool(target: Target, deadline: _Deadline) -> urllib3.HTTPConnectionPool:
    """A connection to the very address; the certificate must be the name's."""
    if target.scheme == "http":
        return _PlainPool(target.address, target.port, maxsize=1, deadline=deadline)
    return _SecurePool(
        target.address,
        target.port,
        maxsize=1,
        cert_reqs="CERT_REQUIRED",
        assert_hostname=target.host,
        server_hostname=target.host,
        deadline=deadline,
    )


def _beginning(response: urllib3.BaseHTTPResponse) -> str:
    """The first part of an answer; of one that does not end in time, what came of it."""
    found = b""
    try:
        while len(found) < KEPT and (part := response.read1(KEPT, decode_content=False)):
            found += part
    except (urllib3.exceptions.HTTPError, OSError):
        pass
    return found[:KEPT].decode("utf-8", "replace").replace("\x00", "")


def _words(failure: Exception) -> str:
    """What went wrong, without addresses or anything else that was sent."""
    name = type(failure).__name__
    return {
        "ConnectTimeoutError": "no connection in time",
        "ReadTimeoutError": _LATE,
        "NewConnectionError": "no connection",
        "SSLError": "the certificate is not accepted",
        "ProtocolError": "the connection broke",
    }.get(name, name)
