"""A role: what whoever has it may do, how far that reaches, and whether a second factor is asked for (G4 to G8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Record
from chassis.field_rules import FieldRules
from gateway.identity.base import Base
from gateway.identity.events import RoleChanged
from gateway.policies import ACTIONS, OWN, ROLES

# How far a role reaches; `departments` are those it names.
SELF, DEPARTMENT, BELOW, NAMED, ALL = "self", "department", "department_and_below", "departments", "all"
SCOPES = (SELF, DEPARTMENT, BELOW, NAMED, ALL)


class Role(Record, Base):
    """A role of the company; `code` is what staff have, and stays.

    A built-in role is kept as the difference from the table of policies, so that what a release adds there is had at
    once; a role of the company's own has only what it was granted.
    """

    __tablename__ = "roles"

    code: Mapped[str] = mapped_column(String(32), unique=True)
    zh: Mapped[str] = mapped_column(String(32))
    en: Mapped[str] = mapped_column(String(32))
    scope: Mapped[str] = mapped_column(String(24))
    departments: Mapped[list[str]] = mapped_column(ARRAY(Id))
    granted: Mapped[list[str]] = mapped_column(ARRAY(String(48)))
    withheld: Mapped[list[str]] = mapped_column(ARRAY(String(48)))
    requires_second_factor: Mapped[bool]
    field_rules: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB, default=dict)
    built_in: Mapped[bool]

    members: ClassVar[int | None] = None  # how many have it, where a list has counted them

    @property
    def actions(self) -> frozenset[str]:
        """What whoever has the role may do; an action that is gone from the product is gone from here."""
        return ((self._given | set(self.granted)) - set(self.withheld)) & (ACTIONS - {OWN})

    @property
    def rules(self) -> FieldRules:
        """What it does not see, may not set, and sees masked, of single fields."""
        return FieldRules.of(self.field_rules)

    @property
    def _given(self) -> frozenset[str]:
        return ROLES[self.code].actions if self.built_in and self.code in ROLES else frozenset()

    def edit(self, fields: Mapping[str, Any], at: datetime) -> list[RoleChanged]:
        """Change some fields; `actions` is the whole set."""
        values = dict(fields)
        changed = []
        if "actions" in values and (wanted := frozenset(values.pop("actions"))) != self.actions:
            self.granted, self.withheld = sorted(wanted - self._given), sorted(self._given - wanted)
            changed.append("actions")
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                changed.append(name)
        if not changed:
            return []
        self.changed(at)
        return [RoleChanged.of(self, *changed)]
