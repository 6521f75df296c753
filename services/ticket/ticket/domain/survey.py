"""How satisfied a player was with one ticket: asked once it is done, answered by a link that needs no login (T36)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.clock import new_id
from chassis.data.database import Id, Instant, Record
from chassis.data.masking import mask_text
from ticket.domain.base import Base
from ticket.domain.copies import PlayerCopy
from ticket.domain.errors import NothingToFollowUp, OwnFollowUp, SurveyClosed
from ticket.domain.survey_events import SurveyAnswered, survey_state
from ticket.domain.ticket import Ticket

MADE, SENT, ANSWERED = "made", "sent", "answered"
STATES = (MADE, SENT, ANSWERED)
NEEDED, FOLLOWED_UP = "needed", "done"
FOLLOW_UPS = (NEEDED, FOLLOWED_UP)
SCORES = (1, 2, 3, 4, 5)
LOW, GOOD = 2, 4  # up to here somebody looks after it; from here on the player was satisfied
COMMENT = 500  # characters
CHANGED_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class SurveyTerms:
    """Which share of done tickets is asked about, how many days a player is left in peace, for how many a link serves."""

    share: Decimal
    quiet_days: int
    days: int


def hash_of(token: str) -> str:
    """What is kept of a link's token: it has 256 random bits, so a plain hash is enough."""
    return sha256(token.encode()).hexdigest()


class Survey(Record, Base):
    """One question about one ticket; agent and department are those that had it when it was done."""

    __tablename__ = "surveys"

    ticket_id: Mapped[str] = mapped_column(Id, ForeignKey("tickets.id"), unique=True)
    ticket_no: Mapped[str] = mapped_column(String(24))
    session_id: Mapped[str | None] = mapped_column(Id)
    player_id: Mapped[str] = mapped_column(Id, ForeignKey("player_copies.id"))
    agent_id: Mapped[str | None] = mapped_column(Id)
    department_id: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(16), default=MADE)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    follow_up: Mapped[str | None] = mapped_column(String(16))
    follow_up_note: Mapped[str] = mapped_column(Text, default="")
    followed_up_by: Mapped[str | None] = mapped_column(String(64))
    followed_up_at: Mapped[datetime | None] = mapped_column(Instant)

    player: Mapped[PlayerCopy] = relationship(lazy="joined", innerjoin=True, viewonly=True)

    __table_args__ = (
        Index("ix_surveys_created_at", "created_at", "id"),
        Index("ix_surveys_agent_id_created_at", "agent_id", "created_at", "id"),
        Index("ix_surveys_player_id_created_at", "player_id", "created_at"),
        Index("ix_surveys_to_follow_up", "created_at", "id", postgresql_where=text("follow_up = 'needed'")),
    )

    @classmethod
    def about(cls, ticket: Ticket, *, at: datetime, days: int) -> Survey:
        """The question about a ticket that was done at `at` (UTC)."""
        survey = cls(id=new_id(), version=1, state=MADE, created_at=at, updated_at=at, comment="", follow_up_note="")
        survey.ticket_id, survey.ticket_no, survey.player_id = ticket.id, ticket.no, ticket.player_id
        survey._of(ticket, at + timedelta(days=days))
        return survey

    def renew(self, ticket: Ticket, *, at: datetime, days: int) -> None:
        """The ticket was done once more: it is asked about anew, unless that was answered already."""
        if self.state != ANSWERED:
            self._of(ticket, at + timedelta(days=days))
            self.changed(at)

    def send(self, *, at: datetime) -> None:
        """A link to it was made. Raises SurveyClosed."""
        if not self.is_open(at):
            raise SurveyClosed()
        if self.state == MADE:
            self.state, self.sent_at = SENT, at
            self.changed(at)

    def is_open(self, at: datetime) -> bool:
        """Whether it can be answered, or the answer be changed."""
        if self.answered_at is not None:
            return at < self.answered_at + CHANGED_WITHIN
        return at < self.expires_at

    def answer(self, score: int, comment: str, *, at: datetime) -> list[SurveyAnswered]:
        """Keep the answer; a low score is for somebody to look after. Raises SurveyClosed."""
        if not self.is_open(at):
            raise SurveyClosed()
        before = survey_state(self)
        self.state, self.score, self.comment = ANSWERED, score, mask_text(comment)
        self.sent_at, self.answered_at = self.sent_at or at, self.answered_at or at
        if self.follow_up != FOLLOWED_UP:
            self.follow_up = NEEDED if score <= LOW else None
        self.changed(at)
        return [SurveyAnswered.of(self, before)]

    def look_after(self, note: str, *, by: str, at: datetime) -> None:
        """Somebody has looked after a low score. Raises NothingToFollowUp, OwnFollowUp."""
        if self.follow_up != NEEDED:
            raise NothingToFollowUp()
        if by == self.agent_id:
            raise OwnFollowUp()
        self.follow_up, self.follow_up_note = FOLLOWED_UP, note
        self.followed_up_by, self.followed_up_at = by, at
        self.changed(at)

    def _of(self, ticket: Ticket, expires_at: datetime) -> None:
        self.session_id, self.expires_at = ticket.session_id, expires_at
        self.agent_id, self.department_id = ticket.assignee_id, ticket.department_id


class SurveyLink(Base):
    """A way to one survey; only the hash of its token is kept."""

    __tablename__ = "survey_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    survey_id: Mapped[str] = mapped_column(Id, ForeignKey("surveys.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_survey_links_survey_id", "survey_id", "created_at"),)
