"""The form of causes as they come in and go out."""

from __future__ import annotations

from marshmallow import Schema, fields

from chassis.http.documents import page_of
from chassis.http.fields import Body, Choices, Id, ListOf, Text, list_query
from ticket.application.causes import AT_ONCE
from ticket.domain.cause import STATES


class NewCause(Body):
    """What several tickets have in common."""

    title = Text(200, min_length=1, required=True)
    note = Text(5000)
    pack_no = Text(16, min_length=1, handle=True, allow_none=True)


class CauseEdit(Body):
    """The fields of a cause that may be changed; being fixed has its own ways."""

    title = Text(200, min_length=1)
    note = Text(5000)
    pack_no = Text(16, min_length=1, handle=True, allow_none=True)


class Fixing(Body):
    """What was done about it: the solution of every ticket that is completed with it."""

    solution = Text(5000, min_length=1, required=True)


class Tickets(Body):
    """The tickets that are said to have this cause."""

    ticket_ids = ListOf(Id(), least=1, most=AT_ONCE, required=True)


class CauseQuery(list_query(("created_at", "updated_at"), default="-created_at")):  # type: ignore[misc]
    """The filters of the board."""

    state = Choices(STATES)
    pack_no = Text(16, handle=True)
    q = Text(100)


class CauseShown(Schema):
    """A cause, with its tickets that are not done."""

    id = fields.UUID(required=True)
    title = fields.String(required=True)
    note = fields.String(required=True)
    pack_no = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    solution = fields.String(required=True)
    fixed_at = fields.DateTime(required=True, allow_none=True)
    fixed_by = fields.String(required=True, allow_none=True)
    can_unfix = fields.Boolean(required=True)
    open_tickets = fields.Integer(required=True, metadata={"description": "within reach and not done"})
    overdue_tickets = fields.Integer(required=True)
    outside_tickets = fields.Integer(required=True, metadata={"description": "not done, and out of reach"})
    oldest_at = fields.DateTime(required=True, allow_none=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


CausePage = page_of(CauseShown)


class CauseMoved(CauseShown):
    """A cause, and what became of its tickets: those moved at once, and those that the job still moves."""

    moved = fields.Integer(required=True)
    left = fields.Integer(required=True)
    job_id = fields.UUID(required=True, allow_none=True)


class TicketGiven(Schema):
    """What became of one ticket of a batch."""

    ticket_id = fields.UUID(required=True)
    no = fields.String(required=True, allow_none=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)


class TicketsGiven(Schema):
    """What became of each ticket of a batch, in the order they were named."""

    items = fields.List(fields.Nested(TicketGiven), required=True)
