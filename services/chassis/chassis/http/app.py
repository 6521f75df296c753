"""The application of a service: its routes, behind the token, with health, metrics and the headers every answer has."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from flask import Flask, Response, g, jsonify, request
from flask_smorest import Api

from chassis import context
from chassis.callers import Caller
from chassis.facts.revoking import Revocations
from chassis.http import problems
from chassis.http.auth import TokenRefused, Verifier
from chassis.http.documents import openapi
from chassis.ops.health import readiness
from chassis.ops.metrics import REQUEST_SECONDS, exposition
from chassis.service import Runtime

MAX_BODY = 1024 * 1024
_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))


def make_app(runtime: Runtime) -> Flask:
    """The Flask application of a service behind the gateway."""
    app = bare_app(runtime)
    revoked = Revocations(runtime.database)
    verifier = Verifier(runtime.settings.token_public_key, runtime.service.name, revoked.refuse)
    app.before_request(_authenticate(verifier.caller))
    return app


def bare_app(runtime: Runtime, **options: object) -> Flask:
    """The application without its way of telling who calls; the gateway adds its own."""
    service = runtime.service
    app = Flask(service.name, static_folder=None, **options)  # type: ignore[arg-type]
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        API_TITLE=service.title,
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        PROPAGATE_EXCEPTIONS=False,
    )
    app.json.ensure_ascii = app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["playdesk"] = runtime
    api = Api(app)
    app.extensions["playdesk_api"] = api
    for blueprint in service.blueprints:
        api.register_blueprint(blueprint)
    problems.install(app)
    _add_probes(app, runtime)
    app.before_request(_begin)
    app.after_request(_finish)
    return app


def _authenticate(verify: Callable[[str | None], Caller]) -> Callable[[], None]:
    def authenticate() -> None:
        if request.path.startswith("/api/"):
            try:
                g.caller = verify(request.headers.get("Authorization"))
            except TokenRefused:
                if request.url_rule is not None:
                    raise

    return authenticate


def _begin() -> None:
    g.started = monotonic()
    context.begin(request.headers.get("X-Request-Id"), request.headers.get("traceparent"))


def _finish(response: Response) -> Response:
    response.headers.setdefault("X-Request-Id", context.current().request_id)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in _METHODS else "other"  # anybody can send any word as a method
    REQUEST_SECONDS.labels(method, route, response.status_code).observe(monotonic() - g.get("started", monotonic()))
    return response


def _add_probes(app: Flask, runtime: Runtime) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive")

    @app.get("/readyz")
    def readyz() -> Response:
        ready, findings = readiness(runtime)
        response = jsonify(ready=ready, service=runtime.service.name, **findings)
        response.status_code = 200 if ready else 503
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        text, content_type = exposition()
        return Response(text, content_type=content_type)

    @app.get("/openapi.json")
    def openapi_document() -> Response:
        return jsonify(openapi(app))
