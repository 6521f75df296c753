"""Sessions, messages and sensitive words as JSON; what is masked leaves by `unmasked_view` alone."""

from __future__ import annotations

import base64
from typing import Any

from flask import Response

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.copies import player_brief
from chassis.data.masking import mask_text
from chassis.http import sealed
from chassis.http.auth import caller
from ticket.domain.message import Message
from ticket.domain.sensitive_word import SensitiveWord
from ticket.domain.session import ServiceSession
from ticket.settings import settings

_PLAIN = (
    "id", "no", "channel", "player_id", "contact", "order_id", "agent_id", "department_id", "state", "ended_by",
    "created_by", "messages", "masked_messages", "first_response_seconds", "average_response_seconds",
    "handling_seconds", "version",
)  # fmt: skip
_MOMENTS = ("opened_at", "answered_at", "ended_at", "created_at", "updated_at")
_IN_AN_ANSWER = "answer"  # whom a text in a kept answer is sealed for


def session_view(session: ServiceSession, _who: Caller | None = None) -> dict[str, Any]:
    """One session."""
    moments = {name: rfc3339(getattr(session, name)) for name in _MOMENTS}
    return {**{name: getattr(session, name) for name in _PLAIN}, "player": player_brief(session.player), **moments}


def message_view(message: Message, _who: Caller | None = None) -> dict[str, Any]:
    """One message as everybody reads it."""
    plain = ("id", "session_id", "author", "staff_id", "text", "masked", "external_id")
    return {
        **{name: getattr(message, name) for name in plain},
        "masked_for": sorted({hit["kind"] for hit in message.hits}),
        "at": rfc3339(message.at),
        "received_at": rfc3339(message.received_at),
    }


def unmasked_view(message: Message, whole: str) -> dict[str, Any]:
    """One message as it was written, sealed until the answer leaves: see `open_answer`."""
    kept = base64.urlsafe_b64encode(settings().messages.seal(whole.encode(), _IN_AN_ANSWER)).decode()
    return {"id": message.id, "session_id": message.session_id, "text": sealed.marked(kept)}


def open_answer(response: Response) -> Response:
    """Put the texts in; who does not see phone numbers gets those in them masked."""
    return sealed.open_answer(response, lambda text: _shown(text, caller()))


def _shown(text: str, who: Caller) -> str:
    whole = settings().messages.open(base64.urlsafe_b64decode(text), _IN_AN_ANSWER).decode()
    return whole if who.reads_numbers else mask_text(whole)


def word_view(word: SensitiveWord, _who: Caller | None = None) -> dict[str, Any]:
    """One word of the list."""
    moments = {name: rfc3339(getattr(word, name)) for name in ("created_at", "updated_at")}
    return {**{name: getattr(word, name) for name in ("id", "word", "kind", "version")}, **moments}
