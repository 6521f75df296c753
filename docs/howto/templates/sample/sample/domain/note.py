"""A note, and the rule it keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Record
from chassis.rules import RuleBroken
from sample.domain.base import Base


class NothingSaid(RuleBroken):
    """A note says something."""

    code = "nothing_said"
    zh = "写点什么吧"
    en = "Say something"


class Note(Record, Base):
    """A text somebody wrote."""

    __tablename__ = "sample_notes"

    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str] = mapped_column(Id)

    __table_args__ = (Index("ix_sample_notes_created_at", "created_at", "id"),)

    @classmethod
    def write(cls, text: str, *, by: str, at: datetime) -> Self:
        """A new note; `at` is UTC. Raises NothingSaid."""
        if not text.strip():
            raise NothingSaid()
        return cls(id=new_id(), version=1, text=text, author_id=by, created_at=at, updated_at=at)
