"""Whose internal tokens are refused before they expire: told by the gateway's facts, looked up at every request (S8)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.callers import Caller
from chassis.data.database import Database
from chassis.data.tables import revocations
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from chassis.facts.inbox import Listen, Subscription

LOOKED_UP_EVERY = 0.3  # seconds; the list is short, and one query serves all requests of a process
_GONE = frozenset({"left", "revoked"})
_REACH = frozenset({"role", "department_id", "state", "scopes", "addresses"})


@dataclass(frozen=True)
class Standing:
    """What is read of whoever calls: a member of staff, an API client."""

    state: str
    changed: tuple[str, ...]


def hear(work: UnitOfWork, facts: list[Received]) -> None:
    """Refuse tokens made of an older state of whoever's reach has changed, and every token of whoever is gone."""
    for fact in sorted(facts, key=lambda one: one.subject):
        gone = fact.data["state"] in _GONE
        if gone or not _REACH.isdisjoint(fact.data["changed"]):
            statement = insert(revocations).values(subject=fact.subject, version=fact.version, gone=gone, at=work.now())
            fresh = {name: statement.excluded[name] for name in ("version", "gone", "at")}
            newer = revocations.c.version < statement.excluded.version
            work.session.execute(statement.on_conflict_do_update(index_elements=["subject"], set_=fresh, where=newer))


SUBSCRIPTION = Subscription("revocations", (Listen(("staff.*.v1", "api_client.changed.v1"), Standing, hear),))


class Revocations:
    """The list as one process knows it; at most LOOKED_UP_EVERY old."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._known: dict[str, tuple[int, bool]] = {}
        self._until = 0.0
        self._lock = threading.Lock()

    def refuse(self, caller: Caller) -> bool:
        """Whether a token of this caller is not accepted any more."""
        self._look_up()
        found = self._known.get(caller.id)
        return found is not None and (found[1] or caller.version < found[0])

    def _look_up(self) -> None:
        if monotonic() < self._until or not self._lock.acquire(blocking=not self._until):
            return  # another thread looks it up just now
        try:
            query = select(revocations.c.subject, revocations.c.version, revocations.c.gone)
            with self.database.reading.connect() as connection:
                self._known = {row.subject: (row.version, row.gone) for row in connection.execute(query)}
            self._until = monotonic() + LOOKED_UP_EVERY
        finally:
            self._lock.release()
