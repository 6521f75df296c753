"""What one knows for the next time: an article is drafted, reviewed by somebody else, published, archived (T25)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant, Record
from chassis.data.search import tokens
from ticket.domain.article_events import (
    ArticleArchived,
    ArticleDrafted,
    ArticleFact,
    ArticlePublished,
    ArticleReturned,
    ArticleSubmitted,
    ArticleUpdated,
    article_state,
)
from ticket.domain.base import Base
from ticket.domain.errors import ArticleInArchive, NotADraft, NotArchived, NotInReview, OwnReview

DRAFT, REVIEW, PUBLISHED, ARCHIVED = "draft", "review", "published", "archived"
STATES = (DRAFT, REVIEW, PUBLISHED, ARCHIVED)
TITLE, BODY = 200, 20_000  # characters


class Article(Record, Base):
    """The working copy; `live_id` names the revision that is being read, which stays while the copy is changed."""

    __tablename__ = "articles"

    title: Mapped[str] = mapped_column(String(TITLE))
    body: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), default=DRAFT)
    revision: Mapped[int] = mapped_column(default=0)
    live_id: Mapped[str | None] = mapped_column(Id)
    submitted_by: Mapped[str | None] = mapped_column(String(64))
    review_note: Mapped[str] = mapped_column(Text, default="")
    source_ticket_id: Mapped[str | None] = mapped_column(Id, ForeignKey("tickets.id"))
    created_by: Mapped[str] = mapped_column(String(64))
    words: Mapped[list[str]] = mapped_column(ARRAY(String(64)), default=list)

    __table_args__ = (
        Index("ix_articles_state_updated_at", "state", "updated_at", "id"),
        Index("ix_articles_updated_at", "updated_at", "id"),
        Index("ix_articles_source_ticket_id", "source_ticket_id"),
        Index("ix_articles_words", "words", postgresql_using="gin"),
    )

    @property
    def live(self) -> bool:
        """Whether a revision of it is being read."""
        return self.live_id is not None

    def draft(self, at: datetime) -> list[ArticleFact]:
        """Say that it is begun; `at` is UTC."""
        self.created_at = self.updated_at = at
        self.words = tokens((self.title, self.body))
        return [ArticleDrafted.of(self)]

    def edit(self, fields: Mapping[str, Any], *, at: datetime) -> list[ArticleFact]:
        """Change the working copy; of a published article it becomes a draft again. Raises ArticleInArchive."""
        if self.state == ARCHIVED:
            raise ArticleInArchive()
        before = article_state(self)
        if all(before[name] == value for name, value in fields.items()):
            return []
        for name, value in fields.items():
            setattr(self, name, value)
        self.state = DRAFT if self.state == PUBLISHED else self.state
        self.words = tokens((self.title, self.body))
        return self._told(ArticleUpdated, before, at)

    def submit(self, *, by: str, at: datetime) -> list[ArticleFact]:
        """Let somebody else review it. Raises NotADraft."""
        before = self._from(DRAFT, NotADraft)
        self.state, self.submitted_by, self.review_note = REVIEW, by, ""
        return self._told(ArticleSubmitted, before, at)

    def give_back(self, reason: str, *, at: datetime) -> list[ArticleFact]:
        """Let the draft be worked on again. Raises NotInReview."""
        before = self._from(REVIEW, NotInReview)
        self.state, self.review_note = DRAFT, reason
        return self._told(ArticleReturned, before, at, reason=reason)

    def publish(self, *, by: str, at: datetime) -> tuple[ArticleRevision, list[ArticleFact]]:
        """Make a revision of it what everybody reads. Raises NotInReview, OwnReview."""
        before = self._from(REVIEW, NotInReview)
        if by == self.submitted_by:
            raise OwnReview()
        self.state, self.revision = PUBLISHED, self.revision + 1
        made = ArticleRevision.of(self, by=by, at=at)
        self.live_id = made.id
        return made, self._told(ArticlePublished, before, at)

    def archive(self, *, at: datetime) -> list[ArticleFact]:
        """Let nobody find it any more. Raises ArticleInArchive."""
        before = article_state(self)
        if self.state == ARCHIVED:
            raise ArticleInArchive()
        self.state, self.live_id = ARCHIVED, None
        return self._told(ArticleArchived, before, at)

    def restore(self, *, at: datetime) -> list[ArticleFact]:
        """Begin anew with what is in the archive. Raises NotArchived."""
        before = self._from(ARCHIVED, NotArchived)
        self.state = DRAFT
        return self._told(ArticleDrafted, before, at)

    def _from(self, state: str, refusal: type[Exception]) -> dict[str, Any]:
        if self.state != state:
            raise refusal()
        return article_state(self)

    def _told(self, kind: type[ArticleFact], before: Mapping[str, Any], at: datetime, **more: Any) -> list[ArticleFact]:
        self.changed(at)
        return [kind.of(self, before, **more)]


class ArticleRevision(Base):
    """What was published, as it was; kept for good."""

    __tablename__ = "article_revisions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id"))
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(String(TITLE))
    body: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(32))
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[str] = mapped_column(String(64))
    words: Mapped[list[str]] = mapped_column(ARRAY(String(64)))

    __table_args__ = (
        UniqueConstraint("article_id", "revision", name="uq_article_revisions_article_id_revision"),
        Index("ix_article_revisions_words", "words", postgresql_using="gin"),
    )

    @classmethod
    def of(cls, article: Article, *, by: str, at: datetime) -> ArticleRevision:
        """The working copy as it is now."""
        copied = {name: getattr(article, name) for name in ("revision", "title", "body", "category", "words")}
        return cls(id=new_id(), article_id=article.id, published_at=at, published_by=by, **copied)
