"""The dead letters of all services as one list, and each letter at the service that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from flask import Response, request
from marshmallow import fields

from chassis.callers import Caller
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts import dead
from chassis.http.dead import (
    READ,
    SEND,
    Discarding,
    LetterQuery,
    LetterShown,
    QueueQuery,
    SentAgain,
    letter_view,
    must_reach_letters,
    running,
)
from chassis.http.documents import page_of
from chassis.http.routes import Routes, Shown
from chassis.rules import NotFound
from gateway.clients.api import forwarder
from gateway.clients.transport import SERVICES, Answer, ServiceDown
from gateway.composition.jobs import passed_on
from gateway.composition.merged import Merged

LETTERS = Merged("/dead-letters", named=True)
_PASSED_ON = ("Accept-Language", "If-Match", "Idempotency-Key", "Content-Type")


class LetterOfService(LetterShown):
    """A dead letter, and the service that could not handle it."""

    service = fields.String(required=True)


class LettersShown(page_of(LetterOfService)):  # type: ignore[misc]
    """Dead letters of all services; `unavailable` names those that are missing."""

    unavailable = fields.List(fields.String(), required=True)


class SentEverywhere(SentAgain):
    """What came of it in all services; `unavailable` names those that could not be asked."""

    unavailable = fields.List(fields.String(), required=True)


def _own_view(letter: Any, who: Caller) -> dict[str, Any]:
    return {**letter_view(letter, who), "service": "gateway"}


OWN_LETTERS = Shown(_own_view, 200, "")
routes = Routes("dead-letters", "Facts that could not be handled", show=_own_view)
routes.before_request(must_reach_letters)
_FAILS = {409: "still_fails, nobody_listens"}


@routes.get("/dead-letters", action=READ, query=LetterQuery, answer=LettersShown)
def find(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Find facts that could not be handled, of all services."""
    return LETTERS.page(
        uow.caller,
        query,
        request.args.to_dict(),
        own=lambda: OWN_LETTERS.view(dead.find_letters(uow, query), uow.caller),
    )


@routes.get("/dead-letters/<uuid:letter_id>", action=READ, answer=LetterOfService)
def read(uow: UnitOfWork, letter_id: str) -> Any:
    """Read one dead letter, with its body."""
    return _own_or_theirs(uow, letter_id, lambda: dead.one_letter(uow, letter_id), "")


@routes.post(
    "/dead-letters/<uuid:letter_id>/resend", action=SEND, answer=LetterOfService, versioned=True, problems=_FAILS
)
def send(uow: UnitOfWork, letter_id: str, version: int) -> Any:
    """Send a dead letter again; it is handled at once, and has its effect once."""

    def again() -> Any:
        return dead.send_again(running(), uow, dead.one_letter(uow, letter_id, version=version))

    return _own_or_theirs(uow, letter_id, again, "/resend")


@routes.post(
    "/dead-letters/<uuid:letter_id>/discard", action=SEND, answer=LetterOfService, versioned=True, body=Discarding
)
def discard(uow: UnitOfWork, letter_id: str, version: int, body: dict[str, Any]) -> Any:
    """Discard a dead letter, with the reason; it can still be sent again."""

    def give_up() -> Any:
        return dead.discard(uow, dead.one_letter(uow, letter_id, version=version), body["reason"])

    return _own_or_theirs(uow, letter_id, give_up, "/discard")


@routes.post("/dead-letters/resend", action=SEND, query=QueueQuery, answer=SentEverywhere)
def send_all(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Send the oldest 200 dead letters of each service again."""
    counts, missing = {"sent": 0, "failed": 0, "left": 0}, []
    for service in SERVICES:
        try:
            answer = _ask(uow.caller, service, f"/dead-letters/resend?{request.query_string.decode('ascii', 'ignore')}")
        except ServiceDown:
            missing.append(service)
            continue
        found = answer.json if answer.status == 200 else {}
        counts = {name: count + found.get(name, 0) for name, count in counts.items()}
    # Last: what is changed here would stand open while others are asked.
    own = dead.send_all_again(running(), uow, query)
    return {name: counts[name] + own[name] for name in counts} | {"unavailable": missing}


def _own_or_theirs(uow: UnitOfWork, letter_id: str, own: Callable[[], Any], path: str) -> Any:
    """Of the gateway's own letters the record; of another service's its answer, which says whose it is."""
    try:
        return own()
    except NotFound:
        service = LETTERS.owner(uow.caller, letter_id)
        return _named(service, _ask(uow.caller, service, f"/dead-letters/{letter_id}{path}"))


def _ask(who: Caller, service: str, path: str) -> Answer:
    given = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    body = request.get_data() or None
    return forwarder().ask(who, service, request.method, path, headers=given, body=body)


def _named(service: str, answer: Answer) -> Response:
    response = passed_on(answer)
    found: dict[str, Any] = answer.json or {}
    if answer.status == 200:
        response.set_data(orjson.dumps({**found, "service": service}))
    elif answer.status == 412:
        response.set_data(orjson.dumps({**found, "current": {**found.get("current", {}), "service": service}}))
    return response
