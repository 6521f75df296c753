"""What else a player is found by, as far as one has typed: WeChat IDs of before (P4), and the UID in the game (P7)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id
from player.domain.base import Base

FORMER_WECHAT_ID, GAME_UID = "former_wechat_id", "game_uid"


class SearchKey(Base):
    """One key of one player."""

    __tablename__ = "search_keys"

    player_id: Mapped[str] = mapped_column(Id, ForeignKey("players.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)

    __table_args__ = (Index("ix_search_keys_key", "key", postgresql_ops={"key": "text_pattern_ops"}),)
