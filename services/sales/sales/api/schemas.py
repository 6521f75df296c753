"""The form of touches, orders and payments as they come in and go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.answers import MoneyShown, PlayerBrief
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Id, ListOf, Moment, MoneyField, Part, Text, Whole, list_query
from chassis.http.options import OptionField, OptionsField
from chassis.http.words import WORDS
from sales.api.campaign_schemas import RunningCampaign
from sales.domain import codes

WORDS.setdefault("in_the_past", ("不能早于现在", "May not lie in the past"))


def _pack_no(**options: Any) -> Text:
    return Text(32, min_length=1, handle=True, **options)


class NewTouch(Body):
    """A contact and its outcome (S1)."""

    sets: ClassVar[str] = "touch"
    player_id = Id(required=True)
    channel = OptionField(codes.CHANNEL_LIST, codes.CHANNELS, required=True)
    outcome = Choice(codes.OUTCOMES, required=True)
    lost_reason = OptionField(codes.LOST_REASON_LIST, codes.LOST_REASONS, allow_none=True)
    pack_no = _pack_no(allow_none=True)
    note = Text(2000)
    next_at = Moment(allow_none=True)
    opportunity_id = Id(allow_none=True)
    campaign_id = Id(allow_none=True)


class TouchEdit(Body):
    """The fields of a touch that may be changed."""

    sets: ClassVar[str] = "touch"
    channel = OptionField(codes.CHANNEL_LIST, codes.CHANNELS)
    outcome = Choice(codes.OUTCOMES)
    lost_reason = OptionField(codes.LOST_REASON_LIST, codes.LOST_REASONS, allow_none=True)
    pack_no = _pack_no(allow_none=True)
    note = Text(2000)
    next_at = Moment(allow_none=True)
    opportunity_id = Id(allow_none=True)
    campaign_id = Id(allow_none=True)


class TouchQuery(list_query(("at", "next_at"), default="-at")):  # type: ignore[misc]
    """The filters of the list."""

    player_id = Id()
    staff_id = Id()
    channel = OptionsField(codes.CHANNEL_LIST, codes.CHANNELS)
    outcome = Choices(codes.OUTCOMES)
    lost_reason = OptionsField(codes.LOST_REASON_LIST, codes.LOST_REASONS)
    pack_no = _pack_no()
    campaign_id = Id()
    next_at_gte = Moment(data_key="next_at[gte]")
    next_at_lte = Moment(data_key="next_at[lte]")
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class NewPayment(Body):
    """A payment that has come in (S4)."""

    method = OptionField(codes.METHOD_LIST, codes.METHODS, required=True)
    amount = MoneyField(least="0.01", required=True)
    paid_at = Moment()
    external_no = Text(64, min_length=1, handle=True, allow_none=True)


class NewOrder(Body):
    """A sale: the pack's number fills in its data; `price` is what was agreed for one pack (S3, S28)."""

    sets: ClassVar[str] = "order"
    player_id = Id(required=True)
    pack_no = _pack_no(required=True)
    quantity = Whole(1, 999)
    price = MoneyField(least="0.01")
    payments = ListOf(Part(NewPayment), most=20)
    touch_id = Id()
    session_id = Id(allow_none=True)
    campaign_id = Id(allow_none=True)
    note = Text(1000)


class OrderQuery(list_query(("placed_at", "created_at", "total"), default="-placed_at")):  # type: ignore[misc]
    """The filters of the list; `q` is an order number as far as it is typed."""

    player_id = Id()
    staff_id = Id()
    touch_id = Id()
    state = Choices(codes.ORDER_STATES)
    pack_no = _pack_no()
    campaign_id = Id()
    q = Text(32, handle=True)
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class NewApproval(Body):
    """The word of somebody who may, on a price beyond the agent's limit."""

    verdict = Choice(codes.VERDICTS, required=True)
    reason = Text(500)


class Cancellation(Body):
    """Why it is called off."""

    reason = Text(500, min_length=1, required=True)


class SummaryQuery(Body):
    """Of which player: by ID or by WeChat ID."""

    reads: ClassVar[Mapping[str, str]] = {"wechat_id": "player.wechat_id"}
    player_id = Id()
    wechat_id = Text(64, min_length=1, handle=True)

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ValidationError("one_of:player_id wechat_id")


class OfferedPack(Schema):
    """The pack that was offered, with its price at that moment."""

    no = fields.String(required=True)
    name = fields.String(required=True)
    price = fields.Nested(MoneyShown, required=True)


class TouchShown(Schema):
    """A touch."""

    governs: ClassVar[str] = "touch"
    id = fields.UUID(required=True)
    player_id = fields.UUID(required=True)
    player = fields.Nested(PlayerBrief, required=True)
    staff_id = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True)
    outcome = fields.String(required=True)
    lost_reason = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)
    next_at = fields.DateTime(required=True, allow_none=True)
    pack_no = fields.String(required=True, allow_none=True)
    pack = fields.Nested(OfferedPack, required=True, allow_none=True)
    order_id = fields.String(required=True, allow_none=True)
    opportunity_id = fields.String(required=True, allow_none=True)
    campaign_id = fields.String(required=True, allow_none=True)
    at = fields.DateTime(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


TouchPage = page_of(TouchShown)


class OrderedPack(Schema):
    """The pack as it was when it was sold."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    revision = fields.Integer(required=True)
    name = fields.String(required=True)


class OrderLine(Schema):
    """One item of the pack: how many in one pack, and its price then."""

    item_id = fields.String(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.Nested(MoneyShown, required=True)


class PaymentShown(Schema):
    """One payment that has come in."""

    id = fields.UUID(required=True)
    method = fields.String(required=True)
    amount = fields.Nested(MoneyShown, required=True)
    paid_at = fields.DateTime(required=True)
    external_no = fields.String(required=True, allow_none=True)


class OrderShown(Schema):
    """An order: `sum`, `pack_price` and `price` are of one pack, `total` of all."""

    governs: ClassVar[str] = "order"
    id = fields.UUID(required=True)
    no = fields.String(required=True)
    player_id = fields.UUID(required=True)
    player = fields.Nested(PlayerBrief, required=True)
    staff_id = fields.String(required=True, allow_none=True)
    placed_by = fields.String(required=True)
    touch_id = fields.UUID(required=True)
    session_id = fields.String(required=True, allow_none=True)
    campaign_id = fields.String(required=True, allow_none=True)
    pack = fields.Nested(OrderedPack, required=True)
    lines = fields.List(fields.Nested(OrderLine), required=True)
    quantity = fields.Integer(required=True)
    sum = fields.Nested(MoneyShown, required=True)
    pack_price = fields.Nested(MoneyShown, required=True)
    price = fields.Nested(MoneyShown, required=True)
    total = fields.Nested(MoneyShown, required=True)
    discount = fields.String(required=True)
    state = fields.String(required=True)
    payments = fields.List(fields.Nested(PaymentShown), required=True)
    paid_total = fields.Nested(MoneyShown, required=True)
    refunded_total = fields.Nested(MoneyShown, required=True)
    reason = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    placed_at = fields.DateTime(required=True)
    paid_at = fields.DateTime(required=True, allow_none=True)
    shipped_at = fields.DateTime(required=True, allow_none=True)
    completed_at = fields.DateTime(required=True, allow_none=True)
    cancelled_at = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


OrderPage = page_of(OrderShown)


class ResumeShown(Schema):
    """Where we stopped: the last touch that did not sell, the pack's price then and now."""

    governs: ClassVar[str] = "touch"
    touch_id = fields.UUID(required=True)
    at = fields.DateTime(required=True)
    channel = fields.String(required=True)
    outcome = fields.String(required=True)
    lost_reason = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)
    pack_no = fields.String(required=True, allow_none=True)
    pack_name = fields.String(required=True, allow_none=True)
    price_then = fields.Nested(MoneyShown, required=True, allow_none=True)
    price_now = fields.Nested(MoneyShown, required=True, allow_none=True)
    next_at = fields.DateTime(required=True, allow_none=True)


class ReasonShown(Schema):
    """Why a pack is suggested, and the touch that shows it."""

    code = fields.String(required=True)
    text_zh = fields.String(required=True)
    text_en = fields.String(required=True)
    touch_id = fields.String(required=True, allow_none=True)


class SuggestionShown(Schema):
    """A pack to offer next."""

    pack_no = fields.String(required=True)
    pack_name = fields.String(required=True)
    price = fields.Nested(MoneyShown, required=True)
    reasons = fields.List(fields.Nested(ReasonShown), required=True)


class SummaryShown(Schema):
    """What the home page shows of a player's sales."""

    player_id = fields.UUID(required=True)
    touches = fields.List(fields.Nested(TouchShown), required=True)
    orders = fields.List(fields.Nested(OrderShown), required=True)
    month_total = fields.Nested(MoneyShown, required=True)
    month_orders = fields.Integer(required=True)
    month_touches = fields.Integer(required=True)
    resume = fields.Nested(ResumeShown, required=True, allow_none=True)
    suggestions = fields.List(fields.Nested(SuggestionShown), required=True)
    campaigns = fields.List(fields.Nested(RunningCampaign), required=True)


class CountersShown(Schema):
    """The caller's own day and month in figures."""

    due_today = fields.Integer(required=True)
    touches_today = fields.Integer(required=True)
    orders_today = fields.Integer(required=True)
    sold_today = fields.Nested(MoneyShown, required=True)
    month_total = fields.Nested(MoneyShown, required=True)
