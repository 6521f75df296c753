"""Reads of calendars and policies; and the terms that tickets are written by, looked up once a second."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

from sqlalchemy import URL, select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from ticket.domain.deadline_policy import BusinessCalendar, DeadlinePolicy
from ticket.domain.deadlines import STANDARD, Terms

LOOKED_UP_EVERY = 1.0  # seconds: what was changed counts for tickets written this much later, in every process
_known: dict[URL, tuple[float, Terms]] = {}


def find_calendars(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of calendars."""
    return _page(uow, BusinessCalendar, query)


def find_policies(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of policies."""
    return _page(uow, DeadlinePolicy, query)


def _page(uow: UnitOfWork, kind: Any, query: Mapping[str, Any]) -> Page:
    sorts = {"created_at": Sort(kind.created_at, "created_at")}
    return paginate(uow.session, uow.select(kind), sorts=sorts, id_column=kind.id, query=query)


def policies_by(uow: UnitOfWork, calendar_id: str) -> list[str]:
    """The names of the policies that reckon by a calendar."""
    named = select(DeadlinePolicy.name).where(DeadlinePolicy.calendar_id == calendar_id)
    return list(uow.session.scalars(named.order_by(DeadlinePolicy.name)))


def terms_now(uow: UnitOfWork) -> Terms:
    """Every policy, read at this moment."""
    policies = tuple(policy.terms() for policy in uow.session.scalars(select(DeadlinePolicy)))
    return Terms(policies) if any(policy.closeness == (False, False) for policy in policies) else STANDARD


def terms(uow: UnitOfWork) -> Terms:
    """Every policy, as of a second ago: a ticket is written without a further journey to the database."""
    url = uow.session.get_bind().engine.url
    until, found = _known.get(url, (0.0, STANDARD))
    if monotonic() < until:
        return found
    found = terms_now(uow)
    _known[url] = (monotonic() + LOOKED_UP_EVERY, found)
    return found


def look_up_again(uow: UnitOfWork) -> None:
    """Something was changed here: the next ticket of this process is written by it."""
    _known.pop(uow.session.get_bind().engine.url, None)
