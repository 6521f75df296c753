"""Somebody leaves: out at once, and what they had goes where the rule says (O1)."""

from __future__ import annotations

from sqlalchemy import select

from chassis.data.copies import StaffHasLeft
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from gateway.audit import record
from gateway.identity.accounts import hand_all_on
from gateway.identity.events import HandOver
from gateway.identity.signin import staff_by_no
from gateway.identity.staff import IN_SERVICE, Staff
from gateway.policies import PLAIN_ROLE

PERSON, DEPARTMENT, POOL = RULES = ("person", "department", "pool")
_MOST = 200


def planned(uow: UnitOfWork, leaver: Staff, rule: str | None = None, to_id: str | None = None) -> HandOver:
    """To whom it goes, by the rule or else by that of the settings. Raises NotFound, StaffHasLeft."""
    if rule is None:
        return _by_settings(uow, leaver)
    if rule == PERSON:
        taker = uow.session.get(Staff, to_id) if to_id else None
        if taker is None:
            raise NotFound()
        if taker.state != IN_SERVICE or taker.id == leaver.id:
            raise StaffHasLeft()
        return HandOver(PERSON, (taker.id,))
    if rule == DEPARTMENT:
        return HandOver(DEPARTMENT, tuple(staff.id for staff in colleagues(uow, leaver)))
    return HandOver(POOL, ())


def _by_settings(uow: UnitOfWork, leaver: Staff) -> HandOver:
    """A person who has left meanwhile takes nothing: then the department does."""
    setting = str(uow.settings.leavers_hand_over)
    if setting in (DEPARTMENT, POOL):
        return planned(uow, leaver, setting)
    taker = staff_by_no(uow, setting)
    if taker is None or taker.state != IN_SERVICE or taker.id == leaver.id:
        return planned(uow, leaver, DEPARTMENT)
    return HandOver(PERSON, (taker.id,))


def colleagues(uow: UnitOfWork, leaver: Staff) -> list[Staff]:
    """Who of the department does the same work; the plain agents of it where nobody does."""
    near = (Staff.department_id == leaver.department_id, Staff.state == IN_SERVICE, Staff.id != leaver.id)
    found: list[Staff] = []
    for role in (leaver.role, PLAIN_ROLE):
        query = select(Staff).where(*near, Staff.role == role).order_by(Staff.no).limit(_MOST)
        found = found or list(uow.session.scalars(query))
    return found


def give_accounts_away(uow: UnitOfWork, leaver: Staff, plan: HandOver) -> None:
    """The accounts on studio phones go to the one person who takes everything; else they are free."""
    taker = plan.to[0] if plan.rule == PERSON else None
    hand_all_on(uow, leaver, taker)
    details = {"rule": plan.rule, "to": list(plan.to)[:20]}
    record(uow, "staff.handed_over", subject_kind="staff", subject=leaver.id, details=details)
