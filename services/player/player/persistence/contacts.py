"""The last contact with a player, kept from others' facts: the newest wins, and no version is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import DateTime, Uuid, column, select, update, values
from sqlalchemy.orm import Session

from player.domain.player import Player


def keep_newest(session: Session, moments: Mapping[str, datetime]) -> None:
    """Take moments (UTC) by player ID where they are later than what is kept; unknown players are passed over."""
    if not moments:
        return
    # Locked in one order first, so that two workers with the same players cannot wait for one another.
    session.execute(select(Player.id).where(Player.id.in_(moments)).order_by(Player.id).with_for_update())
    rows = values(column("id", Uuid(as_uuid=False)), column("at", DateTime(timezone=True)), name="heard")
    heard = rows.data(sorted(moments.items()))
    newer = Player.last_contact_at.is_(None) | (Player.last_contact_at < heard.c.at)
    statement = update(Player).where(Player.id == heard.c.id, newer).values(last_contact_at=heard.c.at)
    session.execute(statement, execution_options={"synchronize_session": False})
