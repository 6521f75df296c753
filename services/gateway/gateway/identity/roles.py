"""What is done with roles: made, changed, removed, given; nobody grants what they do not hold, and somebody administers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.field_rules import OPEN, FieldRules
from chassis.rules import WrongFields
from gateway.identity.departments import departments_below
from gateway.identity.errors import LastAdministrator
from gateway.identity.events import RoleChanged, StaffChanged
from gateway.identity.role import ALL, BELOW, DEPARTMENT, NAMED, SELF, Role
from gateway.identity.role_errors import BuiltInRole, DuplicateRole, NotHeld, RoleInUse
from gateway.identity.staff import IN_SERVICE, Department, Staff

GRANT = "role.grant"  # whoever holds it holds the keys of every action: an administrator
ADMINISTERS = frozenset({GRANT, "role.write", "staff.write"})  # without these nobody could put anything right again
_LOCK = 7_301_201  # who may do what is changed by one at a time


def one_at_a_time(uow: UnitOfWork) -> None:
    """Before any row is taken, so that two changes can neither wait for one another nor both pass a rule about all."""
    uow.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def create_role(uow: UnitOfWork, fields: Mapping[str, Any]) -> Role:
    """A role of the company's own. Raises NotHeld, DuplicateRole, WrongFields."""
    values = {"departments": [], "requires_second_factor": False, "field_rules": {}, **fields}
    actions = frozenset(values.pop("actions"))
    _names_its_departments(uow, values["scope"], values["departments"])
    _must_hold(uow, actions, values["scope"], values["departments"], FieldRules.of(values["field_rules"]))
    role = Role(id=new_id(), version=1, created_at=uow.now(), updated_at=uow.now(), built_in=False, **values)
    role.granted, role.withheld = sorted(actions), []
    uow.publish(RoleChanged.of(role, "actions", "scope"))
    try:
        return uow.add(role)
    except IntegrityError as error:
        raise DuplicateRole() from error


def edit_role(uow: UnitOfWork, role_id: str, fields: Mapping[str, Any], *, version: int) -> Role:
    """Change a role; it counts for everybody who has it within two seconds.

    Raises NotFound, StaleRecord, NotHeld, LastAdministrator, WrongFields.
    """
    one_at_a_time(uow)
    role = uow.for_update(Role, role_id, version)
    before, reach, rules = role.actions, (role.scope, list(role.departments)), role.rules
    second_factor = role.requires_second_factor
    facts = role.edit(fields, uow.now())
    now = (role.scope, list(role.departments))
    _names_its_departments(uow, *now)
    if (role.actions, now, role.rules, role.requires_second_factor) != (before, reach, rules, second_factor):
        # What a role lets one do counts with where it does: neither may be more than the caller's, now or before.
        _must_hold(uow, before | role.actions, *now, role.rules)
        _must_hold(uow, frozenset(), *reach, rules)
    uow.session.flush()
    _someone_administers(uow)
    uow.publish(facts)
    if before - role.actions or now != reach or not rules.as_strict_as(role.rules):
        _outdate_tokens(uow, role)
    return role


def _outdate_tokens(uow: UnitOfWork, role: Role) -> None:
    """Less than before: internal tokens of whoever has the role are refused at every service as soon as it has heard."""
    for staff in uow.session.scalars(select(Staff).where(Staff.role == role.code, Staff.state == IN_SERVICE)):
        staff.changed(uow.now())
        uow.publish(StaffChanged.of(staff, "role"))


def remove_role(uow: UnitOfWork, role_id: str, *, version: int) -> None:
    """Remove a role nobody has or had. Raises NotFound, StaleRecord, BuiltInRole, RoleInUse."""
    one_at_a_time(uow)
    role = uow.for_update(Role, role_id, version)
    if role.built_in:
        raise BuiltInRole()
    if uow.session.scalar(select(func.count()).select_from(Staff).where(Staff.role == role.code)):
        raise RoleInUse()
    role.changed(uow.now())
    uow.publish(RoleChanged.of(role, removed=True))
    uow.session.flush()
    uow.session.delete(role)


def must_be_grantable(uow: UnitOfWork, code: str) -> None:
    """Raise NotHeld where the role holds what the caller does not, WrongFields where there is no such role."""
    role = uow.session.scalar(select(Role).where(Role.code == code))
    if role is None:
        codes = " ".join(sorted(uow.session.scalars(select(Role.code))))
        raise WrongFields([("/role", f"not_a_choice:{codes}")])
    _must_hold(uow, role.actions, role.scope, role.departments, role.rules)


def must_hold(uow: UnitOfWork, actions: frozenset[str], department_id: str | None) -> None:
    """Raise NotHeld unless the caller may do all this, with every field, and reaches where it is done: in this department
    and all below it, or (None) everywhere.
    """
    reached = set(uow.caller.scope.departments)
    within = department_id is not None and departments_below(uow.session, department_id) <= reached
    _must_hold(uow, actions, SELF if within else ALL, [], OPEN)


def must_reach_everything(uow: UnitOfWork) -> None:
    """Raise NotHeld unless the caller's reach is the company, or they hold the keys."""
    _must_hold(uow, frozenset(), ALL, [], None)


def must_leave_an_administrator(uow: UnitOfWork) -> None:
    """After a change of who has which role: raise LastAdministrator where nobody could change it back."""
    uow.session.flush()
    _someone_administers(uow)


def _someone_administers(uow: UnitOfWork) -> None:
    codes = [
        role.code for role in uow.session.scalars(select(Role)) if role.actions >= ADMINISTERS and role.scope == ALL
    ]
    query = select(Staff.id).where(Staff.role.in_(codes), Staff.state == IN_SERVICE).limit(1)
    if uow.session.scalar(query) is None:
        raise LastAdministrator()


def _must_hold(
    uow: UnitOfWork, actions: frozenset[str], scope: str, departments: list[str], rules: FieldRules | None
) -> None:
    """Raise NotHeld unless the caller has all this, or holds the keys; work of the gateway itself is not asked.

    A role may see and set no field that whoever makes or gives it does not; None where that is not asked.
    """
    who = uow.caller
    if who.kind == "service" or who.may(GRANT):
        return
    missing = sorted(action for action in actions if not who.may(action))
    if missing or not _reaches(uow, scope, departments):
        raise NotHeld(members={"missing": missing or [scope]})
    if rules is not None and not rules.as_strict_as(who.fields):
        raise NotHeld(members={"missing": ["field_rules"]})


def _reaches(uow: UnitOfWork, scope: str, departments: list[str]) -> bool:
    """Whether the caller's own reach holds this one, wherever in the company whoever has the role sits."""
    own = uow.caller.scope
    if own.kind == ALL or scope == SELF:
        return True
    return scope == NAMED and own.kind == NAMED and set(departments) <= set(own.departments)


def _names_its_departments(uow: UnitOfWork, scope: str, departments: list[str]) -> None:
    """Departments are named where they are what is reached, and nowhere else; each is there."""
    if bool(departments) != (scope == NAMED):
        wrong = "needed_with:scope=departments" if scope == NAMED else "not_together:scope departments"
        raise WrongFields([("/departments", wrong)])
    known = set(uow.session.scalars(select(Department.id).where(Department.id.in_(departments))))
    if set(departments) - known:
        raise WrongFields([("/departments", "invalid")])


__all__ = [
    "ALL", "BELOW", "DEPARTMENT", "GRANT", "NAMED", "SELF", "create_role", "edit_role", "must_be_grantable", "must_hold",
    "must_leave_an_administrator", "must_reach_everything", "one_at_a_time", "remove_role",
]  # fmt: skip
