"""The facts of staff and departments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from chassis.facts.event import Event, fact

if TYPE_CHECKING:
    from gateway.identity.api_client import ApiClient
    from gateway.identity.role import Role
    from gateway.identity.staff import Department, Staff


@dataclass(frozen=True, kw_only=True)
class StaffFact(Event):
    """The state of a member of staff after a change."""

    no: str
    name: str
    role: str
    line: int
    department_id: str | None
    wechat_id: str | None
    wechat_name: str | None
    state: str
    skills: tuple[str, ...] = ()
    capacity: int | None = None

    @classmethod
    def of(cls, staff: Staff, *changed: str, **more: Any) -> Self:
        """The fact that this member of staff is now as they are."""
        names = ("no", "name", "role", "line", "department_id", "wechat_id", "wechat_name", "state")
        return cls(
            subject=staff.id,
            entity_version=staff.version,
            occurred_at=staff.updated_at,
            changed=tuple(changed),
            **{name: getattr(staff, name) for name in names},
            skills=tuple(staff.skills or ()),
            capacity=staff.capacity,
            **more,
        )


@fact("staff.joined.v1")
class StaffJoined(StaffFact):
    """Somebody began to work here."""


@fact("staff.changed.v1")
class StaffChanged(StaffFact):
    """A member of staff's name, role, line, department or WeChat was changed."""


@dataclass(frozen=True)
class HandOver:
    """To whom what they had goes: one person, whoever of `to` has least, or nobody (person, department, pool)."""

    rule: str
    to: tuple[str, ...]


@fact("staff.left.v1")
@dataclass(frozen=True, kw_only=True)
class StaffLeft(StaffFact):
    """A member of staff left; what was theirs is handed over as `handover` says."""

    handover: HandOver | None = None


@fact("department.changed.v1")
@dataclass(frozen=True, kw_only=True)
class DepartmentChanged(Event):
    """A department was made, renamed or moved."""

    name: str
    parent_id: str | None

    @classmethod
    def of(cls, department: Department, *changed: str) -> DepartmentChanged:
        """The fact that this department is now as it is."""
        return cls(
            subject=department.id,
            entity_version=department.version,
            occurred_at=department.updated_at,
            changed=tuple(changed),
            name=department.name,
            parent_id=department.parent_id,
        )


@fact("role.changed.v1")
@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    """A role was made, changed or removed: what whoever has it may do now, and how far it reaches."""

    code: str
    zh: str
    en: str
    scope: str
    departments: tuple[str, ...]
    actions: tuple[str, ...]
    requires_second_factor: bool
    removed: bool = False
    field_rules: dict[str, dict[str, str]] | None = None

    @classmethod
    def of(cls, role: Role, *changed: str, removed: bool = False) -> RoleChanged:
        """The fact that this role is now as it is."""
        return cls(
            subject=role.id,
            entity_version=role.version,
            occurred_at=role.updated_at,
            changed=tuple(changed),
            departments=tuple(role.departments),
            actions=tuple(sorted(role.actions)),
            removed=removed,
            field_rules=role.field_rules,
            **{name: getattr(role, name) for name in ("code", "zh", "en", "scope", "requires_second_factor")},
        )


@fact("api_client.changed.v1")
@dataclass(frozen=True, kw_only=True)
class ApiClientChanged(Event):
    """An API client was made, changed, revoked, or got or lost a secret; never the secret itself."""

    name: str
    scopes: tuple[str, ...]
    department_id: str | None
    addresses: tuple[str, ...]
    state: str

    @classmethod
    def of(cls, client: ApiClient, *changed: str) -> ApiClientChanged:
        """The fact that this client is now as it is."""
        return cls(
            subject=client.id,
            entity_version=client.version,
            occurred_at=client.updated_at,
            changed=tuple(changed),
            name=client.name,
            scopes=tuple(client.scopes),
            department_id=client.department_id,
            addresses=tuple(client.addresses),
            state=client.state,
        )
