"""Let in whoever an identity provider vouches for: the member of staff it means, bound at the first time."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import Refusal
from gateway.audit import record
from gateway.identity import entering
from gateway.identity.errors import SignOnNobody
from gateway.identity.identity import Identity
from gateway.identity.oidc import Proved
from gateway.identity.signin import staff_by_no
from gateway.identity.staff import IN_SERVICE, Staff


def welcome(proved: Proved, provider: str) -> Refusal | None:
    """Let in the person a provider has vouched for; OtpRequired where our own second step is to come."""
    with (uow := entering.work()).session:
        staff = _staff_of(uow, proved, provider)
        if staff is None or staff.state != IN_SERVICE:
            details = {"wrong": provider, "staff_no": staff.no if staff else None}
            subject = staff.id if staff else ""
            record(uow, "session.refused", subject_kind="staff", subject=subject, actor="", details=details)
            uow.commit()
            return SignOnNobody()
        uow.commit()
    return entering.welcome(staff, way=provider, proved_twice=proved.twice)


def _staff_of(uow: UnitOfWork, proved: Proved, provider: str) -> Staff | None:
    """Who is bound to the provider's name; at the first time whoever has the number it tells, and is bound to no other."""
    known = uow.session.get(Identity, (provider, proved.subject))
    if known is not None:
        return uow.session.get(Staff, known.staff_id)
    staff = staff_by_no(uow, proved.staff_no) if proved.staff_no else None
    if staff is None or staff.state != IN_SERVICE:
        return staff
    row = {"provider": provider, "subject": proved.subject, "staff_id": staff.id, "created_at": uow.now()}
    statement = insert(Identity).values(row).on_conflict_do_nothing().returning(Identity.subject)
    if uow.session.execute(statement).first() is None:  # another request was quicker, for this name or for this person
        known = uow.session.get(Identity, (provider, proved.subject))
        return uow.session.get(Staff, known.staff_id) if known else None
    details = {"provider": provider, "no": staff.no}
    record(uow, "identity.bound", subject_kind="staff", subject=staff.id, actor=staff.id, details=details)
    return staff
