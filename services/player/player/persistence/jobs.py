"""The queue of players for whom the game server is to be asked: rows taken with SKIP LOCKED, kept until it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, literal, select, text, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from player.domain.codes import FRESH_FOR, REFRESHED_FROM
from player.domain.game import GameSnapshot, SnapshotJob
from player.domain.player import Player

LEASE = timedelta(seconds=30)  # a worker that dies with a job leaves it to another after this
REFRESHED_AT_ONCE = 1000


@dataclass(frozen=True)
class Taken:
    """A job somebody works on; `attempts` counts this one."""

    player_id: str
    attempts: int


def schedule(session: Session, player_id: str, due_at: datetime, *, urgent: bool, attempts: int = 0) -> None:
    """Queue a player, or move the job that is there."""
    job = {"player_id": player_id, "urgent": urgent, "due_at": due_at, "attempts": attempts}
    session.execute(_QUEUED, [job])


def _queued() -> Insert:
    statement = insert(SnapshotJob.__table__)  # type: ignore[arg-type]
    moved = {name: statement.excluded[name] for name in ("urgent", "due_at", "attempts")}
    return statement.on_conflict_do_update(index_elements=["player_id"], set_=moved)


_QUEUED = _queued()


def forget(session: Session, player_id: str) -> None:
    """Take a player out of the queue."""
    session.execute(delete(SnapshotJob).where(SnapshotJob.player_id == player_id))


def take(session: Session, now: datetime, limit: int) -> list[Taken]:
    """Up to `limit` jobs that are due, those first for which a person waits; nobody else gets them for 30 s."""
    urgent = _take(session, now, limit, urgent=True)
    return urgent + (_take(session, now, limit - len(urgent), urgent=False) if len(urgent) < limit else [])


def _take(session: Session, now: datetime, limit: int, *, urgent: bool) -> list[Taken]:
    due = select(SnapshotJob.player_id).where(SnapshotJob.urgent.is_(urgent), SnapshotJob.due_at <= now)
    free = due.order_by(SnapshotJob.due_at).limit(limit).with_for_update(skip_locked=True).cte("free")
    taken = update(SnapshotJob).where(SnapshotJob.player_id == free.c.player_id)
    values = {"due_at": now + LEASE, "attempts": SnapshotJob.attempts + 1}
    rows = session.execute(
        taken.values(values).returning(SnapshotJob.player_id, SnapshotJob.attempts),
        execution_options={"synchronize_session": False},
    )
    return [Taken(row.player_id, row.attempts) for row in rows]


def schedule_stale(session: Session, now: datetime) -> None:
    """Queue big spenders whose data are older than 6 hours, the oldest first."""
    big = text(f"game_snapshots.total_spend >= {REFRESHED_FROM}")  # as in the partial index
    stale = (
        select(GameSnapshot.player_id, literal(False), literal(now), literal(0))
        .join(Player, Player.id == GameSnapshot.player_id)
        .where(big, GameSnapshot.fetched_at < now - FRESH_FOR, Player.phone_index.is_not(None))
        .where(Player.merged_into_id.is_(None))
        .where(~select(SnapshotJob.player_id).where(SnapshotJob.player_id == GameSnapshot.player_id).exists())
        .order_by(GameSnapshot.fetched_at)
        .limit(REFRESHED_AT_ONCE)
    )
    columns = ["player_id", "urgent", "due_at", "attempts"]
    session.execute(insert(SnapshotJob).from_select(columns, stale).on_conflict_do_nothing())
