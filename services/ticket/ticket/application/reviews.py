"""What is done with reviews: begun by hand, scored or left out, appealed against, decided; and the scorecards (T35)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from ticket.domain.codes import DONE
from ticket.domain.errors import NobodysTicket, ReviewedAlready, ScorecardChanged
from ticket.domain.review import Marks, Review
from ticket.domain.sampling_rule import BY_HAND, SamplingRule
from ticket.domain.scorecard import Scorecard, numbered
from ticket.domain.ticket import Ticket
from ticket.persistence.reviews import locked_review


def begin_review(uow: UnitOfWork, ticket_id: str) -> Review:
    """Put a done ticket among the reviews. Raises NotFound, NobodysTicket, ReviewedAlready."""
    ticket = uow.locked(Ticket, ticket_id)
    if ticket.status != DONE or ticket.assignee_id is None or ticket.merged_into_id is not None:
        raise NobodysTicket()
    if uow.session.scalar(select(Review.id).where(Review.ticket_id == ticket.id)):
        raise ReviewedAlready()
    return uow.add(Review.of(ticket, BY_HAND, at=uow.now()))


def skip_review(uow: UnitOfWork, review_id: str, reason: str, *, version: int) -> Review:
    """Leave a review out. Raises NotFound, StaleRecord, NotWaiting, OwnReviewed."""
    review = locked_review(uow, review_id, version)
    review.skip(reason, by=uow.caller.id, at=uow.now())
    return review


def finish_review(uow: UnitOfWork, review_id: str, given: Mapping[str, Any], *, version: int) -> Review:
    """Score a review by the scorecard that is in use.

    Raises NotFound, StaleRecord, ScorecardChanged, NotWaiting, OwnReviewed, WrongAnswers.
    """
    review = locked_review(uow, review_id, version)
    card = uow.get(Scorecard, given["scorecard_id"])
    if not card.active or card.revision != given["scorecard_revision"]:
        raise ScorecardChanged()
    comment = given.get("comment", "")
    uow.publish(review.finish(card, marks_of(given), comment, by=uow.caller.id, at=uow.now()))
    return review


def appeal(uow: UnitOfWork, review_id: str, reason: str, *, version: int) -> Review:
    """The reviewed agent appeals. Raises NotFound, StaleRecord, NotReviewed, AppealedAlready."""
    review = locked_review(uow, review_id, version)
    review.ask_again(reason, by=uow.caller.id, at=uow.now())
    return review


def decide(uow: UnitOfWork, review_id: str, given: Mapping[str, Any], *, version: int) -> Review:
    """Decide an appeal: with answers they are the new ones, without any the review is upheld.

    Raises NotFound, StaleRecord, NotAppealed, OwnAppeal, WrongAnswers.
    """
    review = locked_review(uow, review_id, version)
    marks = marks_of(given) if given.get("answers") else None
    uow.publish(review.decide(marks, given["decision"], by=uow.caller.id, at=uow.now()))
    return review


def marks_of(given: Mapping[str, Any]) -> Marks:
    """The marks in a body; of a question named twice the last counts."""
    answers = given["answers"]
    points = {one["question"]: one["points"] for one in answers}
    return Marks(points, {one["question"]: one.get("note", "") for one in answers}, given.get("fatal", False))


def create_scorecard(uow: UnitOfWork, fields: Mapping[str, Any]) -> Scorecard:
    """Write a scorecard down."""
    card = Scorecard(id=new_id(), version=1, revision=1, active=fields.get("active", True), created_by=uow.caller.id)
    card.name, card.sections = fields["name"], numbered(fields["sections"])
    card.created_at = card.updated_at = uow.now()
    return uow.add(card)


def edit_scorecard(uow: UnitOfWork, card_id: str, fields: Mapping[str, Any], *, version: int) -> Scorecard:
    """Change a scorecard; reviews that were made by it stay as they are. Raises NotFound, StaleRecord."""
    card = uow.for_update(Scorecard, card_id, version)
    card.edit(fields, at=uow.now())
    return card


def create_rule(uow: UnitOfWork, fields: Mapping[str, Any]) -> SamplingRule:
    """Write a sampling rule down."""
    given = {"share": 0, "department_id": None, "active": True, **fields}
    rule = SamplingRule(id=new_id(), version=1, created_by=uow.caller.id, **given)
    rule.created_at = rule.updated_at = uow.now()
    return uow.add(rule)


def edit_rule(uow: UnitOfWork, rule_id: str, fields: Mapping[str, Any], *, version: int) -> SamplingRule:
    """Change a sampling rule; what was drawn stays. Raises NotFound, StaleRecord."""
    rule = uow.for_update(SamplingRule, rule_id, version)
    rule.edit(fields, at=uow.now())
    return rule


def remove_rule(uow: UnitOfWork, rule_id: str, *, version: int) -> None:
    """Take a sampling rule away. Raises NotFound, StaleRecord."""
    uow.session.delete(uow.for_update(SamplingRule, rule_id, version))
