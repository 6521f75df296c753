"""Cells that a spreadsheet would run as a formula are made plain text on their way out, and read back as they were (S16)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

LONGEST = 32_000  # a cell of a spreadsheet holds 32,767 characters
# What begins a formula, in full width too: spreadsheets set to Chinese or Japanese take both.
_BEGINS_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def harmless(text: str) -> str:
    """The text as a cell: nothing in it is run, whatever opens the file."""
    plain = _UNSEEN.sub("", text)
    plain = plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
    return f"'{plain}" if _BEGINS_FORMULA.match(plain.lstrip(" \u3000\ufeff")) else plain


def as_meant(text: str) -> str:
    """A cell read back: the sign that `harmless` put in front is taken off."""
    return text[1:] if text.startswith("'") and _BEGINS_FORMULA.match(text[1:].lstrip(" \u3000\ufeff")) else text


def in_words(value: Any, *, language: str, zone: ZoneInfo) -> str | int | float | Decimal | None:
    """A value as a cell shows it: moments in the studio's time, lists with 、 between them; figures stay figures."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return {"zh": ("否", "是")}.get(language, ("no", "yes"))[value]
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, Iterable) and not isinstance(value, str):
        return harmless(("、" if language == "zh" else ", ").join(str(part) for part in value)) or None
    return harmless(str(value))
