"""Which players somebody was shown lately: what carries off a company's players is many readings by one person (S26)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from player.domain.base import Base


class PlayerReading(Base):
    """That somebody was shown a player, once in 24 hours; what was shown is not in it."""

    __tablename__ = "player_readings"

    by: Mapped[str] = mapped_column(String(64), primary_key=True)
    player_id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_player_readings_by_at", "by", "at"), Index("ix_player_readings_at", "at"))
