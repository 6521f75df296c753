"""The routes of causes."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339, utc_now
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import language
from chassis.http.routes import Routes
from ticket.api import cause_schemas as schemas
from ticket.api.schemas import Reopening
from ticket.application import causes
from ticket.domain.cause import UNFIXED_WITHIN, Cause
from ticket.persistence.causes import Counted, counted, find_causes


def cause_view(found: Counted | Cause, _who: Caller | None = None) -> dict[str, Any]:
    """One cause; where nobody has counted, as when a version is stale, there are no tickets."""
    counts = found if isinstance(found, Counted) else Counted(found)
    cause = counts.cause
    return {
        "id": cause.id,
        "title": cause.title,
        "note": cause.note,
        "pack_no": cause.pack_no,
        "state": cause.state,
        "solution": cause.solution,
        "fixed_at": rfc3339(cause.fixed_at),
        "fixed_by": cause.fixed_by,
        "can_unfix": cause.fixed_at is not None and utc_now() - cause.fixed_at <= UNFIXED_WITHIN,
        "open_tickets": counts.open,
        "overdue_tickets": counts.overdue,
        "outside_tickets": counts.outside,
        "oldest_at": rfc3339(counts.oldest_at),
        "created_by": cause.created_by,
        "created_at": rfc3339(cause.created_at),
        "updated_at": rfc3339(cause.updated_at),
        "version": cause.version,
    }


routes = Routes("causes", "Causes", show=cause_view)


def _counted(uow: UnitOfWork, cause: Cause) -> Counted:
    uow.session.flush()
    return counted(uow, [cause])[0]


def _moved(uow: UnitOfWork, done: causes.Moved) -> dict[str, Any]:
    shown = cause_view(_counted(uow, done.cause))
    return {**shown, "moved": done.moved, "left": done.left, "job_id": done.job_id}


@routes.post(
    "/causes",
    action="cause.write",
    body=schemas.NewCause,
    answer=schemas.CauseShown,
    status=201,
    place="/causes/{id}",
    references={"pack_no": "pack"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Cause:
    """Name what several tickets have in common."""
    return causes.create_cause(uow, body)


@routes.get("/causes", action="ticket.read", query=schemas.CauseQuery, answer=schemas.CausePage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find causes, with how many tickets hang on each."""
    return find_causes(uow, query)


@routes.get("/causes/<uuid:cause_id>", action="ticket.read", answer=schemas.CauseShown)
def read(uow: UnitOfWork, cause_id: str) -> Counted:
    """Read one cause."""
    return counted(uow, [uow.get(Cause, cause_id)])[0]


@routes.patch(
    "/causes/<uuid:cause_id>",
    action="cause.write",
    body=schemas.CauseEdit,
    answer=schemas.CauseShown,
    references={"pack_no": "pack"},
)
def edit(uow: UnitOfWork, cause_id: str, version: int, body: dict[str, Any]) -> Counted:
    """Change a cause's title, note or pack."""
    return _counted(uow, causes.edit_cause(uow, cause_id, body, version=version))


@routes.post(
    "/causes/<uuid:cause_id>/tickets/batch",
    action="ticket.update",
    body=schemas.Tickets,
    answer=schemas.TicketsGiven,
)
def give(uow: UnitOfWork, cause_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say of up to 200 tickets that this is their cause; a result each."""
    return {"items": causes.give_tickets(uow, cause_id, body["ticket_ids"])}


@routes.post(
    "/causes/<uuid:cause_id>/fix",
    action="cause.fix",
    body=schemas.Fixing,
    answer=schemas.CauseMoved,
    versioned=True,
)
def fix(uow: UnitOfWork, cause_id: str, version: int, body: dict[str, Any]) -> dict[str, Any]:
    """Fix a cause and complete its open tickets within reach: 200 at once, the rest by the job that is named."""
    return _moved(uow, causes.fix_cause(uow, cause_id, body["solution"], version=version, language=language()))


@routes.post(
    "/causes/<uuid:cause_id>/reopen",
    action="cause.fix",
    body=Reopening,
    answer=schemas.CauseShown,
    versioned=True,
    problems={409: "cause_not_fixed"},
)
def reopen(uow: UnitOfWork, cause_id: str, version: int, body: dict[str, Any]) -> Counted:
    """Open a fixed cause again; its tickets stay as they are."""
    return _counted(uow, causes.reopen_cause(uow, cause_id, body["reason"], version=version))


@routes.post(
    "/causes/<uuid:cause_id>/unfix",
    action="cause.fix",
    body=Reopening,
    answer=schemas.CauseMoved,
    versioned=True,
    problems={409: "cause_not_fixed, too_late_to_unfix"},
)
def unfix(uow: UnitOfWork, cause_id: str, version: int, body: dict[str, Any]) -> dict[str, Any]:
    """Take a fix back within a day: what it completed within reach is reopened, the rest beyond 200 by a job."""
    return _moved(uow, causes.unfix_cause(uow, cause_id, body["reason"], version=version, language=language()))
