"""Which facts somebody reaches: those of their departments, as with the records the facts tell of (G4); and which deliveries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chassis.callers import Caller, Scope
from gateway.identity.staff import Department, Staff
from gateway.integration.subscription import Delivery, Subscription

# What belongs to nobody in particular, and everybody may read of.
OPEN = ("item.", "pack.", "discount_rule.", "supplier.", "option.", "department.")
_OWNERS = ("staff_id", "agent_id", "assignee_id")


@dataclass(frozen=True)
class FactsReach:
    """Everything, or the facts of some departments and of the people in them."""

    everything: bool
    departments: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def __call__(self, fact: Mapping[str, Any]) -> bool:
        """Whether a fact (a CloudEvent) lies within; one that names no owner is for those who reach everything."""
        if self.everything or str(fact["type"]).removeprefix("playdesk.").startswith(OPEN):
            return True
        data = fact["data"]
        if data.get("department_id"):
            return data["department_id"] in self.departments
        return any(data.get(name) in self.people for name in _OWNERS if data.get(name))


def reach_of(session: Session, scope: Scope, person: str | None) -> FactsReach:
    """What a scope reaches; `person` is who it belongs to, for those who see only what is their own."""
    if scope.kind == "all":
        return FactsReach(True)
    if scope.kind == "departments":
        return of_departments(session, scope.departments)
    return FactsReach(False, people=frozenset({person} if person else ()))


def of_departments(session: Session, departments: Collection[str]) -> FactsReach:
    """What belongs to some departments, by where its people are now."""
    query = select(Staff.id).where(Staff.department_id.in_(departments))
    return FactsReach(False, frozenset(departments), frozenset(session.scalars(query)))


def of_its_subscription(caller: Caller) -> ColumnElement[bool]:
    """The scope of deliveries: those to subscriptions of departments that the caller reaches with all that lies below."""
    own = caller.scope.departments
    beyond = select(Department.id, Department.parent_id).where(Department.id.not_in(own)).cte("beyond", recursive=True)
    above = select(Department.id, Department.parent_id).join(beyond, Department.id == beyond.c.parent_id)
    partly = select(beyond.union(above).c.id)
    within = Subscription.department_id.in_(own) & Subscription.department_id.not_in(partly)
    return Delivery.subscription_id.in_(select(Subscription.id).where(within))
