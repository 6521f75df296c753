"""A review of one ticket: drawn, scored by somebody else, read by the agent, who may appeal once (T35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant, Record
from chassis.data.masking import mask_text
from ticket.domain.base import Base
from ticket.domain.errors import AppealedAlready, NotAppealed, NotReviewed, NotWaiting, OwnAppeal, OwnReviewed
from ticket.domain.review_events import ReviewFinished, review_state
from ticket.domain.scorecard import Scorecard, score_of
from ticket.domain.ticket import Ticket

WAITING, SKIPPED, FINISHED, APPEALED, DECIDED = "waiting", "skipped", "finished", "appealed", "decided"
STATES = (WAITING, SKIPPED, FINISHED, APPEALED, DECIDED)
SCORED = (FINISHED, APPEALED, DECIDED)
UPHELD, CHANGED = "upheld", "changed"
VERDICTS = (UPHELD, CHANGED)
TEXT = 2000  # characters


@dataclass(frozen=True)
class Marks:
    """What an inspector gives: points by question, a note to some of them, and whether there was a fatal error."""

    points: Mapping[str, int]
    notes: Mapping[str, str]
    fatal: bool

    def answers(self) -> list[dict[str, Any]]:
        """As they are kept; phone numbers in notes are masked."""
        kept = sorted(self.points, key=lambda one: [int(part) for part in one.split(".")])
        return [
            {"question": one, "points": self.points[one], "note": mask_text(self.notes.get(one, ""))} for one in kept
        ]


class Review(Record, Base):
    """One ticket's review; agent and department are those that had it when it was drawn.

    Name, revision and sections of the scorecard are copied in: what a score was given for never changes.
    """

    __tablename__ = "reviews"

    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("tickets.id"), unique=True)
    ticket_no: Mapped[str] = mapped_column(String(24))
    session_id: Mapped[str | None] = mapped_column(Id)
    agent_id: Mapped[str] = mapped_column(Id)
    department_id: Mapped[str | None] = mapped_column(Id)
    cause: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=WAITING)
    inspector_id: Mapped[str | None] = mapped_column(String(64))
    scorecard_id: Mapped[str | None] = mapped_column(Id)
    scorecard_name: Mapped[str] = mapped_column(String(64), default="")
    scorecard_revision: Mapped[int | None]
    sections: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    fatal: Mapped[bool] = mapped_column(default=False)
    score: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    comment: Mapped[str] = mapped_column(Text, default="")
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    appeal: Mapped[str] = mapped_column(Text, default="")
    appealed_at: Mapped[datetime | None] = mapped_column(Instant)
    verdict: Mapped[str | None] = mapped_column(String(16))
    decision: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_reviews_created_at", "created_at", "id"),
        Index("ix_reviews_agent_id_created_at", "agent_id", "created_at", "id"),
        Index(
            "ix_reviews_to_do", "state", "created_at", "id", postgresql_where=text("state IN ('waiting', 'appealed')")
        ),
    )

    @classmethod
    def of(cls, ticket: Ticket, cause: str, *, at: datetime) -> Review:
        """A review that waits for an inspector."""
        named = {"ticket_id": ticket.id, "ticket_no": ticket.no, "session_id": ticket.session_id}
        whose = {"agent_id": ticket.assignee_id, "department_id": ticket.department_id}
        return cls(id=new_id(), version=1, cause=cause, state=WAITING, created_at=at, updated_at=at, **named, **whose)

    def skip(self, reason: str, *, by: str, at: datetime) -> None:
        """Leave it out, with a reason. Raises NotWaiting, OwnReviewed."""
        self._waits_for(by)
        self.state, self.comment, self.inspector_id = SKIPPED, mask_text(reason), by
        self.changed(at)

    def finish(self, card: Scorecard, marks: Marks, comment: str, *, by: str, at: datetime) -> list[ReviewFinished]:
        """Score it by a scorecard. Raises NotWaiting, OwnReviewed, WrongAnswers."""
        self._waits_for(by)
        before = review_state(self)
        self.score = score_of(card.sections, marks.points, fatal=marks.fatal)
        self.scorecard_id, self.scorecard_name, self.scorecard_revision = card.id, card.name, card.revision
        self.sections, self.answers, self.fatal = card.sections, marks.answers(), marks.fatal
        self.state, self.comment, self.inspector_id, self.finished_at = FINISHED, mask_text(comment), by, at
        self.changed(at)
        return [ReviewFinished.of(self, before)]

    def ask_again(self, reason: str, *, by: str, at: datetime) -> None:
        """The reviewed agent appeals. Raises NotReviewed, AppealedAlready."""
        if by != self.agent_id or self.state not in SCORED:
            raise NotReviewed()
        if self.state != FINISHED:
            raise AppealedAlready()
        self.state, self.appeal, self.appealed_at = APPEALED, mask_text(reason), at
        self.changed(at)

    def decide(self, marks: Marks | None, decision: str, *, by: str, at: datetime) -> list[ReviewFinished]:
        """Change the marks, or without them uphold the review. Raises NotAppealed, OwnAppeal, WrongAnswers.

        Whoever was reviewed, and whoever reviewed, is not the one to decide.
        """
        if self.state != APPEALED:
            raise NotAppealed()
        if by in (self.agent_id, self.inspector_id):
            raise OwnAppeal()
        before = review_state(self)
        if marks is not None:
            self.score = score_of(self.sections, marks.points, fatal=marks.fatal)
            self.answers, self.fatal = marks.answers(), marks.fatal
        self.state, self.verdict, self.decision = DECIDED, CHANGED if marks else UPHELD, mask_text(decision)
        self.decided_by, self.decided_at = by, at
        self.changed(at)
        return [ReviewFinished.of(self, before)]

    def _waits_for(self, by: str) -> None:
        if self.state != WAITING:
            raise NotWaiting()
        if by == self.agent_id:
            raise OwnReviewed()


def wholly(sections: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sections with what was given for each question: for whoever reads a review."""
    given = {one["question"]: one for one in answers}
    return [
        {
            "title": section["title"],
            "questions": [
                {
                    **one,
                    "given": given.get(one["id"], {}).get("points"),
                    "note": given.get(one["id"], {}).get("note", ""),
                }
                for one in section["questions"]
            ],
        }
        for section in sections
    ]
