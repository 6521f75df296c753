"""The form of articles as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Flag, Id, Text, list_query
from ticket.domain.article import BODY, STATES, TITLE
from ticket.domain.codes import CATEGORIES


class ArticleEdit(Body):
    """The working copy of an article."""

    title = Text(TITLE, min_length=1)
    body = Text(BODY, min_length=1)
    category = Choice(CATEGORIES)


class NewArticle(ArticleEdit):
    """Title and body, or a ticket whose question and solution are taken for what is not given."""

    ticket_id = Id()

    @validates_schema
    def _whole(self, data: dict[str, Any], **_: Any) -> None:
        missing = [name for name in ("title", "body") if name not in data and "ticket_id" not in data]
        if missing:
            raise ValidationError({name: ["required"] for name in missing})


class ArticleQuery(list_query(("updated_at",), default="-updated_at")):  # type: ignore[misc]
    """The filters of the list; `published` finds what is being read, in its words, also for who writes."""

    state = Choices(STATES)
    category = Choices(CATEGORIES)
    published = Flag(text=True)
    ticket_id = Id(metadata={"description": "what fits this ticket's question best, and no next page"})
    q = Text(100)

    @validates_schema
    def _fitting_is_published(self, data: dict[str, Any], **_: Any) -> None:
        if "ticket_id" in data and data.get("published") is False:
            raise ValidationError("one_of:ticket_id published", "published")


class ArticleShown(Schema):
    """An article: what is published of it, or the working copy for who writes."""

    id = fields.UUID(required=True)
    title = fields.String(required=True)
    body = fields.String(required=True)
    category = fields.String(required=True)
    state = fields.String(required=True)
    revision = fields.Integer(required=True, metadata={"description": "the last published one; 0 before the first"})
    live = fields.Boolean(required=True, metadata={"description": "whether a revision of it is being read"})
    published_at = fields.DateTime(required=True, allow_none=True)
    published_by = fields.String(required=True, allow_none=True)
    submitted_by = fields.String(required=True, allow_none=True)
    review_note = fields.String(required=True)
    source_ticket_id = fields.String(required=True, allow_none=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


ArticlePage = page_of(ArticleShown)


class ArticleRevisionShown(Schema):
    """What was published once."""

    id = fields.UUID(required=True)
    revision = fields.Integer(required=True)
    title = fields.String(required=True)
    body = fields.String(required=True)
    category = fields.String(required=True)
    published_at = fields.DateTime(required=True)
    published_by = fields.String(required=True)


ArticleRevisionPage = page_of(ArticleRevisionShown)
