"""The form of reviews, scorecards and sampling rules as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Flag, Fraction, Id, ListOf, Moment, Part, Text, Whole, list_query
from ticket.domain.review import STATES, TEXT, VERDICTS
from ticket.domain.sampling_rule import CAUSES, KINDS, SHARE
from ticket.domain.scorecard import MOST_POINTS, MOST_QUESTIONS, MOST_SECTIONS, NAME, QUESTION, TITLE

MOST_ANSWERS = MOST_SECTIONS * MOST_QUESTIONS


class NewReview(Body):
    """The done ticket that is to be reviewed."""

    ticket_id = Id(required=True)


class Reason(Body):
    """Why it is left out, or appealed against."""

    reason = Text(TEXT, min_length=1, required=True)


class Answer(Body):
    """The points for one question of the scorecard."""

    question = Text(8, min_length=3, required=True, handle=True)
    points = Whole(0, MOST_POINTS, required=True)
    note = Text(500)


class Finishing(Body):
    """The marks of a review, by which revision of which scorecard."""

    scorecard_id = Id(required=True)
    scorecard_revision = Whole(1, 10**6, required=True)
    answers = ListOf(Part(Answer), least=1, most=MOST_ANSWERS, required=True)
    fatal = Flag(load_default=False)
    comment = Text(TEXT)


class Decision(Body):
    """What becomes of an appeal: new marks change the review, without them it is upheld."""

    decision = Text(TEXT, min_length=1, required=True)
    answers = ListOf(Part(Answer), most=MOST_ANSWERS)
    fatal = Flag(load_default=False)


class _Span(Body):
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class ReviewQuery(_Span, list_query(("created_at", "updated_at"), default="-created_at")):  # type: ignore[misc]
    """The filters of the list."""

    state = Choices(STATES)
    cause = Choices(CAUSES)
    verdict = Choices(VERDICTS)
    fatal = Flag(text=True)
    agent_id = Id()
    department_id = Id()
    inspector_id = Id()
    ticket_id = Id()


class ReviewFiguresQuery(_Span):
    """Of whom, and of the reviews drawn in which span."""

    agent_id = Id()
    department_id = Id()


class QuestionGiven(Schema):
    """A question, and what was given for it."""

    id = fields.String(required=True)
    text = fields.String(required=True)
    points = fields.Integer(required=True, metadata={"description": "the most there are"})
    given = fields.Integer(required=True, allow_none=True)
    note = fields.String(required=True)


class SectionGiven(Schema):
    """A section of a review."""

    title = fields.String(required=True)
    questions = fields.List(fields.Nested(QuestionGiven), required=True)


class ReviewShown(Schema):
    """One review."""

    id = fields.UUID(required=True)
    ticket_id = fields.UUID(required=True)
    ticket_no = fields.String(required=True)
    session_id = fields.String(required=True, allow_none=True)
    agent_id = fields.String(required=True)
    department_id = fields.String(required=True, allow_none=True)
    cause = fields.String(required=True, metadata={"description": "why it was drawn"})
    state = fields.String(required=True)
    inspector_id = fields.String(required=True, allow_none=True)
    scorecard_id = fields.String(required=True, allow_none=True)
    scorecard_name = fields.String(required=True)
    scorecard_revision = fields.Integer(required=True, allow_none=True)
    sections = fields.List(fields.Nested(SectionGiven), required=True)
    fatal = fields.Boolean(required=True)
    score = fields.String(required=True, allow_none=True, metadata={"description": "of a hundred, two places"})
    comment = fields.String(required=True)
    finished_at = fields.DateTime(required=True, allow_none=True)
    appeal = fields.String(required=True)
    appealed_at = fields.DateTime(required=True, allow_none=True)
    verdict = fields.String(required=True, allow_none=True)
    decision = fields.String(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


ReviewPage = page_of(ReviewShown)


class ReviewFigure(Schema):
    """One agent's reviews that are scored."""

    agent_id = fields.UUID(required=True)
    reviewed = fields.Integer(required=True)
    average = fields.String(required=True)
    fatal = fields.Integer(required=True)
    appealed = fields.Integer(required=True)
    changed = fields.Integer(required=True, metadata={"description": "appeals that changed the score"})


ReviewFigures = page_of(ReviewFigure)


class Question(Body):
    """A question of a scorecard."""

    text = Text(QUESTION, min_length=1, required=True)
    points = Whole(1, MOST_POINTS, required=True)


class SectionBody(Body):
    """A section of a scorecard."""

    title = Text(TITLE, min_length=1, required=True)
    questions = ListOf(Part(Question), least=1, most=MOST_QUESTIONS, required=True)


class ScorecardEdit(Body):
    """What of a scorecard may be changed."""

    name = Text(NAME, min_length=1)
    sections = ListOf(Part(SectionBody), least=1, most=MOST_SECTIONS)
    active = Flag()


class NewScorecard(ScorecardEdit):
    """A scorecard."""

    name = Text(NAME, min_length=1, required=True)
    sections = ListOf(Part(SectionBody), least=1, most=MOST_SECTIONS, required=True)


class InUseQuery(list_query(("created_at",), default="created_at")):  # type: ignore[misc]
    """Those in use, or not."""

    active = Flag(text=True)


class QuestionShown(Schema):
    """A question with its place as its ID."""

    id = fields.String(required=True)
    text = fields.String(required=True)
    points = fields.Integer(required=True)


class SectionShown(Schema):
    """A section."""

    title = fields.String(required=True)
    questions = fields.List(fields.Nested(QuestionShown), required=True)


class ScorecardShown(Schema):
    """One scorecard."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    sections = fields.List(fields.Nested(SectionShown), required=True)
    revision = fields.Integer(required=True, metadata={"description": "grows with each change of the sections"})
    active = fields.Boolean(required=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


ScorecardPage = page_of(ScorecardShown)


class SamplingRuleEdit(Body):
    """What of a sampling rule may be changed; its kind stays."""

    name = Text(NAME, min_length=1)
    share = Fraction()
    department_id = Id(allow_none=True)
    active = Flag()


class NewSamplingRule(SamplingRuleEdit):
    """A sampling rule; one of the kind "share" says which."""

    name = Text(NAME, min_length=1, required=True)
    kind = Choice(KINDS, required=True)

    @validates_schema
    def _share_where_it_counts(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("kind") == SHARE and "share" not in data:
            raise ValidationError({"share": ["required"]})


class SamplingRuleShown(Schema):
    """One sampling rule."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    share = fields.String(required=True)
    department_id = fields.String(required=True, allow_none=True)
    active = fields.Boolean(required=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


SamplingRulePage = page_of(SamplingRuleShown)
