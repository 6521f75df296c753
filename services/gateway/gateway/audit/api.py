"""The routes of the audit log: it is read and exported, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from gateway.audit import reading, schemas
from gateway.audit.reading import Shown
from gateway.audit.views import entry_view

routes = Routes("audit", "Audit log", show=entry_view)


@routes.get("/audit", action="audit.read", query=schemas.AuditQuery, answer=schemas.AuditPage)
def find_entries(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """Find what was done, by whom, to what, when and from where."""
    return reading.find(uow, query)


@routes.get("/audit/<uuid:entry_id>", action="audit.read", answer=schemas.EntryShown)
def read_entry(uow: UnitOfWork, entry_id: str) -> Shown:
    """Read one entry."""
    return reading.one(uow, entry_id)
