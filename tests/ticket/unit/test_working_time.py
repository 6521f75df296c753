"""Reckoning with working time: spans of the day, holidays, 调休 workdays, other zones, and around the clock (T22)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticket.domain.working_time import AROUND_THE_CLOCK, WorkingTime, in_order, parsed_span

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = ((540, 720), (780, 1080))  # 09:00–12:00 and 13:00–18:00
NATIONAL_DAY = {date(2026, 10, day): () for day in range(1, 8)}
MADE_UP = {date(2026, 9, 27): OFFICE, date(2026, 10, 10): OFFICE}  # a Sunday before and a Saturday after
DESK = WorkingTime("Asia/Shanghai", (OFFICE,) * 5 + ((), ()), {**NATIONAL_DAY, **MADE_UP})


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A moment by the desk's clock, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("begins", "minutes", "ends"),
    [
        ("2026-11-23 09:00", 60, "2026-11-23 10:00"),
        ("2026-11-23 11:30", 60, "2026-11-23 13:30"),  # over noon
        ("2026-11-23 17:30", 60, "2026-11-24 09:30"),  # over night
        ("2026-11-27 17:30", 60, "2026-11-30 09:30"),  # over a weekend
        ("2026-11-23 12:00", 180, "2026-11-23 16:00"),
        ("2026-11-23 09:00", 480, "2026-11-23 18:00"),  # to the very end of the day
        ("2026-11-23 03:00", 1, "2026-11-23 09:01"),
        ("2026-09-30 17:00", 120, "2026-10-08 10:00"),  # over the holidays
        ("2026-09-26 10:00", 60, "2026-09-27 10:00"),  # Saturday, and one works on that Sunday
        ("2026-10-09 17:30", 60, "2026-10-10 09:30"),  # Friday, and one works on that Saturday
        ("2026-10-10 17:30", 60, "2026-10-12 09:30"),
    ],
)
def test_so_much_working_time_later_it_is(begins, minutes, ends):
    assert DESK.after(at(begins), timedelta(minutes=minutes)) == at(ends)


def test_around_the_clock_every_minute_counts():
    noon = at("2026-10-01 12:00")
    assert AROUND_THE_CLOCK.after(noon, timedelta(hours=72)) == noon + timedelta(hours=72)
    assert AROUND_THE_CLOCK.between(noon, noon + timedelta(days=9)) == timedelta(days=9)


def test_nothing_lies_between_a_moment_and_one_before_it():
    assert DESK.between(at("2026-11-24 12:00"), at("2026-11-23 12:00")) == timedelta(0)
    assert AROUND_THE_CLOCK.between(at("2026-11-24 12:00"), at("2026-11-23 12:00")) == timedelta(0)


def test_where_clocks_are_put_forward_and_back_a_span_is_as_long_as_it_is_in_truth():
    berlin = ZoneInfo("Europe/Berlin")
    nights = WorkingTime("Europe/Berlin", (((0, 360),),) * 7)  # midnight to six
    for day, hours in (("2026-03-29", 5), ("2026-03-30", 6), ("2026-10-25", 7)):
        assert nights.between(at(f"{day} 00:00", berlin), at(f"{day} 23:00", berlin)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text", ["9:00-12:00", "09:00-09:00", "12:00-09:00", "09:60-10:00", "23:00-24:01", "09:00", "a-b"]
)
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parsed_span(text)


def test_spans_are_in_order_and_do_not_overlap():
    assert parsed_span("00:00-24:00") == (0, 1440)
    assert in_order(((0, 60), (60, 120)))
    assert not in_order(((0, 61), (60, 120)))


@st.composite
def calendars(draw: st.DrawFn) -> WorkingTime:
    """Calendars with up to three spans a day, days off and workdays out of turn, in zones with and without summer time."""

    def spans(least: int) -> tuple[tuple[int, int], ...]:
        cuts = sorted(draw(st.lists(st.integers(0, 1440), min_size=2 * least, max_size=6, unique=True)))
        return tuple(zip(cuts[::2], cuts[1::2], strict=False))

    week = [spans(0) for _ in range(6)]
    week.insert(draw(st.integers(0, 6)), spans(1))
    days = {day: spans(0) for day in draw(st.lists(st.dates(date(2026, 9, 1), date(2026, 12, 1)), max_size=5))}
    zone = draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"]))
    return WorkingTime(zone, tuple(week), days)


MOMENTS = st.datetimes(datetime(2026, 9, 1), datetime(2026, 12, 1)).map(lambda naive: naive.replace(tzinfo=UTC))
SHORT = st.integers(0, 5000).map(lambda minutes: timedelta(minutes=minutes))


@given(calendars(), MOMENTS, SHORT)
def test_adding_and_then_measuring_gives_back_what_was_added(calendar, moment, working):
    assert calendar.between(moment, calendar.after(moment, working)) == working


@given(calendars(), MOMENTS, SHORT, SHORT)
def test_adding_in_two_steps_is_adding_at_once(calendar, moment, first, second):
    halfway = calendar.after(moment, first)
    assert calendar.after(moment, first + second) == calendar.after(halfway, second) or second == timedelta(0)


@given(calendars(), MOMENTS, MOMENTS, SHORT)
def test_who_begins_later_does_not_end_earlier(calendar, one, other, working):
    earlier, later = sorted((one, other))
    assert calendar.after(earlier, working) <= calendar.after(later, working)


@given(calendars(), MOMENTS, SHORT, SHORT)
def test_more_work_does_not_end_earlier(calendar, moment, one, other):
    less, more = sorted((one, other))
    assert moment <= calendar.after(moment, less) <= calendar.after(moment, more)


@given(calendars(), MOMENTS, MOMENTS, MOMENTS)
def test_what_lies_between_adds_up_and_is_never_more_than_the_time_itself(calendar, one, two, three):
    first, middle, last = sorted((one, two, three))
    whole = calendar.between(first, last)
    assert calendar.between(first, middle) + calendar.between(middle, last) == whole <= last - first
