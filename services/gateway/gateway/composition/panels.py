"""Panels in parallel: each has a deadline, and one that fails or is late is named instead of holding up the rest."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any

from flask import current_app

from chassis.callers import Caller
from gateway.clients.api import forwarder
from gateway.clients.transport import Answer, ServiceDown

_THREADS = ThreadPoolExecutor(max_workers=48, thread_name_prefix="panel")
PLAYER_DEADLINE = 3.0  # the panel without which there is no page


@dataclass(frozen=True)
class Panel:
    """One question to one service."""

    service: str
    path: str
    params: Mapping[str, Any] | None = None
    deadline: float | None = None


def ask(who: Caller, panels: Mapping[str, Panel]) -> dict[str, Answer | None]:
    """{name: answer}, None where the service failed (5xx), was late or is away."""
    forward = forwarder()
    usual = current_app.extensions["playdesk"].settings.panel_deadline_ms / 1000
    futures: dict[str, tuple[Future[Answer], float]] = {}
    started = monotonic()
    for name, panel in panels.items():
        deadline = panel.deadline or usual
        call = _bound(forward.read, who, panel.service, panel.path, panel.params, deadline)
        futures[name] = (_THREADS.submit(call), started + deadline + 0.05)
    return {name: _settled(future, ends) for name, (future, ends) in futures.items()}


def _bound(
    read: Callable[..., Answer], who: Caller, service: str, path: str, params: Any, deadline: float
) -> Callable[[], Answer]:
    """The call with the request's trace, which does not follow into a thread by itself."""
    context = contextvars.copy_context()
    return lambda: context.run(read, who, service, path, params, deadline=deadline)


def _settled(future: Future[Answer], ends: float) -> Answer | None:
    try:
        answer = future.result(timeout=max(0.0, ends - monotonic()))
    except (ServiceDown, TimeoutError):
        future.cancel()
        return None
    return answer if answer.status < 500 else None
