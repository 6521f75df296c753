"""Reads of the knowledge base: what is published, as everybody reads it; and working copies, for who writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.search import tokens
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from ticket.domain.article import Article, ArticleRevision
from ticket.domain.ticket import Ticket

WRITES = "article.write"
SORTS = {"updated_at": Sort(Article.updated_at, "updated_at")}


@dataclass(frozen=True)
class Shown:
    """An article and the revision of it that is being read; `published` shows the revision, else the working copy."""

    article: Article
    revision: ArticleRevision | None
    published: bool

    @property
    def id(self) -> str:
        """The article's."""
        return self.article.id

    @property
    def updated_at(self) -> Any:
        """The article's."""
        return self.article.updated_at


def find_articles(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of articles; whoever does not write them finds what is published alone."""
    published = bool(query.get("published")) or not uow.caller.may(WRITES)
    text: Any = ArticleRevision if published else Article
    statement = _all(published)
    if query.get("state") and not published:
        statement = statement.where(Article.state.in_(query["state"]))
    statement = statement.where(text.category.in_(query["category"])) if query.get("category") else statement
    words = list(tokens((query["q"],))) if query.get("q") else []
    statement = statement.where(text.words.contains(words)) if words else statement
    if query.get("ticket_id"):
        return _fitting(uow, statement, query)
    made = _made(published)
    return paginate(uow.session, statement, sorts=SORTS, id_column=Article.id, query=query, rows=made)


def read_article(uow: UnitOfWork, article_id: str) -> Shown:
    """One article: the working copy for who writes, else what is published. Raises NotFound."""
    published = not uow.caller.may(WRITES)
    found = uow.session.execute(_all(published).where(Article.id == article_id)).first()
    if found is None:
        raise NotFound()
    return Shown(found[0], found[1], published)


def revisions_of(uow: UnitOfWork, article_id: str) -> list[ArticleRevision]:
    """What was published of an article, newest first; of what is not found, NotFound."""
    shown = read_article(uow, article_id)
    query = select(ArticleRevision).where(ArticleRevision.article_id == shown.id)
    return list(uow.session.scalars(query.order_by(ArticleRevision.revision.desc())))


def _all(published: bool) -> Select[Any]:
    both = select(Article, ArticleRevision)
    return both.join(ArticleRevision, ArticleRevision.id == Article.live_id, isouter=not published)


def _made(published: bool) -> Any:
    return lambda result: [Shown(row[0], row[1], published) for row in result]


def _fitting(uow: UnitOfWork, statement: Select[Any], query: Mapping[str, Any]) -> Page:
    """What has most words in common with a ticket's question, longer words alone. Raises NotFound for the ticket."""
    ticket = uow.get(Ticket, query["ticket_id"])
    asked = cast([word for word in tokens((ticket.question,)) if len(word) > 1], ARRAY(String(64)))
    word = func.unnest(ArticleRevision.words).column_valued("word")
    common = select(func.count()).where(word == func.any(asked)).correlate(ArticleRevision).scalar_subquery()
    fitting = statement.where(ArticleRevision.words.overlap(asked)).order_by(common.desc(), Article.id.desc())
    return Page(_made(True)(uow.session.execute(fitting.limit(query["limit"]))), None)
