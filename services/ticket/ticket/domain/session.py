"""A service session: one numbered conversation in any channel, answered once for the first time, and ended (T8–T15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from ticket.domain.base import Base
from ticket.domain.codes import AGENT, ENDED, OPEN
from ticket.domain.copies import PlayerCopy
from ticket.domain.figures import Figures, Said, figures
from ticket.domain.message import Message
from ticket.domain.session_errors import SessionOver, SessionsPlayerStays
from ticket.domain.session_events import (
    SessionAnswered,
    SessionEnded,
    SessionFact,
    SessionOpened,
    SessionUpdated,
    session_state,
)

_IS_OPEN = text("state = 'open'")


class ServiceSession(Record, Base):
    """One conversation; `contact` is what is known of somebody who is no player yet.

    The figures are those of what was said: the first response from the first answer on, the others at the end.
    """

    __tablename__ = "sessions"

    no: Mapped[str] = mapped_column(String(24), unique=True)
    channel: Mapped[str] = mapped_column(String(32))
    player_id: Mapped[str | None] = mapped_column(Id, ForeignKey("player_copies.id"))
    contact: Mapped[str] = mapped_column(String(255), default="")  # 64 as typed; masks may be longer than words
    order_id: Mapped[str | None] = mapped_column(Id)
    agent_id: Mapped[str | None] = mapped_column(Id)
    department_id: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(16), default=OPEN)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(64))
    messages: Mapped[int] = mapped_column(default=0)
    masked_messages: Mapped[int] = mapped_column(default=0)
    first_response_seconds: Mapped[int | None]
    average_response_seconds: Mapped[int | None]
    handling_seconds: Mapped[int | None]

    player: Mapped[PlayerCopy | None] = relationship(lazy="joined", viewonly=True)

    __table_args__ = (
        Index("ix_sessions_opened_at", "opened_at", "id"),
        Index("ix_sessions_updated_at", "updated_at", "id"),
        Index("ix_sessions_player_id_opened_at", "player_id", "opened_at", "id"),
        Index("ix_sessions_agent_id_opened_at", "agent_id", "opened_at", "id"),
        Index("ix_sessions_department_id_opened_at", "department_id", "opened_at", "id"),
        Index("ix_sessions_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index("ix_sessions_open_by_agent", "agent_id", "id", postgresql_where=_IS_OPEN),
    )

    def open(self, at: datetime, *, since: datetime) -> list[SessionFact]:
        """Be there from `at` (UTC) on; the player turned to us at `since`."""
        self.created_at = self.updated_at = at
        self.opened_at, self.state, self.messages, self.masked_messages = since, OPEN, 0, 0
        return [SessionOpened.of(self)]

    def edit(self, fields: Mapping[str, Any], *, at: datetime) -> list[SessionFact]:
        """Say who it is with, whose it is, or what order it is about. Raises SessionsPlayerStays."""
        if self.player_id is not None and fields.get("player_id", self.player_id) != self.player_id:
            raise SessionsPlayerStays()
        before = session_state(self)
        if all(before[name] == value for name, value in fields.items()):
            return []
        for name, value in fields.items():
            setattr(self, name, value)
        self.changed(at)
        return [SessionUpdated.of(self, before)]

    def must_be_open(self) -> None:
        """Raise SessionOver where it has ended."""
        if self.state == ENDED:
            raise SessionOver()

    def take(self, message: Message, said: Iterable[Said], *, at: datetime) -> list[SessionFact]:
        """Count one more message, which is the last of what was said; an agent's first is the answer, told once."""
        before = session_state(self)
        self.messages += 1
        self.masked_messages += message.masked
        self.changed(at)
        if message.author != AGENT:
            return []
        self.agent_id = self.agent_id or message.staff_id
        if self.answered_at is not None:
            return []
        self.answered_at = message.at
        self.first_response_seconds = self.figures(said).first_response_seconds
        return [SessionAnswered.of(self, before)]

    def end(self, said: Iterable[Said], *, by: str, since: datetime, at: datetime) -> list[SessionFact]:
        """Be over since `since`, with all figures. Raises SessionOver."""
        self.must_be_open()
        before = session_state(self)
        self.state, self.ended_at, self.ended_by = ENDED, max(since, self.opened_at), by
        worked_out = self.figures(said)
        self.first_response_seconds = worked_out.first_response_seconds
        self.average_response_seconds = worked_out.average_response_seconds
        self.handling_seconds = worked_out.handling_seconds
        self.changed(at)
        return [SessionEnded.of(self, before)]

    def figures(self, said: Iterable[Said]) -> Figures:
        """What it comes to so far, out of everything that was said."""
        return figures(self.opened_at, said, self.ended_at)
