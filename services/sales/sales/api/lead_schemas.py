"""The form of leads as they come in and go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.answers import PlayerBrief
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choices, Flag, Id, Moment, MoneyField, Part, Text, list_query
from chassis.http.options import OptionField, OptionsField
from chassis.http.phones import Phone
from sales.domain.codes import CHANNEL_LIST, CHANNELS
from sales.domain.pool_codes import LEAD_STATES, SOURCE_LIST, SOURCES, STAGE_LIST, STAGES


class _Lead(Body):
    sets: ClassVar[str] = "lead"

    name = Text(64)
    phone = Phone(allow_none=True)
    wechat_id = Text(64, min_length=1, handle=True, allow_none=True)
    source = OptionField(SOURCE_LIST, SOURCES)
    campaign_id = Id(allow_none=True)
    channel = OptionField(CHANNEL_LIST, CHANNELS, allow_none=True)
    note = Text(2000)


class NewLead(_Lead):
    """Somebody to be written down: at least a phone number or a WeChat ID; the caller's own unless a pool is named."""

    pool_id = Id()

    @validates_schema
    def _reachable(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("phone") and not data.get("wechat_id"):
            raise ValidationError("at_least_one_of:phone wechat_id")


class LeadEdit(_Lead):
    """The fields that may change."""


class FirstOpportunity(Body):
    """What could be sold to the new player."""

    title = Text(120, min_length=1, required=True)
    stage = OptionField(STAGE_LIST, STAGES)
    pack_no = Text(32, min_length=1, handle=True)
    amount = MoneyField()
    next_at = Moment()
    note = Text(2000)


class Conversion(Body):
    """The player it has become, and an opportunity to begin with where there is one."""

    player_id = Id(required=True)
    opportunity = Part(FirstOpportunity)


class LeadQuery(list_query(("created_at",), default="-created_at")):  # type: ignore[misc]
    """The filters of the list."""

    reads: ClassVar[Mapping[str, str]] = {"phone": "lead.phone", "wechat_id": "lead.wechat_id"}

    q = Text(64, min_length=1, metadata={"description": "a part of the name"})
    phone = Phone()
    wechat_id = Text(64, min_length=1, handle=True)
    state = Choices(LEAD_STATES)
    source = OptionsField(SOURCE_LIST, SOURCES)
    owner_id = Id()
    pool_id = Id()
    player_id = Id()
    campaign_id = Id()
    open = Flag(text=True, metadata={"description": "neither converted nor discarded"})
    in_pool = Flag(text=True)
    warned = Flag(text=True, metadata={"description": "goes back to the pool soon"})


class LeadShown(Schema):
    """A lead; `back_at` is when it goes back to the pool unless it is worked on, as far as that is near."""

    governs: ClassVar[str] = "lead"

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True, metadata={"description": "masked unless phone_visible"})
    phone_visible = fields.Boolean(required=True)
    wechat_id = fields.String(required=True, allow_none=True)
    source = fields.String(required=True)
    campaign_id = fields.UUID(required=True, allow_none=True)
    channel = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)
    state = fields.String(required=True)
    owner_id = fields.UUID(required=True, allow_none=True)
    pool_id = fields.UUID(required=True, allow_none=True)
    held_since = fields.DateTime(required=True, allow_none=True)
    active_at = fields.DateTime(required=True)
    back_at = fields.DateTime(required=True, allow_none=True)
    player_id = fields.UUID(required=True, allow_none=True)
    player = fields.Nested(PlayerBrief, required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    closed_at = fields.DateTime(required=True, allow_none=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


LeadPage = page_of(LeadShown)
