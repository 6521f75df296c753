"""The entries of the audit log and the seals that keep them in order; the application's login may only add to both."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Identity, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from gateway.base import Base

# A fact of some service; a deed that is no fact (signing in, being refused, seeing numbers); an unsafe request as it came.
FACT, DEED, REQUEST = "fact", "deed", "request"
KINDS = (FACT, DEED, REQUEST)

# What the code of an entry is made over, in this order; `position` is given by the database and guarded by the seal.
GUARDED = (
    "id", "at", "recorded_at", "kind", "action", "actor", "subject_kind", "subject", "entity_version", "service",
    "sequence", "request_id", "address", "user_agent", "data",
)  # fmt: skip
APPEND_ONLY = {"append_only": True}


class AuditEntry(Base):
    """One entry. `data` is JSON text: of a fact the state after it, of the others what is to be known of them."""

    __tablename__ = "audit_entries"

    position: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(8))
    action: Mapped[str] = mapped_column(String(80))
    actor: Mapped[str | None] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    entity_version: Mapped[int | None]
    service: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    request_id: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(200))
    data: Mapped[str] = mapped_column(Text)
    code: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_audit_entries_at_id", "at", "id"),
        Index("ix_audit_entries_actor_at_id", "actor", "at", "id"),
        Index("ix_audit_entries_subject_entity_version", "subject", "entity_version"),
        Index("ix_audit_entries_request_id", "request_id"),
        Index("ix_audit_entries_service_sequence", "service", "sequence"),
        {"info": APPEND_ONLY},
    )


class AuditSeal(Base):
    """One link of the chain: the entry at `position` came after the one of the seal before."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, unique=True)
    sealed_at: Mapped[datetime] = mapped_column(Instant)
    link: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = ({"info": APPEND_ONLY},)


def code_of(values: Mapping[str, Any], key: str) -> bytes:
    """The code (HMAC-SHA256, 32 bytes) that only who has the key can make for these values."""
    content = orjson.dumps([_plain(values[name]) for name in GUARDED])
    return hmac.digest(key.encode(), content, "sha256")


def link_of(former: bytes, number: int, position: int, code: bytes, key: str) -> bytes:
    """The link of a seal: over the link before it, its own number, and the place and code of its entry."""
    return hmac.digest(key.encode(), former + orjson.dumps([number, position]) + code, "sha256")


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
