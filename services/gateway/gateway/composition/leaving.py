"""Somebody leaves: what they leave behind, counted by the services, and the decision whose it is then (O1)."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from gateway.clients.api import forwarder
from gateway.clients.transport import ServiceDown
from gateway.identity import leaving_schemas, people
from gateway.identity.leaving import colleagues
from gateway.identity.schemas import StaffShown
from gateway.identity.staff import Staff
from gateway.identity.views import staff_view

routes = Routes("leaving", "What a leaver leaves behind")


@routes.get("/staff/<uuid:staff_id>/belongings", action="staff.write", answer=leaving_schemas.BelongingsShown)
def belongings(uow: UnitOfWork, staff_id: str) -> dict[str, Any]:
    """Count a person's players and what is open of theirs, and name who of the department could take it."""
    staff = uow.get(Staff, staff_id)
    shown = [{"id": one.id, "no": one.no, "name": one.name} for one in colleagues(uow, staff)]
    tickets = {"assignee_id": staff_id, "status": "pending,in_progress"}
    theirs = {"owner_id": staff_id, "open": "true"}
    return {
        "players": _total(uow.caller, "player", "/players", {"agent_id": staff_id}),
        "tickets": _total(uow.caller, "ticket", "/tickets", tickets),
        **{name: _total(uow.caller, "sales", f"/{name}", theirs) for name in ("leads", "opportunities")},
        "sessions": _total(uow.caller, "ticket", "/sessions", {"agent_id": staff_id, "state": "open"}),
        "colleagues": shown,
    }


@routes.post(
    "/staff/<uuid:staff_id>/leave",
    action="staff.write",
    body=leaving_schemas.Leaving,
    answer=StaffShown,
    versioned=True,
    show=staff_view,
    problems={409: "staff_left, own_role, last_administrator"},
)
def leave(uow: UnitOfWork, staff_id: str, version: int, body: dict[str, Any]) -> Staff:
    """Somebody leaves: out at once; players and what is open of theirs are handed over by jobs, which `GET /jobs` shows."""
    return people.leave(uow, staff_id, body["rule"], body.get("to_id"), version=version)


def _total(who: Caller, service: str, path: str, filters: dict[str, str]) -> int | None:
    try:
        answer = forwarder().read(who, service, path, {**filters, "count": "true", "limit": 1}, deadline=2)
    except ServiceDown:
        return None
    return answer.json["total"] if answer.status == 200 else None
