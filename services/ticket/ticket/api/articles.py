"""The routes of the knowledge base."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from ticket.api import article_schemas as schemas
from ticket.api.schemas import Reopening
from ticket.application import articles
from ticket.domain.article import Article, ArticleRevision
from ticket.persistence.articles import Shown, find_articles, read_article, revisions_of


def article_view(found: Shown | Article, _who: Caller | None = None) -> dict[str, Any]:
    """One article; a changed or stale one is its working copy, without who published what is being read."""
    shown = found if isinstance(found, Shown) else Shown(found, None, published=False)
    article, revision = shown.article, shown.revision
    text = revision if shown.published and revision is not None else article
    own = {} if shown.published else {"review_note": article.review_note, "source_ticket_id": article.source_ticket_id}
    return {
        "id": article.id,
        "title": text.title,
        "body": text.body,
        "category": text.category,
        "state": "published" if shown.published else article.state,
        "revision": revision.revision if shown.published and revision else article.revision,
        "live": article.live,
        "published_at": rfc3339(revision.published_at) if revision else None,
        "published_by": revision.published_by if revision else None,
        "submitted_by": article.submitted_by,
        **{"review_note": "", "source_ticket_id": None, **own},
        "created_by": article.created_by,
        "created_at": rfc3339(article.created_at),
        "updated_at": rfc3339(article.updated_at),
        "version": article.version,
    }


def revision_view(revision: ArticleRevision) -> dict[str, Any]:
    """What was published once."""
    names = ("id", "revision", "title", "body", "category", "published_by")
    return {**{name: getattr(revision, name) for name in names}, "published_at": rfc3339(revision.published_at)}


routes = Routes("articles", "Knowledge base", show=article_view)


@routes.post(
    "/articles",
    action="article.write",
    body=schemas.NewArticle,
    answer=schemas.ArticleShown,
    status=201,
    place="/articles/{id}",
    problems={409: "solution_missing"},
)
def draft(uow: UnitOfWork, body: dict[str, Any]) -> Article:
    """Draft an article, also out of a ticket's solution."""
    return articles.draft_article(uow, body)


@routes.get("/articles", action="article.read", query=schemas.ArticleQuery, answer=schemas.ArticlePage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find articles."""
    return find_articles(uow, query)


@routes.get("/articles/<uuid:article_id>", action="article.read", answer=schemas.ArticleShown)
def read(uow: UnitOfWork, article_id: str) -> Shown:
    """Read one article."""
    return read_article(uow, article_id)


@routes.get("/articles/<uuid:article_id>/revisions", action="article.read", answer=schemas.ArticleRevisionPage)
def revisions(uow: UnitOfWork, article_id: str) -> dict[str, Any]:
    """Read what was published of an article, newest first."""
    return {"items": [revision_view(one) for one in revisions_of(uow, article_id)], "next_cursor": None}


@routes.patch(
    "/articles/<uuid:article_id>",
    action="article.write",
    body=schemas.ArticleEdit,
    answer=schemas.ArticleShown,
    problems={409: "article_archived"},
)
def edit(uow: UnitOfWork, article_id: str, version: int, body: dict[str, Any]) -> Article:
    """Change an article's working copy; what is published stays until the next publication."""
    return articles.edit_article(uow, article_id, body, version=version)


@routes.post(
    "/articles/<uuid:article_id>/submit",
    action="article.write",
    answer=schemas.ArticleShown,
    versioned=True,
    problems={409: "not_a_draft"},
)
def submit(uow: UnitOfWork, article_id: str, version: int) -> Article:
    """Hand a draft in for review."""
    return articles.submit_article(uow, article_id, version=version)


@routes.post(
    "/articles/<uuid:article_id>/return",
    action="article.publish",
    body=Reopening,
    answer=schemas.ArticleShown,
    versioned=True,
    problems={409: "not_in_review"},
)
def give_back(uow: UnitOfWork, article_id: str, version: int, body: dict[str, Any]) -> Article:
    """Send an article back from review, with the reason."""
    return articles.return_article(uow, article_id, body["reason"], version=version)


@routes.post(
    "/articles/<uuid:article_id>/publish",
    action="article.publish",
    answer=schemas.ArticleShown,
    versioned=True,
    problems={409: "not_in_review, own_review"},
)
def publish(uow: UnitOfWork, article_id: str, version: int) -> Article:
    """Publish what somebody else handed in."""
    return articles.publish_article(uow, article_id, version=version)


@routes.post(
    "/articles/<uuid:article_id>/archive",
    action="article.publish",
    answer=schemas.ArticleShown,
    versioned=True,
    problems={409: "article_archived"},
)
def archive(uow: UnitOfWork, article_id: str, version: int) -> Article:
    """Put an article into the archive, where nobody finds it."""
    return articles.archive_article(uow, article_id, version=version)


@routes.post(
    "/articles/<uuid:article_id>/restore",
    action="article.publish",
    answer=schemas.ArticleShown,
    versioned=True,
    problems={409: "not_archived"},
)
def restore(uow: UnitOfWork, article_id: str, version: int) -> Article:
    """Take an article out of the archive, as a draft."""
    return articles.restore_article(uow, article_id, version=version)
