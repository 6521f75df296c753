"""Who a request is made for: the person or system, what it may do, and which rows it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.field_rules import OPEN, FieldRules
from chassis.rules import Forbidden

OWN = "own"  # the action of what everybody may do to what is their own
SEES_PHONES = "player.phone.see"


@dataclass(frozen=True)
class Scope:
    """Which rows are reached: "all", those of `departments`, or one's own ("self")."""

    kind: str
    departments: tuple[str, ...] = ()

    @classmethod
    def of(cls, claim: Mapping[str, Any]) -> Scope:
        """The scope in a token; what is not understood reaches only one's own."""
        kind = claim.get("kind")
        if kind == "all":
            return cls("all")
        if kind == "departments":
            return cls("departments", tuple(claim.get("ids") or ()))
        return cls("self")


@dataclass(frozen=True)
class Caller:
    """One verified caller; `references` holds copies of other services' records that the request names."""

    id: str
    kind: str = "staff"
    name: str = ""
    department_id: str | None = None
    permissions: frozenset[str] = frozenset()
    scope: Scope = Scope("self")
    references: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict, compare=False)
    version: int = field(default=0, compare=False)  # of the record the caller was made of: an older one is refused
    fields: FieldRules = OPEN

    def may(self, action: str) -> bool:
        """Whether the action is among the caller's permissions."""
        return action == OWN or action in self.permissions

    def must(self, action: str) -> None:
        """Raise Forbidden unless the caller may."""
        if not self.may(action):
            raise Forbidden(members={"action": action})

    @property
    def reads_numbers(self) -> bool:
        """Whether phone numbers that people have typed into texts are shown as they are."""
        return self.may(SEES_PHONES) and self.fields.shows_whole("player.phone", listed=True)

    @property
    def staff_id(self) -> str | None:
        """The staff ID, or None where a system calls."""
        return self.id if self.kind == "staff" else None


def service_itself(name: str) -> Caller:
    """The caller of work nobody asked for: consumers and timers."""
    return Caller(id=name, kind="service", name=name, scope=Scope("all"))
