"""Staff by the gateway's own use cases; packs by the catalog's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.callers import Caller, Scope, service_itself
from deploy.local.demo import fill as demo
from deploy.local.demo.desk import Desk
from gateway.policies import ROLES

PASSWORD = demo.PASSWORD
PACKS = 40


@dataclass(frozen=True)
class People:
    """Staff states by number, and the packs on sale."""

    staff: Mapping[str, dict[str, Any]]
    packs: list[dict[str, Any]]

    @property
    def agents(self) -> list[dict[str, Any]]:
        """Those who have players."""
        return [state for no, state in self.staff.items() if no.startswith("A") and no != "admin"]

    def caller(self, no: str) -> Caller:
        """The caller the gateway would make of an agent, or of somebody who sees everything."""
        state = self.staff[no]
        role = ROLES[state["role"]]
        scope = Scope("all" if role.scope == "all" else "self")
        return Caller(state["id"], "staff", state["name"], state["department_id"], role.actions, scope)


def hire(environments: Mapping[str, Mapping[str, str]], count: int, now: datetime) -> People:
    """At least the demo's twenty, more agents up to `count`; every service knows them."""
    gateway = Desk("gateway", environments["gateway"])
    states, by = demo.staff(gateway, now)
    states += _more_agents(gateway, count - len(states), states, now)
    gateway.close()
    catalog = Desk("catalog", environments["catalog"])
    packs = demo.catalog(catalog, by, PACKS, now)
    catalog.close()
    for service in ("player", "ticket", "sales"):
        desk = Desk(service, environments[service]).know("staff", states)
        if service == "sales":
            desk.know("pack", packs)
        desk.close()
    return People({state["no"]: state for state in states}, packs)


def _more_agents(gateway: Desk, count: int, known: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    from gateway.identity.people import create_staff

    departments = sorted({state["department_id"] for state in known if state["department_id"]})
    itself, found = service_itself("gateway"), []
    for number in range(max(0, count)):
        fields = {"no": f"A{number + 100:03d}", "name": f"客服{number + 100}", "role": "agent", "line": 1}
        fields["department_id"] = departments[number % len(departments)]
        made = gateway.do(itself, now, create_staff, fields)
        found.append(gateway.states[made.id])
    return found
