"""The form of sessions, messages and sensitive words as they come in and go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.data.search import folded
from chassis.http.answers import PlayerBrief
from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Flag, Id, Moment, Text, list_query
from chassis.http.options import OptionField, OptionsField
from ticket.domain.codes import AUTHORS, CHANNEL_LIST, CHANNELS, SESSION_STATES, WORD_KINDS

_BY_CHANNELS = {"description": "told by a channel's client alone; of a person it is now and they themselves"}


class NewSession(Body):
    """Who turned to us, and how: a player, or somebody of whom only a contact is known."""

    channel = OptionField(CHANNEL_LIST, CHANNELS, required=True)
    player_id = Id(allow_none=True)
    contact = Text(64, handle=True)
    order_id = Id(allow_none=True)
    agent_id = Id(allow_none=True, metadata=_BY_CHANNELS)
    at = Moment(metadata=_BY_CHANNELS)

    @validates_schema
    def _somebody(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("player_id") and not data.get("contact"):
            raise ValidationError("at_least_one_of:player_id contact")


class SessionEdit(Body):
    """Who it is with, whose it is, and the order it is about."""

    player_id = Id()
    contact = Text(64, handle=True)
    order_id = Id(allow_none=True)
    agent_id = Id()


class Ending(Body):
    """When it ended."""

    at = Moment(metadata=_BY_CHANNELS)


class NewMessage(Body):
    """What was said, and by whom."""

    author = Choice(AUTHORS, required=True)
    text = Text(5000, min_length=1, required=True)
    staff_id = Id(allow_none=True, metadata=_BY_CHANNELS)
    external_id = Text(
        128,
        min_length=1,
        handle=True,
        metadata={"description": "the channel's own ID of the message; the same twice is one"},
    )
    at = Moment(metadata=_BY_CHANNELS)


class Unmasking(Body):
    """Why one has to read what is masked."""

    reason = Text(500, min_length=1, required=True)


class SessionQuery(list_query(("opened_at", "updated_at"), default="-opened_at")):  # type: ignore[misc]
    """The filters of the list; `q` is a number as far as it is typed."""

    reads: ClassVar[Mapping[str, str]] = {"wechat_id": "player.wechat_id"}
    player_id = Id()
    wechat_id = Text(64, handle=True)
    channel = OptionsField(CHANNEL_LIST, CHANNELS)
    state = Choice(SESSION_STATES)
    agent_id = Id()
    department_id = Id()
    order_id = Id()
    answered = Flag(text=True)
    masked = Flag(text=True)
    q = Text(32, handle=True)
    opened_at_gte = Moment(data_key="opened_at[gte]")
    opened_at_lt = Moment(data_key="opened_at[lt]")


class MessageQuery(list_query(("at",), default="at")):  # type: ignore[misc]
    """Oldest first, or `-at`."""


class SessionShown(Schema):
    """A session, with its figures in whole seconds: the first response once there is one, the others at the end."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    channel = fields.String(required=True)
    player_id = fields.String(required=True, allow_none=True)
    player = fields.Nested(PlayerBrief, required=True, allow_none=True)
    contact = fields.String(required=True)
    order_id = fields.String(required=True, allow_none=True)
    agent_id = fields.String(required=True, allow_none=True)
    department_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    opened_at = fields.DateTime(required=True)
    answered_at = fields.DateTime(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    ended_by = fields.String(required=True, allow_none=True)
    created_by = fields.String(required=True)
    messages = fields.Integer(required=True)
    masked_messages = fields.Integer(required=True)
    first_response_seconds = fields.Integer(required=True, allow_none=True)
    average_response_seconds = fields.Integer(required=True, allow_none=True)
    handling_seconds = fields.Integer(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


SessionPage = page_of(SessionShown)


class MessageShown(Schema):
    """A message as everybody reads it."""

    id = fields.UUID(required=True)
    session_id = fields.UUID(required=True)
    author = fields.String(required=True)
    staff_id = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    masked = fields.Boolean(required=True, metadata={"description": "whether there is more to it than `text`"})
    masked_for = fields.List(fields.String(), required=True, metadata={"description": "abusive, sensitive, phone"})
    external_id = fields.String(required=True, allow_none=True)
    at = fields.DateTime(required=True)
    received_at = fields.DateTime(required=True)


MessagePage = page_of(MessageShown)


class MessageUnmaskedShown(Schema):
    """A message as it was written; phone numbers in it only for who sees them everywhere."""

    id = fields.UUID(required=True)
    session_id = fields.UUID(required=True)
    text = fields.String(required=True)


class NewWord(Body):
    """A word, and what it is."""

    word = Text(64, min_length=1, handle=True, required=True)
    kind = Choice(WORD_KINDS, required=True)

    @validates_schema
    def _not_signs_alone(self, data: dict[str, Any], **_: Any) -> None:
        if "word" in data and not folded(data["word"]):
            raise ValidationError({"word": ["blank"]})


class WordEdit(NewWord):
    """The word, its kind, or both."""

    word = Text(64, min_length=1, handle=True)
    kind = Choice(WORD_KINDS)


class WordQuery(list_query(("created_at",), default="-created_at")):  # type: ignore[misc]
    """The filters of the list."""

    kind = Choices(WORD_KINDS)


class WordShown(Schema):
    """A word of the list."""

    id = fields.UUID(required=True)
    word = fields.String(required=True)
    kind = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


WordPage = page_of(WordShown)
