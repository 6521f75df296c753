"""The form of pools, their rules and circulations as they come in and go out."""

from __future__ import annotations

from marshmallow import Schema, fields

from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Flag, Id, Moment, Text, Whole, list_query
from sales.domain.pool_codes import KINDS


class NewPool(Body):
    """A pool for a department; the company's is there already."""

    name = Text(64, min_length=1, required=True)
    department_id = Id(required=True)


class PoolEdit(Body):
    """What it is called."""

    name = Text(64, min_length=1)


class PoolQuery(list_query(("created_at",), default="created_at")):  # type: ignore[misc]
    """The list has no filters."""


class _Rule(Body):
    max_held = Whole(1, 100_000, allow_none=True)
    claims_a_day = Whole(1, 100_000, allow_none=True)
    idle_days = Whole(1, 3650, allow_none=True)
    warn_days = Whole(0, 365)
    protect_days = Whole(0, 3650)


class NewRule(_Rule):
    """Limits of a pool for leads or opportunities; what is left out is not limited."""

    pool_id = Id(required=True)
    kind = Choice(KINDS, required=True)


class RuleEdit(_Rule):
    """The limits that change."""


class RuleQuery(list_query(("created_at",), default="created_at")):  # type: ignore[misc]
    """The filters of the list."""

    pool_id = Id()


class PoolShown(Schema):
    """A pool; without a department it is the company's."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    department_id = fields.UUID(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


PoolPage = page_of(PoolShown)


class RuleShown(Schema):
    """The limits of a pool for one kind; null: not limited."""

    id = fields.UUID(required=True)
    pool_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    max_held = fields.Integer(required=True, allow_none=True)
    claims_a_day = fields.Integer(required=True, allow_none=True)
    idle_days = fields.Integer(required=True, allow_none=True)
    warn_days = fields.Integer(required=True)
    protect_days = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


RulePage = page_of(RuleShown)


class Standing(Schema):
    """How many one has and has claimed today, and the limits of one's own pool."""

    held = fields.Integer(required=True)
    claimed_today = fields.Integer(required=True)
    rule = fields.Nested(RuleShown, required=True, allow_none=True)


class StandingShown(Schema):
    """Where the caller stands: the pool of their department, else the company's, and when the next run is."""

    pool_id = fields.UUID(required=True)
    next_run_at = fields.DateTime(required=True)
    lead = fields.Nested(Standing, required=True)
    opportunity = fields.Nested(Standing, required=True)


class RunQuery(Body):
    """Whether it is only tried, and for which moment."""

    dry_run = Flag(text=True, load_default=False)
    at = Moment(metadata={"description": "of a dry run: what would be taken back then; now where it is left out"})


class RunWanted(Body):
    """The mark of a dry run: anything else than what that said is refused."""

    plan = Text(64, min_length=1, handle=True)


class LossShown(Schema):
    """Who loses what and why; `outcome` is what an undoing made of it."""

    kind = fields.String(required=True)
    record_id = fields.UUID(required=True)
    title = fields.String(required=True)
    owner_id = fields.UUID(required=True)
    active_at = fields.DateTime(required=True)
    due_at = fields.DateTime(required=True)
    reason = fields.String(required=True)
    outcome = fields.String(required=True, allow_none=True)


class RunSummary(Schema):
    """One run over a pool."""

    id = fields.UUID(required=True, allow_none=True)
    pool_id = fields.UUID(required=True)
    dry_run = fields.Boolean(required=True)
    at = fields.DateTime(required=True)
    by = fields.String(required=True)
    lost = fields.Integer(required=True)
    undone_at = fields.DateTime(required=True, allow_none=True)
    undone_by = fields.String(required=True, allow_none=True)
    given_back = fields.Integer(required=True, allow_none=True)
    version = fields.Integer(required=True, allow_none=True)


class RunShown(RunSummary):
    """A run with all it took, or would take; of a dry run `plan` is its mark. At most 500 go at a time."""

    plan = fields.String(required=True, allow_none=True)
    losses = fields.List(fields.Nested(LossShown), required=True)


RunPage = page_of(RunSummary)


class RunsQuery(list_query(("created_at",), default="-created_at")):  # type: ignore[misc]
    """The list has no filters."""
