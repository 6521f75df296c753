"""A piece of work that is done whole or not at all: rows, facts and the kept answer commit together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select, true
from sqlalchemy.orm import Session

from chassis import context
from chassis.callers import Caller
from chassis.clock import utc_now
from chassis.data.idempotency import Kept
from chassis.data.inserting import insert_at_once
from chassis.data.masking import unmasked
from chassis.facts.event import Event
from chassis.facts.outbox import write_facts
from chassis.rules import NotFound, Stale

T = TypeVar("T")
S = TypeVar("S", bound=Select[Any])
Scopes = Mapping[Any, Callable[[Caller], ColumnElement[bool]]]
Keeper = Callable[["UnitOfWork", list[dict[str, Any]]], None]


def company_wide(_caller: Caller) -> ColumnElement[bool]:
    """The scope of what everybody with the permission sees whole."""
    return true()


@dataclass(frozen=True)
class Reach:
    """Who a statement is built for: called with a kind of record, it says which rows the caller reaches."""

    caller: Caller
    scopes: Scopes = field(compare=False)

    def __call__(self, kind: type) -> ColumnElement[bool]:
        """The condition under which the caller reaches rows of this kind."""
        return true() if self.caller.scope.kind == "all" else self.scopes[kind](self.caller)


class UnitOfWork:
    """One transaction of one caller.

    `scopes` says for each kind of record which rows a caller reaches; `settings` are those of the running service.
    """

    def __init__(
        self, session: Session, caller: Caller, scopes: Scopes, *, now: datetime | None = None, settings: Any = None
    ) -> None:
        self.session = session
        self.settings = settings
        self.caller = caller
        self.scopes = scopes
        self._now = now
        self.sent: Any = None  # the fields that the caller sends
        self._events: list[Event] = []

    def now(self) -> datetime:
        """The moment of this work, UTC: the same wherever it is asked for."""
        if self._now is None:
            self._now = utc_now()
        return self._now

    def add(self, record: T) -> T:
        """Put a new record in, at once, so that its defaults are known."""
        if not insert_at_once(self.session, record):
            self.session.add(record)
            self.session.flush()
        return record

    def visible(self, kind: type) -> ColumnElement[bool]:
        """The condition under which the caller reaches rows of this kind."""
        return Reach(self.caller, self.scopes)(kind)

    def select(self, kind: type[T]) -> Select[tuple[T]]:
        """A SELECT of the rows of this kind that the caller reaches."""
        return select(kind).where(self.visible(kind))

    def kept(self, build: Callable[[Reach], S]) -> S:
        """The statement `build(visible)` makes, built once for each caller: building costs more than sending it.

        `build` is a function of a module; what changes from one run to the next are bindparams of its statement.
        """
        who = replace(self.caller, references={}) if self.caller.references else self.caller
        found: S = _kept(build, Reach(who, self.scopes))
        return found

    def get(self, kind: type[T], record_id: str) -> T:
        """One record. Raises NotFound, also where it lies outside the scope."""
        found = self.session.scalar(self._one(kind), {"record_id": record_id})
        if found is None:
            raise NotFound()
        return found

    def for_update(self, kind: type[T], record_id: str, version: int) -> T:
        """One record, locked, at the version the caller has seen. Raises NotFound, Stale."""
        found = self.locked(kind, record_id)
        if found.version != version:  # type: ignore[attr-defined]
            raise StaleRecord(found)
        return found

    def locked(self, kind: type[T], record_id: str) -> T:
        """One record, locked, at whatever version it has. Raises NotFound.

        What the caller is shown masked and sends back so means what it stands for: `sent` is put right at this moment.
        """
        found = self.session.scalar(self._one(kind, locked=True), {"record_id": record_id})
        if found is None:
            raise NotFound()
        if isinstance(self.sent, dict) and (self.caller.fields or not self.caller.reads_numbers):
            for name, value in self.sent.items():
                self.sent[name] = unmasked(value, getattr(found, name, None))
        return found

    def _one(self, kind: type[T], *, locked: bool = False) -> Select[tuple[T]]:
        build = _by_id(kind, self.scopes.get(kind), locked)  # type: ignore[arg-type]
        return self.kept(build)

    def publish(self, events: Iterable[Event] | Event) -> None:
        """Publish facts, in this order, when the work commits."""
        self._events.extend([events] if isinstance(events, Event) else events)

    def commit(self, kept: Kept | None = None) -> int:
        """Write what has changed, its facts and the answer to be kept in one transaction; returns how many facts."""
        self.session.flush()
        count = len(self._events)
        if count or kept:
            write_facts(self.session, self._events, actor=self.caller.id, trace=context.current(), kept=kept)
            self._events.clear()
        self.session.commit()
        return count


@lru_cache(maxsize=4096)
def _kept(build: Callable[[Reach], Any], visible: Reach) -> Any:
    return build(visible)


@lru_cache(maxsize=256)
def _by_id(kind: Any, _scope: Any, locked: bool) -> Callable[[Reach], Select[Any]]:
    """How a record is found by `record_id`; `_scope` keeps apart what two services may have of the same kind."""

    def build(visible: Reach) -> Select[Any]:
        query = select(kind).where(visible(kind), kind.id == bindparam("record_id", type_=kind.id.type))
        return query.with_for_update(of=kind) if locked else query

    return build


class StaleRecord(Stale):
    """The record that was found instead; the route shows it as `current`."""

    def __init__(self, record: Any) -> None:
        super().__init__()
        self.record = record
