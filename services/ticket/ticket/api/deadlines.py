"""The routes of calendars, of deadline policies, and of working deadlines out anew."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import language
from chassis.http.routes import Routes
from chassis.jobs import store
from chassis.jobs.routes import JobShown, job_view
from ticket.api import deadline_schemas as schemas
from ticket.application import policies, recomputing
from ticket.domain.deadline_policy import CATCH_ALL_ID, BusinessCalendar, DeadlinePolicy
from ticket.domain.working_time import WEEKDAYS
from ticket.persistence.deadlines import find_calendars, find_policies

READ, WRITE = "deadline_policy.read", "deadline_policy.write"
routes = Routes("deadlines", "Deadlines")


def calendar_view(calendar: BusinessCalendar, _who: Caller | None = None) -> dict[str, Any]:
    """One calendar, with every day of the week."""
    return {
        "id": calendar.id,
        "name": calendar.name,
        "timezone": calendar.timezone,
        "week": {day: calendar.week.get(day, []) for day in WEEKDAYS},
        "holidays": calendar.holidays,
        "workdays": calendar.workdays,
        "created_at": rfc3339(calendar.created_at),
        "updated_at": rfc3339(calendar.updated_at),
        "version": calendar.version,
    }


def policy_view(policy: DeadlinePolicy, _who: Caller | None = None) -> dict[str, Any]:
    """One policy, with the name of its calendar."""
    names = ("id", "name", "category", "department_id", "calendar_id", "standard", "warn_percent", "warn_minutes")
    return {
        **{name: getattr(policy, name) for name in names},
        "calendar_name": policy.calendar.name,
        "escalate_after": policy.escalate_after,
        "fits_all": policy.id == CATCH_ALL_ID,
        "created_at": rfc3339(policy.created_at),
        "updated_at": rfc3339(policy.updated_at),
        "version": policy.version,
    }


@routes.get("/calendars", action=READ, query=schemas.DeadlineListQuery, answer=schemas.CalendarPage, show=calendar_view)
def calendars(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find calendars."""
    return find_calendars(uow, query)


@routes.post(
    "/calendars",
    action=WRITE,
    body=schemas.NewCalendar,
    answer=schemas.CalendarShown,
    status=201,
    place="/calendars/{id}",
    show=calendar_view,
)
def new_calendar(uow: UnitOfWork, body: dict[str, Any]) -> BusinessCalendar:
    """Write a calendar down."""
    return policies.create_calendar(uow, body)


@routes.get("/calendars/<uuid:calendar_id>", action=READ, answer=schemas.CalendarShown, show=calendar_view)
def calendar(uow: UnitOfWork, calendar_id: str) -> BusinessCalendar:
    """Read one calendar."""
    return uow.get(BusinessCalendar, calendar_id)


@routes.patch(
    "/calendars/<uuid:calendar_id>",
    action=WRITE,
    body=schemas.CalendarEdit,
    answer=schemas.CalendarShown,
    show=calendar_view,
)
def edit_calendar(uow: UnitOfWork, calendar_id: str, version: int, body: dict[str, Any]) -> BusinessCalendar:
    """Change a calendar; deadlines that are set stay until they are worked out anew."""
    return policies.edit_calendar(uow, calendar_id, body, version=version)


@routes.delete("/calendars/<uuid:calendar_id>", action=WRITE, show=calendar_view, problems={409: "calendar_in_use"})
def remove_calendar(uow: UnitOfWork, calendar_id: str, version: int) -> None:
    """Remove a calendar that no policy reckons by."""
    policies.remove_calendar(uow, calendar_id, version=version)


@routes.get(
    "/deadline-policies", action=READ, query=schemas.DeadlineListQuery, answer=schemas.PolicyPage, show=policy_view
)
def all_policies(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find deadline policies."""
    return find_policies(uow, query)


@routes.post(
    "/deadline-policies",
    action=WRITE,
    body=schemas.NewPolicy,
    references={"department_id": "department"},
    answer=schemas.PolicyShown,
    status=201,
    place="/deadline-policies/{id}",
    show=policy_view,
    problems={409: "duplicate_policy"},
)
def new_policy(uow: UnitOfWork, body: dict[str, Any]) -> DeadlinePolicy:
    """Write a policy down."""
    return policies.create_policy(uow, body)


@routes.get("/deadline-policies/<uuid:policy_id>", action=READ, answer=schemas.PolicyShown, show=policy_view)
def policy(uow: UnitOfWork, policy_id: str) -> DeadlinePolicy:
    """Read one policy."""
    return uow.get(DeadlinePolicy, policy_id)


@routes.patch(
    "/deadline-policies/<uuid:policy_id>",
    action=WRITE,
    body=schemas.PolicyEdit,
    references={"department_id": "department"},
    answer=schemas.PolicyShown,
    show=policy_view,
    problems={409: "duplicate_policy, catch_all_stays"},
)
def edit_policy(uow: UnitOfWork, policy_id: str, version: int, body: dict[str, Any]) -> DeadlinePolicy:
    """Change a policy; deadlines that are set stay until they are worked out anew."""
    return policies.edit_policy(uow, policy_id, body, version=version)


@routes.delete("/deadline-policies/<uuid:policy_id>", action=WRITE, show=policy_view, problems={409: "catch_all_stays"})
def remove_policy(uow: UnitOfWork, policy_id: str, version: int) -> None:
    """Remove a policy; the next closest one fits from then on."""
    policies.remove_policy(uow, policy_id, version=version)


@routes.post(
    "/deadline-recomputations",
    action=WRITE,
    query=schemas.Recomputing,
    answer=JobShown,
    status=202,
    place="/jobs/{id}",
    show=job_view,
    problems={429: "too_many_jobs"},
)
def recompute(uow: UnitOfWork, query: dict[str, Any]) -> Any:
    """Work the deadlines of all open tickets out anew; with `dry_run` only say which would change."""
    job_id = store.add_job(uow, recomputing.KIND.name, {"dry_run": query["dry_run"]}, language=language())
    return store.own_job(uow, job_id)
