"""The form of staff, departments, accounts and sign-in as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Regexp

from chassis.field_rules import EDIT, FIELDS, MASKS, NONE, Governed
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


class HolderShown(Schema):
    """Somebody a WeChat account belongs or belonged to."""

    id = fields.UUID(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)


class HoldingShown(Schema):
    """A span in which a WeChat account was somebody's."""

    staff = fields.Nested(HolderShown, required=True)
    from_at = fields.DateTime(required=True)
    until_at = fields.DateTime(required=True, allow_none=True)
    by = fields.String(required=True)


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
    field_rules = fields.Dict(required=True, metadata={"description": "rules for single fields; the others are open"})


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


def _choices(known: Governed) -> dict[str, tuple[str, ...]]:
    return {"access": known.choices, "mask": MASKS if known.masked else (NONE,)}


def _rule_schema(known: Governed) -> dict[str, Any]:
    properties = {name: {"enum": list(choices)} for name, choices in _choices(known).items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


class RulesOfFields(fields.Field[dict[str, dict[str, str]]]):
    """{"player.note": {"access": "hidden"}, "player.wechat_id": {"mask": "lists"}}: only what differs from open."""

    def __init__(self, **kwargs: Any) -> None:
        properties = {field: _rule_schema(known) for field, known in FIELDS.items()}
        kwargs["metadata"] = {"type": "object", "properties": properties, "additionalProperties": False}
        super().__init__(error_messages={"null": "null", "invalid": "wrong_type"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, dict[str, str]]:
        if not isinstance(value, dict) or not all(isinstance(rule, dict) for rule in value.values()):
            raise self.make_error("invalid")
        return {field: kept for field, rule in sorted(value.items()) if (kept := self._rule(field, rule))}

    def _rule(self, field: str, rule: dict[str, Any]) -> dict[str, str]:
        """The rule without what is open anyway."""
        known = FIELDS.get(field)
        if known is None:
            raise ValidationError(f"not_a_choice:{' '.join(FIELDS)}")
        choices = _choices(known)
        for name, chosen in rule.items():
            if name not in choices:
                raise ValidationError("unknown_field")
            if chosen not in choices[name]:
                raise ValidationError(f"not_a_choice:{' '.join(choices[name])}")
        return {name: chosen for name, chosen in sorted(rule.items()) if chosen not in (EDIT, NONE)}


class NewRole(Body):
    """A role of the company's own; `departments` are those that scope "departments" reaches."""

    code = Text(32, min_length=2, required=True, validate=Regexp(r"^[a-z][a-z0-9_]*$", error="invalid"))
    zh = Text(32, min_length=1, handle=True, required=True)
    en = Text(32, min_length=1, handle=True, required=True)
    scope = Choice(SCOPES, required=True)
    departments = ListOf(Id(), most=200)
    actions = ListOf(Choice(GRANTABLE), most=len(GRANTABLE), required=True)
    requires_second_factor = Flag()
    field_rules = RulesOfFields()


class RoleEdit(Body):
    """What may be changed of a role; its code stays."""

    zh = Text(32, min_length=1, handle=True)
    en = Text(32, min_length=1, handle=True)
    scope = Choice(SCOPES)
    departments = ListOf(Id(), most=200)
    actions = ListOf(Choice(GRANTABLE), most=len(GRANTABLE))
    requires_second_factor = Flag()
    field_rules = RulesOfFields()


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
    field_rules = fields.Dict(required=True, metadata={"description": "rules for single fields; the others are open"})
    built_in = fields.Boolean(required=True)
    members = fields.Integer()
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


StaffPage = page_of(StaffShown)
DepartmentPage = page_of(DepartmentShown)
AccountPage = page_of(AccountShown)
HolderPage = page_of(HoldingShown)
RolePage = page_of(RoleShown)
