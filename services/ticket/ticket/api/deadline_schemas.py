"""The form of calendars and deadline policies as they come in and go out."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.documents import page_of
from chassis.http.fields import Body, Flag, Id, ListOf, Part, Text, Whole, documented, list_query, messages
from chassis.http.options import OptionField
from ticket.domain.codes import CATEGORIES, CATEGORY_LIST, PRIORITIES
from ticket.domain.deadlines import LEVELS
from ticket.domain.working_time import WEEKDAYS, in_order, parsed_span

MOST_MINUTES = 90 * 24 * 60
MOST_DAYS = 400  # of each kind in one calendar: several years of holidays


class Zone(Text):
    """The name of a time zone, such as Asia/Shanghai."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(64, handle=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in _zones():
            raise ValidationError("not_a_zone")
        return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


class Day(fields.Field[str]):
    """A calendar day, `2026-10-01`, between 2000 and 2100."""

    default_error_messages = messages(invalid="not_a_day")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        documented(self, type="string", format="date")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            if (
                not isinstance(value, str)
                or len(value) != 10
                or not 2000 <= (day := date.fromisoformat(value)).year <= 2100
            ):
                raise ValueError
            return day.isoformat()
        except ValueError as error:
            raise self.make_error("invalid") from error


class Spans(fields.Field[list[str]]):
    """When one works on a day: up to eight spans such as `09:00-12:00`, in order; none is a day off."""

    default_error_messages = messages(invalid="not_a_span")

    def __init__(self, *, least: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least = least
        span = {"type": "string", "pattern": r"^\d{2}:\d{2}-\d{2}:\d{2}$", "example": "09:00-12:00"}
        documented(self, type="array", items=span, minItems=least, maxItems=8)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(text, str) and len(text) == 11 for text in value):
            raise self.make_error("invalid")
        if len(value) > 8:
            raise ValidationError("too_many:8")
        if len(value) < self.least:
            raise ValidationError(f"too_few:{self.least}")
        try:
            spans = tuple(parsed_span(text) for text in value)
        except ValueError as error:
            raise self.make_error("invalid") from error
        if not in_order(spans):
            raise ValidationError("overlapping")
        return list(value)


class Week(Body.from_dict({day: Spans() for day in WEEKDAYS}, name="WeekDays")):  # type: ignore[misc]
    """The spans of each day of the week; a day that is left out is a day off."""

    @validates_schema
    def _open(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.values()):
            raise ValidationError("never_open")


class Workday(Body):
    """A day on which one works though one would not, 调休, with its spans."""

    date = Day(required=True)
    spans = Spans(least=1, required=True)


class CalendarEdit(Body):
    """The fields of a calendar."""

    name = Text(100, min_length=1)
    timezone = Zone()
    week = Part(Week)
    holidays = ListOf(Day(), most=MOST_DAYS)
    workdays = ListOf(Part(Workday), most=MOST_DAYS)

    @validates_schema
    def _each_once(self, data: dict[str, Any], **_: Any) -> None:
        days = [*data.get("holidays", ()), *(one["date"] for one in data.get("workdays", ()))]
        if len(set(days)) < len(days):
            raise ValidationError("duplicate", "workdays" if data.get("workdays") else "holidays")


class NewCalendar(CalendarEdit):
    """A calendar: name and week at least."""

    name = Text(100, min_length=1, required=True)
    week = Part(Week, required=True)


class Minutes(Body):
    """The working minutes of both deadlines of one priority; no first response is asked for where it is null."""

    first_response = Whole(1, MOST_MINUTES, allow_none=True, load_default=None)
    completion = Whole(1, MOST_MINUTES, required=True)


Standard = Body.from_dict({one: Part(Minutes, required=True) for one in PRIORITIES}, name="StandardMinutes")


class PolicyEdit(Body):
    """The fields of a policy."""

    name = Text(100, min_length=1)
    category = OptionField(CATEGORY_LIST, CATEGORIES, allow_none=True)
    department_id = Id(allow_none=True)
    calendar_id = Id()
    standard = Part(Standard)
    warn_percent = Whole(1, 99, allow_none=True)
    warn_minutes = Whole(1, MOST_MINUTES, allow_none=True)
    escalate_after = ListOf(Whole(0, MOST_MINUTES), most=len(LEVELS))

    @validates_schema
    def _one_warning(self, data: dict[str, Any], **_: Any) -> None:
        given = [name for name in ("warn_percent", "warn_minutes") if name in data]
        if given and sum(data.get(name) is not None for name in ("warn_percent", "warn_minutes")) != 1:
            raise ValidationError("one_of:warn_percent warn_minutes", given[0])
        for name in ("warn_percent", "warn_minutes"):
            if given:
                data.setdefault(name, None)

    @validates_schema
    def _rising(self, data: dict[str, Any], **_: Any) -> None:
        levels = data.get("escalate_after", [])
        if levels != sorted(levels):
            raise ValidationError("not_rising", "escalate_after")


class NewPolicy(PolicyEdit):
    """A policy: name, calendar, the standard times of each priority, and when to warn."""

    name = Text(100, min_length=1, required=True)
    calendar_id = Id(required=True)
    standard = Part(Standard, required=True)

    @validates_schema
    def _warns(self, data: dict[str, Any], **_: Any) -> None:
        if "warn_percent" not in data and "warn_minutes" not in data:
            raise ValidationError("one_of:warn_percent warn_minutes", "warn_percent")


class Recomputing(Body):
    """Whether only to say what would change."""

    dry_run = Flag(text=True, load_default=False)


DeadlineListQuery = list_query(("created_at",), default="created_at")


class WorkdayShown(Schema):
    """A 调休 workday."""

    date = fields.String(required=True)
    spans = fields.List(fields.String(), required=True)


class CalendarShown(Schema):
    """A calendar."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    timezone = fields.String(required=True)
    week = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    holidays = fields.List(fields.String(), required=True)
    workdays = fields.List(fields.Nested(WorkdayShown), required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


CalendarPage = page_of(CalendarShown)


class MinutesShown(Schema):
    """The working minutes of both deadlines of one priority."""

    first_response = fields.Integer(required=True, allow_none=True)
    completion = fields.Integer(required=True)


class PolicyShown(Schema):
    """A deadline policy."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    category = fields.String(required=True, allow_none=True)
    department_id = fields.String(required=True, allow_none=True)
    calendar_id = fields.UUID(required=True)
    calendar_name = fields.String(required=True)
    standard = fields.Dict(keys=fields.String(), values=fields.Nested(MinutesShown), required=True)
    warn_percent = fields.Integer(required=True, allow_none=True)
    warn_minutes = fields.Integer(required=True, allow_none=True)
    escalate_after = fields.List(fields.Integer(), required=True)
    fits_all = fields.Boolean(required=True, metadata={"description": "the one that is never removed"})
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


PolicyPage = page_of(PolicyShown)
