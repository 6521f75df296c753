"""The fields of bodies and queries: normalised at the edge, refused with a code that has words."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from chassis.money import Money

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_AMOUNT = re.compile(r"\d{1,10}(\.\d{1,2})?")
_FRACTION = re.compile(r"(0(\.\d{1,6})?|1(\.0{1,6})?)")
CURRENCIES = ("CNY",)


class Body(Schema):
    """A body or query: unknown fields are refused."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "unknown_field", "type": "wrong_type", "invalid": "wrong_type"}  # noqa: RUF012


def documented(field: fields.Field[Any], **what: Any) -> None:
    """Add to what the OpenAPI document says of a field; what is there already stays."""
    field.metadata = {**what, **field.metadata}


def messages(**more: str) -> dict[str, Any]:
    """The codes of what can be wrong with any field, and of what else may be with this one."""
    return {"required": "required", "null": "null", "invalid": "wrong_type", "validator_failed": "invalid", **more}


class Text(fields.Field[str]):
    """Text, trimmed, NFC; `handle=True` for IDs and names that are compared (NFKC, no line breaks)."""

    default_error_messages = messages()

    def __init__(self, max_length: int, *, min_length: int = 0, handle: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length, self.min_length, self.handle = max_length, min_length, handle
        documented(self, maxLength=max_length)
        documented(self, type="string")
        if min_length:
            documented(self, minLength=min_length)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if len(value) > 4 * self.max_length + 64:
            raise ValidationError(f"too_long:{self.max_length}")
        if _CONTROL.search(value) or (self.handle and re.search(r"[\r\n\t\v\f\x85\u2028\u2029]", value)):
            raise ValidationError("not_text")
        text = unicodedata.normalize("NFKC" if self.handle else "NFC", value.replace("\r\n", "\n")).strip()
        if len(text) > self.max_length:
            raise ValidationError(f"too_long:{self.max_length}")
        if len(text) < self.min_length:
            raise ValidationError("blank" if not text else f"too_short:{self.min_length}")
        return text


class Id(fields.Field[str]):
    """A uuid in its usual form."""

    default_error_messages = messages(invalid="not_an_id")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        documented(self, type="string")
        documented(self, format="uuid")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            if not isinstance(value, str) or len(value) != 36:
                raise ValueError
            return str(uuid.UUID(value))
        except ValueError as error:
            raise self.make_error("invalid") from error


class Choice(fields.Field[str]):
    """One of a few codes."""

    default_error_messages = messages()

    def __init__(self, choices: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = tuple(choices)
        documented(self, enum=[*self.choices, None] if self.allow_none else list(self.choices))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if value not in self.choices:
            raise ValidationError(f"not_a_choice:{' '.join(self.choices)}")
        return value


class Choices(fields.Field[list[str]]):
    """Several codes with commas between them, in a query."""

    default_error_messages = messages()

    def __init__(self, choices: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = tuple(choices)
        documented(self, type="string")
        documented(self, description=f"of {', '.join(self.choices)}; several with commas")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        found = [part.strip() for part in str(value).split(",")]
        if not all(part in self.choices for part in found):
            raise ValidationError(f"not_a_choice:{' '.join(self.choices)}")
        return found


class Whole(fields.Field[int]):
    """A whole number within bounds; `text=True` takes it from a query string."""

    default_error_messages = messages()

    def __init__(self, low: int, high: int, *, text: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high, self.text = low, high, text
        documented(self, type="integer")
        documented(self, minimum=low)
        documented(self, maximum=high)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if self.text and isinstance(value, str) and re.fullmatch(r"-?\d{1,12}", value, re.ASCII):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid")
        if not self.low <= value <= self.high:
            raise ValidationError(f"out_of_range:{self.low}–{self.high}")
        return value


class Flag(fields.Field[bool]):
    """true or false; `text=True` takes it from a query string."""

    default_error_messages = messages()

    def __init__(self, *, text: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = text
        documented(self, type="boolean")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if self.text and value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Moment(fields.Field[datetime]):
    """A moment, RFC 3339 with its zone; kept in UTC; between 2000 and 2100."""

    default_error_messages = messages(invalid="not_a_time")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        documented(self, type="string")
        documented(self, format="date-time")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            if not isinstance(value, str) or len(value) > 40:
                raise ValueError
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None or not 2000 <= moment.year <= 2100:
                raise ValueError
            return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error


class MoneyField(fields.Field[Money]):
    """{"amount": "648.00", "currency": "CNY"}; the amount between `least` and 99,999,999.99, at most two places."""

    default_error_messages = messages(invalid="not_money")

    def __init__(self, *, least: str = "0.00", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least = Decimal(least)
        amount = {"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$", "example": "648.00"}
        documented(self, type="object")
        documented(self, properties={"amount": amount, "currency": {"enum": list(CURRENCIES)}})
        documented(self, required=["amount", "currency"])
        documented(self, additionalProperties=False)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Money:
        if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
            raise self.make_error("invalid")
        amount, currency = value["amount"], value["currency"]
        if not isinstance(amount, str) or not re.fullmatch(r"-?" + _AMOUNT.pattern, amount, re.ASCII):
            raise self.make_error("invalid")
        if currency not in CURRENCIES:
            raise ValidationError(f"wrong_currency:{' '.join(CURRENCIES)}")
        if not self.least <= Decimal(amount) <= Decimal("99999999.99"):
            raise ValidationError(f"out_of_range:{self.least}–99999999.99")
        return Money(Decimal(amount), currency)


class Fraction(fields.Field[Decimal]):
    """A share between 0 and 1 as a decimal text, such as "0.15"; at most six places."""

    default_error_messages = messages()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        documented(self, type="string")
        documented(self, pattern=r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if not _FRACTION.fullmatch(value):
            raise ValidationError("out_of_range:0–1")
        try:
            return Decimal(value)
        except InvalidOperation as error:
            raise self.make_error("invalid") from error


class ListOf(fields.List):
    """A list with bounds on its length."""

    default_error_messages = messages()

    def __init__(self, inner: Any, *, most: int, least: int = 0, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.most, self.least = most, least
        documented(self, maxItems=most, minItems=least)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if len(value) > self.most:
            raise ValidationError(f"too_many:{self.most}")
        if len(value) < self.least:
            raise ValidationError(f"too_few:{self.least}")
        return super()._deserialize(value, attr, data, **kwargs)


class Part(fields.Nested):
    """A body within a body."""

    default_error_messages = messages(type="wrong_type")


class Custom(fields.Field[dict[str, Any]]):
    """Values of custom fields: a flat object of up to 50 short texts, numbers and flags."""

    default_error_messages = messages()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        documented(self, type="object")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        if len(value) > 50:
            raise ValidationError("too_many:50")
        return {self._name(name): self._plain(item) for name, item in value.items()}

    def _name(self, name: Any) -> str:
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            raise ValidationError("invalid")
        return name

    def _plain(self, item: Any) -> Any:
        if isinstance(item, str):
            return Text(500).deserialize(item)
        if item is None or isinstance(item, bool) or (isinstance(item, int | float) and abs(item) < 1e15):
            return item
        raise self.make_error("invalid")


def list_query(sorts: Iterable[str], *, default: str) -> type[Body]:
    """The query every list understands: limit, cursor, sort, count; add the list's own filters in a subclass."""
    names = [sign + name for name in sorts for sign in ("", "-")]

    class ListQuery(Body):
        limit = Whole(1, 200, text=True, load_default=50)
        cursor = Text(400, load_default=None)
        sort = Choice(names, load_default=default)
        count = Flag(text=True, load_default=False)

    return ListQuery
