"""The facts of articles, each carrying the whole state after the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from chassis.facts.event import Event, fact

if TYPE_CHECKING:
    from ticket.domain.article import Article

_STATE = ("title", "body", "category", "state", "revision", "live", "created_by", "created_at")


def article_state(article: Article) -> dict[str, Any]:
    """What facts tell of an article, as it is now."""
    return {name: getattr(article, name) for name in _STATE}


@dataclass(frozen=True, kw_only=True)
class ArticleFact(Event):
    """The state of an article after a change: its working copy, and whether a published revision of it is being read."""

    title: str
    body: str
    category: str
    state: str
    revision: int
    live: bool
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, article: Article, before: Mapping[str, Any] | None = None, **more: Any) -> Self:
        """The fact that this article is now as it is, and was as `before` says."""
        state = article_state(article)
        changed = tuple(name for name in _STATE if before is not None and before[name] != state[name])
        return cls(
            subject=article.id,
            entity_version=article.version,
            occurred_at=article.updated_at,
            changed=changed,
            **state,
            **more,
        )


@fact("article.drafted.v1")
class ArticleDrafted(ArticleFact):
    """An article was begun, or begun anew from the archive."""


@fact("article.updated.v1")
class ArticleUpdated(ArticleFact):
    """An article's working copy was changed; what is published stays as it is."""


@fact("article.submitted.v1")
class ArticleSubmitted(ArticleFact):
    """An article waits for somebody else to review it."""


@fact("article.returned.v1")
@dataclass(frozen=True, kw_only=True)
class ArticleReturned(ArticleFact):
    """An article came back from its review with a reason."""

    reason: str


@fact("article.published.v1")
class ArticlePublished(ArticleFact):
    """A revision of an article is what everybody reads from now."""


@fact("article.archived.v1")
class ArticleArchived(ArticleFact):
    """An article is not found any more."""
