"""Calendars and deadline policies as the company keeps them (T22)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Record
from ticket.domain.base import Base
from ticket.domain.deadlines import STANDARD, Policy
from ticket.domain.errors import CatchAllStays
from ticket.domain.working_time import WEEKDAYS, Span, WorkingTime, parsed_span

CATCH_ALL_ID = STANDARD.policies[0].id  # the policy that fits every ticket; it is delivered, changed, and never removed


class BusinessCalendar(Record, Base):
    """When a desk works. Spans are kept as they are typed: `09:00-12:00`; days as `2026-10-01`.

    `week` has the spans of `mon` to `sun`, `holidays` the days off, `workdays` the 调休 days with their spans:
    [{"date", "spans"}].
    """

    __tablename__ = "calendars"

    name: Mapped[str] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    week: Mapped[dict[str, list[str]]] = mapped_column(JSONB)
    holidays: Mapped[list[str]] = mapped_column(JSONB, default=list)
    workdays: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)

    __table_args__ = (Index("ix_calendars_created_at", "created_at", "id"),)

    def make(self, fields: Mapping[str, Any], at: datetime) -> None:
        """Be written down at `at` (UTC)."""
        self.version, self.created_at, self.updated_at = 1, at, at
        self._take({"timezone": "Asia/Shanghai", "holidays": [], "workdays": [], **fields})

    def edit(self, fields: Mapping[str, Any], at: datetime) -> None:
        """Change some fields; deadlines that are set stay until they are worked out anew."""
        changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
        if changed:
            self._take(changed)
            self.changed(at)

    def working_time(self) -> WorkingTime:
        """The same, to reckon with."""
        days = {date.fromisoformat(day): () for day in self.holidays}
        worked = {date.fromisoformat(one["date"]): _spans(one["spans"]) for one in self.workdays}
        return WorkingTime(self.timezone, tuple(_spans(self.week.get(day, ())) for day in WEEKDAYS), {**days, **worked})

    def _take(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)


class DeadlinePolicy(Record, Base):
    """The standard times of the tickets of a category, of a department, of both, or of all.

    `standard` is {priority: {deadline: working minutes}}; one of `warn_percent` and `warn_minutes` says when one is warned.
    """

    __tablename__ = "deadline_policies"

    name: Mapped[str] = mapped_column(String(100))
    category: Mapped[str | None] = mapped_column(String(32))
    department_id: Mapped[str | None] = mapped_column(Id)
    applies_to: Mapped[str] = mapped_column(String(80))
    calendar_id: Mapped[str] = mapped_column(Id, ForeignKey("calendars.id"))
    standard: Mapped[dict[str, dict[str, int | None]]] = mapped_column(JSONB)
    warn_percent: Mapped[int | None]
    warn_minutes: Mapped[int | None]
    escalate_after: Mapped[list[int]] = mapped_column(JSONB, default=list)

    calendar: Mapped[BusinessCalendar] = relationship(lazy="joined", innerjoin=True, viewonly=True)

    __table_args__ = (
        Index("uq_deadline_policies_applies_to", "applies_to", unique=True),
        Index("ix_deadline_policies_created_at", "created_at", "id"),
        Index("ix_deadline_policies_calendar_id", "calendar_id"),
    )

    def make(self, fields: Mapping[str, Any], at: datetime) -> None:
        """Be written down at `at` (UTC)."""
        self.version, self.created_at, self.updated_at = 1, at, at
        usual = {"category": None, "department_id": None, "warn_percent": None, "warn_minutes": None}
        self._take({**usual, "escalate_after": [], **fields})

    def edit(self, fields: Mapping[str, Any], at: datetime) -> None:
        """Change some fields; what fits every ticket goes on doing so. Raises CatchAllStays."""
        changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
        if self.id == CATCH_ALL_ID and changed.keys() & {"category", "department_id"}:
            raise CatchAllStays()
        if changed:
            self._take(changed)
            self.changed(at)

    def leave(self) -> None:
        """Be removed; its tickets keep their deadlines until they are worked out anew. Raises CatchAllStays."""
        if self.id == CATCH_ALL_ID:
            raise CatchAllStays()

    def terms(self) -> Policy:
        """The same, to reckon with."""
        return Policy(
            id=self.id,
            calendar=self.calendar.working_time(),
            standard=self.standard,
            category=self.category,
            department_id=self.department_id,
            warn_percent=self.warn_percent,
            warn_minutes=self.warn_minutes,
            escalate_after=tuple(self.escalate_after),
        )

    def _take(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)
        self.applies_to = f"{self.department_id or ''}/{self.category or ''}"


def _spans(texts: Any) -> tuple[Span, ...]:
    return tuple(parsed_span(text) for text in texts)
