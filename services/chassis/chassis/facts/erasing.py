"""Somebody is erased: what the log, the outbox and the kept answers still tell of them is blanked where it stands (S31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

ERASED = "（已抹除）"  # stands where a text was that somebody wrote of a person who has been erased

# Only fields that a fact has are blanked, so that it stays what its schema says.
_BLANK = """
UPDATE {table} SET data = data || (
  SELECT coalesce(jsonb_object_agg(key, value), '{{}}'::jsonb) FROM jsonb_each(CAST(:blank AS jsonb))
  WHERE jsonb_exists(data, key)
) WHERE subject = ANY(:subjects)
"""
_FORGET = "DELETE FROM idempotency_keys WHERE body LIKE ANY(:patterns)"

_FORGET_LETTERS = "DELETE FROM dead_letters WHERE position(CAST(:id AS bytea) IN body) > 0"


def blank_facts(session: Session, subjects: Sequence[str], blank: Mapping[str, Any]) -> None:
    """Set these fields of all facts told of these subjects so far; where a fact has no such field, nothing is added.

    The outbox goes first: what the relay moves into the log meanwhile is met there by the second statement.
    """
    values = {"subjects": list(subjects), "blank": orjson.dumps(dict(blank)).decode()}
    for table in ("outbox", "event_log"):
        session.execute(text(_BLANK.format(table=table)), values)


def forget_answers(session: Session, ids: Sequence[str]) -> None:
    """Forget the answers kept under an Idempotency-Key, and the dead letters, that name one of these IDs."""
    session.execute(text(_FORGET), {"patterns": [f"%{one}%" for one in ids]})
    forget_letters(session, ids)


def forget_letters(session: Session, ids: Sequence[str]) -> None:
    """Forget the dead letters that name one of these IDs: what they tell may be more than may still be told."""
    for one in ids:
        session.execute(text(_FORGET_LETTERS), {"id": one.encode()})
