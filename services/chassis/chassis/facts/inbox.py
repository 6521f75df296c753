"""Facts arrive at the inbox: each is handled once, in one transaction with the note that it was."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache
from itertools import groupby
from pathlib import Path

import jsonschema_rs
import orjson
from sqlalchemy import delete, text

from chassis import context
from chassis.data.database import is_away
from chassis.data.tables import inbox
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts import envelope
from chassis.facts.bus import COMPANY_EVENTS, DONE, EVENTS, Delivery, Fate, NotNow, Queue, Verdict, matches
from chassis.facts.envelope import NotAFact, Received
from chassis.facts.event import _object_schema
from chassis.ops import faultpoints
from chassis.ops.logging import log
from chassis.ops.metrics import FACTS_HANDLED

KEPT = timedelta(days=7)
PATIENCE = 3  # connections lost in a row before the facts are blamed
KEYS = 1024  # remembered at once: who hears them and what is checked of them
HOLDS = 10  # tries in a row at a fact that fails where order counts, before the others go on without it


@dataclass(frozen=True)
class Anything:
    """For who reads no field: facts are kept or passed on as they are."""


@dataclass(frozen=True)
class Listen:
    """What one handler hears: the keys, a dataclass of the data fields it reads, and the handler itself.

    The handler gets all facts of a batch at once, in their order, in one unit of work.
    """

    keys: tuple[str, ...]
    reads: type
    handle: Callable[[UnitOfWork, list[Received]], None]


@dataclass(frozen=True)
class Subscription:
    """One queue of a service, `<service>.<name>`, and who handles what comes through it."""

    name: str
    listens: tuple[Listen, ...]
    exchange: str = EVENTS
    in_order: bool = False  # by one worker at a time, fact after fact; else each handler gets all of its own at once
    gather: float = 0.0  # seconds a fact may wait for others, where nobody looks at what becomes of it at once

    def queue(self, service: str) -> Queue:
        """The queue, bound to every key that is listened to."""
        keys = tuple(key for listen in self.listens for key in listen.keys)
        return Queue(f"{service}.{self.name}", keys, self.exchange, self.in_order, self.gather)

    @property
    def from_outside(self) -> bool:
        """Whether other systems are heard here, whose messages are read with more care."""
        return self.exchange == COMPANY_EVENTS

    def turns(self, facts: list[Received]) -> Iterator[tuple[Listen, list[Received]]]:
        """Who handles what of a batch, one after the other."""
        if self.in_order:
            for listen, some in groupby(facts, lambda fact: self.listener(fact.key)):
                if listen is not None:
                    yield listen, list(some)
            return
        whose = [(self.listener(fact.key), fact) for fact in facts]
        for listen in self.listens:
            if heard := [fact for who, fact in whose if who is listen]:
                yield listen, heard

    @cached_property
    def listener(self) -> Callable[[str], Listen | None]:
        """Who hears a key; None where the binding is left over from an older release."""

        @lru_cache(KEYS)
        def listening(key: str) -> Listen | None:
            return next((listen for listen in self.listens if any(matches(k, key) for k in listen.keys)), None)

        return listening


# One statement for a batch, however long it is.
_NOTE = text(
    "INSERT INTO inbox (consumer, event_id, received_at) "
    "SELECT CAST(:consumer AS varchar), id, CAST(:at AS timestamptz) FROM unnest(CAST(:ids AS uuid[])) AS id "
    "ON CONFLICT DO NOTHING RETURNING event_id"
)


@cache
def reader(kind: type) -> jsonschema_rs.Validator:
    """The schema of what a handler reads; fields it does not name may be there or not."""
    import dataclasses

    names = tuple(field.name for field in dataclasses.fields(kind))
    return jsonschema_rs.validator_for(_object_schema(kind, names), validate_formats=True)


@cache
def published(heard: Path, key: str) -> jsonschema_rs.Validator | None:
    """The whole schema of a fact as its owner published it; None for one that came into being after this release."""
    path = heard / f"{key}.json"
    if not path.is_file():
        return None
    return jsonschema_rs.validator_for(orjson.loads(path.read_bytes()), validate_formats=True)


class Inbox:
    """Handles the deliveries of one subscription."""

    def __init__(
        self,
        service: str,
        subscription: Subscription,
        open_work: Callable[[], UnitOfWork],
        heard: Path | None = None,
    ) -> None:
        self.subscription = subscription
        self.heard = heard
        self.queue = subscription.queue(service)
        self.open_work = open_work
        self._lost = self._held = 0
        self._checks = lru_cache(KEYS)(self._checks_of)

    def handle(self, deliveries: list[Delivery]) -> list[Verdict]:
        """Handle a batch in one transaction; where that fails, in ever smaller parts, so that a bad one holds up nobody.

        Raises NotNow while the database is away: that is no fault of the facts, and must not use up their tries. Where order
        counts, also for some seconds while a fact fails: what comes after it is not handled before it.
        """
        readable = [self.read(delivery) for delivery in deliveries]
        facts = [fact for fact in readable if isinstance(fact, Received)]
        try:
            self._work(facts)
            done: list[Verdict] = [DONE] * len(facts)
            self._lost = 0
        except Exception as error:
            done = self._halved(facts, error)
        self._held = 0
        verdicts = iter(done)
        return [next(verdicts) if isinstance(fact, Received) else fact for fact in readable]

    def read(self, delivery: Delivery) -> Received | Verdict:
        """The fact in a delivery, or why it must be parked."""
        try:
            if self.subscription.from_outside:
                return self._read_from_outside(delivery)
            fact = envelope.read(delivery.body)
            if delivery.key != fact.key:  # the broker has let it speak of the one, and it tells of the other
                raise NotAFact("routing key and type differ")
            if fact.id != (usual := str(uuid.UUID(fact.id))):
                fact = replace(fact, id=usual)
            for check in self._checks(fact.key):
                if not check.is_valid(fact.data):
                    raise NotAFact(f"{fact.key}: {next(check.iter_errors(fact.data)).message}")
            return fact
        except (NotAFact, ValueError) as error:
            return Verdict(Fate.PARK, str(error))

    def _read_from_outside(self, delivery: Delivery) -> Received:
        fact = envelope.read_from_outside(delivery.body)
        if delivery.key != fact.key:
            raise NotAFact("routing key and type differ")
        for check in self._checks(fact.key):
            if (fault := envelope.first_fault(check, fact.data)) is not None:
                raise NotAFact(f"{fact.key}: {fault}")
        return fact

    def _checks_of(self, key: str) -> list[jsonschema_rs.Validator]:
        """What its reader needs of a fact, and the whole schema where this version of it is known here."""
        listen = self.subscription.listener(key)
        if listen is None:
            return []
        whole = published(self.heard, key) if self.heard is not None else None
        return [reader(listen.reads), *([whole] if whole is not None else [])]

    def _halved(self, facts: list[Received], error: Exception) -> list[Verdict]:
        """Until those that fail stand alone: one among 200 costs about 16 transactions, and not 200."""
        self._stop_where_nothing_works(error)
        if len(facts) == 1:
            return [self._failed(facts[0], error)]
        middle = len(facts) // 2
        return [*self._part(facts[:middle]), *self._part(facts[middle:])]

    def _part(self, facts: list[Received]) -> list[Verdict]:
        try:
            self._work(facts)
            return [DONE] * len(facts)
        except Exception as error:
            return self._halved(facts, error)

    def _failed(self, fact: Received, error: Exception) -> Verdict:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        log.error("a fact could not be handled", fact=fact.key, message=fact.id, error=reason)
        if self.subscription.in_order and not isinstance(error, NotAFact) and self._held < HOLDS:
            self._held += 1
            raise NotNow(reason) from error
        return Verdict(Fate.PARK if isinstance(error, NotAFact) else Fate.RETRY, reason)

    def _stop_where_nothing_works(self, error: Exception) -> None:
        """A database that answers, and yet loses the connection each time we handle this, is not what is wrong."""
        if not is_away(error):
            return
        self._lost += self._database_answers()
        if self._lost <= PATIENCE:
            raise NotNow(str(error).split("\n")[0]) from error

    def _database_answers(self) -> bool:
        """Whether it could be written to, which a standby that took its place cannot."""
        try:
            with self.open_work().session as session:
                return session.scalar(text("SELECT current_setting('transaction_read_only')")) == "off"
        except Exception:
            return False

    def _work(self, facts: Sequence[Received]) -> None:
        if not facts:
            return
        work = self.open_work()
        with work.session:
            context.begin(facts[0].correlation_id, facts[0].traceparent)
            fresh = self._note(work, facts)
            for listen, heard in self.subscription.turns(fresh):
                listen.handle(work, heard)
            faultpoints.reach("consumer.before_commit")
            work.commit()
            faultpoints.reach("consumer.after_commit")
        FACTS_HANDLED.labels(self.queue.name).inc(len(facts))

    def _note(self, work: UnitOfWork, facts: Sequence[Received]) -> list[Received]:
        """Write the facts into the inbox; returns those that were not there yet, each once."""
        once = list({fact.id: fact for fact in facts}.values())
        noted = {"consumer": self.queue.name, "ids": sorted(fact.id for fact in once), "at": work.now()}
        new = {str(event_id) for event_id in work.session.connection().execute(_NOTE, noted).scalars()}
        return [fact for fact in once if fact.id in new]


def forget_old(work: UnitOfWork, now: datetime) -> None:
    """Remove what came in more than 7 days ago; run by a timer."""
    work.session.execute(delete(inbox).where(inbox.c.received_at < now - KEPT))
