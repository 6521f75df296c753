"""Every error as RFC 9457 problem+json, in the caller's language, with nothing of our insides in it."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Flask, Response, has_request_context, request
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from chassis import context
from chassis.data.database import is_away
from chassis.data.masking import mask_everything
from chassis.http.words import TITLES, say
from chassis.ops.logging import log
from chassis.rules import Refusal, WrongFields

_TRY_AGAIN = {"40001", "40P01", "55P03", "57014"}  # serialization, deadlock, lock timeout, statement timeout


def language() -> str:
    """The language of the answer, "zh" or "en", by Accept-Language; Chinese where neither is asked for."""
    if not has_request_context():
        return "zh"
    return request.accept_languages.best_match(["zh", "en"], default="zh") or "zh"


def problem(
    status: int,
    code: str,
    title: str,
    *,
    detail: str = "",
    errors: list[dict[str, str]] | None = None,
    members: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem document as a response; what looks like a phone number is masked in all of it, whoever asked."""
    body: dict[str, Any] = {
        "type": f"/docs/api#problem-{code}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "instance": request.path if has_request_context() else "",
        "code": code,
        "request_id": context.current().request_id,
        "errors": errors or [],
        **(members or {}),
    }
    response = Response(
        orjson.dumps(mask_everything(body), default=str), status, content_type="application/problem+json"
    )
    response.headers.update(headers or {})
    return response


def of_status(status: int, *, detail: str = "", headers: dict[str, str] | None = None) -> Response:
    """The plain problem of an HTTP status."""
    code, zh, en = TITLES.get(status) or ("error", "请求失败", "The request failed")
    return problem(status, code, zh if language() == "zh" else en, detail=detail, headers=headers)


def of_refusal(refusal: Refusal) -> Response:
    """The problem of one of our own errors."""
    tongue = language()
    errors = [_field_error(p, c, tongue) for p, c in refusal.errors] if isinstance(refusal, WrongFields) else None
    status = refusal.http_status if isinstance(refusal, WrongFields) else refusal.status
    headers = {"Retry-After": "2"} if status == 503 or refusal.code == "request_in_progress" else {}
    if "retry_after" in refusal.members:
        headers["Retry-After"] = str(refusal.members["retry_after"])
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(
        status,
        refusal.code,
        refusal.title(tongue),
        detail=refusal.detail(tongue),
        errors=errors,
        members=refusal.members,
        headers=headers,
    )


def _field_error(pointer: str, code: str, tongue: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code.partition(":")[0], "detail": say(code, tongue)}


def of_database_error(error: Exception) -> Response:
    """A lost database, an exhausted pool, a lock that took too long: 503; a value it cannot hold: 422; a lost race: 409."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if isinstance(error, DataError):
        return of_status(422)
    if isinstance(error, IntegrityError):
        log.warning("integrity", error=str(error.orig).split("\n")[0])
        return of_status(409)
    if is_away(error) or state in _TRY_AGAIN:
        log.warning("database unavailable", error=str(error).split("\n")[0])
        return of_status(503, headers={"Retry-After": "1"})
    return unexpected(error)


def unexpected(error: Exception) -> Response:
    """A mistake of ours: logged with its trace, answered without it."""
    log.error("unexpected", path=request.path, exc_info=error)
    return of_status(500)


def install(app: Flask) -> None:
    """Answer every error of the application with a problem document."""

    def http_error(error: HTTPException) -> Response:
        if error.response is not None and error.code is None:
            return error.response  # type: ignore[return-value]
        headers = {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}
        return of_status(error.code or 500, headers=headers)

    def stale(_error: StaleDataError) -> Response:
        from chassis.rules import Stale

        return of_refusal(Stale())

    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Refusal, of_refusal)
    app.register_error_handler(StaleDataError, stale)
    app.register_error_handler(DBAPIError, of_database_error)
    app.register_error_handler(PoolTimeout, of_database_error)
    app.register_error_handler(Exception, unexpected)
