"""One pooled connection to each service, with a deadline, a circuit breaker, and a second try where that is safe."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3

from chassis import context
from chassis.ops.logging import log
from chassis.ops.metrics import CALL_SECONDS

SERVICES = ("player", "ticket", "sales", "catalog")
_PASSED_ON = (
    "content-type",
    "content-disposition",
    "etag",
    "location",
    "retry-after",
    "idempotency-replayed",
    "deprecation",
    "sunset",
    "link",
)


class ServiceDown(Exception):
    """A service did not answer in time, or not at all."""

    def __init__(self, service: str, why: str) -> None:
        self.service = service
        super().__init__(f"{service}: {why}")


@dataclass(frozen=True)
class Answer:
    """What a service answered; `body` are the bytes as they came."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body as JSON; None where there is none."""
        return orjson.loads(self.body) if self.body else None


class Circuit:
    """Open after failures in a row, so that calls fail at once; then one call in `RESET` seconds may try.

    Not pybreaker: it holds its lock while the guarded call runs, so that calls to a service stand in line, and it
    measures by the wall clock, which may be set back.
    """

    FAILURES, RESET = 5, 2.0

    def __init__(self) -> None:
        self._failures = 0
        self._next_try = 0.0
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether the last calls failed, and none has succeeded since."""
        return self._failures >= self.FAILURES

    def refuses(self) -> bool:
        """Whether this call must not be made; of those that come when it is time to try, one is let through."""
        if not self.open:
            return False
        with self._lock:
            now = monotonic()
            if now < self._next_try:
                return True
            self._next_try = now + self.RESET
            return False

    def note(self, *, answered: bool) -> None:
        """Say how a call ended."""
        with self._lock:
            self._failures = 0 if answered else self._failures + 1
            self._next_try = monotonic() + self.RESET


class Transport:
    """Calls one service."""

    def __init__(self, service: str, base_url: str, *, connections: int = 16) -> None:
        self.service = service
        base = base_url.rstrip("/")
        self._prefix = urlsplit(base).path
        self._pool = urllib3.connection_from_url(base, maxsize=connections, block=False, retries=False)
        self._circuit = Circuit()

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str,
        deadline: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request with `deadline` seconds in all. Raises ServiceDown.

        A GET, or a POST under an Idempotency-Key, is tried once more where the connection broke: a worker may have
        been replaced just then.
        """
        trace = context.current()
        given = {**(headers or {}), "Authorization": f"Bearer {token}"}
        given |= {"X-Request-Id": trace.request_id, "traceparent": trace.traceparent}
        ends = monotonic() + deadline
        repeatable = method == "GET" or "Idempotency-Key" in given
        if self._circuit.refuses():
            raise ServiceDown(self.service, "circuit open")
        try:
            answer = self._attempts(method, path, body, given, ends, 2 if repeatable else 1)
        except ServiceDown:
            self._circuit.note(answered=False)
            raise
        self._circuit.note(answered=True)
        return answer

    def _attempts(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], ends: float, tries: int
    ) -> Answer:
        while True:
            tries -= 1
            try:
                return self._once(method, path, body, headers, ends - monotonic())
            except (urllib3.exceptions.ProtocolError, urllib3.exceptions.NewConnectionError) as error:
                if tries <= 0 or monotonic() >= ends:
                    raise self._down(error) from error
            except urllib3.exceptions.HTTPError as error:
                raise self._down(error) from error

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str], left: float) -> Answer:
        started = monotonic()
        timeout = urllib3.Timeout(connect=min(1.0, max(left, 0.01)), read=max(left, 0.01))
        outcome = "error"
        try:
            response = self._pool.urlopen(
                method,
                f"{self._prefix}{path}",
                body=body,
                headers=headers,
                timeout=timeout,
                redirect=False,
                retries=False,
            )
            outcome = str(response.status)
        finally:
            CALL_SECONDS.labels(self.service, outcome).observe(monotonic() - started)
        kept = {name.title(): response.headers[name] for name in _PASSED_ON if name in response.headers}
        return Answer(response.status, response.data, kept)

    def _down(self, error: Exception) -> ServiceDown:
        log.warning("service does not answer", service=self.service, error=type(error).__name__)
        return ServiceDown(self.service, type(error).__name__)

    @property
    def open(self) -> bool:
        """Whether the circuit is open, so that calls fail at once."""
        return self._circuit.open
