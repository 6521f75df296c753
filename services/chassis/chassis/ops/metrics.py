"""What each process counts; read at /metrics, which is never served to the outside."""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUEST_SECONDS = Histogram(
    "playdesk_request_seconds",
    "Time to answer a request",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
FACTS_PUBLISHED = Counter("playdesk_facts_published", "Facts confirmed by the bus")
FACTS_HANDLED = Counter("playdesk_facts_handled", "Facts handled by a consumer", ["queue"])
FACTS_STALE = Counter("playdesk_facts_stale", "Facts of other systems dropped because a newer one was known", ["fact"])
OUTBOX_OLDEST = Gauge("playdesk_outbox_oldest_seconds", "Age of the oldest unpublished fact", multiprocess_mode="max")
DEAD_LETTERS = Gauge("playdesk_dead_letters", "Facts parked for somebody to look at", multiprocess_mode="max")
WEBHOOKS = Counter("playdesk_deliveries", "Facts sent to other systems, by what came of it", ["outcome"])
SUBSCRIPTION_WAITING = Gauge(
    "playdesk_subscription_waiting", "Facts waiting in a subscriber's queue", ["subscription"], multiprocess_mode="max"
)
RECONCILED = Counter("playdesk_reconciled", "Differences between what was told and what was taken in", ["outcome"])
PHONE_REVEALS_REFUSED = Counter(
    "playdesk_phone_reveals_refused", "Phone numbers not shown because a person's ration was used up"
)
PLAYERS_READ_IN_BULK = Counter(
    "playdesk_players_read_in_bulk", "Persons who were shown more players in a day than work explains"
)
CALL_SECONDS = Histogram("playdesk_call_seconds", "Time of a call to another process", ["target", "outcome"])


def exposition() -> tuple[bytes, str]:
    """(text, content type) of everything counted; over all web processes where they share a folder."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(), CONTENT_TYPE_LATEST
