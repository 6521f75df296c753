"""What the member system says of a player: membership, level, points, identity and verification (P12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MARKS = ("member_no", "level", "points", "identity", "verified")


def marks_of(data: Mapping[str, Any], *, version: int, at: str) -> dict[str, Any]:
    """The marks in a fact, and how old they are; nothing else of it is kept, a phone number least of all."""
    return {**{name: data.get(name) for name in MARKS}, "version": version, "at": at}
