"""What several tickets have in common: one bad pack is one problem, and fixing it closes them all (T33)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant, Record
from chassis.data.search import tokens
from ticket.domain.base import Base
from ticket.domain.cause_events import CauseCreated, CauseFact, CauseFixed, CauseReopened, CauseUpdated, cause_state
from ticket.domain.errors import CauseNotFixed, TooLateToUnfix

OPEN, FIXED = "open", "fixed"
STATES = (OPEN, FIXED)
UNFIXED_WITHIN = timedelta(hours=24)  # later the players have long read their answers


class Cause(Record, Base):
    """One problem behind many tickets; `fix_id` names the fix it is closed by, and so the tickets that went with it."""

    __tablename__ = "causes"

    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    pack_no: Mapped[str | None] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=OPEN)
    solution: Mapped[str] = mapped_column(Text, default="")
    fix_id: Mapped[str | None] = mapped_column(Id)
    fixed_at: Mapped[datetime | None] = mapped_column(Instant)
    fixed_by: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(64))
    words: Mapped[list[str]] = mapped_column(ARRAY(String(64)), default=list)

    __table_args__ = (
        Index("ix_causes_state_created_at", "state", "created_at", "id"),
        Index("ix_causes_created_at", "created_at", "id"),
        Index("ix_causes_updated_at", "updated_at", "id"),
        Index("ix_causes_words", "words", postgresql_using="gin"),
    )

    def open(self, at: datetime) -> list[CauseFact]:
        """Say that the cause is known; `at` is UTC."""
        self.created_at = self.updated_at = at
        self._index()
        return [CauseCreated.of(self)]

    def edit(self, fields: Mapping[str, Any], *, at: datetime) -> list[CauseFact]:
        """Change title, note or pack."""
        before = cause_state(self)
        if all(before[name] == value for name, value in fields.items()):
            return []
        for name, value in fields.items():
            setattr(self, name, value)
        self._index()
        self.changed(at)
        return [CauseUpdated.of(self, before)]

    def fix(self, solution: str, *, by: str, at: datetime, tickets: int, outside: int) -> list[CauseFact]:
        """It is fixed, which completes `tickets` and leaves `outside` open; a further fix of it takes in what came later."""
        before = cause_state(self)
        self.state, self.solution, self.fixed_at, self.fixed_by = FIXED, solution, at, by
        self.fix_id = self.fix_id or new_id()
        self.changed(at)
        return [CauseFixed.of(self, before, tickets=tickets, tickets_outside=outside)]

    def reopen(self, reason: str, *, at: datetime) -> list[CauseFact]:
        """It was not fixed after all; its tickets stay as they are. Raises CauseNotFixed."""
        return self._again(reason, at, tickets=0)

    def unfix(self, reason: str, *, at: datetime, tickets: int) -> list[CauseFact]:
        """Take the fix back, and with it the completion of `tickets`. Raises CauseNotFixed, TooLateToUnfix."""
        if self.fixed_at is not None and at - self.fixed_at > UNFIXED_WITHIN:
            raise TooLateToUnfix()
        return self._again(reason, at, tickets=tickets)

    def _again(self, reason: str, at: datetime, *, tickets: int) -> list[CauseFact]:
        if self.state != FIXED:
            raise CauseNotFixed()
        before = cause_state(self)
        self.state, self.fix_id, self.fixed_at, self.fixed_by = OPEN, None, None, None
        self.changed(at)
        return [CauseReopened.of(self, before, reason=reason, tickets=tickets)]

    def _index(self) -> None:
        self.words = tokens((self.title, self.note, self.pack_no or ""))
