"""Whom identity providers mean by somebody: read, and taken apart again, by administrators."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import delete, select

from chassis.clock import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from gateway.audit import record
from gateway.identity import people
from gateway.identity.identity import Identity
from gateway.identity.staff import Staff

routes = Routes("identities", "Single sign-on: whom the company's providers mean")


class IdentityShown(Schema):
    """A provider's own name for a person, bound at their first sign-in by it."""

    provider = fields.String(required=True)
    subject = fields.String(required=True)
    created_at = fields.DateTime(required=True)


class IdentitiesShown(Schema):
    """All of one person's."""

    items = fields.List(fields.Nested(IdentityShown), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


@routes.get("/staff/<uuid:staff_id>/identities", action="staff.write", answer=IdentitiesShown)
def find(uow: UnitOfWork, staff_id: str) -> dict[str, Any]:
    """Read what identity providers call somebody."""
    staff = uow.get(Staff, staff_id)
    found = uow.session.scalars(select(Identity).where(Identity.staff_id == staff.id).order_by(Identity.provider))
    items = [{"provider": i.provider, "subject": i.subject, "created_at": rfc3339(i.created_at)} for i in found]
    return {"items": items, "next_cursor": None}


@routes.operation(
    "DELETE",
    "/staff/<uuid:staff_id>/identities",
    action="staff.write",
    answer=None,
    status=204,
    problems={403: "not_held"},
)
def unbind(uow: UnitOfWork, staff_id: str) -> None:
    """Unbind somebody from every provider; whoever signs in next with their number is bound anew."""
    staff = people.touched(uow, staff_id)
    gone = uow.session.execute(delete(Identity).where(Identity.staff_id == staff.id)).rowcount  # type: ignore[attr-defined]
    record(uow, "identity.unbound", subject_kind="staff", subject=staff.id, details={"count": gone})
