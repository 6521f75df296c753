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


def note_numbers(who: Caller, body: bytes) -> None:
    """Note the players whose whole numbers stand in an answer of the player service; nothing where all are masked.

    Those who are shown masked numbers cost a comparison; a number revealed for a reason is a fact by itself.
    """
    if not who.may(SEE) or _MARK not in body or not has_app_context():
        return
    shown = list(dict.fromkeys(_shown(orjson.loads(body))))
    if shown:
        only = shown[0] if len(shown) == 1 else ""
        kind = "player" if only else ""
        note = deed("phone.shown", subject_kind=kind, subject=only, actor=who.id, details={"players": shown})
        current_app.extensions["playdesk_audit_notes"].add(note)


def _shown(answer: Any) -> Iterator[str]:
    rows = answer.get("items", [answer]) if isinstance(answer, dict) else ()
    for row in rows:
        if isinstance(row, dict) and row.get("phone_visible") and row.get("phone"):
            yield row["id"]
