"""The form of the game's price list: whatever does not keep to it is refused whole."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load

from catalog.domain.codes import MOST_MONEY
from catalog.domain.errors import GameServerUnavailable
from catalog.domain.price_list import ListedItem
from chassis.http.fields import CURRENCIES, Choice, Flag, ListOf, Part, Text
from chassis.http.reading import NotJson, parse_json

MOST_ON_A_PAGE = 5000
_PRICE = re.compile(r"\d{1,10}(\.\d{1,2})?", re.ASCII)
_ICON = re.compile(r"(https?://|/)[^\s\"'<>\\]*")


def _messages() -> dict[str, Any]:
    return {"required": "required", "null": "null", "invalid": "wrong_type"}


class Price(fields.Field[Decimal]):
    """A price as text ("648.00") or number, never negative, at most two places, at most 99,999,999.99."""

    default_error_messages = _messages()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.make_error("invalid")
        if not _PRICE.fullmatch(str(value)) or Decimal(str(value)) > MOST_MONEY:
            raise ValidationError("out_of_range")
        return Decimal(str(value)).quantize(Decimal("0.01"))


class Attributes(fields.Field[dict[str, Any]]):
    """Any JSON object of at most 4 KiB that the database can hold."""

    default_error_messages = _messages()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        try:
            packed = orjson.dumps(value)
        except TypeError as error:
            raise ValidationError("not_text") from error
        if len(packed) > 4096:
            raise ValidationError("too_long")
        if b"\\u0000" in packed:
            raise ValidationError("not_text")
        return value


def _icon(value: str) -> None:
    if not _ICON.fullmatch(value):
        raise ValidationError("invalid")


class Listed(Schema):
    """One item; a field we do not know is the game's own affair."""

    class Meta:
        unknown = EXCLUDE

    game_item_id = Text(64, min_length=1, handle=True, required=True)
    name = Text(100, min_length=1, required=True)
    price = Price(required=True)
    currency = Choice(CURRENCIES, required=True)
    category = Text(64, min_length=1, required=True)
    on_sale = Flag(required=True)
    attributes = Attributes()
    icon_url = Text(500, handle=True, allow_none=True, validate=_icon)

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> ListedItem:
        return ListedItem(**{name: value for name, value in data.items() if name != "currency"})


class ListPage(Schema):
    """A page of the list, and where to go on."""

    class Meta:
        unknown = EXCLUDE

    items = ListOf(Part(Listed), most=MOST_ON_A_PAGE, required=True)
    next_cursor = Text(500, min_length=1, required=True, allow_none=True)


_PAGE = ListPage()


def read_page(body: bytes) -> tuple[list[ListedItem], str | None]:
    """(items, next cursor) of one page. Raises GameServerUnavailable("not_json" or "wrong_form")."""
    try:
        page = _PAGE.load(parse_json(body))
    except NotJson as error:
        raise GameServerUnavailable("not_json") from error
    except ValidationError as error:
        raise GameServerUnavailable("wrong_form") from error
    return page["items"], page["next_cursor"]
