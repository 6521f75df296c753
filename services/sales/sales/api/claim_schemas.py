"""The form of claims as they come in and go out."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.answers import MoneyShown
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Id, ListOf, Moment, MoneyField, Part, Text
from chassis.http.options import OptionField
from chassis.http.words import WORDS
from sales.api.return_schemas import MoneyBackQuery, MoneyBackShown
from sales.domain.codes import CLAIM_KINDS, CLAIM_STATES, COMPENSATION, METHOD_LIST, METHODS, PRICE_DIFFERENCE

WORDS.setdefault(
    "not_a_link", ("要以 http:// 或 https:// 开头的网址", "An address that begins with http:// or https://")
)
WORDS.setdefault("needs_evidence", ("补偿要有证据：文字或链接", "A compensation needs evidence: a text or a link"))

_LINK = re.compile(r"https?://[^\s/@\\]+(/\S*)?", re.IGNORECASE)


def _is_link(value: str) -> None:
    if not _LINK.fullmatch(value):
        raise ValidationError("not_a_link")


class EvidencePiece(Body):
    """A text, a link, or both."""

    text = Text(1000, min_length=1)
    link = Text(500, min_length=1, handle=True, validate=_is_link)

    @validates_schema
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("one_of:text link")


class ClaimTry(Body):
    """What would be claimed of which order: a compensation names its amount, a price difference is worked out."""

    order_id = Id(required=True)
    kind = Choice(CLAIM_KINDS, required=True)
    amount = MoneyField(least="0.01")

    @validates_schema
    def _amount(self, data: dict[str, Any], **_: Any) -> None:
        _must_fit(data)


class NewClaim(Body):
    """A claim (S27): a compensation names its amount and its evidence, a price difference is worked out."""

    kind = Choice(CLAIM_KINDS, required=True)
    amount = MoneyField(least="0.01")
    reason = Text(500, min_length=1, required=True)
    evidence = ListOf(Part(EvidencePiece), most=20)

    @validates_schema
    def _amount(self, data: dict[str, Any], **_: Any) -> None:
        _must_fit(data)
        if data.get("kind") == COMPENSATION and not data.get("evidence"):
            raise ValidationError("needs_evidence", "evidence")


def _must_fit(data: dict[str, Any]) -> None:
    if data.get("kind") == COMPENSATION and "amount" not in data:
        raise ValidationError(f"needed_with:kind={COMPENSATION}", "amount")
    if data.get("kind") == PRICE_DIFFERENCE and "amount" in data:
        raise ValidationError(f"not_together:kind={PRICE_DIFFERENCE} amount", "amount")


class NewClaimPayment(Body):
    """How the money went out, when, and its number there."""

    method = OptionField(METHOD_LIST, METHODS, required=True)
    external_no = Text(64, min_length=1, handle=True, allow_none=True)
    paid_at = Moment()


class ClaimQuery(MoneyBackQuery):
    """The filters of the list."""

    kind = Choices(CLAIM_KINDS)
    state = Choices(CLAIM_STATES)


class EvidenceShown(Schema):
    """A text, a link, or both."""

    text = fields.String(required=True)
    link = fields.String(required=True, allow_none=True)


class DifferenceShown(Schema):
    """How a difference was worked out: `price` of one pack was agreed, at `lower_at` the same pack was `lower_price`;
    so many packs are still with the player, and `claimed` was paid or asked for before."""

    price = fields.Nested(MoneyShown, required=True)
    lower_price = fields.Nested(MoneyShown, required=True)
    lower_at = fields.DateTime(required=True)
    quantity = fields.Integer(required=True)
    claimed = fields.Nested(MoneyShown, required=True)


class ClaimVerdictShown(Schema):
    """Whether it may be claimed now: the rule that allows or forbids it, and how much."""

    order_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    allowed = fields.Boolean(required=True)
    rule = fields.String(required=True)
    amount = fields.Nested(MoneyShown, required=True, allow_none=True)
    left = fields.Nested(MoneyShown, required=True)
    days = fields.Integer(required=True)
    difference = fields.Nested(DifferenceShown, required=True, allow_none=True)


class ClaimShown(MoneyBackShown):
    """A claim; `rule` is what allowed it when it was made."""

    kind = fields.String(required=True)
    difference = fields.Nested(DifferenceShown, required=True, allow_none=True)
    evidence = fields.List(fields.Nested(EvidenceShown), required=True)
    paid_by = fields.String(required=True, allow_none=True)
    paid_at = fields.DateTime(required=True, allow_none=True)


ClaimPage = page_of(ClaimShown)
