"""The second factor: a secret shared with an app that shows codes of thirty seconds (RFC 6238), and recovery codes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from hmac import compare_digest

import pyotp
from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from gateway.identity.base import Base

STEP = 30
DRIFT = 1  # steps by which a phone's clock may be off, either way
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32, without those that are read as others


class SecondFactor(Base):
    """Somebody's app; `secret` is sealed, and counts once it was confirmed. Codes up to `last_step` are used up."""

    __tablename__ = "second_factors"

    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """A way in without the app, once: 80 random bits, so its SHA-256 tells nothing."""

    __tablename__ = "recovery_codes"

    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


def new_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32()


def address_of(secret: str, staff_no: str) -> str:
    """The otpauth:// address that the QR code holds."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=staff_no, issuer_name="Playdesk")


def step_of(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """The step whose code this is, if it lies within the drift and after the last one used; None for a wrong code."""
    now, found = int(at.timestamp()) // STEP, None
    for step in range(now - DRIFT, now + DRIFT + 1):
        expected = pyotp.TOTP(secret, interval=STEP).at(step * STEP)
        if compare_digest(expected.encode(), code.encode()) and step > after:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of four times four letters."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)
    ]


def plain(code: str) -> str:
    """A code as it was typed, without blanks and dashes."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def recovery_hash(code: str) -> str:
    """How a recovery code is kept."""
    return hashlib.sha256(plain(code).encode()).hexdigest()


def recovery_rows(staff_id: str, codes: Iterable[str]) -> list[RecoveryCode]:
    """The codes as rows."""
    return [RecoveryCode(staff_id=staff_id, code_hash=recovery_hash(code)) for code in codes]
