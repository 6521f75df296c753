"""The form of tickets and hand-overs as they come in and go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.answers import PlayerBrief
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Flag, Id, Moment, Text, Whole, list_query
from chassis.http.options import OptionField, OptionsField
from ticket.domain.codes import CATEGORIES, CATEGORY_LIST, PRIORITIES, STATUSES


class NewTicket(Body):
    """A question to be written down (T1)."""

    sets: ClassVar[str] = "ticket"
    player_id = Id(required=True)
    question = Text(5000, min_length=1, required=True)
    category = OptionField(CATEGORY_LIST, CATEGORIES)
    priority = Choice(PRIORITIES)
    assignee_id = Id(allow_none=True)
    session_id = Id(allow_none=True)
    order_id = Id(allow_none=True)


class TicketEdit(Body):
    """The fields of a ticket that may be changed; the status has its own ways."""

    sets: ClassVar[str] = "ticket"
    question = Text(5000, min_length=1)
    solution = Text(5000)
    category = OptionField(CATEGORY_LIST, CATEGORIES)
    priority = Choice(PRIORITIES)
    assignee_id = Id(allow_none=True)
    waiting = Flag()
    cause_id = Id(allow_none=True)


class Completion(Body):
    """The solution, where it is not written yet."""

    sets: ClassVar[str] = "ticket"
    solution = Text(5000)


class Reopening(Body):
    """Why it is opened again."""

    reason = Text(500, min_length=1, required=True)


class NewTransfer(Body):
    """To whom, to which line, and why: a person or a department, not both."""

    staff_id = Id()
    department_id = Id()
    line = Whole(1, 2)
    reason = Text(500, min_length=1, required=True)

    @validates_schema
    def _one_target(self, data: dict[str, Any], **_: Any) -> None:
        if ("staff_id" in data) == ("department_id" in data):
            raise ValidationError("one_of:staff_id department_id")


class Merging(Body):
    """The ticket of the same player that it goes into."""

    into_id = Id(required=True)


class Nothing(Body):
    """A transition that needs no words."""


class TicketQuery(list_query(("created_at", "updated_at", "due_at"), default="-created_at")):  # type: ignore[misc]
    """The filters of the list."""

    reads: ClassVar[Mapping[str, str]] = {"wechat_id": "player.wechat_id", "phone": "player.phone"}
    player_id = Id()
    wechat_id = Text(64, handle=True)
    phone = Text(32, handle=True)  # the gateway finds out whose it is: no number is kept here
    status = Choices(STATUSES)
    assignee_id = Id()
    department_id = Id()
    cause_id = Id()
    merged_into_id = Id()
    session_id = Id()
    category = OptionsField(CATEGORY_LIST, CATEGORIES)
    priority = Choices(PRIORITIES)
    line = Whole(1, 2, text=True)
    waiting = Flag(text=True)
    overdue = Flag(text=True)
    due_before = Moment(metadata={"description": "not done, and due before this moment"})
    q = Text(100)
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class SummaryQuery(Body):
    """Of which player: by ID or by WeChat ID."""

    reads: ClassVar[Mapping[str, str]] = {"wechat_id": "player.wechat_id"}
    player_id = Id()
    wechat_id = Text(64, handle=True)

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ValidationError("one_of:player_id wechat_id")


class DeadlineShown(Schema):
    """How a ticket stands with one deadline."""

    due_at = fields.DateTime(required=True, allow_none=True)
    warn_at = fields.DateTime(required=True, allow_none=True)
    state = fields.String(required=True, metadata={"enum": ["running", "warned", "missed", "met", "none"]})
    level = fields.Integer(required=True, metadata={"description": "of escalation, 0 before the first"})


class DeadlinesShown(Schema):
    """Both deadlines of a ticket."""

    first_response = fields.Nested(DeadlineShown, required=True)
    completion = fields.Nested(DeadlineShown, required=True)


class TicketShown(Schema):
    """A ticket."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    player_id = fields.UUID(required=True)
    player = fields.Nested(PlayerBrief, required=True, allow_none=True)
    question = fields.String(required=True)
    solution = fields.String(required=True)
    category = fields.String(required=True)
    priority = fields.String(required=True)
    status = fields.String(required=True)
    waiting = fields.Boolean(required=True)
    line = fields.Integer(required=True)
    assignee_id = fields.String(required=True, allow_none=True)
    department_id = fields.String(required=True, allow_none=True)
    session_id = fields.String(required=True, allow_none=True)
    order_id = fields.String(required=True, allow_none=True)
    cause_id = fields.String(required=True, allow_none=True)
    merged_into_id = fields.String(required=True, allow_none=True)
    reopen_count = fields.Integer(required=True)
    due_at = fields.DateTime(required=True)
    overdue = fields.Boolean(required=True)
    deadlines = fields.Nested(DeadlinesShown, required=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    completed_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


TicketPage = page_of(TicketShown)


class ChangeShown(Schema):
    """One line of the timeline; of the ticket itself, or of one merged into it."""

    id = fields.UUID(required=True)
    ticket_id = fields.UUID(required=True)
    ticket_no = fields.String(required=True)
    at = fields.DateTime(required=True)
    kind = fields.String(required=True)
    actor_id = fields.String(required=True)
    changes = fields.Dict(required=True)
    reason = fields.String(required=True, allow_none=True)


TimelinePage = page_of(ChangeShown)


class TransferShown(Schema):
    """A hand-over."""

    id = fields.UUID(required=True)
    ticket_id = fields.UUID(required=True)
    staff_id = fields.String(required=True, allow_none=True)
    department_id = fields.String(required=True, allow_none=True)
    line = fields.Integer(required=True)
    reason = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    decided_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class Guard(Schema):
    """Why one should not sell just now."""

    code = fields.String(required=True)
    ticket_id = fields.UUID(required=True)
    ticket_no = fields.String(required=True)
    since = fields.DateTime(required=True)


class SummaryShown(Schema):
    """What the home page shows of a player's tickets."""

    player_id = fields.UUID(required=True)
    items = fields.List(fields.Nested(TicketShown), required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    guards = fields.List(fields.Nested(Guard), required=True)


class CountersShown(Schema):
    """The caller's own work in figures."""

    pending = fields.Integer(required=True)
    in_progress = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    overdue_soon = fields.Integer(required=True)
    done_today = fields.Integer(required=True)
