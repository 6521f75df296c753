"""Who is drawn out of many: a lot that hangs on the record's ID alone, so that whoever draws again draws the same."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from math import ceil

_LOTS = 1 << 64


def lot(what_for: str, record_id: str) -> int:
    """The lot of a record, evenly spread over 0 to 2^64; another one for each purpose."""
    return int.from_bytes(sha256(f"{what_for}:{record_id}".encode()).digest()[:8])


def is_drawn(what_for: str, record_id: str, share: Decimal) -> bool:
    """Whether the record is among this share (0 to 1) of all."""
    return lot(what_for, record_id) < share * _LOTS


def sample(what_for: str, record_ids: Iterable[str], share: Decimal, *, complete: bool) -> set[str]:
    """The records that are drawn; of a `complete` set at least the share of it, rounded up.

    Who is drawn while a set still grows is drawn when it is complete, too: further ones are those with the next lots.
    """
    ordered = sorted(set(record_ids), key=lambda one: (lot(what_for, one), one))
    least = ceil(share * len(ordered)) if complete else 0
    return {one for place, one in enumerate(ordered) if place < least or is_drawn(what_for, one, share)}
