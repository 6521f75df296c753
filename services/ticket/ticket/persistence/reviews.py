"""Reads of reviews: one's own as far as they are finished, others' for whoever oversees them, and the figures of each agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.rules import NotFound
from ticket.domain.review import CHANGED, SCORED, Review
from ticket.domain.sampling_rule import SamplingRule
from ticket.domain.scorecard import Scorecard

OVERSEES = "review.oversee"
SORTS = {"created_at": Sort(Review.created_at, "created_at"), "updated_at": Sort(Review.updated_at, "updated_at")}
_BY_AGE = "created_at"
_EQUAL = ("agent_id", "department_id", "inspector_id", "ticket_id", "fatal")
_ONE_OF = ("state", "cause", "verdict")


def reached(uow: UnitOfWork) -> ColumnElement[bool]:
    """The reviews the caller may read: those within the scope of who oversees, else one's own once they are finished."""
    if uow.caller.may(OVERSEES):
        return uow.visible(Review)
    return and_(Review.agent_id == uow.caller.id, Review.state.in_(SCORED))


def read_review(uow: UnitOfWork, review_id: str) -> Review:
    """One review. Raises NotFound."""
    return _found(uow.session.scalar(select(Review).where(Review.id == review_id, reached(uow))))


def locked_review(uow: UnitOfWork, review_id: str, version: int) -> Review:
    """One review, locked, at the version the caller has seen. Raises NotFound, StaleRecord."""
    query = select(Review).where(Review.id == review_id, reached(uow)).with_for_update(of=Review)
    review = _found(uow.session.scalar(query))
    if review.version != version:
        raise StaleRecord(review)
    return review


def _found(review: Review | None) -> Review:
    if review is None:
        raise NotFound()
    return review


def find_reviews(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of reviews, filtered as the query says."""
    statement = select(Review).where(reached(uow), *_conditions(query))
    return paginate(uow.session, statement, sorts=SORTS, id_column=Review.id, query=query)


def figures(uow: UnitOfWork, query: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Per agent, of the reviews that were drawn in a span and are scored: how many, the average, fatal ones, appeals."""
    columns = (
        func.count().label("reviewed"),
        func.avg(Review.score).label("average"),
        func.count().filter(Review.fatal).label("fatal"),
        func.count().filter(Review.appealed_at.is_not(None)).label("appealed"),
        func.count().filter(Review.verdict == CHANGED).label("changed"),
    )
    scored = (reached(uow), Review.state.in_(SCORED), *_conditions(query))
    counted = select(Review.agent_id.label("agent_id"), *columns).where(*scored).group_by(Review.agent_id)
    return uow.session.execute(counted.order_by(func.avg(Review.score), Review.agent_id)).all()


def _conditions(query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [getattr(Review, name) == query[name] for name in _EQUAL if query.get(name) is not None]
    found += [getattr(Review, name).in_(query[name]) for name in _ONE_OF if query.get(name)]
    found += [Review.created_at >= query["created_at_gte"]] if query.get("created_at_gte") else []
    found += [Review.created_at < query["created_at_lt"]] if query.get("created_at_lt") else []
    return found


def find_scorecards(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of scorecards."""
    return _by_age(uow, Scorecard, query)


def find_rules(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of sampling rules."""
    return _by_age(uow, SamplingRule, query)


def _by_age(uow: UnitOfWork, kind: Any, query: Mapping[str, Any]) -> Page:
    statement = uow.select(kind)
    if query.get("active") is not None:
        statement = statement.where(kind.active == query["active"])
    sorts = {_BY_AGE: Sort(kind.created_at, _BY_AGE)}
    return paginate(uow.session, statement, sorts=sorts, id_column=kind.id, query=query)
