"""The routes of dead letters, the same in every service: read, sent again, discarded with a reason."""

from __future__ import annotations

import json
from typing import Any

from flask import current_app
from marshmallow import Schema, fields

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.masking import mask_everything, mask_text
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts import dead
from chassis.http.auth import caller
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choices, Text, list_query
from chassis.http.routes import Routes
from chassis.rules import Forbidden

READ, SEND = "dead_letter.read", "dead_letter.write"
_LONGEST = 20_000  # characters of a body that is no JSON


class LetterQuery(list_query(("created_at",), default="-created_at")):  # type: ignore[misc]
    """The filters of dead letters."""

    state = Choices(dead.STATES)
    queue = Text(80, min_length=1, handle=True)


class QueueQuery(Body):
    """Of one queue alone."""

    queue = Text(80, min_length=1, handle=True)


class Discarding(Body):
    """Why it is given up."""

    reason = Text(500, min_length=1, required=True)


class LetterShown(Schema):
    """A fact that could not be handled. `body` is its JSON, or its text where it is none; phone numbers are masked."""

    id = fields.UUID(required=True)
    queue = fields.String(required=True, metadata={"example": "sales.copies"})
    message_id = fields.String(required=True)
    key = fields.String(required=True)
    reason = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(dead.STATES)})
    times = fields.Integer(required=True, metadata={"description": "how often it was parked"})
    note = fields.String(required=True, metadata={"description": "why it was discarded"})
    ended_by = fields.String(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)
    body = fields.Raw(required=True)


class SentAgain(Schema):
    """What came of sending many."""

    sent = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    left = fields.Integer(required=True, metadata={"description": "still parked and not tried yet"})


LetterPage = page_of(LetterShown)


class LettersOutOfReach(Forbidden):
    """A letter is of no department, and its body and reason may hold any field in any form."""

    code = "letters_out_of_reach"
    zh = "死信不分部门：只有能看到全部数据和全部字段的人可以查看和处理"
    en = "Dead letters belong to no department: they are for whoever reaches all data and sees every field"


def reaches_letters(who: Caller) -> bool:
    """Whether somebody reaches everything, and no field is closed to them."""
    return who.scope.kind == "all" and not who.fields


def must_reach_letters() -> None:
    """Before every request. Raises LettersOutOfReach."""
    if not reaches_letters(caller()):
        raise LettersOutOfReach()


def letter_view(letter: Any, _who: Caller) -> dict[str, Any]:
    """One letter; numbers are masked for everybody."""
    names = ("id", "queue", "message_id", "key", "state", "times", "ended_by", "version")
    times = ("ended_at", "created_at", "updated_at")
    return {
        **{name: getattr(letter, name) for name in names},
        "reason": mask_text(letter.reason),
        "note": mask_text(letter.note),
        **{name: rfc3339(getattr(letter, name)) for name in times},
        "body": _shown(bytes(letter.body)),
    }


def _shown(body: bytes) -> Any:
    try:
        return mask_everything(json.loads(body))
    except (ValueError, RecursionError):
        return mask_text(body.decode("utf-8", "replace")[:_LONGEST])


def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find dead letters."""
    return dead.find_letters(uow, query)


def read(uow: UnitOfWork, letter_id: str) -> Any:
    """Read one dead letter."""
    return dead.one_letter(uow, letter_id)


def send(uow: UnitOfWork, letter_id: str, version: int) -> Any:
    """Send a dead letter again; it is handled at once, and has its effect once."""
    return dead.send_again(running(), uow, dead.one_letter(uow, letter_id, version=version))


def send_all(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Send the oldest 200 dead letters again."""
    return dead.send_all_again(running(), uow, query)


def discard(uow: UnitOfWork, letter_id: str, version: int, body: dict[str, Any]) -> Any:
    """Discard a dead letter, with the reason."""
    return dead.discard(uow, dead.one_letter(uow, letter_id, version=version), body["reason"])


def running() -> Any:
    """The running service."""
    return current_app.extensions["playdesk"]


def dead_letter_routes() -> Routes:
    """The routes of one service's dead letters."""
    routes = Routes("dead-letters", "Facts that could not be handled", show=letter_view)
    routes.before_request(must_reach_letters)
    one = "/dead-letters/<uuid:letter_id>"
    fails = {409: "still_fails, nobody_listens"}
    routes.get("/dead-letters", action=READ, query=LetterQuery, answer=LetterPage)(find)
    routes.get(one, action=READ, answer=LetterShown)(read)
    routes.post(f"{one}/resend", action=SEND, answer=LetterShown, versioned=True, problems=fails)(send)
    routes.post(f"{one}/discard", action=SEND, answer=LetterShown, versioned=True, body=Discarding)(discard)
    routes.post("/dead-letters/resend", action=SEND, query=QueueQuery, answer=SentAgain)(send_all)
    return routes
