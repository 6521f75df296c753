"""What only RabbitMQ can do to us: forged headers, ways past the exchange, queues that vanish, limits of deliveries."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pika
import pytest
import requests

from chassis.clock import new_id
from chassis.facts import rabbitmq
from chassis.facts.bus import (
    DELIVERY_LIMIT,
    DONE,
    EVENTS,
    BusDown,
    Delivery,
    Fate,
    Letter,
    NotNow,
    Queue,
    Verdict,
    open_bus,
)
from tests.chassis.listening import confirmed, dead_letters, eventually, message, remove_queues, send, waiting
from tests.support.proxy import Proxy
from tests.support.rabbitmq import Broker

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def bus_url(amqp_url: str) -> str:
    """RabbitMQ alone."""
    return amqp_url


@contextmanager
def channel_of(url: str) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    """A channel of somebody who may do everything."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel


def properties(**headers: Any) -> pika.BasicProperties:
    """A message's, with headers."""
    return pika.BasicProperties(message_id=new_id(), delivery_mode=2, headers=headers)


@pytest.mark.parametrize("attempts", ["many", 99, -1, None, {"a": 1}, True, 2])
def test_headers_that_somebody_else_sent_are_not_believed(listen, word, bus_url, attempts):
    heard = listen(f"{word}.#")
    forged = properties(**{"x-playdesk-key": "hr.employee.left.v1", "x-playdesk-attempts": attempts})
    with channel_of(bus_url) as channel:
        channel.basic_publish(EVENTS, f"{word}.a.v1", b"{}", forged, mandatory=True)
        channel.basic_publish(EVENTS, f"{word}.b.v1", b"{}", properties(), mandatory=True)
    heard.wait_for(2)
    assert [(one.key, one.attempts) for one in heard.received] == [(f"{word}.a.v1", 0), (f"{word}.b.v1", 0)]


@pytest.mark.parametrize("attempts", ["many", 99, -1, None, {"a": 1}])
def test_a_number_of_tries_that_is_none_stops_nobody(listen, word, bus_url, attempts):
    heard = listen(f"{word}.#")
    came_back = properties(**{"x-playdesk-key": f"{word}.a.v1", "x-playdesk-attempts": attempts})
    with channel_of(bus_url) as channel:
        channel.basic_publish(heard.queue.aside, heard.queue.name, b"{}", came_back, mandatory=True)
    heard.wait_for(1)
    assert [(one.key, one.attempts) for one in heard.received] == [(f"{word}.a.v1", 0)]


def test_what_comes_past_the_exchange_is_parked_and_its_neighbours_are_heard(listen, word, bus_url):
    heard = listen(f"{word}.#")
    forged = properties(**{"x-playdesk-key": "hr.employee.left.v1"})
    with channel_of(bus_url) as channel:
        for turn in range(3):
            channel.basic_publish("", heard.queue.name, b"{}", forged, mandatory=True)
            channel.basic_publish(EVENTS, f"{word}.{turn}.v1", b"{}", properties(), mandatory=True)
    heard.wait_for(3)
    eventually(lambda: waiting(bus_url, heard.queue) == 0)
    assert heard.keys == [f"{word}.{turn}.v1" for turn in range(3)]
    parked = dead_letters(bus_url, heard.queue)
    assert parked == [(forged.message_id, f"it came past the exchange {EVENTS}")] * 3


@pytest.mark.parametrize("by_somebody_else", [False, True], ids=["by us", "at once, by somebody else"])
def test_a_queue_that_is_deleted_is_declared_anew_and_heard_again(
    the_bus, listen, word, bus_url, monkeypatch, by_somebody_else: bool
):
    monkeypatch.setattr(rabbitmq, "QUIET_SECONDS", 0.5 if by_somebody_else else 3600)
    heard = listen(f"{word}.#")
    send(the_bus, [message(f"{word}.before.v1")])
    heard.wait_for(1)
    with channel_of(bus_url) as channel:
        channel.queue_delete(heard.queue.name)
        if by_somebody_else:
            rabbitmq._declare(channel, heard.queue)
    if not by_somebody_else:
        eventually(lambda: heard.connections[-2:] == [False, True], 15, "the consumer's return")
    after = message(f"{word}.after.v1")
    send(the_bus, [after])
    heard.wait_for(2)
    assert heard.ids[-1] == after.id


def test_a_channel_opened_anew_loses_nothing_and_doubles_nothing(the_bus, listen, word, bus_url, monkeypatch):
    monkeypatch.setattr(rabbitmq, "QUIET_SECONDS", 0.01)
    heard = listen(f"{word}.#")
    sent = [message(f"{word}.a.v1") for _ in range(60)]
    for one in sent:
        send(the_bus, [one])
    heard.wait_for(60)
    eventually(lambda: waiting(bus_url, heard.queue) == 0)
    assert set(heard.ids) == {one.id for one in sent}
    assert len(heard.ids) < 70, "one that was under way when the channel was closed may come a second time"
    assert heard.connections == [True], "the connection stays"


def test_what_cannot_be_handled_for_long_stays_in_hand_and_is_not_delivered_anew(
    the_bus, listen, word, bus_url, monkeypatch
):
    """A queue parks what was delivered 20 times; a database that is away for ten minutes is no reason."""
    monkeypatch.setattr(rabbitmq, "QUIET_SECONDS", 0.01)
    monkeypatch.setattr(rabbitmq, "NOT_NOW_SECONDS", 0.02)
    tries = iter(range(DELIVERY_LIMIT + 5))

    def handle(deliveries: list[Delivery]) -> list[Verdict]:
        for _ in tries:
            raise NotNow("the database is away")
        return [DONE] * len(deliveries)

    heard = listen(f"{word}.#", handle=handle)
    send(the_bus, [message(f"{word}.a.v1")])
    heard.wait_for(DELIVERY_LIMIT + 6)
    eventually(lambda: waiting(bus_url, heard.queue) == 0)
    assert dead_letters(bus_url, heard.queue) == []


def test_what_comes_by_way_of_a_dead_letter_queue_is_parked(listen, word, bus_url):
    """The broker asks who may write to an exchange, and not of what, where it brings dead letters there itself."""
    heard = listen(f"{word}.#")
    with channel_of(bus_url) as channel:
        detour = {
            "x-dead-letter-exchange": EVENTS,
            "x-dead-letter-routing-key": f"{word}.forged.v1",
            "x-message-ttl": 1,
            "x-expires": 5000,
        }
        channel.queue_declare(f"{word}.detour", arguments=detour)
        forged = properties()
        channel.basic_publish("", f"{word}.detour", b"{}", forged, mandatory=True)
        eventually(lambda: waiting(bus_url, heard.queue) == 0 and dead_count(channel, heard.queue) == 1)
        channel.basic_publish(EVENTS, f"{word}.honest.v1", b"{}", properties(), mandatory=True)
    heard.wait_for(1)
    assert heard.keys == [f"{word}.honest.v1"]
    assert dead_letters(bus_url, heard.queue) == [(forged.message_id, "it came out of a dead-letter queue")]


def dead_count(channel, queue: Queue) -> int:
    """How many letters are parked."""
    return channel.queue_declare(queue.dead, passive=True).method.message_count


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"x-playdesk-key": "a.b.v1", "x-playdesk-reason": "no"}, ("a.b.v1", "no")),
        ({}, ("key", "unknown")),
        (
            {
                "x-death": [{"queue": "s.q", "reason": "delivery_limit", "routing-keys": ["a.b.v1"]}],
                "x-playdesk-key": "hr.employee.left.v1",
                "x-playdesk-reason": "forged",
            },
            ("a.b.v1", "delivery_limit"),
        ),
        (
            {
                "x-death": [{"queue": "s.q", "reason": "delivery_limit", "routing-keys": ["s.q"]}],
                "x-playdesk-key": "a.b.v1",
                "x-playdesk-reason": "failed once",
            },
            ("a.b.v1", "delivery_limit"),
        ),
    ],
    ids=["parked by us", "of nobody", "by the broker, with what its publisher wrote", "by the broker, after a retry"],
)
def test_a_letter_tells_what_it_is_by_who_set_it_aside(headers, told):
    assert rabbitmq._fate_of(Queue("s.q", ("#",)), headers, "key") == told


def test_one_letter_that_cannot_be_kept_holds_up_none_of_the_others(the_bus, listen, word, bus_url, monkeypatch):
    monkeypatch.setattr(rabbitmq, "NOT_KEPT_SECONDS", 0.05)
    queue, sent = parked(the_bus, listen, word, 9)
    kept: list[str] = []
    mended = threading.Event()

    def keep(letters: list[Letter]) -> None:
        if not mended.is_set() and any(letter.id == sent[4] for letter in letters):
            raise ValueError("it cannot be written")
        kept.extend(letter.id for letter in letters)

    with taking(bus_url, queue, keep):
        eventually(lambda: sorted(kept) == sorted(one for one in sent if one != sent[4]), 15, "all others kept")
        mended.set()
        eventually(lambda: sorted(kept) == sorted(sent), 15, "and that one when it can be")


@contextmanager
def taking(url: str, queue: Queue, keep: Callable[[list[Letter]], None]) -> Iterator[None]:
    """Whoever takes the dead letters, for as long as the block lasts."""
    stop = threading.Event()
    taker = threading.Thread(target=lambda: open_bus(url).take_dead_letters([queue], keep, stop=stop), daemon=True)
    taker.start()
    try:
        yield
    finally:
        stop.set()
        taker.join(10)


def parked(the_bus, listen, word: str, count: int) -> tuple[Queue, list[str]]:
    """A queue whose dead letters hold some messages; their IDs."""
    heard = listen(f"{word}.#", judge=lambda _: Verdict(Fate.PARK, "no"))
    sent = [message(f"{word}.a.v1") for _ in range(count)]
    send(the_bus, sent)
    heard.wait_for(count)
    heard.stop()
    return heard.queue, [one.id for one in sent]


def test_letters_that_cannot_be_kept_for_a_while_outlive_a_limit_of_deliveries(
    the_bus, listen, word, broker: Broker, bus_url, monkeypatch
):
    """RabbitMQ 4 gives every quorum queue a limit of 20, and what exceeds it is dropped where there is no other queue."""
    if broker.management_url is None:
        pytest.skip("NOT TESTED: a policy needs the management API of a node of our own")
    vhost = bus_url.rpartition("/")[2]
    policy = f"{broker.management_url}/api/policies/{vhost}/{word}"
    limit = {"pattern": f"^{word}.*dead$", "definition": {"delivery-limit": 2}, "apply-to": "queues"}
    requests.put(policy, json=limit, timeout=30).raise_for_status()
    monkeypatch.setattr(rabbitmq, "NOT_KEPT_SECONDS", 0.05)
    queue, sent = parked(the_bus, listen, word, 5)
    kept: list[str] = []
    tries = iter(range(25))

    def keep(letters: list[Letter]) -> None:
        if next(tries, None) is not None:
            raise RuntimeError("the database is away")
        kept.extend(letter.id for letter in letters)

    with taking(bus_url, queue, keep):
        eventually(lambda: len(kept) == 5, 30, "every letter kept")
    requests.delete(policy, timeout=30)
    assert sorted(kept) == sorted(sent)
    assert dead_letters(bus_url, queue) == []


def test_whoever_takes_dead_letters_hears_of_a_queue_that_is_made_anew(the_bus, listen, word, bus_url, monkeypatch):
    monkeypatch.setattr(rabbitmq, "QUIET_SECONDS", 0.5)
    queue, sent = parked(the_bus, listen, word, 1)
    kept: list[str] = []
    with taking(bus_url, queue, lambda letters: kept.extend(letter.id for letter in letters)):
        eventually(lambda: kept == sent, 15, "the first letter")
        with channel_of(bus_url) as channel:
            channel.queue_delete(queue.dead)
        open_bus(bus_url).declare([queue])
        with channel_of(bus_url) as channel:
            again = properties(**{"x-playdesk-reason": "no"})
            channel.basic_publish(queue.aside, queue.dead, b"{}", again, mandatory=True)
        eventually(lambda: again.message_id in kept, 15, "the letter in the queue made anew")
    remove_queues(bus_url, [queue])


def test_a_retry_comes_back_through_the_service_s_own_exchange(the_bus, listen, word, quick_retries, bus_url):
    heard = listen(f"{word}.#", judge=lambda one: DONE if one.attempts else Verdict(Fate.RETRY, "not yet"))
    sent = message(f"{word}.a.v1")
    send(the_bus, [sent])
    heard.wait_for(2)
    assert heard.received == [Delivery(sent.id, sent.key, b"{}", tries) for tries in (0, 1)]


def test_all_that_is_on_the_way_fails_with_the_bus_and_can_be_sent_again(bus_url, listen, word):
    proxy, way = Proxy.before(bus_url)
    heard = listen(f"{word}.#")
    publisher = open_bus(way).publisher()
    publisher.publish([message(f"{word}.before")])
    proxy.hold()
    batches = [[message(f"{word}.n{batch}.{n}") for n in range(120)] for batch in range(3)]
    sent = [publisher.start(batch) for batch in batches]
    proxy.cut()
    for each in sent:
        with pytest.raises(BusDown):
            publisher.finish(each, timeout=5)
    proxy.release()
    proxy.mend()
    for batch in batches:
        eventually(lambda batch=batch: confirmed(publisher, batch))
    heard.wait_for(361)
    assert [m for m in heard.ids if m in {each.id for batch in batches for each in batch}] == [
        each.id for batch in batches for each in batch
    ], "nothing came of those that failed, and those sent again came in order"
    publisher.close()
    proxy.close()


def test_batches_are_handed_over_while_others_are_sent_and_none_is_lost(bus_url, listen, word):
    """Threads take turns as often as may be, so that one finds the other amid every step."""
    heard = listen(f"{word}.#")
    publisher = open_bus(bus_url).publisher()
    publisher.publish([message(f"{word}.first")])
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(10):
            batches = [[message(f"{word}.n{n}")] for n in range(200)]
            sent = [publisher.start(batch) for batch in batches]
            for batch, each in zip(batches, sent, strict=True):
                assert publisher.finish(each).confirmed == {m.id for m in batch}
    finally:
        sys.setswitchinterval(usual)
        publisher.close()
    heard.wait_for(1 + 10 * 200)
