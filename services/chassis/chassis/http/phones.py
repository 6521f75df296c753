"""The field of a phone number; apart from the other fields, for only some services know numbers."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from chassis.data.phones import NotAPhone, e164


class Phone(fields.Field[str]):
    """A phone number in any usual form; kept as E.164."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"type": "string", "example": "+8613800008000", "maxLength": 31})
        words: dict[str, Any] = {"required": "required", "null": "null", "invalid": "not_a_phone"}
        super().__init__(error_messages=words, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            if not isinstance(value, str) or len(value) > 64:
                raise NotAPhone
            return e164(value)
        except NotAPhone:
            raise self.make_error("invalid") from None
