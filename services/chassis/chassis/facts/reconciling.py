"""Reconciliation: what a service has taken in, compared with what others have told, and repaired where it differs (R19).

What is told is read from the merged log (GET /api/v1/events), so that no service looks into another. Two things are
compared: whether each fact was taken in by each queue it belongs to, and whether each copy is what its newest fact says.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select, text

from chassis.clock import utc_now
from chassis.data.tables import inbox
from chassis.facts.bus import EVENTS, Delivery, Fate
from chassis.facts.envelope import Received
from chassis.facts.inbox import KEPT, Inbox
from chassis.facts.merged_log import LogAway, MergedLog
from chassis.facts.projection import Projection
from chassis.ops.logging import log
from chassis.ops.metrics import RECONCILED

GRACE = timedelta(seconds=60)  # younger facts may be on their way
EVERY, WINDOW = timedelta(hours=1), timedelta(hours=3)
LOCK = 7_301_004
Facts = Iterable[list[Mapping[str, Any]]]


@dataclass
class Report:
    """What one run has found: facts never taken in, copies that are behind or differ, and how many were repaired."""

    looked_at: int = 0
    missed: int = 0
    differing: int = 0
    repaired: int = 0
    failed: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As it is logged and printed."""
        return dataclasses.asdict(self)


class Reconciliation:
    """Compares what one service keeps with pages of facts (CloudEvents), oldest first; with `repair` it mends."""

    def __init__(
        self, runtime: Any, *, repair: bool, grace: timedelta = GRACE, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.runtime, self.repair, self.grace, self.now = runtime, repair, grace, now
        self.report = Report()
        service = runtime.service
        self.boxes = [
            Inbox(service.name, subscription, runtime.work, service.heard)
            for subscription in service.subscriptions
            if subscription.exchange == EVENTS
        ]

    def run(self, pages: Facts) -> Report:
        """Go through the pages; returns what was found. What cannot be handled is named and left to the dead letters."""
        for page in pages:
            facts = [fact for fact in page if self.now() - datetime.fromisoformat(fact["time"]) >= self.grace]
            self.report.looked_at += len(facts)
            for box in self.boxes:
                heard = [fact for fact in facts if box.subscription.listener(_key(fact)) is not None]
                if heard:
                    self._taken_in(box, heard)
                    self._copied(box, heard)
        for outcome in ("missed", "differing", "repaired"):
            RECONCILED.labels(outcome).inc(getattr(self.report, outcome))
        level = log.warning if self.report.missed or self.report.differing else log.info
        level("reconciled", **self.report.shown())
        return self.report

    def _taken_in(self, box: Inbox, facts: list[Mapping[str, Any]]) -> None:
        """The inbox remembers for a week; of older facts the copies alone can tell."""
        young = {fact["id"]: fact for fact in facts if self.now() - datetime.fromisoformat(fact["time"]) < KEPT - GRACE}
        noted = self._noted(box, list(young))
        missed = [fact for event_id, fact in young.items() if event_id not in noted]
        self.report.missed += len(missed)
        if not missed or not self.repair:
            return
        for fact, verdict in zip(missed, box.handle([_delivery(fact) for fact in missed]), strict=True):
            if verdict.fate is Fate.DONE:
                self.report.repaired += 1
            else:
                self.report.failed.append(f"{box.queue.name} {fact['id']}: {verdict.reason}")

    def _noted(self, box: Inbox, ids: list[str]) -> set[str]:
        query = select(inbox.c.event_id).where(inbox.c.consumer == box.queue.name, inbox.c.event_id.in_(ids))
        with self.runtime.database.read_session() as session:
            return {str(event_id) for event_id in session.scalars(query)}

    def _copied(self, box: Inbox, facts: list[Mapping[str, Any]]) -> None:
        """A copy may be newer than this page; where it is as new, it must say the same."""
        for projection, own in _by_projection(box, facts).items():
            work = self.runtime.work()
            with work.session:
                wrong = projection.differing(work, own)
                self.report.differing += len(wrong)
                if wrong and self.repair:
                    projection.put_right(work, wrong)
                    work.commit()
                    self.report.repaired += len(wrong)


def _key(fact: Mapping[str, Any]) -> str:
    return str(fact["type"]).removeprefix("playdesk.")


def _delivery(fact: Mapping[str, Any]) -> Delivery:
    return Delivery(str(fact["id"]), _key(fact), orjson.dumps(fact))


def _by_projection(box: Inbox, facts: list[Mapping[str, Any]]) -> dict[Projection, list[Received]]:
    """The readable facts of each projection; the others are parked, and no copy is made of them."""
    found: dict[Projection, list[Received]] = {}
    for fact in facts:
        readable = box.read(_delivery(fact))
        projection = getattr(getattr(box.subscription.listener(_key(fact)), "handle", None), "__self__", None)
        if isinstance(projection, Projection) and isinstance(readable, Received):
            found.setdefault(projection, []).append(readable)
    return found


def keys_of(service: Any) -> tuple[str, ...]:
    """What a service hears of the others, as a filter for the merged log."""
    heard = (listen.keys for s in service.subscriptions if s.exchange == EVENTS for listen in s.listens)
    return tuple(sorted({key for keys in heard for key in keys}))


def reconcile(runtime: Any, since: datetime, *, repair: bool, grace: timedelta = GRACE) -> Report:
    """Compare and, where asked to, repair everything told since a moment (UTC). Raises LogAway."""
    settings = runtime.settings
    if not settings.events_url:
        raise LogAway("EVENTS_URL is not set: the address of GET /api/v1/events at the gateway")
    if not settings.events_client_id:
        raise LogAway("EVENTS_CLIENT_ID is not set: the client by which the log is read")
    log_of_all = MergedLog(settings.events_url, settings.events_client_id, settings.events_client_secret)
    pages = log_of_all.pages(keys_of(runtime.service), since)
    return Reconciliation(runtime, repair=repair, grace=grace).run(pages)


def keep_reconciling(runtime: Any, stop: threading.Event) -> None:
    """Every hour the last three, by one process of the service at a time; until `stop` is set."""
    if not runtime.settings.events_url or not runtime.settings.events_client_id:
        stop.wait()
    while not stop.wait(EVERY.total_seconds()):
        with runtime.database.reading.connect() as connection:
            if connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
                try:
                    reconcile(runtime, utc_now() - WINDOW, repair=True)
                except LogAway as error:
                    log.warning("not reconciled", error=str(error))
                finally:
                    connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
