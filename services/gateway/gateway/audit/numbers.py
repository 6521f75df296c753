"""Whole phone numbers on their way to somebody are in the log: whose, to whom, by which request (P2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from flask import current_app, has_app_context

from chassis.callers import Caller
from gateway.audit.writing import deed

SEE = "player.phone.see"
_MARK = b'"phone_visible":true'


# Whose numbers a service shows.
OWNERS = {"player": "player", "sales": "lead"}


def note_numbers(who: Caller, service: str, body: bytes) -> None:
    """Note the players or leads whose whole numbers stand anywhere in an answer of a service; nothing where all are masked.

    Those who are shown masked numbers cost a comparison; a number revealed for a reason is a fact by itself, and one that
    goes from service to service is shown to nobody.
    """
    owner = OWNERS.get(service)
    if owner is None or who.kind == "service" or not who.may(SEE) or _MARK not in body or not has_app_context():
        return
    shown = list(dict.fromkeys(_shown(orjson.loads(body))))
    if shown:
        only = shown[0] if len(shown) == 1 else ""
        kind = owner if only else ""
        note = deed("phone.shown", subject_kind=kind, subject=only, actor=who.id, details={f"{owner}s": shown})
        current_app.extensions["playdesk_audit_notes"].add(note)


def _shown(answer: Any) -> Iterator[str]:
    if isinstance(answer, list):
        for one in answer:
            yield from _shown(one)
    elif isinstance(answer, dict):
        whose, phone = answer.get("id"), answer.get("phone") if answer.get("phone_visible") is True else None
        if isinstance(whose, str) and isinstance(phone, str) and "*" not in phone:  # in a problem all are masked
            yield whose
        for part in answer.values():
            yield from _shown(part)
