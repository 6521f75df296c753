"""What HR tells of people on `company.events`: who joins, who moves, who leaves; each fact carries the whole state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from chassis.facts.event import rules
from chassis.facts.inward import company, contract
from chassis.ops.logging import log
from gateway.identity import people
from gateway.identity.signin import staff_by_no
from gateway.identity.staff import IN_SERVICE, LEFT, Department, Staff
from gateway.policies import PLAIN_ROLE

StaffNo = Annotated[str, rules(minLength=1, maxLength=32, pattern=r"^\S+$")]
Name = Annotated[str, rules(minLength=1, maxLength=64)]


@dataclass(frozen=True)
class EmployeeLeft:
    """Somebody does not work here any more: logged out at once, players and open tickets handed over by rule (O1)."""

    staff_no: StaffNo
    left_at: datetime | None = None


@dataclass(frozen=True)
class EmployeeHere:
    """Somebody works here, and where: a department by its name; another than ours, or none, is no department of ours."""

    staff_no: StaffNo
    name: Name
    department: Annotated[str, rules(maxLength=64)] | None


@dataclass(frozen=True)
class EmployeeJoined(EmployeeHere):
    """Somebody began to work here, or came back: a plain agent without a password, where the department is ours."""


@dataclass(frozen=True)
class EmployeeMoved(EmployeeHere):
    """Somebody works in another department from now on; their scope follows within 2 s."""


def leave(uow: UnitOfWork, fact: Received) -> None:
    """Log out and hand over. Raises LastAdministrator, which a person has to solve."""
    staff = staff_by_no(uow, fact.data["staff_no"])
    if staff is not None and staff.state == IN_SERVICE:
        people.edit_staff(uow, staff.id, {"state": LEFT}, version=staff.version)
        log.info("left, says HR", staff=staff.id)


def arrive(uow: UnitOfWork, fact: Received) -> None:
    """Make, move or take back; HR tells of the whole company, so who belongs to no department of ours is not made."""
    staff, department = staff_by_no(uow, fact.data["staff_no"]), _department(uow, fact.data["department"])
    if staff is not None:
        _update(uow, staff, {"name": fact.data["name"], "department_id": department})
    elif department is not None:
        named = {"no": fact.data["staff_no"], "name": fact.data["name"], "department_id": department}
        log.info("joined, says HR", staff=people.create_staff(uow, named).id)
    else:
        log.info("HR tells of somebody who works elsewhere", fact=fact.key)


def _update(uow: UnitOfWork, staff: Staff, values: dict[str, Any]) -> None:
    """Whoever comes back comes as a plain agent, whatever they were before."""
    if staff.state == LEFT:
        values |= {"state": IN_SERVICE, "role": PLAIN_ROLE}
    people.edit_staff(uow, staff.id, values, version=staff.version)


def _department(uow: UnitOfWork, name: str | None) -> str | None:
    """The department of this name; None where there is none, or more than one."""
    found = list(uow.session.scalars(select(Department.id).where(Department.name == (name or "")).limit(2)))
    return found[0] if len(found) == 1 else None


_HERE = {"staff_no": "A204", "name": "客服新", "department": "一部"}
SUBSCRIPTION = company(
    "hr",
    contract("hr.employee.joined.v1", EmployeeJoined, arrive, stream="hr.employee", teller="hr", example=_HERE),
    contract("hr.employee.moved.v1", EmployeeMoved, arrive, stream="hr.employee", teller="hr", example=_HERE),
    contract(
        "hr.employee.left.v1",
        EmployeeLeft,
        leave,
        stream="hr.employee",
        teller="hr",
        example={"staff_no": "A204", "left_at": "2026-11-27T10:00:00Z"},
    ),
)
