"""Readable numbers: unique, short, and handed out without making one writer wait for another."""

from __future__ import annotations

import threading
from datetime import date, datetime

from sqlalchemy import URL, Engine, text
from sqlalchemy.orm import Session

from chassis.clock import local_day

_bases: dict[tuple[URL, str, date], int] = {}
_beginning = threading.Lock()  # one at a time takes the connection that the pool has beyond one for each thread


def daily_number(session: Session, prefix: str, at: datetime, zone: str) -> str:
    """The next number of the day, such as T20261122-0042; needs a sequence `<prefix>_numbers` (lower case).

    A counter row would make every writer wait for the one before it to commit. A sequence does not; the day begins at
    the value the sequence had when the day's first number was asked for.
    """
    day = local_day(at, zone)
    base = _base(session, prefix, day)
    return f"{prefix}{day:%Y%m%d}-{_next(session, prefix) - base:04d}"


def plain_number(session: Session, prefix: str) -> str:
    """The next short number, such as P1024, which agents type."""
    return f"{prefix}{_next(session, prefix)}"


def _next(session: Session, prefix: str) -> int:
    return int(session.connection().exec_driver_sql(f"SELECT nextval('{prefix.lower()}_numbers')").scalar() or 0)


def _base(session: Session, prefix: str, day: date) -> int:
    engine = session.get_bind().engine
    key = (engine.url, prefix, day)
    if key not in _bases:
        with _beginning:
            if key not in _bases:
                _bases[key] = _begin_day(engine, prefix, day)
    return _bases[key]


def _begin_day(engine: Engine, prefix: str, day: date) -> int:
    """Committed by itself, before any number of the day is drawn, so that no number can lie below it."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(
            text(
                "INSERT INTO number_days (kind, day, base) "
                f"SELECT CAST(:kind AS varchar), CAST(:day AS date), nextval('{prefix.lower()}_numbers') "
                "WHERE NOT EXISTS (SELECT 1 FROM number_days WHERE kind = :kind AND day = :day) ON CONFLICT DO NOTHING"
            ),
            {"kind": prefix, "day": day},
        )
        found = connection.execute(
            text("SELECT base FROM number_days WHERE kind = :kind AND day = :day"), {"kind": prefix, "day": day}
        )
        return found.scalar_one()
