"""Whether a process is alive, whether it is ready, and the heartbeat by which the web knows its worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import utc_now
from chassis.data.migrations import current_revision, head_revision
from chassis.data.tables import heartbeats
from chassis.service import Runtime

FRESH = timedelta(seconds=15)


def readiness(runtime: Runtime) -> tuple[bool, dict[str, Any]]:
    """(ready, findings): the database is there, has the right locale and is migrated; and how the worker does."""
    try:
        runtime.database.check()
        with runtime.database.reading.connect() as connection:
            revision = current_revision(connection)
            beats = connection.execute(select(heartbeats)).all() if revision else []
    except Exception as error:
        return False, {"database": str(error).split("\n")[0]}
    migrated = revision == head_revision(runtime.service.migrations)
    fresh = [beat.state for beat in beats if beat.at > utc_now() - FRESH]
    worker = {"alive": bool(fresh), "declared": any(state.get("declared") for state in fresh)}
    worker["bus"] = any(state.get("bus") for state in fresh)
    return migrated, {"database": "ok", "migrated": migrated, "worker": worker}


def beat(runtime: Runtime, process: str, state: dict[str, Any]) -> None:
    """Say that this worker is alive."""
    values = {"process": process, "state": state, "at": utc_now()}
    statement = insert(heartbeats).values(**values)
    with runtime.database.reading.connect() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["process"], set_=values))


def stop_beating(runtime: Runtime, process: str) -> None:
    """Say that this worker is gone, and clear away those that never said so."""
    with runtime.database.reading.connect() as connection:
        old = heartbeats.c.at < utc_now() - timedelta(hours=1)
        connection.execute(delete(heartbeats).where((heartbeats.c.process == process) | old))


def database_answers(runtime: Runtime) -> bool:
    """Whether the database answers at all."""
    try:
        with runtime.database.reading.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1
    except Exception:
        return False
