"""What the game server knows of a player: the last snapshot, its age and state, and when it is asked again (P3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from chassis.money import Money
from player.domain.base import Base
from player.domain.codes import AFTER_FAILURE, AFTER_NOT_FOUND, FRESH_FOR, REFRESHED_FROM

FRESH, STALE, FAILED, UNKNOWN = "fresh", "stale", "failed", "unknown"
TIMEOUT, UNREACHABLE, REFUSED, BAD_ANSWER, NOT_FOUND = "timeout", "unreachable", "refused", "bad_answer", "not_found"


class GameFailed(Exception):
    """The game server gave no data; `code` is timeout, unreachable, refused, bad_answer or not_found."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class GameRole:
    """One character of a player."""

    name: str
    server: str
    level: int


@dataclass(frozen=True)
class GameData:
    """A checked answer of the game server; times are UTC."""

    uid: str
    server: str
    nickname: str
    level: int
    vip_level: int
    total_spend: Money
    last_pay_at: datetime | None
    last_login_at: datetime | None
    registered_at: datetime | None
    roles: tuple[GameRole, ...]


class GameSnapshot(Base):
    """The last data of one player, and how the last attempt to fetch them went."""

    __tablename__ = "game_snapshots"

    player_id: Mapped[str] = mapped_column(Id, ForeignKey("players.id"), primary_key=True)
    uid: Mapped[str | None] = mapped_column(String(64))
    server: Mapped[str | None] = mapped_column(String(64))
    nickname: Mapped[str | None] = mapped_column(String(64))
    level: Mapped[int | None]
    vip_level: Mapped[int | None]
    total_spend: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    currency: Mapped[str | None] = mapped_column(String(3))
    last_pay_at: Mapped[datetime | None] = mapped_column(Instant)
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)
    registered_at: Mapped[datetime | None] = mapped_column(Instant)
    roles: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    fetched_at: Mapped[datetime | None] = mapped_column(Instant)
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(String(16))
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_game_snapshots_refreshed", "fetched_at", postgresql_where=text(f"total_spend >= {REFRESHED_FROM}")),
    )

    def take(self, data: GameData, at: datetime) -> list[str]:
        """Keep what was fetched at `at`; returns the fields that are new."""
        values = {**asdict(data), "total_spend": data.total_spend.amount, "currency": data.total_spend.currency}
        values["roles"] = [asdict(role) for role in data.roles]
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        self.fetched_at, self.failed_at, self.error, self.next_attempt_at = at, None, None, None
        return changed

    def fail(self, code: str, at: datetime, next_attempt_at: datetime) -> None:
        """Keep that the attempt at `at` gave nothing; older data stay."""
        self.failed_at, self.error, self.next_attempt_at = at, code, next_attempt_at

    def forget(self) -> None:
        """Drop everything: the phone number it was fetched by is another."""
        for name in _FETCHED:
            setattr(self, name, None)
        self.roles = []

    def copy(self, other: GameSnapshot) -> None:
        """Be what `other` is: the phone number they were fetched by has changed hands."""
        for name in _FETCHED:
            setattr(self, name, getattr(other, name))
        self.roles = list(other.roles)

    def state(self, now: datetime) -> str:
        """fresh, stale (older than 6 h), failed, or unknown (never fetched, or not known to the game)."""
        if self.error is not None:
            return UNKNOWN if self.error == NOT_FOUND else FAILED
        if self.fetched_at is None:
            return UNKNOWN
        return FRESH if now - self.fetched_at <= FRESH_FOR else STALE


_FETCHED = [column.name for column in GameSnapshot.__table__.columns if column.name not in ("player_id", "roles")]


class SnapshotJob(Base):
    """That the game server is to be asked for one player; urgent where a person waits for it."""

    __tablename__ = "snapshot_jobs"

    player_id: Mapped[str] = mapped_column(Id, ForeignKey("players.id"), primary_key=True)
    urgent: Mapped[bool] = mapped_column(default=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_snapshot_jobs_due", "urgent", "due_at"),)


def delay_after(code: str, attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th attempt in a row gave `code`."""
    steps: Sequence[timedelta] = AFTER_NOT_FOUND if code == NOT_FOUND else AFTER_FAILURE
    return steps[min(max(attempts, 1), len(steps)) - 1]
