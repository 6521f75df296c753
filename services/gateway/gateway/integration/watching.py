"""Queues of other systems are watched: how much waits in each, and an alarm where the oldest facts are dropped already."""

from __future__ import annotations

import threading
from datetime import datetime

from sqlalchemy import select, update

from chassis.clock import utc_now
from chassis.facts.bus import BusDown, open_bus
from chassis.ops.logging import log
from chassis.ops.metrics import SUBSCRIPTION_WAITING
from chassis.service import Runtime
from gateway.integration.subscription import AMQP, Subscription

EVERY = 15.0  # seconds


def run(runtime: Runtime, stop: threading.Event) -> None:
    """Look until `stop` is set."""
    while not stop.wait(EVERY):
        try:
            look(runtime, utc_now())
        except BusDown:
            log.warning("the broker does not say how long the queues are")


def look(runtime: Runtime, now: datetime) -> None:
    """Note the length of each queue. Raises BusDown."""
    bus = open_bus(runtime.settings.bus_url)
    with runtime.database.read_session() as session:
        found = list(session.scalars(select(Subscription).where(Subscription.delivery == AMQP)))
    for one in found:
        waiting = bus.waiting(str(one.queue))
        SUBSCRIPTION_WAITING.labels(one.name).set(waiting)
        full = waiting >= (one.max_length or 0)
        if full and one.dropping_since is None:
            log.error("a subscriber's queue is full and loses its oldest facts", subscription=one.name, waiting=waiting)
        _note(runtime, one, waiting, (one.dropping_since or now) if full else None)


def _note(runtime: Runtime, one: Subscription, waiting: int, dropping: datetime | None) -> None:
    if (one.waiting, one.dropping_since) == (waiting, dropping):
        return
    with runtime.database.session() as session:
        seen = {"waiting": waiting, "dropping_since": dropping}
        session.execute(update(Subscription).where(Subscription.id == one.id).values(seen))
        session.commit()
