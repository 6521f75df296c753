"""The form of opportunities as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.answers import MoneyShown, PlayerBrief
from chassis.http.documents import page_of
from chassis.http.fields import Body, Flag, Id, Moment, MoneyField, Text, list_query
from chassis.http.options import OptionField, OptionsField
from sales.domain.codes import LOST_REASON_LIST, LOST_REASONS
from sales.domain.pool_codes import STAGE_LIST, STAGES


class _Opportunity(Body):
    pack_no = Text(32, min_length=1, handle=True, allow_none=True)
    amount = MoneyField(allow_none=True)
    next_at = Moment(allow_none=True)
    note = Text(2000)


class NewOpportunity(_Opportunity):
    """What could be sold to a player, or to a lead who is not one yet; the caller's own unless a pool is named."""

    player_id = Id()
    lead_id = Id()
    title = Text(120, min_length=1, required=True)
    stage = OptionField(STAGE_LIST, STAGES)
    pool_id = Id()

    @validates_schema
    def _somebodys(self, data: dict[str, Any], **_: Any) -> None:
        if ("player_id" in data) == ("lead_id" in data):
            raise ValidationError("one_of:player_id lead_id")


class OpportunityEdit(_Opportunity):
    """The fields that may change."""

    title = Text(120, min_length=1)


class Move(Body):
    """The stage it is in now; won and lost have routes of their own."""

    stage = OptionField(STAGE_LIST, STAGES, required=True)


class Win(Body):
    """The order by which it sold, where there is one."""

    order_id = Id(allow_none=True)


class Lose(Body):
    """Why it did not sell; `other` needs a note."""

    reason = OptionField(LOST_REASON_LIST, LOST_REASONS, required=True)
    note = Text(500, allow_none=True)


class Why(Body):
    """Why it is done."""

    reason = Text(500, min_length=1, required=True)


class MayBeWhy(Body):
    """Why it is done, where there is something to say."""

    reason = Text(500, allow_none=True)


class Receiver(MayBeWhy):
    """Who gets it."""

    staff_id = Id(required=True)


class _Filters:
    owner_id = Id()
    player_id = Id()
    lead_id = Id()
    pool_id = Id()
    stage = OptionsField(STAGE_LIST, STAGES)
    open = Flag(text=True, metadata={"description": "neither won nor lost"})
    in_pool = Flag(text=True)
    warned = Flag(text=True, metadata={"description": "goes back to the pool soon"})
    next_at_lte = Moment(data_key="next_at[lte]")
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class OpportunityQuery(_Filters, list_query(("created_at", "next_at"), default="-created_at")):  # type: ignore[misc]
    """The filters of the list."""


class BoardQuery(_Filters, Body):
    """The filters of the board's heads: those of the list."""


class OpportunityPack(Schema):
    """The pack it is about."""

    no = fields.String(required=True)
    name = fields.String(required=True)


class OpportunityShown(Schema):
    """An opportunity; `back_at` is when it goes back to the pool unless it is worked on, as far as that is near."""

    id = fields.UUID(required=True)
    player_id = fields.UUID(required=True, allow_none=True)
    player = fields.Nested(PlayerBrief, required=True, allow_none=True)
    lead_id = fields.UUID(required=True, allow_none=True)
    title = fields.String(required=True)
    pack_no = fields.String(required=True, allow_none=True)
    pack = fields.Nested(OpportunityPack, required=True, allow_none=True)
    amount = fields.Nested(MoneyShown, required=True, allow_none=True)
    stage = fields.String(required=True)
    owner_id = fields.UUID(required=True, allow_none=True)
    pool_id = fields.UUID(required=True, allow_none=True)
    held_since = fields.DateTime(required=True, allow_none=True)
    active_at = fields.DateTime(required=True)
    back_at = fields.DateTime(required=True, allow_none=True)
    next_at = fields.DateTime(required=True, allow_none=True)
    note = fields.String(required=True)
    lost_reason = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    order_id = fields.UUID(required=True, allow_none=True)
    order_no = fields.String(required=True, allow_none=True)
    closed_at = fields.DateTime(required=True, allow_none=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


OpportunityPage = page_of(OpportunityShown)


class StepShown(Schema):
    """One thing that happened, and whose it was from then on; the department is the owner's of that time."""

    how = fields.String(required=True)
    stage = fields.String(required=True)
    owner_id = fields.String(required=True, allow_none=True)
    department_id = fields.String(required=True, allow_none=True)
    by = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    at = fields.DateTime(required=True)


class StepsShown(Schema):
    """The newest 200, newest first."""

    items = fields.List(fields.Nested(StepShown), required=True)


class StageTotal(Schema):
    """One column of the board."""

    stage = fields.String(required=True)
    count = fields.Integer(required=True)
    amount = fields.Nested(MoneyShown, required=True)


class StageTotals(Schema):
    """The columns that hold anything."""

    items = fields.List(fields.Nested(StageTotal), required=True)
