"""Days and months as the studio counts them, as moments in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chassis.clock import local_day


def day_start(moment: datetime, zone: str, days: int = 0) -> datetime:
    """Midnight of the moment's day in `zone`, `days` later, in UTC."""
    return _midnight(local_day(moment, zone) + timedelta(days=days), zone)


def month_start(moment: datetime, zone: str) -> datetime:
    """Midnight of the first day of the moment's month in `zone`, in UTC."""
    return _midnight(local_day(moment, zone).replace(day=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
