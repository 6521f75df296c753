"""The form of returns as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.answers import MoneyShown, PlayerBrief
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choices, Id, ListOf, Moment, MoneyField, Part, Text, Whole, list_query
from chassis.http.options import OptionField
from chassis.http.words import WORDS
from sales.domain.codes import METHOD_LIST, METHODS, RETURN_STATES

WORDS.setdefault("not_sold", ("这张订单里没有这个物品", "Not an item of this order"))


class ReturnedLine(Body):
    """An item of the order, and how many of it come back."""

    item_id = Id(required=True)
    quantity = Whole(1, 999_999, required=True)


class NewReturn(Body):
    """What comes back: whole packs or items, and how much money; neither is all that is left (S25)."""

    quantity = Whole(1, 999)
    lines = ListOf(Part(ReturnedLine), least=1, most=50)
    amount = MoneyField(least="0.01")
    reason = Text(500, min_length=1, required=True)

    @validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        if "quantity" in data and "lines" in data:
            raise ValidationError("not_together:quantity lines")


class Grant(Body):
    """What is said to it."""

    reason = Text(500)


class Rejection(Body):
    """Why it is refused."""

    reason = Text(500, min_length=1, required=True)


class NewRefund(Body):
    """How the money went back, when, and its number there."""

    method = OptionField(METHOD_LIST, METHODS, required=True)
    external_no = Text(64, min_length=1, handle=True, allow_none=True)
    refunded_at = Moment()


class MoneyBackQuery(list_query(("requested_at",), default="-requested_at")):  # type: ignore[misc]  # made by a call
    """The filters that lists of returns and of claims have in common."""

    order_id = Id()
    player_id = Id()
    staff_id = Id()
    pack_no = Text(32, min_length=1, handle=True)
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class ReturnQuery(MoneyBackQuery):
    """The filters of the list."""

    state = Choices(RETURN_STATES)


class ReturnLineShown(Schema):
    """One item that comes back, and how many of it in all."""

    item_id = fields.String(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)
    quantity = fields.Integer(required=True)


class ReturnedPack(Schema):
    """The pack that was sold."""

    no = fields.String(required=True)
    name = fields.String(required=True)


class MoneyBackShown(Schema):
    """What returns and claims have in common; `rule` is what allowed it when it was asked for."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    order_id = fields.UUID(required=True)
    order_no = fields.String(required=True)
    player_id = fields.UUID(required=True)
    player = fields.Nested(PlayerBrief, required=True)
    staff_id = fields.String(required=True, allow_none=True)
    pack = fields.Nested(ReturnedPack, required=True)
    amount = fields.Nested(MoneyShown, required=True)
    rule = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    requested_by = fields.String(required=True)
    requested_at = fields.DateTime(required=True)
    decision = fields.String(required=True, allow_none=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = fields.DateTime(required=True, allow_none=True)
    method = fields.String(required=True, allow_none=True)
    external_no = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class ReturnShown(MoneyBackShown):
    """A return; `rule` is what allowed it when it was asked for."""

    lines = fields.List(fields.Nested(ReturnLineShown), required=True)
    refunded_by = fields.String(required=True, allow_none=True)
    refunded_at = fields.DateTime(required=True, allow_none=True)


ReturnPage = page_of(ReturnShown)


class ReturnableShown(Schema):
    """Whether an order may be returned now: the rule that allows or forbids it, until when, and how much at most."""

    order_id = fields.UUID(required=True)
    allowed = fields.Boolean(required=True)
    rule = fields.String(required=True)
    days = fields.Integer(required=True)
    until = fields.DateTime(required=True, allow_none=True)
    left = fields.Nested(MoneyShown, required=True)
