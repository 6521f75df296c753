"""The form of campaigns as they come in and go out."""

from __future__ import annotations

from marshmallow import Schema, fields

from chassis.http.answers import MoneyShown
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choices, Id, ListOf, Moment, MoneyField, Part, Text, Whole, list_query
from chassis.http.words import WORDS
from sales.domain.codes import CAMPAIGN_STATES

WORDS.setdefault("before_its_start", ("不能早于开始时间", "May not lie before its start"))
WORDS.setdefault("unknown_pack", ("没有这个礼包", "There is no such pack"))


class TargetPart(Body):
    """Whom it is for: players with one of these tags, of one of these tiers; and in words."""

    tags = ListOf(Text(40, min_length=1, handle=True), most=20)
    vip_tiers = ListOf(Whole(0, 9), most=10)
    segment = Text(500)


class CampaignEdit(Body):
    """The fields of a campaign that may be changed; `packs` and `target` as a whole."""

    name = Text(100, min_length=1)
    plan = Text(4000)
    budget = MoneyField()
    cost = MoneyField(allow_none=True)
    packs = ListOf(Text(32, min_length=1, handle=True), most=50)
    target = Part(TargetPart)
    department_id = Id(allow_none=True)
    starts_at = Moment(allow_none=True)
    ends_at = Moment(allow_none=True)


class NewCampaign(CampaignEdit):
    """A campaign (S7): without a department it is of the planner's, or of the whole company where they reach all of it."""

    name = Text(100, min_length=1, required=True)
    budget = MoneyField(required=True)


class CallingOff(Body):
    """Why it is called off."""

    reason = Text(500, min_length=1, required=True)


class CampaignQuery(list_query(("created_at",), default="-created_at")):  # type: ignore[misc]
    """The filters of the list; `q` is a part of the name, or the number."""

    q = Text(100)
    state = Choices(CAMPAIGN_STATES)
    department_id = Id()
    pack_no = Text(32, min_length=1, handle=True)


class TargetShown(Schema):
    """Whom it is for."""

    tags = fields.List(fields.String(), required=True)
    vip_tiers = fields.List(fields.Integer(), required=True)
    segment = fields.String(required=True)


class CampaignShown(Schema):
    """A campaign; without a department it is the whole company's."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)
    plan = fields.String(required=True)
    budget = fields.Nested(MoneyShown, required=True)
    cost = fields.Nested(MoneyShown, required=True, allow_none=True)
    packs = fields.List(fields.String(), required=True)
    target = fields.Nested(TargetShown, required=True)
    department_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    planned_by = fields.String(required=True)
    starts_at = fields.DateTime(required=True, allow_none=True)
    ends_at = fields.DateTime(required=True, allow_none=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


CampaignPage = page_of(CampaignShown)


class RunningCampaign(Schema):
    """A campaign that a contact or an order can be counted for now."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)


class Figure(Schema):
    """A number, and the address of the rows it counts."""

    count = fields.Integer(required=True)
    rows = fields.String(required=True)


class ReasonFigure(Figure):
    """The same for one reason."""

    lost_reason = fields.String(required=True)


class ResultsShown(Schema):
    """What came of a campaign, as far as the caller reaches; `revenue` is less refunds, `spent` the cost or else the
    budget, `roi` what was earned beyond that as a share of it."""

    campaign_id = fields.UUID(required=True)
    players = fields.Integer(required=True)
    contacted = fields.Nested(Figure, required=True)
    considering = fields.Nested(Figure, required=True)
    no_answer = fields.Nested(Figure, required=True)
    refused = fields.Nested(Figure, required=True)
    sold = fields.Nested(Figure, required=True)
    lost_reasons = fields.List(fields.Nested(ReasonFigure), required=True)
    orders = fields.Nested(Figure, required=True)
    revenue = fields.Nested(MoneyShown, required=True)
    budget = fields.Nested(MoneyShown, required=True)
    spent = fields.Nested(MoneyShown, required=True)
    roi = fields.String(required=True, allow_none=True)
