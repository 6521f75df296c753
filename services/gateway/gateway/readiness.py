"""Whether the whole suite is up: the gateway's own database, and every service with its worker; and who sees figures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import urllib3
from flask import Flask, Response, request

from chassis.ops.health import readiness
from chassis.rules import NotFound
from chassis.service import Runtime
from gateway.clients.transport import SERVICES

_POOL = urllib3.PoolManager(maxsize=8, retries=False)


def install(app: Flask, runtime: Runtime) -> None:
    """Serve /readyz to everybody, and /metrics to whom the settings name."""

    def readyz() -> Response:
        ready, findings = readiness(runtime)
        with ThreadPoolExecutor(len(SERVICES)) as threads:
            urls = [runtime.settings.url_of(name) for name in SERVICES]  # type: ignore[attr-defined]
            services = dict(zip(SERVICES, threads.map(_service, urls), strict=True))
        everyone = {name: _told(one) for name, one in {"gateway": {"ready": ready, **findings}, **services}.items()}
        up = all(one.get("ready") and one.get("worker", {}).get("declared", False) for one in everyone.values())
        shown = {"ready": up, "services": everyone}
        return Response(orjson.dumps(shown), 200 if up else 503, content_type="application/json")

    app.view_functions["readyz"] = readyz
    metrics = app.view_functions["metrics"]

    def guarded_metrics() -> Any:
        forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
        if not runtime.settings.may_see_metrics(request.remote_addr or "", forwarded=forwarded):  # type: ignore[attr-defined]
            raise NotFound()
        return metrics()

    app.view_functions["metrics"] = guarded_metrics


def _told(finding: dict[str, Any]) -> dict[str, Any]:
    """What anybody may know: an error's text may name hosts and accounts."""
    if finding.get("database", "ok") == "ok":
        return finding
    return {**finding, "database": "unavailable"}


def _service(url: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = orjson.loads(_POOL.request("GET", f"{url}/readyz", timeout=3.0).data)
        return answer
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        return {"ready": False, "error": type(error).__name__}
