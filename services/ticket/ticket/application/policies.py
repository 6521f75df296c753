"""What is done with calendars and deadline policies: made, changed, removed (T22)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from ticket.domain.deadline_policy import BusinessCalendar, DeadlinePolicy
from ticket.domain.errors import CalendarInUse, DuplicatePolicy
from ticket.persistence.deadlines import look_up_again, policies_by


def create_calendar(uow: UnitOfWork, fields: Mapping[str, Any]) -> BusinessCalendar:
    """Write a calendar down."""
    calendar = BusinessCalendar(id=new_id())
    calendar.make(fields, uow.now())
    return uow.add(calendar)


def edit_calendar(uow: UnitOfWork, calendar_id: str, fields: Mapping[str, Any], *, version: int) -> BusinessCalendar:
    """Change a calendar. Raises NotFound, StaleRecord."""
    calendar = uow.for_update(BusinessCalendar, calendar_id, version)
    calendar.edit(fields, uow.now())
    look_up_again(uow)
    return calendar


def remove_calendar(uow: UnitOfWork, calendar_id: str, *, version: int) -> None:
    """Remove a calendar that no policy reckons by. Raises NotFound, StaleRecord, CalendarInUse."""
    calendar = uow.for_update(BusinessCalendar, calendar_id, version)
    names = policies_by(uow, calendar.id)
    if names:
        raise CalendarInUse(names)
    uow.session.delete(calendar)


def create_policy(uow: UnitOfWork, fields: Mapping[str, Any]) -> DeadlinePolicy:
    """Write a policy down. Raises NotFound for the calendar, DuplicatePolicy."""
    calendar = uow.locked(BusinessCalendar, fields["calendar_id"])
    policy = DeadlinePolicy(id=new_id())
    policy.make(fields, uow.now())
    try:
        uow.add(policy)
    except IntegrityError as error:
        raise DuplicatePolicy() from error
    policy.calendar = calendar
    look_up_again(uow)
    return policy


def edit_policy(uow: UnitOfWork, policy_id: str, fields: Mapping[str, Any], *, version: int) -> DeadlinePolicy:
    """Change a policy. Raises NotFound, also for the calendar, StaleRecord, CatchAllStays, DuplicatePolicy."""
    if "calendar_id" in fields:
        uow.locked(BusinessCalendar, fields["calendar_id"])
    policy = uow.for_update(DeadlinePolicy, policy_id, version)
    policy.edit(fields, uow.now())
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise DuplicatePolicy() from error
    look_up_again(uow)
    return policy


def remove_policy(uow: UnitOfWork, policy_id: str, *, version: int) -> None:
    """Remove a policy. Raises NotFound, StaleRecord, CatchAllStays."""
    policy = uow.for_update(DeadlinePolicy, policy_id, version)
    policy.leave()
    uow.session.delete(policy)
    look_up_again(uow)
