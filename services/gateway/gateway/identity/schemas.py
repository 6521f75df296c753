"""The form of staff, departments, accounts and sign-in as they come in and go out."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Regexp

from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Flag, Id, ListOf, Part, Text, Whole, list_query
from gateway.identity.role import SCOPES
from gateway.identity.staff import IN_SERVICE, LEFT
from gateway.policies import ACTIONS, OWN


class Account(Body):
    """A WeChat account of a member of staff."""

    wechat_id = Text(64, min_length=1, handle=True, required=True)
    wechat_name = Text(64, handle=True, allow_none=True)


class NewStaff(Body):
    """Somebody new (G1)."""

    no = Text(32, min_length=1, handle=True, required=True)
    name = Text(64, min_length=1, handle=True, required=True)
    role = Text(32, min_length=1, handle=True)
    line = Whole(1, 2)
    skills = ListOf(Text(32, min_length=1, handle=True), most=30)
    capacity = Whole(1, 1000, allow_none=True)
    department_id = Id(allow_none=True)
    wechat_id = Text(64, handle=True, allow_none=True)
    wechat_name = Text(64, handle=True, allow_none=True)
    wechat_accounts = ListOf(Part(Account), most=20)
    password = Text(200, min_length=1)


class StaffEdit(Body):
    """What may be changed; the number stays."""

    name = Text(64, min_length=1, handle=True)
    role = Text(32, min_length=1, handle=True)
    line = Whole(1, 2)
    skills = ListOf(Text(32, min_length=1, handle=True), most=30)
    capacity = Whole(1, 1000, allow_none=True)
    department_id = Id(allow_none=True)
    wechat_id = Text(64, handle=True, allow_none=True)
    wechat_name = Text(64, handle=True, allow_none=True)
    wechat_accounts = ListOf(Part(Account), most=20)
    password = Text(200, min_length=1)
    state = Choice((IN_SERVICE, LEFT))


class StaffQuery(list_query(("no", "created_at"), default="no")):  # type: ignore[misc]
    """The filters of the list of staff."""

    q = Text(64, handle=True)
    role = Text(400, handle=True)
    state = Choices((IN_SERVICE, LEFT))
    department_id = Id()


class NewDepartment(Body):
    """A department; `parent_id` is the one above."""

    name = Text(64, min_length=1, handle=True, required=True)
    parent_id = Id(allow_none=True)


class DepartmentEdit(Body):
    """What may be changed of a department."""

    name = Text(64, min_length=1, handle=True)
    parent_id = Id(allow_none=True)


class DepartmentQuery(list_query(("name", "created_at"), default="name")):  # type: ignore[misc]
    """The list of departments."""


class AccountQuery(list_query(("wechat_id",), default="wechat_id")):  # type: ignore[misc]
    """The filters of the list of WeChat accounts."""

    staff_id = Id()


class AccountShown(Schema):
    """A WeChat account."""

    id = fields.UUID(required=True)
    wechat_id = fields.String(required=True)
    wechat_name = fields.String(required=True, allow_none=True)
    staff_id = fields.UUID(allow_none=True)
    version = fields.Integer()


class StaffShown(Schema):
    """A member of staff."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    line = fields.Integer(required=True)
    skills = fields.List(fields.String(), required=True)
    capacity = fields.Integer(
        required=True, allow_none=True, metadata={"description": "open tickets at once; null: as many as come"}
    )
    department_id = fields.UUID(required=True, allow_none=True)
    wechat_id = fields.String(required=True, allow_none=True)
    wechat_name = fields.String(required=True, allow_none=True)
    wechat_accounts = fields.List(fields.Nested(AccountShown), required=True)
    state = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class DepartmentShown(Schema):
    """A department."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    parent_id = fields.UUID(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class ScopeShown(Schema):
    """Which rows are reached."""

    kind = fields.String(required=True)
    departments = fields.List(fields.UUID(), required=True)


class MeShown(Schema):
    """Who is signed in."""

    staff = fields.Nested(StaffShown, required=True)
    permissions = fields.List(fields.String(), required=True)
    scope = fields.Nested(ScopeShown, required=True)


class SignedInStaff(Schema):
    """Whom a token is for."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    line = fields.Integer(required=True)
    department_id = fields.UUID(required=True, allow_none=True)


class TokenShown(Schema):
    """An access token, shown this once."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    staff = fields.Nested(SignedInStaff, required=True)


GRANTABLE = tuple(sorted(ACTIONS - {OWN}))


class NewRole(Body):
    """A role of the company's own; `departments` are those that scope "departments" reaches."""

    code = Text(32, min_length=2, required=True, validate=Regexp(r"^[a-z][a-z0-9_]*$", error="invalid"))
    zh = Text(32, min_length=1, handle=True, required=True)
    en = Text(32, min_length=1, handle=True, required=True)
    scope = Choice(SCOPES, required=True)
    departments = ListOf(Id(), most=200)
    actions = ListOf(Choice(GRANTABLE), most=len(GRANTABLE), required=True)
    requires_second_factor = Flag()


class RoleEdit(Body):
    """What may be changed of a role; its code stays."""

    zh = Text(32, min_length=1, handle=True)
    en = Text(32, min_length=1, handle=True)
    scope = Choice(SCOPES)
    departments = ListOf(Id(), most=200)
    actions = ListOf(Choice(GRANTABLE), most=len(GRANTABLE))
    requires_second_factor = Flag()


class RoleQuery(list_query(("created_at", "code"), default="created_at")):  # type: ignore[misc]
    """The list of roles."""


class RoleShown(Schema):
    """A role."""

    id = fields.UUID(required=True)
    code = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)
    scope = fields.String(required=True)
    departments = fields.List(fields.UUID(), required=True)
    actions = fields.List(fields.String(), required=True)
    requires_second_factor = fields.Boolean(required=True)
    built_in = fields.Boolean(required=True)
    members = fields.Integer()
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


StaffPage = page_of(StaffShown)
DepartmentPage = page_of(DepartmentShown)
AccountPage = page_of(AccountShown)
RolePage = page_of(RoleShown)
