"""One service opened from outside its processes: its own code, its own database, many pieces of work a transaction."""

from __future__ import annotations

import importlib
import os
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from chassis import context
from chassis.callers import Caller, Scope, service_itself
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.event import Event
from chassis.facts.outbox import write_facts
from chassis.service import Runtime

BATCH = 200


class Work(UnitOfWork):
    """A piece of work that settles with others in one transaction."""

    def settle(self) -> list[Event]:
        """Put the facts into the outbox, each with an ID of the time it tells of; the transaction stays open."""
        events = [replace(event, event_id=_id_at(event.occurred_at)) for event in self._events]
        self.session.flush()
        if events:
            write_facts(self.session, events, actor=self.caller.id, trace=context.begin())
        self._events.clear()
        return events


class Desk:
    """`do` does something as somebody at some time; about 200 pieces of work are committed together."""

    def __init__(self, service: str, env: Mapping[str, str], done: Callable[[], None] = lambda: None):
        module = importlib.import_module(f"{service}.app")
        self.service = module.SERVICE
        self.settings = _settings(self.service.settings, env)
        self.runtime = Runtime(self.service, self.settings, pool_size=2)
        self.session = self.runtime.database.session()
        self.states: dict[str, dict[str, Any]] = {}  # the newest state of each record, as other services will hear it
        self._done, self._open = done, 0

    def do(self, caller: Caller, at: datetime, use_case: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one use case of the service as `caller` at the moment `at`; what it returns."""
        work = Work(self.session, caller, self.service.scopes, now=at, settings=self.settings)
        result = use_case(work, *args, **kwargs)
        for event in work.settle():
            self.states[event.subject] = {**event.data(), "id": event.subject, "version": event.entity_version}
        self._open += 1
        return result

    def know(self, kind: str, states: list[dict[str, Any]]) -> Self:
        """Take copies of other services' records, as with a caller's token."""
        work = Work(self.session, service_itself("demo"), self.service.scopes)
        for start in range(0, len(states), 500):
            self.service.references[kind].keep(work, states[start : start + 500])
        self.commit()
        return self

    def step(self) -> None:
        """Tell that one thing of the plan is done; what was done for several may be committed now."""
        self._done()
        if self._open >= BATCH:
            self.commit()

    def commit(self) -> None:
        """Make what was done so far lasting, and forget the objects."""
        self.session.commit()
        self.session.expunge_all()
        self._open = 0

    def close(self) -> None:
        """Commit and give the connections back."""
        self.commit()
        self.session.close()
        self.runtime.database.close()


def caller_of(staff: Mapping[str, Any], permissions: frozenset[str]) -> Caller:
    """A member of staff who reaches everything: whom the demo gives what is its own affair."""
    return Caller(staff["id"], "staff", staff["name"], staff["department_id"], permissions, Scope("all"))


def _settings(kind: Any, env: Mapping[str, str]) -> Any:
    """A service's settings out of an environment that is not ours."""
    kept = dict(os.environ)
    try:
        os.environ.update(env)
        return kind.load()
    finally:
        os.environ.clear()
        os.environ.update(kept)


def _id_at(at: datetime) -> str:
    """A uuid7 of that moment."""
    milliseconds, noise = int(at.timestamp() * 1000), secrets.randbits(74)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | noise >> 62 << 64 | 2 << 62 | noise & (1 << 62) - 1))
