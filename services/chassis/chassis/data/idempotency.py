"""One effect per Idempotency-Key: the answer is kept in the transaction of the change, for 24 hours."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.data.tables import idempotency_keys
from chassis.rules import Busy, KeyReused

KEPT = timedelta(hours=24)

LOCK = "SELECT pg_try_advisory_xact_lock(%(lock)s)"
FIND = "SELECT fingerprint, status, body, headers FROM idempotency_keys WHERE caller = %(caller)s AND key = %(key)s"
KEEP = (
    "INSERT INTO idempotency_keys (caller, key, fingerprint, status, body, headers, created_at) "
    "VALUES (%(caller)s, %(key)s, %(fingerprint)s, %(status)s, %(body)s, %(headers)s, %(created_at)s)"
)


@dataclass(frozen=True)
class Answer:
    """A kept answer: HTTP status, body text, headers."""

    status: int
    body: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Key:
    """One caller's key for one request; the fingerprint is that of method, path and body."""

    caller: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, caller: str, key: str, *parts: bytes) -> Key:
        """The key of a request made of these parts."""
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return cls(caller, key, digest.hexdigest())


@dataclass(frozen=True)
class Kept:
    """An answer to be kept under a key, from `at` (UTC) on."""

    key: Key
    answer: Answer
    at: datetime

    def values(self) -> dict[str, Any]:
        """The parameters of KEEP."""
        headers = orjson.dumps(self.answer.headers).decode()
        known = {"caller": self.key.caller, "key": self.key.key, "fingerprint": self.key.fingerprint}
        return {
            **known,
            "status": self.answer.status,
            "body": self.answer.body,
            "headers": headers,
            "created_at": self.at,
        }


def find_answer(session: Session, key: Key) -> Answer | None:
    """The kept answer, or None and the key is ours until the end of the transaction.

    Raises Busy while another request holds the key, KeyReused where the body was another. Two statements, because one
    alone would look before it has the lock.
    """
    lock = int.from_bytes(
        hashlib.blake2b(f"{key.caller}\0{key.key}".encode(), digest_size=8).digest(), "big", signed=True
    )
    connection = session.connection()
    if not connection.exec_driver_sql(LOCK, {"lock": lock}).scalar():
        raise Busy()
    row = connection.exec_driver_sql(FIND, {"caller": key.caller, "key": key.key}).first()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise KeyReused()
    return Answer(row.status, row.body, row.headers)


def keep_answer(session: Session, kept: Kept) -> None:
    """Keep the answer; it becomes visible together with the change."""
    session.connection().exec_driver_sql(KEEP, kept.values())


def is_taken(error: IntegrityError) -> bool:
    """Whether somebody else has kept an answer under the same key: the row's own uniqueness stands behind the lock."""
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None) == "pk_idempotency_keys"


def forget_old(session: Session, now: datetime) -> None:
    """Remove keys older than 24 hours; run by a timer."""
    session.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at < now - KEPT))
