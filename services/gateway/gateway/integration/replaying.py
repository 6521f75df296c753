"""A replay sends facts of the log again, to one subscription alone, marked `replayed`; a job that goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, insert, or_, select

from chassis.clock import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.bus import BusDown, Message, Publisher, open_bus
from chassis.jobs import store
from chassis.jobs.job import JobKind, TryLater
from chassis.jobs.running import Run
from chassis.rules import NotFound
from gateway.clients.forwarding import Forwarder
from gateway.clients.transport import ServiceDown
from gateway.integration.errors import QueueGone
from gateway.integration.hearing import reach_of_subscription, row_of
from gateway.integration.log import MergedLog, Places
from gateway.integration.subscription import Delivery, Subscription
from gateway.integration.subscriptions import must_reach_its

PAGE = 500
NAME = "events.replay"
ROOM = 0.8  # of a queue's length that a replay fills: the rest is for what is new
FULL_SECONDS = 1.0  # between two looks at a queue that is full
AWAY_SECONDS = 5.0  # and at a service or a bus that is away


def ask(uow: UnitOfWork, body: Mapping[str, Any], *, language: str) -> str:
    """Queue a replay; returns the job's ID. Raises NotFound, NotHeld, TooManyJobs."""
    subscription = _named(uow, body["subscription"])
    must_reach_its(uow, subscription)
    parameters = {
        "subscription": subscription.name,
        "subscription_id": subscription.id,
        "from": rfc3339(body["begin"]),
        "to": rfc3339(body.get("end") or uow.now()),
        "types": body.get("types") or subscription.types,
    }
    return store.add_job(uow, NAME, parameters, language=language)


def _named(uow: UnitOfWork, name: str) -> Subscription:
    named = or_(
        func.lower(Subscription.name) == name.lower(), func.cast(Subscription.id, Subscription.name.type) == name
    )
    found = uow.session.scalar(select(Subscription).where(named))
    if found is None:
        raise NotFound()
    return found


def run(job: Run) -> dict[str, Any]:
    """Do one replay; `done` counts what was looked at, the outcome what was `sent`.

    Raises TryLater while a service or the bus is away, or the queue has no room: other jobs go on meanwhile.
    """
    carrier = _Carrier(job)
    try:
        return _carry_all(job, carrier)
    except (ServiceDown, BusDown) as error:
        raise TryLater(str(error), AWAY_SECONDS) from error
    finally:
        carrier.close()


def _carry_all(job: Run, carrier: _Carrier) -> dict[str, Any]:
    told, kept = job.job.parameters, dict(job.job.outcome or {})
    log = MergedLog(job.runtime, Forwarder(job.runtime.settings))  # type: ignore[arg-type]
    ends: Places = kept.get("ends") or _places(log, datetime.fromisoformat(told["to"]))
    begin: Places = kept.get("begin") or _places(log, datetime.fromisoformat(told["from"]))
    places: Places = kept.get("places") or begin
    sent = int(kept.get("sent", 0))
    job.total(sum(max(ends[source] - begin[source], 0) for source in ends))
    while any(places[source] < ends[source] for source in ends):
        carrier.need_room()
        page, places = _page(log, places, ends, list(told["types"]), carrier)
        sent += carrier.carry(page)
        job.done = sum(min(places[source], ends[source]) - begin[source] for source in ends)
        with job.step(outcome={"begin": begin, "ends": ends, "places": places, "sent": sent}):
            pass
    return {"sent": sent}


def _places(log: MergedLog, moment: datetime) -> Places:
    """Where each log was at a moment (UTC). Raises ServiceDown."""
    found: Places = {}
    for source, place in log.places_before(moment).items():
        if place is None:
            raise ServiceDown(source, "its log cannot be read")
        found[source] = place
    return found


def _page(
    log: MergedLog, places: Places, ends: Places, types: list[str], carrier: _Carrier
) -> tuple[list[dict[str, Any]], Places]:
    merged = log.read(places, types=types, limit=carrier.most, wanted=carrier.wants)
    if merged.unavailable:
        raise ServiceDown(merged.unavailable[0], "its log cannot be read")
    within = [f for f in merged.items if int(f["sequence"]) <= ends[str(f["source"]).rpartition("/")[2]]]
    return within, merged.places


class _Carrier:
    """Brings facts to the one subscription: into its queue, or as deliveries to its address."""

    def __init__(self, job: Run) -> None:
        self.job = job
        work = job.runtime.work()
        with work.session:
            subscription = work.session.get(Subscription, job.job.parameters["subscription_id"])
            if subscription is None:
                raise NotFound()
            self.subscription_id, self.queue = subscription.id, subscription.queue
            self.room = max(int(ROOM * (subscription.max_length or 0)), 1)
            self.most = min(PAGE, max(self.room // 2, 1)) if self.queue else PAGE
            self.wants = reach_of_subscription(work, subscription)
        self._publisher: Publisher | None = None
        self._bus = open_bus(job.runtime.settings.bus_url)

    def need_room(self) -> None:
        """Raises TryLater where a page would push out of the queue what has not been read."""
        if self.queue and self._bus.waiting(self.queue) + self.most > self.room:
            raise TryLater(f"{self.queue} is full", FULL_SECONDS)

    def carry(self, facts: list[dict[str, Any]]) -> int:
        """Send some facts; returns how many."""
        if facts and self.queue:
            self._publish(facts)
        elif facts:
            with self.job.step() as work:
                subscription = work.session.get(Subscription, self.subscription_id)
                if subscription is None:
                    raise NotFound()
                work.session.execute(insert(Delivery), [row_of(work, subscription, f, replayed=True) for f in facts])
        return len(facts)

    def _publish(self, facts: list[dict[str, Any]]) -> None:
        if self._publisher is None:
            self._publisher = self._bus.publisher()
        if self._publisher.publish([self._message(fact) for fact in facts], exchange="").unrouted:
            raise QueueGone()

    def _message(self, fact: Mapping[str, Any]) -> Message:
        headers = {"x-playdesk-key": str(fact["type"]).removeprefix("playdesk."), "replayed": True}
        return Message(str(fact["id"]), str(self.queue), orjson.dumps({**fact, "replayed": True}), headers)

    def close(self) -> None:
        if self._publisher is not None:
            self._publisher.close()


KIND = JobKind(NAME, "subscription.write", run)
