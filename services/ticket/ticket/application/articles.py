"""What is done with articles: drafted, also from a ticket's solution; reviewed, published, archived (T25)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import update

from chassis.clock import new_id
from chassis.data.masking import mask_text
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.erasing import ERASED, blank_facts, forget_answers
from ticket.domain.article import TITLE, Article
from ticket.domain.article_events import ArticleFact
from ticket.domain.errors import SolutionMissing
from ticket.domain.ticket import Ticket


def draft_article(uow: UnitOfWork, fields: Mapping[str, Any]) -> Article:
    """Begin an article; with `ticket_id` out of that ticket's question and solution, as far as they are not given.

    Raises NotFound for the ticket, SolutionMissing.
    """
    given = {"category": "other", **_out_of_ticket(uow, fields.get("ticket_id"))}
    given |= {name: value for name, value in fields.items() if name != "ticket_id"}
    article = Article(id=new_id(), version=1, created_by=uow.caller.id, **given)
    article.state, article.revision, article.review_note = "draft", 0, ""
    facts = article.draft(uow.now())
    uow.add(article)
    uow.publish(facts)
    return article


def _out_of_ticket(uow: UnitOfWork, ticket_id: str | None) -> dict[str, Any]:
    if ticket_id is None:
        return {}
    ticket = uow.get(Ticket, ticket_id)
    if not ticket.solution.strip():
        raise SolutionMissing()
    title = mask_text(ticket.question).splitlines()[0][:TITLE]
    body = mask_text(ticket.solution)
    return {"title": title, "body": body, "category": ticket.category, "source_ticket_id": ticket.id}


def edit_article(uow: UnitOfWork, article_id: str, fields: Mapping[str, Any], *, version: int) -> Article:
    """Change the working copy. Raises NotFound, StaleRecord, ArticleInArchive."""
    return _changed(uow, article_id, version, lambda article: article.edit(fields, at=uow.now()))


def submit_article(uow: UnitOfWork, article_id: str, *, version: int) -> Article:
    """Hand a draft in for review. Raises NotFound, StaleRecord, NotADraft."""
    return _changed(uow, article_id, version, lambda article: article.submit(by=uow.caller.id, at=uow.now()))


def return_article(uow: UnitOfWork, article_id: str, reason: str, *, version: int) -> Article:
    """Send it back from review. Raises NotFound, StaleRecord, NotInReview."""
    return _changed(uow, article_id, version, lambda article: article.give_back(reason, at=uow.now()))


def publish_article(uow: UnitOfWork, article_id: str, *, version: int) -> Article:
    """Publish what is in review. Raises NotFound, StaleRecord, NotInReview, OwnReview."""

    def rule(article: Article) -> list[ArticleFact]:
        revision, facts = article.publish(by=uow.caller.id, at=uow.now())
        uow.add(revision)
        return facts

    return _changed(uow, article_id, version, rule)


def archive_article(uow: UnitOfWork, article_id: str, *, version: int) -> Article:
    """Put it into the archive. Raises NotFound, StaleRecord, ArticleInArchive."""
    return _changed(uow, article_id, version, lambda article: article.archive(at=uow.now()))


def restore_article(uow: UnitOfWork, article_id: str, *, version: int) -> Article:
    """Take it out of the archive, as a draft. Raises NotFound, StaleRecord, NotArchived."""
    return _changed(uow, article_id, version, lambda article: article.restore(at=uow.now()))


def _changed(uow: UnitOfWork, article_id: str, version: int, rule: Callable[[Article], list[ArticleFact]]) -> Article:
    article = uow.for_update(Article, article_id, version)
    uow.publish(rule(article))
    return article


def erase_drafts(uow: UnitOfWork, ticket_ids: Sequence[str]) -> None:
    """Blank what was drafted out of these tickets and never published: nobody has taken the person out of it (S31)."""
    drafted = (Article.source_ticket_id.in_(ticket_ids), Article.revision == 0)
    blank = {"title": ERASED, "body": ERASED, "review_note": "", "words": [], "updated_at": uow.now()}
    statement = update(Article).where(*drafted).values(**blank, version=Article.version + 1).returning(Article.id)
    ids = list(uow.session.scalars(statement, execution_options={"synchronize_session": False}))
    blank_facts(uow.session, ids, {"title": ERASED, "body": ERASED, "reason": ERASED})
    forget_answers(uow.session, ids)
