"""The form of options as they come in and go out."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Regexp

from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Flag, Text, Whole, list_query
from chassis.http.options import CODE
from gateway.options.lists import MOST
from gateway.options.option import BUILT_IN


class OptionEdit(Body):
    """What may be changed of an option; list and code stay."""

    zh = Text(32, min_length=1, handle=True)
    en = Text(32, min_length=1, handle=True)
    position = Whole(1, MOST)
    active = Flag()


class NewOption(OptionEdit):
    """A code of the company's own, at the end of its list unless a position is named."""

    list = Choice(BUILT_IN, required=True)
    code = Text(32, min_length=2, required=True, validate=Regexp(f"^{CODE.pattern}$", error="invalid"))
    zh = Text(32, min_length=1, handle=True, required=True)
    en = Text(32, min_length=1, handle=True, required=True)


class OptionQuery(list_query(("position", "created_at"), default="position")):  # type: ignore[misc]
    """The filters of the options."""

    list = Choice(BUILT_IN)
    active = Flag(text=True)


class OptionShown(Schema):
    """An option; what is not `active` is offered no more, and still shown and accepted."""

    id = fields.UUID(required=True)
    list = fields.String(required=True)
    code = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)
    position = fields.Integer(required=True)
    active = fields.Boolean(required=True)
    built_in = fields.Boolean(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


OptionPage = page_of(OptionShown)
