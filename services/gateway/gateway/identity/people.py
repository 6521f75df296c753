"""What is done with staff, departments and WeChat accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.copies import StaffHasLeft
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from gateway.identity import leaving, roles, signin
from gateway.identity.accounts import give_accounts
from gateway.identity.departments import departments_below
from gateway.identity.errors import DepartmentLoop, DuplicateStaff, OwnPassword, OwnRole
from gateway.identity.events import DepartmentChanged
from gateway.identity.passwords import set_password
from gateway.identity.staff import IN_SERVICE, LEFT, Department, Staff
from gateway.policies import PLAIN_ROLE

# Rules about several rows at once: who changes such a thing waits for who is changing it.
_TREE_LOCK = 7_301_202


def create_staff(uow: UnitOfWork, fields: Mapping[str, Any]) -> Staff:
    """A new member of staff, a plain agent unless said otherwise. Raises DuplicateStaff, NotFound, WeakPassword."""
    values: dict[str, Any] = {
        "role": PLAIN_ROLE,
        "line": 1,
        "state": IN_SERVICE,
        "locale": "",
        "theme": "system",
        "letter_keys": True,
    }
    values |= {name: value for name, value in fields.items() if name not in ("password", "wechat_accounts")}
    roles.must_be_grantable(uow, values["role"])
    _must_exist(uow, values.get("department_id"))
    staff = Staff(id=new_id(), version=1, **values)
    if fields.get("password"):
        set_password(staff, fields["password"])
    uow.publish(staff.join(uow.now()))
    try:
        uow.add(staff)
    except IntegrityError as error:
        raise DuplicateStaff() from error
    give_accounts(uow, staff, fields.get("wechat_accounts", []))
    return staff


def edit_staff(
    uow: UnitOfWork,
    staff_id: str,
    fields: Mapping[str, Any],
    *,
    version: int,
    handover: tuple[str | None, str | None] = (None, None),
) -> Staff:
    """Change a member of staff; `handover` is rule and person where they leave, else as the settings say.

    Raises NotFound, StaleRecord, OwnRole, OwnPassword, NotHeld, LastAdministrator, DuplicateAccount.
    """
    if not {"role", "state"}.isdisjoint(fields):
        roles.one_at_a_time(uow)
    staff = uow.for_update(Staff, staff_id, version)
    values = {name: value for name, value in fields.items() if name not in ("password", "wechat_accounts")}
    role_changes = _may_change_role(uow, staff, values)
    _may_move(uow, staff, values)
    _must_exist(uow, values.get("department_id"))
    if fields.get("password"):
        _give_password(uow, staff, fields["password"])
    if "wechat_accounts" in fields:
        give_accounts(uow, staff, fields["wechat_accounts"])
    leaves = values.get("state") == LEFT and staff.state != LEFT
    plan = leaving.planned(uow, staff, *handover) if leaves else None
    facts = staff.edit(values, uow.now(), plan)
    if plan is not None:
        leaving.give_accounts_away(uow, staff, plan)
    if role_changes:
        roles.must_leave_an_administrator(uow)
    if not facts and ("wechat_accounts" in fields or "password" in fields):
        staff.changed(uow.now())
    if staff.state == LEFT:
        signin.end_sessions_of(uow, staff.id)
    uow.publish(facts)
    return staff


def touched(uow: UnitOfWork, staff_id: str) -> Staff:
    """Oneself, or somebody who holds no more than the caller. Raises NotFound, NotHeld."""
    staff = uow.get(Staff, staff_id)
    if staff.id != uow.caller.id:
        roles.must_be_grantable(uow, staff.role)
    return staff


def leave(uow: UnitOfWork, staff_id: str, rule: str, to_id: str | None, *, version: int) -> Staff:
    """Somebody leaves. Raises NotFound, StaleRecord, StaffHasLeft (who leaves, or who takes), OwnRole, LastAdministrator."""
    if uow.get(Staff, staff_id).state == LEFT:
        raise StaffHasLeft()
    return edit_staff(uow, staff_id, {"state": LEFT}, version=version, handover=(rule, to_id))


def _may_change_role(uow: UnitOfWork, staff: Staff, values: Mapping[str, Any]) -> bool:
    """Whether role or state change at all. Raises OwnRole, NotHeld.

    Whom one could not have given the role to, one takes nothing from either.
    """
    role, state = values.get("role", staff.role), values.get("state", staff.state)
    if role == staff.role and state == staff.state:
        return False
    if staff.id == uow.caller.id:
        raise OwnRole()
    for code in {role, staff.role}:
        roles.must_be_grantable(uow, code)
    return True


def _may_move(uow: UnitOfWork, staff: Staff, values: Mapping[str, Any]) -> None:
    """Raise NotHeld where another department would let somebody, or oneself, reach what the caller does not."""
    if values.get("department_id", staff.department_id) != staff.department_id:
        roles.must_be_grantable(uow, staff.role)


def _give_password(uow: UnitOfWork, staff: Staff, password: str) -> None:
    """Raises OwnPassword, and NotHeld where they hold more than the caller: who knows their password is them."""
    if staff.id == uow.caller.id:
        raise OwnPassword()
    roles.must_be_grantable(uow, staff.role)
    signin.renew_password(uow, staff, password)


def _one_at_a_time(uow: UnitOfWork, lock: int) -> None:
    """Taken before any row, so that two changes cannot wait for one another; given back with the transaction."""
    uow.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def _must_exist(uow: UnitOfWork, department_id: str | None) -> None:
    if department_id and uow.session.get(Department, department_id) is None:
        raise NotFound()


def create_department(uow: UnitOfWork, name: str, parent_id: str | None) -> Department:
    """A new department. Raises NotFound where the one above is missing."""
    _must_exist(uow, parent_id)
    department = Department(
        id=new_id(), version=1, name=name, parent_id=parent_id, created_at=uow.now(), updated_at=uow.now()
    )
    uow.publish(DepartmentChanged.of(department, "name", "parent_id"))
    return uow.add(department)


def edit_department(uow: UnitOfWork, department_id: str, fields: Mapping[str, Any], *, version: int) -> Department:
    """Rename or move a department. Raises NotFound, StaleRecord, NotHeld, DepartmentLoop.

    What lies below another department is reached with it: only who reaches everything moves one.
    """
    if "parent_id" in fields:
        _one_at_a_time(uow, _TREE_LOCK)
    department = uow.for_update(Department, department_id, version)
    parent = fields.get("parent_id")
    if "parent_id" in fields and parent != department.parent_id:
        roles.must_reach_everything(uow)
    _must_exist(uow, parent)
    if parent and parent in departments_below(uow.session, department.id):
        raise DepartmentLoop()
    uow.publish(department.edit(fields, uow.now()))
    return department
