"""The one mask that every phone number passes on its way out, and the filter that keeps them out of logs."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

import orjson

# IDs and traces may hold eleven digits in a row that mean nothing; whatever else looks like a mobile number is one.
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_TRACE = r"(?:00-)?(?<![0-9a-fA-F])[0-9a-f]{32}(?:-[0-9a-f]{16}-\d\d)?(?![0-9a-fA-F])"
_BEFORE = r"(?:(?<!\d)|(?<=%[0-9a-fA-F]{2}))"  # in an address, %22 before the number is a sign and not two digits more
_MOBILE = r"(?:(?:\+|00|%2[Bb])?86[- ]?)?(1[3-9]\d)[- ]?(?:\d{4})[- ]?(\d{4})(?!\d)"
_ID_OR_PHONE = re.compile(f"{_UUID}|{_TRACE}|{_BEFORE}{_MOBILE}")
_MASKED_MOBILE = re.compile(r"1\d\d\*{4}\d{4}")
_LIKE_A_MOBILE = re.compile(rb"1[3-9]\d[- ]?\d{4}[- ]?\d{4}")
_NAMES_A_RECORD = re.compile(
    r"^(?!wechat_id)(?:phone|no|u?id|\w+_ids?|(?:order|pack|staff|ticket)_no|(?:next_)?cursor)$"
)
_NAMES_IN_A_FACT = re.compile(f"{_NAMES_A_RECORD.pattern}|^(?:wechat_id|external_no)$")
_MASKED_NAME = re.compile(r".{0,2}\*{4}.{0,2}", re.DOTALL)
_HARMLESS = (bool, date, UUID, type(None))


def mask_phone(phone: str | None) -> str | None:
    """A phone number as others may see it: 138****8000; short and foreign ones keep only their ends."""
    if not phone:
        return phone
    digits = phone[3:] if phone.startswith("+86") else phone.lstrip("+")
    if len(digits) < 8:
        return "*" * len(digits)
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"


def mask_name(name: str | None) -> str | None:
    """A name or handle as others may see it: its ends, and never how long it is."""
    if not name or _MASKED_NAME.fullmatch(name):
        return name
    ends = 2 if len(name) >= 8 else 1 if len(name) >= 3 else 0
    return f"{name[:ends]}****{name[-ends:] if ends else ''}"


def mask_text(text: str) -> str:
    """The text with every mainland mobile number in it masked."""
    return _ID_OR_PHONE.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    return found.group() if found.group(1) is None else f"{found.group(1)}****{found.group(2)}"


def mask_answer(value: Any) -> Any:
    """The JSON value with every mobile number in its texts masked; `phone` and names of records stay as they are.

    Most answers hold nothing like a number, which one look at their JSON tells.
    """
    return _mask_where_needed(value, _NAMES_A_RECORD)


def mask_fact(data: Any) -> Any:
    """What a fact tells, masked as an answer is; beside IDs it names who somebody is and which payment it was."""
    return _mask_where_needed(data, _NAMES_IN_A_FACT)


def _mask_where_needed(value: Any, kept: re.Pattern[str]) -> Any:
    return _mask_texts(value, kept) if _LIKE_A_MOBILE.search(orjson.dumps(value)) else value


def _mask_texts(value: Any, kept: re.Pattern[str], within: str = "") -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        own = within == "custom"  # fields whose names users choose
        return {
            name: item if kept.search(name) and not own else _mask_texts(item, kept, name)
            for name, item in value.items()
        }
    return [_mask_texts(item, kept) for item in value] if isinstance(value, list) else value


def unmasked(value: Any, old: Any) -> Any:
    """The value that was sent, with what is masked in it put back from the old one, of which it shows the mask."""
    if isinstance(value, dict) and isinstance(old, dict):
        return {name: unmasked(item, old.get(name)) for name, item in value.items()}
    if not isinstance(value, str) or not isinstance(old, str) or "****" not in value:
        return value
    if value == mask_name(old):
        return old
    there = {_masked(found): found.group() for found in _ID_OR_PHONE.finditer(old) if found.group(1)}
    return _MASKED_MOBILE.sub(lambda found: there.get(found.group(), found.group()), value)


def mask_everything(value: Any) -> Any:
    """The same value with everything in it masked: for what goes to logs; objects become their masked text."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, _HARMLESS):
        return value
    if isinstance(value, dict):
        return {mask_text(str(key)): mask_everything(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_everything(item) for item in value]
    masked = mask_text(str(value))
    return value if isinstance(value, int | float) and masked == str(value) else masked
