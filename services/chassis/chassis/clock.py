"""Time in UTC and identifiers in the order of time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from uuid_utils import uuid7


def utc_now() -> datetime:
    """The present moment, UTC, with microseconds."""
    return datetime.now(UTC)


def new_id() -> str:
    """A uuid7 as a string: unique, and sorted by the time it was made."""
    return str(uuid7())


def rfc3339(moment: datetime | None) -> str | None:
    """A moment as RFC 3339 in UTC with a final Z, or None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of a moment where the studio lives."""
    return moment.astimezone(ZoneInfo(zone)).date()
