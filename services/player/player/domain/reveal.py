"""Who was shown which player's whole phone number, when and why (P2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant
from player.domain.base import Base


class PhoneReveal(Base):
    """One showing of one number; the number itself is not in it."""

    __tablename__ = "phone_reveals"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    player_id: Mapped[str] = mapped_column(Id, ForeignKey("players.id"), index=True)
    by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_phone_reveals_by_at", "by", "at"),)
