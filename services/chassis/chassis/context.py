"""What travels along with a piece of work: its request ID and its place in a trace (W3C traceparent)."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(frozen=True)
class Trace:
    """The request ID people quote, and the traceparent machines follow."""

    request_id: str
    traceparent: str


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begin(request_id: str | None = None, traceparent: str | None = None) -> Trace:
    """Take over what came in, where it is well-formed; otherwise begin anew."""
    kept = traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None
    name = request_id if request_id and _REQUEST_ID.fullmatch(request_id) else None
    trace_id = kept.split("-")[1] if kept else secrets.token_hex(16)
    trace = Trace(name or trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-01")
    _current.set(trace)
    return trace


def current() -> Trace:
    """The trace of the present work; one is begun where there is none."""
    return _current.get() or begin()
