"""A request on behalf of a caller: the token minted, what it names looked up, the service asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from chassis.callers import Caller
from chassis.field_rules import OPEN
from chassis.http.auth import Minter
from chassis.rules import NotFound
from gateway.audit.numbers import note_numbers
from gateway.clients import references
from gateway.clients.directory import Operation
from gateway.clients.transport import SERVICES, Answer, ServiceDown, Transport
from gateway.settings import GatewaySettings

PREFIX = "/api/v1"


class Forwarder:
    """Calls the services for people and systems."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.minter = Minter(settings.token_private_key)
        self.transports = {name: Transport(name, settings.url_of(name)) for name in SERVICES}
        self.deadline = settings.call_deadline_ms / 1000

    def read(
        self,
        who: Caller,
        service: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        deadline: float | None = None,
    ) -> Answer:
        """GET one path of a service."""
        _refuse_dots(path)
        query = f"?{urlencode(params)}" if params else ""
        token = self.minter.usual_token(who, service)
        answer = self.transports[service].call(
            "GET", f"{PREFIX}{path}{query}", token=token, deadline=deadline or self.deadline
        )
        return _noted(who, service, answer)

    def ask(
        self,
        who: Caller,
        service: str,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Answer:
        """One request to a named service. Raises ServiceDown."""
        _refuse_dots(path)
        token = self.minter.usual_token(who, service)
        return self.transports[service].call(
            method, f"{PREFIX}{path}", token=token, deadline=self.deadline, headers=headers, body=body
        )

    def forward(
        self, who: Caller, operation: Operation, target: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        """One operation; `target` is path and query. Raises ServiceDown, NotFound.

        The services keep copies, so mostly nothing need be looked up. Where one does not know yet what the request
        names, it is looked up and the request is made again with the copies in its token: what was made a moment ago
        can be used at once. What must be fresh is always looked up first.
        """
        _refuse_dots(target.partition("?")[0])
        given = _named(body, target.partition("?")[2]) if operation.references else {}
        named = references.wanted(operation.references, given) if operation.references else {}
        first = {kind: values for kind, values in named.items() if kind in references.FRESH}
        answer = self._send(who, operation, target, body, headers, self._copies(who, first))
        if answer.status == 404 and len(named) > len(first):
            return self._send(who, operation, target, body, headers, self._copies(who, named))
        return answer

    def _copies(self, who: Caller, named: Mapping[str, list[str]]) -> dict[str, list[dict[str, Any]]]:
        """Within the caller's reach, but whole: a service would keep what a rule for fields has left of a copy."""
        who = replace(who, fields=OPEN)

        def read(service: str, path: str, params: Mapping[str, Any] | None = None) -> Any:
            answer = self.read(who, service, path, params)
            if answer.status >= 500:
                raise ServiceDown(service, str(answer.status))
            return answer.json if answer.status == 200 else None

        return references.look_up(named, read) if named else {}

    def _send(
        self,
        who: Caller,
        operation: Operation,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
        copies: Mapping[str, list[dict[str, Any]]],
    ) -> Answer:
        mint = self.minter
        service = operation.service
        token = mint.token(who, service, references=copies) if copies else mint.usual_token(who, service)
        answer = self.transports[service].call(
            operation.method, target, token=token, deadline=self.deadline, body=body, headers=headers
        )
        return _noted(who, service, answer)


def _noted(who: Caller, service: str, answer: Answer) -> Answer:
    """The answer, after it is noted whose whole phone numbers are in it."""
    note_numbers(who, service, answer.body)
    return answer


def _refuse_dots(path: str) -> None:
    """The HTTP client resolves `..`, so such a path would lead to another route than the one that was decided on."""
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise NotFound()


def _named(body: bytes | None, query: str) -> dict[str, Any]:
    """Body and query as far as they can be read; the service itself says what is wrong with them."""
    try:
        found = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        found = None
    return dict(parse_qsl(query)) | (found if isinstance(found, dict) else {})
