"""The routes of staff, departments, accounts and roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.search import escaped_like
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from gateway.identity import accounts, people, roles, schemas
from gateway.identity.role import Role
from gateway.identity.staff import Department, Staff, WechatAccount
from gateway.identity.views import account_view, department_view, holding_view, role_view, staff_view

staff_routes = Routes("staff", "Staff", show=staff_view)
department_routes = Routes("departments", "Departments", show=department_view)
account_routes = Routes("wechat-accounts", "WeChat accounts of staff", show=account_view)
role_routes = Routes("roles", "Roles", show=role_view)

STAFF_SORTS = {"no": Sort(Staff.no, "no"), "created_at": Sort(Staff.created_at, "created_at")}
DEPARTMENT_SORTS = {
    "name": Sort(Department.name, "name"),
    "created_at": Sort(Department.created_at, "created_at"),
}
ROLE_SORTS = {"created_at": Sort(Role.created_at, "created_at"), "code": Sort(Role.code, "code")}
ACCOUNT_SORTS = {"wechat_id": Sort(WechatAccount.wechat_id, "wechat_id")}


@staff_routes.get("/staff", action="staff.read", query=schemas.StaffQuery, answer=schemas.StaffPage)
def find_staff(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """Find staff by number, name or WeChat."""
    statement = uow.select(Staff)
    for condition in _staff_conditions(query):
        statement = statement.where(condition)
    return paginate(uow.session, statement, sorts=STAFF_SORTS, id_column=Staff.id, query=query)


def _staff_conditions(query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.get("q"):
        part = escaped_like(query["q"].lower())
        columns = (Staff.no, Staff.name, Staff.wechat_id, Staff.wechat_name)
        found.append(or_(*(func.lower(column).like(f"%{part}%") for column in columns)))
    if query.get("role"):
        found.append(Staff.role.in_([part.strip() for part in query["role"].split(",")]))
    if query.get("state"):
        found.append(Staff.state.in_(query["state"]))
    if query.get("department_id"):
        found.append(Staff.department_id == query["department_id"])
    return found


@staff_routes.post(
    "/staff",
    action="staff.write",
    body=schemas.NewStaff,
    answer=schemas.StaffShown,
    status=201,
    place="/staff/{id}",
    problems={409: "duplicate_staff, wechat_account_taken, weak_password", 403: "not_held"},
)
def create_staff(uow: UnitOfWork, body: dict[str, Any]) -> Staff:
    """Add a member of staff."""
    return people.create_staff(uow, body)


@staff_routes.get("/staff/<uuid:staff_id>", action="staff.read", answer=schemas.StaffShown)
def read_staff(uow: UnitOfWork, staff_id: str) -> Staff:
    """Read one member of staff."""
    return uow.get(Staff, staff_id)


@staff_routes.patch(
    "/staff/<uuid:staff_id>",
    action="staff.write",
    body=schemas.StaffEdit,
    answer=schemas.StaffShown,
    problems={409: "own_role, own_password, last_administrator, wechat_account_taken, weak_password", 403: "not_held"},
)
def edit_staff(uow: UnitOfWork, staff_id: str, version: int, body: dict[str, Any]) -> Staff:
    """Change a member of staff; with state "left" every session of theirs ends."""
    return people.edit_staff(uow, staff_id, body, version=version)


@department_routes.get(
    "/departments", action="department.read", query=schemas.DepartmentQuery, answer=schemas.DepartmentPage
)
def find_departments(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """List the departments."""
    return paginate(uow.session, uow.select(Department), sorts=DEPARTMENT_SORTS, id_column=Department.id, query=query)


@department_routes.post(
    "/departments",
    action="department.write",
    body=schemas.NewDepartment,
    answer=schemas.DepartmentShown,
    status=201,
    place="/departments/{id}",
)
def create_department(uow: UnitOfWork, body: dict[str, Any]) -> Department:
    """Add a department."""
    return people.create_department(uow, body["name"], body.get("parent_id"))


@department_routes.get("/departments/<uuid:department_id>", action="department.read", answer=schemas.DepartmentShown)
def read_department(uow: UnitOfWork, department_id: str) -> Department:
    """Read one department."""
    return uow.get(Department, department_id)


@department_routes.patch(
    "/departments/<uuid:department_id>",
    action="department.write",
    body=schemas.DepartmentEdit,
    answer=schemas.DepartmentShown,
    problems={409: "department_loop", 403: "not_held"},
)
def edit_department(uow: UnitOfWork, department_id: str, version: int, body: dict[str, Any]) -> Department:
    """Rename or move a department."""
    return people.edit_department(uow, department_id, body, version=version)


@account_routes.get("/wechat-accounts", action="staff.read", query=schemas.AccountQuery, answer=schemas.AccountPage)
def find_accounts(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """List the WeChat accounts on the studio's phones."""
    statement = uow.select(WechatAccount)
    if query.get("staff_id"):
        statement = statement.where(WechatAccount.staff_id == query["staff_id"])
    return paginate(uow.session, statement, sorts=ACCOUNT_SORTS, id_column=WechatAccount.id, query=query)


@account_routes.get("/wechat-accounts/<uuid:account_id>", action="staff.read", answer=schemas.AccountShown)
def read_account(uow: UnitOfWork, account_id: str) -> WechatAccount:
    """Read one WeChat account."""
    return uow.get(WechatAccount, account_id)


@account_routes.get("/wechat-accounts/<uuid:account_id>/holders", action="staff.read", answer=schemas.HolderPage)
def find_holders(uow: UnitOfWork, account_id: str) -> dict[str, Any]:
    """Read whose a WeChat account is and was, newest first."""
    spans = accounts.holders(uow, account_id)
    return {"items": [holding_view(held, staff) for held, staff in spans], "next_cursor": None}


@role_routes.get("/roles", action="staff.read", query=schemas.RoleQuery, answer=schemas.RolePage)
def find_roles(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """List the roles: what each may do, how far it reaches, how many have it; the built-in ones first."""
    page = paginate(uow.session, uow.select(Role), sorts=ROLE_SORTS, id_column=Role.id, query=query)
    members = dict(uow.session.execute(select(Staff.role, func.count()).group_by(Staff.role)).tuples().all())
    for role in page.items:
        role.members = members.get(role.code, 0)  # type: ignore[misc]
    return page


@role_routes.post(
    "/roles",
    action="role.write",
    body=schemas.NewRole,
    answer=schemas.RoleShown,
    status=201,
    place="/roles/{id}",
    problems={409: "duplicate_role", 403: "not_held"},
)
def create_role(uow: UnitOfWork, body: dict[str, Any]) -> Role:
    """Make a role of the company's own."""
    return roles.create_role(uow, body)


@role_routes.get("/roles/<uuid:role_id>", action="staff.read", answer=schemas.RoleShown)
def read_role(uow: UnitOfWork, role_id: str) -> Role:
    """Read one role."""
    return uow.get(Role, role_id)


@role_routes.patch(
    "/roles/<uuid:role_id>",
    action="role.write",
    body=schemas.RoleEdit,
    answer=schemas.RoleShown,
    problems={409: "last_administrator", 403: "not_held"},
)
def edit_role(uow: UnitOfWork, role_id: str, version: int, body: dict[str, Any]) -> Role:
    """Change a role; it counts for all who have it within two seconds."""
    return roles.edit_role(uow, role_id, body, version=version)


@role_routes.delete("/roles/<uuid:role_id>", action="role.write", problems={409: "built_in_role, role_in_use"})
def remove_role(uow: UnitOfWork, role_id: str, version: int) -> None:
    """Remove a role of the company's own that nobody has or had."""
    roles.remove_role(uow, role_id, version=version)


BLUEPRINTS = (staff_routes, department_routes, account_routes, role_routes)
