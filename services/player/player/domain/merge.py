"""Two players are one person: which merges there were, and what the survivor took over from whom (P13)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from player.domain.base import Base

STANDING = text("undone_at IS NULL")


class Merge(Base):
    """One merge of one player into another, for good or until it is taken back.

    `taken` says what the survivor took over (player.domain.taking); the values themselves stay with whoever was merged.
    """

    __tablename__ = "merges"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    player_id: Mapped[str] = mapped_column(Id, ForeignKey("players.id"))
    into_id: Mapped[str] = mapped_column(Id, ForeignKey("players.id"))
    taken: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(64))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str | None] = mapped_column(String(64))
    undone_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_merges_player_id_at", "player_id", "at", "id"),
        Index("ix_merges_into_id_at", "into_id", "at", "id"),
        Index("uq_merges_standing", "player_id", unique=True, postgresql_where=STANDING),
    )

    def undo(self, reason: str, *, by: str, at: datetime) -> None:
        """The merge stands no longer."""
        self.undone_at, self.undone_by, self.undone_reason = at, by, reason
