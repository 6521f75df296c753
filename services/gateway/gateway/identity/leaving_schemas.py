"""The form of leaving: what is decided, and what is shown before."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.fields import Body, Choice, Id
from gateway.identity.leaving import PERSON, RULES


class Leaving(Body):
    """To whom goes what they had: one person (`to_id`), whoever of the department has least, or nobody."""

    rule = Choice(RULES, required=True)
    to_id = Id(allow_none=True)

    @validates_schema
    def _somebody(self, data: dict[str, Any], **_: Any) -> None:
        if (data["rule"] == PERSON) != bool(data.get("to_id")):
            raise ValidationError({"to_id": ["needed_with_person_alone"]})


class ColleagueShown(Schema):
    """Somebody who could take over."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)


class BelongingsShown(Schema):
    """What would be handed over, counted up to 1000; null where the service cannot be asked just now."""

    players = fields.Integer(required=True, allow_none=True)
    tickets = fields.Integer(required=True, allow_none=True)
    leads = fields.Integer(required=True, allow_none=True)
    opportunities = fields.Integer(required=True, allow_none=True)
    sessions = fields.Integer(required=True, allow_none=True)
    colleagues = fields.List(fields.Nested(ColleagueShown), required=True)
