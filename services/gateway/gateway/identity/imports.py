"""Staff out of a file: each row by the rules of POST /staff, what is wrong said row by row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from chassis.data.unit_of_work import UnitOfWork
from chassis.http.reading import load
from chassis.http.routes import Routes
from chassis.jobs.importing import Heading, Import, ImportRow, add_import
from chassis.jobs.routes import job_view
from chassis.jobs.running import Run
from chassis.rules import Refusal, WrongFields
from gateway.identity import people, roles
from gateway.identity.role import Role
from gateway.identity.schemas import NewStaff
from gateway.identity.staff import Department, Staff
from gateway.policies import PLAIN_ROLE

routes = Routes("staff-imports", "Staff out of files", show=job_view)

HEADINGS = (
    Heading("no", "工号", "Staff number", ("员工编号", "number")),
    Heading("name", "姓名", "Name", ("名字",)),
    Heading("role", "角色", "Role"),
    Heading("line", "几线", "Line"),
    Heading("department", "部门", "Department"),
    Heading("wechat_id", "微信ID", "WeChat ID", ("微信号", "微信")),
    Heading("wechat_name", "微信名", "WeChat name", ("微信昵称",)),
    Heading("skills", "技能", "Skills"),
    Heading("capacity", "容量", "Capacity"),
)
_FORM = NewStaff()
_LINES = {"一线": "1", "二线": "2", "first": "1", "second": "2"}


def check(row: ImportRow, _run: Run) -> None:
    """Read one row by the form of POST /staff."""
    given: dict[str, Any] = {name: text for name, text in row.given.items() if name not in ("department", "role")}
    for name in ("line", "capacity"):
        text = _LINES.get(given.get(name, "").strip().casefold(), given.get(name, "").strip())
        given |= {name: int(text) if text.isdigit() and len(text) < 6 else text} if name in given else {}
    if "skills" in given:
        given["skills"] = [part.strip() for part in re.split("[,，;；、|]", given["skills"]) if part.strip()]
    try:
        row.values = load(_FORM, given, "")
    except WrongFields as wrong:
        for pointer, code in wrong.errors:
            row.refuse(pointer.strip("/"), code)


def take(uow: UnitOfWork, rows: Sequence[ImportRow], run: Run) -> None:
    """Make the staff whose rows are right; what is there already is refused and never changed."""
    names, codes = _departments(uow), _roles(uow)
    known = _numbers(uow, rows)
    for row in rows:
        number = row.values["no"].casefold()
        if (first := run.seen.setdefault(number, row.number)) != row.number:
            row.refuse("no", f"duplicate_in_file:{first}")
        elif number in known:
            row.refuse("no", "duplicate")
        _place(row, names, codes)
        _may_grant(uow, row)
        if not row.errors and not run.job.parameters["dry_run"]:
            people.create_staff(uow, row.values)


def _place(row: ImportRow, names: dict[str, str], codes: dict[str, str]) -> None:
    """Department and role by the names people use."""
    for field, target, found in (("department", "department_id", names), ("role", "role", codes)):
        given = row.given.get(field, "").strip()
        if given and given.casefold() not in found:
            row.refuse(field, f"not_a_choice:{' '.join(sorted(set(found)))[:200]}")
        elif given:
            row.values[target] = found[given.casefold()]


def _may_grant(uow: UnitOfWork, row: ImportRow) -> None:
    if row.errors:
        return
    try:
        roles.must_be_grantable(uow, row.values.get("role", PLAIN_ROLE))
    except Refusal:
        row.refuse("role", "not_permitted")


def _departments(uow: UnitOfWork) -> dict[str, str]:
    return {name.casefold(): one for one, name in uow.session.execute(select(Department.id, Department.name)).tuples()}


def _roles(uow: UnitOfWork) -> dict[str, str]:
    found = uow.session.execute(select(Role.code, Role.zh, Role.en)).tuples()
    return {word.casefold(): code for code, zh, en in found for word in (code, zh, en)}


def _numbers(uow: UnitOfWork, rows: Sequence[ImportRow]) -> set[str]:
    wanted = [row.values["no"].lower() for row in rows]
    found = uow.session.scalars(select(Staff.no).where(func.lower(Staff.no).in_(wanted)))
    return {no.casefold() for no in found}


STAFF = Import("staff", "staff.write", HEADINGS, ("no",), check, take)
add_import(routes, STAFF)
