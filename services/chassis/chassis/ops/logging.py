"""Logs: one JSON object a line, with the request ID, and never a phone number in it."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import orjson
import structlog

from chassis import context
from chassis.data.masking import mask_everything


def _with_trace(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    trace = context._current.get()
    if trace is not None:
        event.setdefault("request_id", trace.request_id)
        event.setdefault("trace_id", trace.traceparent.split("-")[1])
    return event


def _masked(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return mask_everything(event)


_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _with_trace,
    structlog.processors.format_exc_info,
    _masked,
]


def configure(service: str, level: str = "INFO") -> None:
    """Send our own logs and the libraries' to standard error, one JSON object a line."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _rendered(service)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("pika", "urllib3", "alembic", "werkzeug", "gunicorn.access"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL if noisy == "pika" else logging.WARNING)


def _rendered(service: str) -> Any:
    def render(_logger: Any, _method: str, event: dict[str, Any]) -> str:
        line = {"service": service, **event}
        try:
            return orjson.dumps(line).decode()
        except TypeError:  # a lone surrogate, a number of more than 64 bits
            return json.dumps(line)

    return render


log = structlog.get_logger("playdesk")
