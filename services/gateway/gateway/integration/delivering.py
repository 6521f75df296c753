"""Deliveries are made: each subscription by itself, so that one that is down or slow holds up nobody else (R33)."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import aliased

from chassis import context
from chassis.clock import utc_now
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.bus import BusDown, Message, Publisher, open_bus
from chassis.ops.logging import log
from chassis.ops.metrics import WEBHOOKS
from chassis.service import Runtime
from gateway.audit import record
from gateway.integration.addresses import target_of
from gateway.integration.errors import AddressRefused
from gateway.integration.sending import GONE, Outcome, send
from gateway.integration.subscription import ACTIVE, AMQP, LONGEST_REST, PENDING, Delivery, Subscription
from gateway.integration.subscriptions import networks, secrets_of

AT_ONCE = 8  # subscriptions served side by side
IN_A_ROW = 50  # deliveries of one before the others are looked at again
LEASE = timedelta(seconds=60)  # a worker that dies with a delivery leaves it to another after this
IDLE = 0.5


def run(runtime: Runtime, stop: threading.Event) -> None:
    """Make deliveries until `stop` is set."""
    busy: set[str] = set()
    queues = QueueSender(runtime)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as threads:
        while not stop.is_set():
            for subscription_id in due(runtime, utc_now()):
                if subscription_id not in busy and len(busy) < AT_ONCE:
                    busy.add(subscription_id)
                    served = threads.submit(_serve_or_say, runtime, subscription_id, stop, queues)
                    served.add_done_callback(lambda _done, one=subscription_id: busy.discard(one))  # type: ignore[misc]
            stop.wait(IDLE)
    queues.close()


def due(runtime: Runtime, now: datetime) -> list[str]:
    """The subscriptions with something to deliver now."""
    awake = or_(Subscription.rest_until.is_(None), Subscription.rest_until <= now)
    waiting = select(Delivery.id).where(Delivery.subscription_id == Subscription.id, *_due(now))
    query = select(Subscription.id).where(Subscription.state == ACTIVE, awake, waiting.exists())
    with runtime.database.read_session() as session:
        return list(session.scalars(query))


def _due(now: datetime) -> list[ColumnElement[bool]]:
    """What may be delivered: facts of one record in their order, so not before an older one is through or given up."""
    older = aliased(Delivery)
    of_the_same = (older.subscription_id == Delivery.subscription_id, older.subject == Delivery.subject)
    waits = select(older.id).where(*of_the_same, older.state == PENDING, older.id < Delivery.id)
    return [Delivery.state == PENDING, Delivery.next_at <= now, ~waits.exists()]


def _serve_or_say(runtime: Runtime, subscription_id: str, stop: threading.Event, queues: QueueSender) -> None:
    """What goes wrong within a thread is in no log unless somebody writes it there."""
    try:
        serve(runtime, subscription_id, stop, queues)
    except Exception as error:
        log.exception("a subscription cannot be served", subscription=subscription_id, error=type(error).__name__)


def serve(runtime: Runtime, subscription_id: str, stop: threading.Event, queues: QueueSender) -> int:
    """Make some deliveries of one subscription, one after the other, until one fails; returns how many were tried."""
    for count in range(IN_A_ROW):
        job = None if stop.is_set() else _take(runtime, subscription_id)
        if job is None:
            return count
        context.begin()
        outcome = _made(runtime, job, queues)
        WEBHOOKS.labels("delivered" if outcome.ok else "failed").inc()
        _note(runtime, job, outcome)
        if not outcome.ok:
            return count + 1
    return IN_A_ROW


@dataclass(frozen=True)
class Job:
    """One delivery to be made, and all that is needed for it; the records are as they were when it was taken."""

    delivery: Delivery
    subscription: Subscription
    networks: list[str]


def _take(runtime: Runtime, subscription_id: str) -> Job | None:
    """The oldest delivery that is due; nobody else gets it while its lease runs."""
    work = runtime.work()
    with work.session:
        subscription = work.session.get(Subscription, subscription_id)
        if subscription is None or subscription.state != ACTIVE:
            return None
        oldest = select(Delivery.id).where(Delivery.subscription_id == subscription_id, *_due(work.now()))
        mine = oldest.order_by(Delivery.id).limit(1).with_for_update(skip_locked=True).scalar_subquery()
        taken = {"attempts": Delivery.attempts + 1, "next_at": work.now() + LEASE}
        statement = update(Delivery).where(Delivery.id == mine).values(taken).returning(Delivery)
        delivery = work.session.scalar(statement, execution_options={"synchronize_session": False})
        if delivery is None:
            return None
        job = Job(delivery, subscription, [] if subscription.delivery == AMQP else networks(work))
        work.commit()
        return job


def _made(runtime: Runtime, job: Job, queues: QueueSender) -> Outcome:
    """The delivery, with no transaction open: names are looked up and others are waited for. Whatever fails is an outcome."""
    try:
        if job.subscription.delivery == AMQP:
            return queues.send(str(job.subscription.queue), job.delivery)
        signed_with = secrets_of(runtime.settings, job.subscription, utc_now())
        target = target_of(str(job.subscription.url), job.networks)
    except AddressRefused as refusal:
        return Outcome(False, None, refusal.title("en"), 0, "")
    except Exception as error:
        log.exception("a delivery cannot be made", subscription=job.subscription.name, error=type(error).__name__)
        return Outcome(False, None, type(error).__name__, 0, "")
    return send(target, job.delivery.event_id, job.delivery.body, signed_with)


def _note(runtime: Runtime, job: Job, outcome: Outcome) -> None:
    """What came of it, with the delivery and with the subscription."""
    work = runtime.work()
    with work.session:
        subscription = work.session.get(Subscription, job.subscription.id, with_for_update=True)
        delivery = work.session.get(Delivery, job.delivery.id, with_for_update=True)
        if subscription is None or delivery is None or delivery.attempts != job.delivery.attempts:
            return  # gone, or somebody else's since our lease ran out
        delivery.tried(outcome.shown(), _jitter(), work.now())
        if outcome.ok:
            subscription.succeeded(work.now())
        else:
            subscription.failed(min(2 ** min(subscription.failures, 12), LONGEST_REST) * _jitter(), work.now())
            _give_up_where_hopeless(work, subscription, outcome)
        work.commit()


def _give_up_where_hopeless(work: UnitOfWork, subscription: Subscription, outcome: Outcome) -> None:
    if subscription.state != ACTIVE or not (outcome.status == GONE or subscription.hopeless(work.now())):
        return
    why = "410" if outcome.status == GONE else (outcome.error or str(outcome.status))
    subscription.disable(why, work.now())
    log.error("subscription disabled", subscription=subscription.name, why=why)
    details = {"name": subscription.name, "why": why}
    record(work, "subscription.disabled", subject_kind="subscription", subject=subscription.id, details=details)


def _jitter() -> float:
    """So that those who failed together do not come back together."""
    return random.uniform(0.8, 1.2)  # noqa: S311 - nothing secret depends on it


class QueueSender:
    """Puts facts into queues that the gateway feeds itself."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._publisher: Publisher | None = None
        self._lock = threading.Lock()

    def send(self, queue: str, delivery: Delivery) -> Outcome:
        """One fact into its queue, confirmed."""
        message = Message(delivery.event_id, queue, delivery.body.encode(), {"x-playdesk-key": delivery.type})
        with self._lock:
            try:
                if self._publisher is None:
                    self._publisher = open_bus(self.runtime.settings.bus_url).publisher()
                result = self._publisher.publish([message], exchange="", timeout=10)
            except BusDown as error:
                return Outcome(False, None, str(error)[:200], 0, "")
        there = delivery.event_id not in result.unrouted
        return Outcome(there, None, "" if there else "the queue is gone", 0, "")

    def close(self) -> None:
        """Let go of the connection."""
        if self._publisher is not None:
            self._publisher.close()
