"""Whose a player was and is: one current binding, the whole history (P5)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant
from player.domain.base import Base
from player.domain.player import Player


class Binding(Base):
    """A span in which a player belonged to one agent and one of the agent's WeChat accounts."""

    __tablename__ = "bindings"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    player_id: Mapped[str] = mapped_column(Id, ForeignKey("players.id"))
    agent_id: Mapped[str | None] = mapped_column(Id)
    wechat_account_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text, default="")
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime | None] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_bindings_player_id_from_at", "player_id", "from_at", "id"),
        Index("uq_bindings_current", "player_id", unique=True, postgresql_where=text("until_at IS NULL")),
    )

    @classmethod
    def of(cls, player: Player, reason: str, *, by: str, at: datetime) -> Binding:
        """The span that begins at `at` with the agent the player has now."""
        return cls(
            id=new_id(),
            player_id=player.id,
            agent_id=player.agent_id,
            wechat_account_id=player.wechat_account_id,
            reason=reason,
            from_at=at,
            until_at=None,
            by=by,
        )
