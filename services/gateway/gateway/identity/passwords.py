"""Passwords: argon2id, the same effort whether or not there is such a person."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.identity.staff import Staff
from gateway.identity.strength import check_strength

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's second profile: 19 MiB, two passes


def hashed(password: str) -> str:
    """The hash to keep."""
    return _HASHER.hash(password)


def set_password(staff: Staff, password: str) -> None:
    """Set a password that is strong enough. Raises WeakPassword."""
    check_strength(password, staff_no=staff.no, name=staff.name)
    staff.password_hash = hashed(password)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


def verified(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; takes as long where there is no hash to compare with."""
    try:
        return _HASHER.verify(password_hash or _nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
