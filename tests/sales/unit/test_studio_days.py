"""Days and months begin at midnight where the studio is."""

from __future__ import annotations

from datetime import UTC, datetime

from sales.domain.days import day_start, month_start

SHANGHAI = "Asia/Shanghai"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_the_day_begins_at_local_midnight():
    assert day_start(at(2026, 11, 22, 15, 59), SHANGHAI) == at(2026, 11, 21, 16)
    assert day_start(at(2026, 11, 22, 16), SHANGHAI) == at(2026, 11, 22, 16)
    assert day_start(at(2026, 11, 22, 4), SHANGHAI, 1) == at(2026, 11, 22, 16)


def test_the_month_begins_at_local_midnight_of_its_first_day():
    assert month_start(at(2026, 10, 31, 16), SHANGHAI) == at(2026, 10, 31, 16)
    assert month_start(at(2026, 10, 31, 15, 59), SHANGHAI) == at(2026, 9, 30, 16)


def test_a_day_with_a_change_of_clocks_is_as_long_as_it_is():
    zone = "Europe/Berlin"
    assert day_start(at(2026, 3, 29, 12), zone) == at(2026, 3, 28, 23)
    assert day_start(at(2026, 3, 29, 12), zone, 1) == at(2026, 3, 29, 22)
