"""Rows of bindings: the history of a player, and the end of the current one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from player.domain.binding import Binding


def close(session: Session, player_id: str, at: datetime) -> None:
    """End the current binding, if there is one."""
    current = (Binding.player_id == player_id) & Binding.until_at.is_(None)
    session.execute(
        update(Binding).where(current).values(until_at=at), execution_options={"synchronize_session": False}
    )


def history(session: Session, player_id: str) -> list[Binding]:
    """Every binding of a player, newest first."""
    query = select(Binding).where(Binding.player_id == player_id)
    return list(session.scalars(query.order_by(Binding.from_at.desc(), Binding.id.desc()).limit(200)))
