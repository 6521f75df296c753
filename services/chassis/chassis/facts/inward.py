"""What other systems tell us on `company.events`: contracts of ours, each fact taken once and never after a newer one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from chassis.data.tables import heard_versions
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.bus import COMPANY_EVENTS
from chassis.facts.envelope import Received
from chassis.facts.event import _object_schema
from chassis.facts.inbox import Listen, Subscription
from chassis.ops.logging import log
from chassis.ops.metrics import FACTS_STALE

Take = Callable[[UnitOfWork, Received], None]


@dataclass(frozen=True)
class Contract(Listen):
    """One kind of fact that another system tells us.

    Facts of the same `stream` count one subject's versions together: who left at 4 and came back at 5 is here, whatever
    arrives last. `example` is the data of one, for the documents and the sample publisher.
    """

    stream: str = ""
    teller: str = ""
    example: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """The type of the fact, and its routing key."""
        return self.keys[0]

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the data, as it is committed and checked. Unknown fields are allowed."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{self.key}.json",
            "title": self.reads.__name__,
            "description": (self.reads.__doc__ or "").strip().split("\n")[0],
            **_object_schema(self.reads, tuple(one.name for one in fields(self.reads))),
        }


def contract(key: str, reads: type, take: Take, *, stream: str, teller: str, example: Mapping[str, Any]) -> Contract:
    """A contract whose facts are handed to `take` one by one; those that are older than what is known are dropped."""

    def handle(work: UnitOfWork, facts: list[Received]) -> None:
        for fact in facts:
            if note_version(work, stream, fact):
                take(work, fact)
            else:
                FACTS_STALE.labels(key).inc()
                log.info("an older fact was dropped", fact=key, version=fact.version)

    return Contract((key,), reads, handle, stream, teller, example)


def company(name: str, *contracts: Contract) -> Subscription:
    """The queue `<service>.<name>` on `company.events`; its facts are taken in the order in which they came."""
    return Subscription(name, contracts, COMPANY_EVENTS, in_order=True)


def contracts_of(subscriptions: Iterable[Subscription]) -> dict[str, Contract]:
    """The contracts among what a service listens to, by key."""
    found = {one.key: one for s in subscriptions for one in s.listens if isinstance(one, Contract)}
    return {key: found[key] for key in sorted(found)}


def note_version(work: UnitOfWork, stream: str, fact: Received) -> bool:
    """Remember the newest version of a subject; False where the fact is not newer than what was taken in before."""
    statement = insert(heard_versions).values(stream=stream, subject=fact.subject, version=fact.version, at=work.now())
    newer = statement.on_conflict_do_update(
        index_elements=["stream", "subject"],
        set_={"version": statement.excluded.version, "at": statement.excluded.at},
        where=heard_versions.c.version < statement.excluded.version,
    )
    return work.session.execute(newer.returning(heard_versions.c.version)).first() is not None
