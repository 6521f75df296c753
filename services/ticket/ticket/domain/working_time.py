"""Working time: when a desk works, what moment lies so much working time later, and how much lies between two (T22)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

Span = tuple[int, int]  # minutes of a local day, from the first up to the second; 1440 is the midnight that ends it
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WHOLE_DAY: tuple[Span, ...] = ((0, DAY),)
NOTHING = timedelta(0)


@dataclass(frozen=True)
class WorkingTime:
    """The hours of a desk: those of each day of the week, Monday first, and the days that are unlike others.

    `days` holds holidays, which have no spans, and 调休 workdays, which have theirs. Spans are in order and do not overlap;
    at least one day of the week has one. Moments go in and come out in UTC.
    """

    zone: str
    week: tuple[tuple[Span, ...], ...]
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def spans_of(self, day: date) -> tuple[Span, ...]:
        """When one works on this day."""
        return self.days.get(day, self.week[day.weekday()])

    def after(self, moment: datetime, working: timedelta) -> datetime:
        """The first moment at which so much working time has gone by; nothing at all ends when work next goes on."""
        if self._always:
            return moment + working
        left = working
        for opens, closes in self._opened_from(moment):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise ValueError("a calendar without working time")

    def between(self, first: datetime, second: datetime) -> timedelta:
        """How much working time lies between two moments; none where the second is not later."""
        if self._always:
            return max(second - first, NOTHING)
        found = NOTHING
        for opens, closes in self._opened_from(first):
            if opens >= second:
                break
            found += min(closes, second) - opens
        return found

    @cached_property
    def _always(self) -> bool:
        return all(spans == WHOLE_DAY for spans in (*self.week, *self.days.values()))

    @cached_property
    def _local(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def _opened_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans that end after this moment, in UTC, the first as far as it lies behind it; they never end.

        Where clocks are put forward or back a span is as long as it is in truth, and none overlaps the one before it.
        """
        day, latest = moment.astimezone(self._local).date(), moment
        while True:
            for begins, ends in self.spans_of(day):
                opens, closes = max(self._at(day, begins), latest), self._at(day, ends)
                if opens < closes:
                    yield opens, closes
                    latest = closes
            day += timedelta(days=1)

    def _at(self, day: date, minute: int) -> datetime:
        days, rest = divmod(minute, DAY)
        return datetime.combine(day + timedelta(days=days), time(*divmod(rest, 60)), self._local).astimezone(UTC)


AROUND_THE_CLOCK = WorkingTime("Asia/Shanghai", (WHOLE_DAY,) * 7)


def parsed_span(text: str) -> Span:
    """`09:00-12:00` as minutes of the day. Raises ValueError where it is none, or does not end after it begins."""
    begins, ends = (_minute(part) for part in text.split("-"))
    if not begins < ends <= DAY:
        raise ValueError(text)
    return begins, ends


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    if not (len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit()):
        raise ValueError(text)
    if int(minutes) > 59:
        raise ValueError(text)
    return 60 * int(hours) + int(minutes)


def in_order(spans: tuple[Span, ...]) -> bool:
    """Whether no span begins before the one before it has ended."""
    return all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
