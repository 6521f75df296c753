"""The last contact with a player, kept from others' facts: the newest wins, and no version is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import DateTime, Uuid, column, select, update, values
from sqlalchemy.orm import Session

from player.domain.player import Player


def keep_newest(session: Session, moments: Mapping[str, datetime]) -> None:
    """Take moments (UTC) by player ID where they are later than what is kept; unknown players are passed over.

    A contact with somebody who was merged is one with the survivor as well.
    """
    if not moments:
        return
    moments = _with_survivors(session, moments)
    # Locked in one order first, so that two workers with the same players cannot wait for one another.
    session.execute(select(Player.id).where(Player.id.in_(moments)).order_by(Player.id).with_for_update())
    rows = values(column("id", Uuid(as_uuid=False)), column("at", DateTime(timezone=True)), name="heard")
    heard = rows.data(sorted(moments.items()))
    newer = Player.last_contact_at.is_(None) | (Player.last_contact_at < heard.c.at)
    statement = update(Player).where(Player.id == heard.c.id, newer).values(last_contact_at=heard.c.at)
    session.execute(statement, execution_options={"synchronize_session": False})


def _with_survivors(session: Session, moments: Mapping[str, datetime]) -> dict[str, datetime]:
    found = dict(moments)
    merged = select(Player.id, Player.merged_into_id).where(Player.id.in_(moments), Player.merged_into_id.is_not(None))
    for player_id, survivor_id in session.execute(merged).tuples():
        if survivor_id is not None:
            found[survivor_id] = max(moments[player_id], found.get(survivor_id, moments[player_id]))
    return found
