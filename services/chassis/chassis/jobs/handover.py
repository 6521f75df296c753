"""What a leaver leaves behind is handed over: one job in each service, a step at a time, resumed where a worker died (O1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from chassis.callers import Caller, Scope
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from chassis.facts.inbox import Listen, Subscription
from chassis.jobs import store
from chassis.jobs.job import JobKind
from chassis.jobs.running import Run

AT_ONCE = 50
ACTION = "staff.write"


@dataclass(frozen=True)
class Orders:
    """To whom: the first of `to`, whoever of them has least, or nobody (`person`, `department`, `pool`)."""

    rule: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Leaver:
    """What is read of somebody who left."""

    no: str
    handover: Orders | None = None


@dataclass(frozen=True)
class Belongings:
    """What one service hands over: how many there are, how many each of some people has, and one step of up to `limit`.

    A step locks rows, asks `receiver()` for each, and returns how many it moved; 0 means that nothing is left.
    """

    count: Callable[[UnitOfWork, str], int]
    loads: Callable[[UnitOfWork, list[str]], Mapping[str, int]]
    step: Callable[[UnitOfWork, Mapping[str, Any], Callable[[], str | None], int], int]


def handover(kind: str, staff_copies: Any, belongings: Belongings) -> tuple[Subscription, JobKind]:
    """The queue that hears of leavers, and the job that hands over what was theirs."""

    def hear(work: UnitOfWork, facts: list[Received]) -> None:
        """Queue the job in the transaction of the inbox: once for a fact, however often it comes."""
        asked_here = work.caller
        for fact in facts:
            orders = fact.data.get("handover")
            if orders is None:
                continue
            owner = fact.actor or asked_here.id
            work.caller = Caller(owner, kind="service", permissions=frozenset({ACTION}), scope=Scope("all"))
            parameters = {"from_id": fact.subject, "no": fact.data["no"], "rule": orders["rule"], "to": orders["to"]}
            store.add_job(work, kind, parameters, language="zh")
        work.caller = asked_here

    def run(job: Run) -> dict[str, Any]:
        given = job.job.parameters
        with job.reading().session as session:
            left = belongings.count(job.runtime.work(job.caller, session=session), given["from_id"])
        job.total(job.done + left)
        while True:
            with job.step() as work:
                receiver = _receiver(work, given["to"], staff_copies, belongings)
                moved = belongings.step(work, given, receiver, AT_ONCE)
                job.done += moved
            if not moved:
                return {"rows": job.done, "no": given["no"], "rule": given["rule"]}

    return Subscription("leavers", (Listen(("staff.left.v1",), Leaver, hear),)), JobKind(kind, ACTION, run)


def _receiver(work: UnitOfWork, to: list[str], copies: Any, belongings: Belongings) -> Callable[[], str | None]:
    """Whoever of these is still here and has least; nobody where all are gone, too."""
    gone = set(work.session.scalars(select(copies.id).where(copies.id.in_(to), copies.state != "in_service")))
    here = [staff_id for staff_id in to if staff_id not in gone]
    loads = {**dict.fromkeys(here, 0), **belongings.loads(work, here)} if len(here) > 1 else dict.fromkeys(here, 0)

    def least() -> str | None:
        if not loads:
            return None
        chosen = min(loads, key=lambda staff_id: (loads[staff_id], staff_id))
        loads[chosen] += 1
        return chosen

    return least
