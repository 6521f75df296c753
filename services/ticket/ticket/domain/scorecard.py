"""What is looked at when a ticket is reviewed: sections of questions with points, and how points become a score (T35)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Record
from ticket.domain.base import Base
from ticket.domain.errors import WrongAnswers

NAME, TITLE, QUESTION = 64, 64, 200  # characters
MOST_SECTIONS, MOST_QUESTIONS, MOST_POINTS = 12, 20, 100
Section = Mapping[str, Any]  # {"title", "questions": [{"id", "text", "points"}]}


class Scorecard(Record, Base):
    """One scorecard; each change of its sections is a further revision, and a review keeps the one it was made by."""

    __tablename__ = "scorecards"

    name: Mapped[str] = mapped_column(String(NAME))
    sections: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    revision: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_scorecards_created_at", "created_at", "id"),)

    def edit(self, fields: Mapping[str, Any], *, at: datetime) -> None:
        """Change name, sections or whether it is in use."""
        values = dict(fields)
        if "sections" in values:
            values["sections"] = numbered(values["sections"])
        if all(getattr(self, name) == value for name, value in values.items()):
            return
        self.revision += "sections" in values and values["sections"] != self.sections
        for name, value in values.items():
            setattr(self, name, value)
        self.changed(at)


def numbered(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """The sections with the places of their questions as IDs: "2.1" is the first of the second section."""
    return [
        {
            "title": section["title"],
            "questions": [
                {"id": f"{one}.{two}", "text": question["text"], "points": question["points"]}
                for two, question in enumerate(section["questions"], 1)
            ],
        }
        for one, section in enumerate(sections, 1)
    ]


def questions_of(sections: Sequence[Section]) -> Iterator[Mapping[str, Any]]:
    """Every question in its order."""
    return (question for section in sections for question in section["questions"])


def score_of(sections: Sequence[Section], points: Mapping[str, int], *, fatal: bool) -> Decimal:
    """How many of a hundred: the points given of those there are, two places; a fatal error makes it nothing.

    Raises WrongAnswers unless every question has points between none and its most, and no other has.
    """
    most = {question["id"]: question["points"] for question in questions_of(sections)}
    if points.keys() != most.keys() or any(not 0 <= points[one] <= most[one] for one in most):
        raise WrongAnswers()
    if fatal:
        return Decimal("0.00")
    return (Decimal(100 * sum(points.values())) / sum(most.values())).quantize(Decimal("0.01"), ROUND_HALF_UP)
