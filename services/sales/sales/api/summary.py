"""The routes of the home page: one player's sales at a glance, and the caller's own work in figures."""

from __future__ import annotations

from typing import Any

from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from sales.api import schemas
from sales.api.views import counters_view, summary_view
from sales.persistence import queries
from sales.persistence import summary as summaries
from sales.settings import settings

routes = Routes("sales", "Sales at a glance")


@routes.get("/sales-summary", action="sales.read", query=schemas.SummaryQuery, answer=schemas.SummaryShown)
def summary(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Read one player's touches, orders, figures, where we stopped, and what to offer next."""
    found = summaries.summary(uow, zone=settings().timezone, cooldown=settings().cooldown, **query)
    return summary_view(found)


@routes.get("/sales-counters", action="sales.read", answer=schemas.CountersShown)
def counters(uow: UnitOfWork) -> dict[str, Any]:
    """Read the caller's own day and month in figures."""
    return counters_view(queries.counters(uow, zone=settings().timezone))
