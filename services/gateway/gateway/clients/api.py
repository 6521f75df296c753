"""The API as the pages use it: the same paths, the same answers, in the name of the person signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import current_app, g, request
from urllib3 import encode_multipart_formdata

from chassis.http.reading import etag
from chassis.rules import NotFound
from gateway.clients import directory
from gateway.clients.forwarding import PREFIX, Forwarder
from gateway.clients.transport import Answer, ServiceDown
from gateway.identity.current import current


class Refused(Exception):
    """The API said no; `problem` is its problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{status} {problem.get('code')}")


class Unavailable(Exception):
    """A service cannot be reached just now; `service` says which."""

    def __init__(self, service: str) -> None:
        self.service = service
        super().__init__(service)


@dataclass(frozen=True)
class Reply:
    """An answer below 400: its status, its JSON and, where it is a record, its version."""

    status: int
    json: Any

    @property
    def version(self) -> int | None:
        """The record's version."""
        return self.json.get("version") if isinstance(self.json, dict) else None


class Api:
    """`get`, `post`, `put`, `patch` and `delete` of paths without /api/v1. Each raises Refused and Unavailable."""

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Reply:
        """Read; parameters that are None or empty are left out."""
        given = {name: value for name, value in (params or {}).items() if value not in (None, "")}
        return self._call("GET", f"{path}?{urlencode(given)}" if given else path)

    def post(self, path: str, json: Any = None, *, version: int | None = None, key: str | None = None) -> Reply:
        """Create or move on."""
        return self._call("POST", path, json, version, key)

    def send(self, path: str, file: tuple[str, bytes, str]) -> Reply:
        """Send a file: its name, its bytes, its type."""
        body, content_type = encode_multipart_formdata({"file": file})
        headers = {"Accept-Language": g.get("language", "zh"), "Content-Type": content_type}
        return self._answered(self._dispatch("POST", f"{PREFIX}{path}", body, headers))

    def put(self, path: str) -> Reply:
        """Make something be there."""
        return self._call("PUT", path)

    def patch(self, path: str, json: Any, *, version: int | None) -> Reply:
        """Change some fields of the version seen."""
        return self._call("PATCH", path, json, version)

    def delete(self, path: str, *, version: int | None) -> Reply:
        """Remove."""
        return self._call("DELETE", path, None, version)

    def _call(
        self, method: str, path: str, json: Any = None, version: int | None = None, key: str | None = None
    ) -> Reply:
        headers = {"Accept-Language": g.get("language", "zh")}
        headers |= {"Content-Type": "application/json"} if json is not None else {}
        headers |= {"If-Match": etag(version)} if version is not None else {}
        headers |= {"Idempotency-Key": key} if key else {}
        body = orjson.dumps(json, default=str) if json is not None else None
        return self._answered(self._dispatch(method, f"{PREFIX}{path}", body, headers))

    def _answered(self, answer: Answer) -> Reply:
        if answer.status >= 400:
            raise Refused(answer.status, _problem(answer))
        return Reply(answer.status, answer.json)

    def _dispatch(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        path = target.partition("?")[0]
        try:
            operation = directory.find(method, path)
            if operation is None:
                return _own(method, target, body, headers)
            current.must(operation.action)
            return forwarder().forward(current.caller, operation, target, body=body, headers=headers)
        except ServiceDown as down:
            raise Unavailable(down.service) from down
        except NotFound as missing:
            raise Refused(
                404, {"status": 404, "code": "not_found", "title": missing.title(g.get("language", "zh"))}
            ) from missing


def _problem(answer: Answer) -> dict[str, Any]:
    try:
        problem = answer.json
    except orjson.JSONDecodeError:
        problem = None
    return (
        problem if isinstance(problem, dict) else {"status": answer.status, "code": "error", "title": "", "errors": []}
    )


def _own(method: str, target: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    """A path of the gateway's own, through the same routes and checks, without leaving the process."""
    signed_in, language = g.get("signed_in"), g.get("language", "zh")
    context = current_app.test_request_context(
        target, method=method, data=body, headers=headers, environ_base={"REMOTE_ADDR": request.remote_addr or ""}
    )
    context.request.environ["playdesk.signed_in"] = signed_in
    with context:
        g.language = language
        response = current_app.full_dispatch_request()
        return Answer(response.status_code, response.get_data(), dict(response.headers))


def forwarder() -> Forwarder:
    """The process's way to the services."""
    found: Forwarder = current_app.extensions["playdesk_forwarder"]
    return found


api = Api()
