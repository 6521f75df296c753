"""What is told of reviews: what score whose ticket got by which scorecard, and no word of what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from chassis.facts.event import Event, fact

if TYPE_CHECKING:
    from ticket.domain.review import Review

_STATE = (
    "ticket_id", "ticket_no", "session_id", "agent_id", "department_id", "inspector_id", "scorecard_id",
    "scorecard_revision", "score", "fatal", "verdict", "decided_by", "finished_at",
)  # fmt: skip


def review_state(review: Review) -> dict[str, Any]:
    """What facts tell of a review, as it is now."""
    return {name: getattr(review, name) for name in _STATE}


@fact("review.finished.v1")
@dataclass(frozen=True, kw_only=True)
class ReviewFinished(Event):
    """A ticket was reviewed, or an appeal against its review was decided: `verdict` is then upheld or changed."""

    ticket_id: str
    ticket_no: str
    session_id: str | None
    agent_id: str
    department_id: str | None
    inspector_id: str
    scorecard_id: str
    scorecard_revision: int
    score: Decimal
    fatal: bool
    verdict: str | None
    decided_by: str | None
    finished_at: datetime

    @classmethod
    def of(cls, review: Review, before: Mapping[str, Any]) -> Self:
        """The fact that it is now as it is, and was as `before` says."""
        state = review_state(review)
        return cls(
            subject=review.id,
            entity_version=review.version,
            occurred_at=review.updated_at,
            changed=tuple(name for name in _STATE if before[name] != state[name]),
            **state,
        )
