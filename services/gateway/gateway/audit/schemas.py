"""The audit log's filters as they come in, and its entries as they go out."""

from __future__ import annotations

from marshmallow import Schema, fields

from chassis.http.documents import page_of
from chassis.http.fields import Choices, Id, Moment, Text, list_query
from gateway.audit.entry import KINDS


class AuditQuery(list_query(("at",), default="-at")):  # type: ignore[misc]
    """The filters of the log; without `kind`, facts and deeds are listed and bare requests are not."""

    kind = Choices(KINDS)
    actor_id = Text(64, min_length=1, handle=True)
    staff_no = Text(32, min_length=1, handle=True)
    action = Text(
        80, min_length=1, handle=True, metadata={"description": "whole, or how it begins, as `ticket.` or `session.`"}
    )
    subject_kind = Text(32, min_length=1, handle=True)
    subject_id = Text(64, min_length=1, handle=True)
    request_id = Text(64, min_length=1, handle=True)
    entry_id = Id()
    at_gte = Moment(data_key="at[gte]")
    at_lt = Moment(data_key="at[lt]")


class ActorShown(Schema):
    """Who: a person, or a service that nobody asked."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    no = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)


class OriginShown(Schema):
    """From where: of a fact, that of the request which led to it."""

    address = fields.String(required=True, allow_none=True)
    user_agent = fields.String(required=True, allow_none=True)


class EntryShown(Schema):
    """One entry. `before` and `after` hold what a fact changed; `details` what is to be known of anything else."""

    id = fields.UUID(required=True)
    at = fields.DateTime(required=True)
    recorded_at = fields.DateTime(required=True)
    kind = fields.String(required=True)
    action = fields.String(required=True)
    actor = fields.Nested(ActorShown, required=True, allow_none=True)
    subject = fields.Dict(required=True)
    origin = fields.Nested(OriginShown, required=True)
    request_id = fields.String(required=True, allow_none=True)
    service = fields.String(required=True)
    sequence = fields.Integer(required=True, allow_none=True)
    changed = fields.List(fields.String(), required=True)
    before = fields.Dict(required=True, allow_none=True)
    after = fields.Dict(required=True, allow_none=True)
    details = fields.Dict(required=True, allow_none=True)
    sealed = fields.Boolean(required=True)


AuditPage = page_of(EntryShown)
