"""The form of surveys as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from chassis.http.answers import PlayerBrief
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Id, Moment, Text, Whole, list_query
from ticket.domain.survey import COMMENT, FOLLOW_UPS, SCORES, STATES
from ticket.persistence.surveys import GROUPS


class Scores(Choices):
    """Several scores with commas between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__([str(score) for score in SCORES], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return [int(score) for score in super()._deserialize(value, attr, data, **kwargs)]


class SurveyQuery(list_query(("created_at", "updated_at"), default="-created_at")):  # type: ignore[misc]
    """The filters of the list."""

    state = Choices(STATES)
    score = Scores()
    follow_up = Choices(FOLLOW_UPS)
    agent_id = Id()
    department_id = Id()
    player_id = Id()
    ticket_id = Id()
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class SurveyFiguresQuery(Body):
    """By whom, and of the surveys made in which span."""

    group_by = Choice(tuple(GROUPS), load_default="agent")
    agent_id = Id()
    department_id = Id()
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class FollowUp(Body):
    """How a low score was looked after."""

    note = Text(1000, min_length=1, required=True)


class SurveyToken(Body):
    """The token of a link."""

    token = Text(100, min_length=1, required=True, handle=True)


class SurveyAnswer(SurveyToken):
    """What a player answers."""

    score = Whole(SCORES[0], SCORES[-1], required=True)
    comment = Text(COMMENT, load_default="")


class SurveyForm(Schema):
    """What the page behind a link shows: nothing of the player."""

    ticket_no = fields.String(required=True)
    score = fields.Integer(required=True, allow_none=True)
    comment = fields.String(required=True)
    answered_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class SurveyShown(Schema):
    """One survey."""

    id = fields.UUID(required=True)
    ticket_id = fields.UUID(required=True)
    ticket_no = fields.String(required=True)
    session_id = fields.String(required=True, allow_none=True)
    player_id = fields.UUID(required=True)
    player = fields.Nested(PlayerBrief, required=True, allow_none=True)
    agent_id = fields.String(required=True, allow_none=True)
    department_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    open = fields.Boolean(required=True, metadata={"description": "whether it can be answered, or the answer changed"})
    expires_at = fields.DateTime(required=True)
    sent_at = fields.DateTime(required=True, allow_none=True)
    answered_at = fields.DateTime(required=True, allow_none=True)
    score = fields.Integer(required=True, allow_none=True)
    comment = fields.String(required=True)
    follow_up = fields.String(required=True, allow_none=True)
    follow_up_note = fields.String(required=True)
    followed_up_by = fields.String(required=True, allow_none=True)
    followed_up_at = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


SurveyPage = page_of(SurveyShown)


class SurveyLinkShown(Schema):
    """A link; its token is shown this once. Whoever has it may answer, so it goes to the player alone."""

    token = fields.String(required=True)
    path = fields.String(required=True, metadata={"description": "at the gateway's address"})
    expires_at = fields.DateTime(required=True)


class SurveyFigure(Schema):
    """One agent's or department's surveys; `key` is null for those of nobody."""

    key = fields.String(required=True, allow_none=True)
    made = fields.Integer(required=True)
    sent = fields.Integer(required=True, metadata={"description": "to how many a link was made"})
    answered = fields.Integer(required=True)
    average = fields.String(required=True, allow_none=True, metadata={"description": "of the scores, two places"})
    good_share = fields.String(required=True, allow_none=True, metadata={"description": "of answers with 4 or 5"})
    answer_rate = fields.String(required=True, allow_none=True, metadata={"description": "answered of those sent"})


SurveyFigures = page_of(SurveyFigure)
