"""The routes of reviews."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from ticket.api import review_schemas as schemas
from ticket.application import reviews
from ticket.domain.review import Review, wholly
from ticket.persistence.reviews import OVERSEES, figures, find_reviews, read_review

_COPIED = (
    "id", "ticket_id", "ticket_no", "session_id", "agent_id", "department_id", "cause", "state", "inspector_id",
    "scorecard_id", "scorecard_name", "scorecard_revision", "fatal", "comment", "appeal", "verdict", "decision",
    "decided_by", "version",
)  # fmt: skip
_MOMENTS = ("finished_at", "appealed_at", "decided_at", "created_at", "updated_at")


def review_view(review: Review, _who: Caller | None = None) -> dict[str, Any]:
    """One review."""
    return {
        **{name: getattr(review, name) for name in _COPIED},
        **{name: rfc3339(getattr(review, name)) for name in _MOMENTS},
        "sections": wholly(review.sections, review.answers),
        "score": None if review.score is None else f"{review.score:.2f}",
    }


def figure_view(row: Row[Any]) -> dict[str, Any]:
    """One agent's figures."""
    counts = {name: getattr(row, name) for name in ("agent_id", "reviewed", "fatal", "appealed", "changed")}
    return {**counts, "average": f"{row.average:.2f}"}


routes = Routes("reviews", "Quality reviews", show=review_view)


@routes.post(
    "/reviews",
    action="review.write",
    body=schemas.NewReview,
    answer=schemas.ReviewShown,
    status=201,
    place="/reviews/{id}",
    problems={409: "nobodys_ticket, reviewed_already"},
)
def begin(uow: UnitOfWork, body: dict[str, Any]) -> Review:
    """Put a done ticket among the reviews."""
    return reviews.begin_review(uow, body["ticket_id"])


@routes.get("/reviews", action="review.read", query=schemas.ReviewQuery, answer=schemas.ReviewPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find reviews: one's own that are finished, or those one oversees."""
    return find_reviews(uow, query)


@routes.get("/reviews/<uuid:review_id>", action="review.read", answer=schemas.ReviewShown)
def read(uow: UnitOfWork, review_id: str) -> Review:
    """Read one review."""
    return read_review(uow, review_id)


@routes.post(
    "/reviews/<uuid:review_id>/finish",
    action="review.write",
    body=schemas.Finishing,
    answer=schemas.ReviewShown,
    versioned=True,
    problems={409: "not_waiting, own_ticket, scorecard_changed, wrong_answers"},
)
def finish(uow: UnitOfWork, review_id: str, version: int, body: dict[str, Any]) -> Review:
    """Score a review."""
    return reviews.finish_review(uow, review_id, body, version=version)


@routes.post(
    "/reviews/<uuid:review_id>/skip",
    action="review.write",
    body=schemas.Reason,
    answer=schemas.ReviewShown,
    versioned=True,
    problems={409: "not_waiting, own_ticket"},
)
def skip(uow: UnitOfWork, review_id: str, version: int, body: dict[str, Any]) -> Review:
    """Leave a review out."""
    return reviews.skip_review(uow, review_id, body["reason"], version=version)


@routes.post(
    "/reviews/<uuid:review_id>/appeal",
    action="review.appeal",
    body=schemas.Reason,
    answer=schemas.ReviewShown,
    versioned=True,
    problems={409: "not_reviewed, appealed_already"},
)
def appeal(uow: UnitOfWork, review_id: str, version: int, body: dict[str, Any]) -> Review:
    """Appeal against one's own review, once."""
    return reviews.appeal(uow, review_id, body["reason"], version=version)


@routes.post(
    "/reviews/<uuid:review_id>/decide",
    action="review.decide",
    body=schemas.Decision,
    answer=schemas.ReviewShown,
    versioned=True,
    problems={409: "not_appealed, own_appeal, wrong_answers"},
)
def decide(uow: UnitOfWork, review_id: str, version: int, body: dict[str, Any]) -> Review:
    """Decide an appeal."""
    return reviews.decide(uow, review_id, body, version=version)


@routes.get("/review-figures", action=OVERSEES, query=schemas.ReviewFiguresQuery, answer=schemas.ReviewFigures)
def count(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Read each agent's average, fatal errors and appeals."""
    return {"items": [figure_view(row) for row in figures(uow, query)], "next_cursor": None}
