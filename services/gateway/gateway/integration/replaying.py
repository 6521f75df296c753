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
FULL_SECONDS, LONGEST_PAUSE = 1.0, 60.0  # between two looks at a queue that is full: ever longer while nobody reads
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
    log = MergedLog(job.runtime, Forwarder(job.runtime.settings))  # type: ignore[arg-type]  # it is the gateway's
    if "ends" not in kept:
        begin, ends = (_places(log, datetime.fromisoformat(told[name])) for name in ("from", "to"))
        kept = {"begin": begin, "ends": ends, "places": begin, "sent": 0, "waits": 0}
        with job.step(outcome=kept, total=sum(max(ends[source] - begin[source], 0) for source in ends)):
            pass
    begin, ends = kept["begin"], kept["ends"]
    while any(kept["places"][source] < ends[source] for source in ends):
        _wait_for_room(job, carrier, kept)
        page, places = _page(log, kept["places"], ends, list(told["types"]), carrier)
        kept = {**kept, "places": places, "sent": kept["sent"] + len(page), "waits": 0}
        job.done = sum(min(places[source], ends[source]) - begin[source] for source in ends)
        carrier.publish(page)
        with job.step(outcome=kept) as work:  # the place with the deliveries: a page is not written down twice
            carrier.write_down(work, page)
    return {"sent": kept["sent"]}


def _wait_for_room(job: Run, carrier: _Carrier, kept: dict[str, Any]) -> None:
    """Raises TryLater, after ever longer pauses while nobody reads."""
    if carrier.has_room():
        return
    with job.step(outcome={**kept, "waits": kept["waits"] + 1}):
        pass
    raise TryLater(f"{carrier.queue} is full", min(FULL_SECONDS * 1.5 ** min(kept["waits"], 20), LONGEST_PAUSE))


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

    def has_room(self) -> bool:
        """Whether a page pushes nothing out of the queue that has not been read."""
        return not self.queue or self._bus.waiting(self.queue) + self.most <= self.room

    def publish(self, facts: list[dict[str, Any]]) -> None:
        """Into the subscription's queue, where it has one. Raises BusDown, QueueGone, LetGo, OwnerGone."""
        if not facts or not self.queue:
            return
        with self.job.step():
            pass  # nothing leaves in the name of somebody who has left
        if self._publisher is None:
            self._publisher = self._bus.publisher()
        if self._publisher.publish([self._message(fact) for fact in facts], exchange="").unrouted:
            raise QueueGone()

    def write_down(self, work: UnitOfWork, facts: list[dict[str, Any]]) -> None:
        """As deliveries to be made, where it has none. Raises NotFound."""
        if not facts or self.queue:
            return
        subscription = work.session.get(Subscription, self.subscription_id)
        if subscription is None:
            raise NotFound()
        work.session.execute(insert(Delivery), [row_of(work, subscription, f, replayed=True) for f in facts])

    def _message(self, fact: Mapping[str, Any]) -> Message:
        headers = {"x-playdesk-key": str(fact["type"]).removeprefix("playdesk."), "replayed": True}
        return Message(str(fact["id"]), str(self.queue), orjson.dumps({**fact, "replayed": True}), headers)

    def close(self) -> None:
        if self._publisher is not None:
            self._publisher.close()


KIND = JobKind(NAME, "subscription.write", run)
