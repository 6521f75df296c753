"""Every queue of every service is a quorum queue with a delivery limit, delayed retries and a dead-letter queue."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import requests

from chassis.facts.bus import COMPANY_EVENTS, DELIVERY_LIMIT, EVENTS, RETRY_SECONDS, Queue, open_bus
from tests.support.tree import SERVICES, service

QUEUES = [
    pytest.param(subscription.queue(name), id=subscription.queue(name).name)
    for name in SERVICES
    for subscription in service(name).subscriptions
]


def test_somebody_listens():
    assert QUEUES


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_named_after_its_service_and_bound_to_keys_of_ours(queue: Queue):
    name, _, purpose = queue.name.partition(".")
    assert name in SERVICES
    assert purpose.replace("_", "").isalpha()
    assert queue.exchange in (EVENTS, COMPANY_EVENTS)
    assert queue.keys
    assert all(key.rpartition(".")[2].startswith("v") or key.endswith("#") for key in queue.keys)


def test_no_two_services_share_a_queue():
    names = [queue.values[0].name for queue in QUEUES]
    assert len(names) == len(set(names))


@pytest.mark.rabbitmq
@pytest.mark.parametrize("queue", QUEUES)
def test_at_the_broker_it_has_its_limits_its_retries_and_its_dead_letters(broker, queue: Queue):
    if broker.management_url is None:
        pytest.skip("this broker has no management API")
    vhost_url = broker.new_vhost()
    open_bus(vhost_url).declare([queue])
    found = declared(broker.management_url, vhost_url.rpartition("/")[2])
    assert set(found) == {queue.name, queue.dead, *(queue.retry(seconds) for seconds in RETRY_SECONDS)}
    assert all(arguments["x-queue-type"] == "quorum" for arguments in found.values())
    main = found[queue.name]
    assert main["x-delivery-limit"] == DELIVERY_LIMIT
    assert main["x-dead-letter-routing-key"] == queue.dead
    for seconds in RETRY_SECONDS:
        retry = found[queue.retry(seconds)]
        assert (retry["x-message-ttl"], retry["x-dead-letter-routing-key"]) == (seconds * 1000, queue.name)
    for arguments in (main, *(found[queue.retry(seconds)] for seconds in RETRY_SECONDS)):
        assert arguments["x-dead-letter-strategy"] == "at-least-once", "else a killed broker may lose what it moves"


def declared(api: str, vhost: str) -> dict[str, dict]:
    """The arguments of every queue of a vhost."""
    answer = requests.get(f"{api}/api/queues/{quote(vhost, safe='')}", timeout=10)
    return {row["name"]: row["arguments"] for row in answer.json()}
