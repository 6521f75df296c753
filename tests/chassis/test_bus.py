"""The two buses keep the same promises: RabbitMQ and PostgreSQL tables pass this one suite."""

from __future__ import annotations

import itertools
import os
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.facts.bus import DONE, BusDown, Delivery, Fate, Message, NotNow, Verdict, matches, open_bus
from tests.chassis.listening import Listening, confirmed, dead_letters, eventually, message, send, waiting
from tests.support.proxy import Proxy

PARK = Verdict(Fate.PARK, "it cannot be read")
RETRY = Verdict(Fate.RETRY, "not yet")


@pytest.mark.parametrize(
    ("binding", "key", "taken"),
    [
        ("ticket.*.v1", "ticket.created.v1", True),
        ("ticket.*.v1", "ticket.created.v2", False),
        ("ticket.*.v1", "ticket.a.b.v1", False),
        ("ticket.#", "ticket.created.v1", True),
        ("ticket.#", "ticket", True),
        ("#.v1", "ticket.created.v1", True),
        ("#.v1", "v1", True),
        ("#", "anything.at.all", True),
        ("a.#.z", "a.z", True),
        ("a.#.z", "a.b.c.z", True),
        ("a.#.z", "a.b.c", False),
        ("*.created.*", "ticket.created.v1", True),
        ("ticket.created.v1", "ticketXcreated.v1", False),
    ],
)
def test_a_topic_binding_takes_the_keys_the_broker_would_take(the_bus, listen, word, binding, key, taken):
    assert matches(binding, key) is taken
    heard = listen(f"{word}.{binding}")
    last = listen(f"{word}.{key}", name="last")
    send(the_bus, [message(f"{word}.{key}")])
    last.wait_for(1)
    if taken:
        heard.wait_for(1)
    assert heard.keys == ([f"{word}.{key}"] if taken else [])


words = st.text(alphabet="ab_", min_size=1, max_size=3)


@given(
    st.lists(st.one_of(words, st.sampled_from(["*", "#"])), min_size=1, max_size=5),
    st.lists(words, min_size=1, max_size=5),
)
def test_matching_agrees_with_the_definition_of_topics(binding, key):
    def by_definition(pattern: list[str], given_key: list[str]) -> bool:
        if not pattern:
            return not given_key
        if pattern[0] == "#":
            return any(by_definition(pattern[1:], given_key[n:]) for n in range(len(given_key) + 1))
        return bool(given_key) and pattern[0] in ("*", given_key[0]) and by_definition(pattern[1:], given_key[1:])

    assert matches(".".join(binding), ".".join(key)) is by_definition(binding, key)


def test_messages_arrive_in_the_order_they_were_sent(the_bus, listen, word):
    heard = listen(f"{word}.#")
    batches = [[message(f"{word}.n{batch}.{n}") for n in range(200)] for batch in range(5)]
    publisher = the_bus.publisher()
    for batch in batches:
        publisher.publish(batch)
    publisher.close()
    heard.wait_for(1000)
    assert heard.ids == [m.id for batch in batches for m in batch]


def test_batches_on_the_way_at_once_arrive_in_order_and_each_knows_what_became_of_its_own(the_bus, listen, word):
    heard = listen(f"{word}.wanted.#")
    batches = [[message(f"{word}.wanted.n{batch}.{n}") for n in range(120)] for batch in range(4)]
    unwanted = [message(f"{word}.unwanted.n{batch}") for batch in range(4)]
    publisher = the_bus.publisher()
    sent = [publisher.start([*batch, more]) for batch, more in zip(batches, unwanted, strict=True)]
    results = [publisher.finish(each) for each in sent]
    publisher.close()
    heard.wait_for(480)
    assert heard.ids == [m.id for batch in batches for m in batch]
    assert [result.unrouted for result in results] == [{m.id} for m in unwanted]
    assert [len(result.confirmed) for result in results] == [121] * 4


def test_facts_that_may_wait_for_others_are_handled_together(the_bus, listen, word):
    heard = listen(f"{word}.#", gather=1.0)
    for n in range(10):
        send(the_bus, [message(f"{word}.n{n}")])
        time.sleep(0.02)
    heard.wait_for(10)
    assert len(set(heard.times)) <= 2, "one came before the others, perhaps"


def test_a_backlog_waits_for_nothing(the_bus, listen, word):
    heard = listen(f"{word}.#", gather=1.0, batch=100)
    send(the_bus, [message(f"{word}.n{n}", bytes(3000)) for n in range(1000)])
    heard.wait_for(1000)
    assert heard.times[-1] - heard.times[0] < 3, "ten batches would be nine pauses"


def test_what_is_sent_is_what_arrives(the_bus, listen, word):
    heard = listen(f"{word}.#")
    sent = Message("0194-id", f"{word}.key", '{"question":"礼包没到账"}'.encode() + bytes(range(256)))
    send(the_bus, [sent])
    heard.wait_for(1)
    assert heard.received == [Delivery(sent.id, sent.key, sent.body, 0)]


def test_every_message_is_confirmed_and_those_nobody_wants_are_named(the_bus, listen, word):
    listen(f"{word}.wanted.*")
    wanted, unwanted = message(f"{word}.wanted.v1"), message(f"{word}.unwanted.v1")
    publisher = the_bus.publisher()
    result = publisher.publish([wanted, unwanted])
    publisher.close()
    assert result.confirmed == {wanted.id, unwanted.id}
    assert result.unrouted == {unwanted.id}


def test_every_queue_bound_gets_its_own_copy(the_bus, listen, word):
    both = [listen(f"{word}.#", name="one"), listen(f"{word}.*.v1", f"{word}.a.v1", name="two")]
    send(the_bus, [message(f"{word}.a.v1")])
    for heard in both:
        heard.wait_for(1)
    time.sleep(0.2)
    assert [len(heard.received) for heard in both] == [1, 1], "two bindings of one queue make one copy"


def test_an_empty_batch_is_no_trouble_to_publish_one_by_one(the_bus, listen, word):
    heard = listen(f"{word}.#")
    publisher = the_bus.publisher()
    for n in range(20):
        publisher.publish([message(f"{word}.{n}")])
    publisher.close()
    heard.wait_for(20)
    assert heard.keys == [f"{word}.{n}" for n in range(20)]


def test_two_consumers_of_a_queue_share_the_work_and_double_nothing(the_bus, listen, word, bus_url):
    first = listen(f"{word}.#", batch=10)
    second = Listening(bus_url, first.queue.name, first.queue.keys, batch=10)
    sent = [message(f"{word}.{n}") for n in range(400)]
    send(the_bus, sent)
    eventually(lambda: len(first.received) + len(second.received) >= 400)
    second.stop()
    assert sorted(first.ids + second.ids) == sorted(m.id for m in sent)


def test_what_a_dying_consumer_held_is_delivered_again(the_bus, listen, word, bus_url):
    class Dies(BaseException):
        """As if the process had gone."""

    def die(_deliveries: list[Delivery]) -> list[Verdict]:
        raise Dies

    def consume_until_death() -> None:
        with pytest.raises(Dies):
            open_bus(bus_url).consume(heard.queue, die, stop=threading.Event(), connected=lambda _: None)

    heard = listen(f"{word}.#")
    heard.stop()
    sent = [message(f"{word}.{n}") for n in range(3)]
    send(the_bus, sent)
    consume_until_death()
    again = Listening(bus_url, heard.queue.name, heard.queue.keys)
    again.wait_for(3)
    again.stop()
    assert again.ids == [m.id for m in sent]


def test_a_message_that_is_to_be_tried_again_comes_back_later_each_time(the_bus, listen, word, quick_retries, bus_url):
    heard = listen(f"{word}.#", judge=lambda delivery: DONE if delivery.attempts == 3 else RETRY)
    sent = message(f"{word}.hard.v1", b"body")
    send(the_bus, [sent])
    heard.wait_for(4)
    assert heard.received == [Delivery(sent.id, sent.key, b"body", attempts) for attempts in range(4)]
    waits = [later - earlier for earlier, later in zip(heard.times, heard.times[1:], strict=False)]
    assert all(wait >= delay * 0.95 for wait, delay in zip(waits, quick_retries, strict=True)), waits
    assert dead_letters(bus_url, heard.queue) == []


def test_a_message_that_never_works_is_parked_with_its_reason(the_bus, listen, word, quick_retries, bus_url):
    heard = listen(f"{word}.#", judge=lambda _: Verdict(Fate.RETRY, "KeyError: 'phone'"))
    sent = message(f"{word}.poison.v1")
    send(the_bus, [sent])
    heard.wait_for(4)
    eventually(lambda: waiting(bus_url, heard.queue) == 0)
    time.sleep(0.1)
    assert dead_letters(bus_url, heard.queue) == [(sent.id, "KeyError: 'phone'")]
    assert len(heard.received) == 4, "a first try and three more"


def test_a_message_that_cannot_be_read_is_parked_at_once(the_bus, listen, word, bus_url):
    heard = listen(f"{word}.#", judge=lambda _: PARK)
    sent = message(f"{word}.poison.v1", b"\xff not json")
    send(the_bus, [sent])
    heard.wait_for(1)
    eventually(lambda: waiting(bus_url, heard.queue) == 0)
    time.sleep(0.1)
    assert dead_letters(bus_url, heard.queue) == [(sent.id, "it cannot be read")]


def test_poison_does_not_hold_its_neighbours_up(the_bus, listen, word, quick_retries, bus_url):
    """R20: one in a thousand; the neighbours' order and time do not suffer."""
    sent = [message(f"{word}.{'poison' if n % 1000 == 500 else 'good'}.v1") for n in range(2000)]
    fates = {"poison": RETRY, "good": DONE}
    heard = listen(f"{word}.#", judge=lambda delivery: fates[delivery.key.split(".")[1]])
    send(the_bus, sent)
    heard.wait_for(2000 + 2 * 3)
    good = [d.id for d in heard.received if ".good." in d.key]
    assert good == [m.id for m in sent if ".good." in m.key]
    arrived = [at for d, at in zip(heard.received, heard.times, strict=True) if ".good." in d.key]
    assert max(b - a for a, b in itertools.pairwise(arrived)) < 1
    eventually(lambda: waiting(bus_url, heard.queue) == 0)
    time.sleep(0.1)
    assert sorted(i for i, _ in dead_letters(bus_url, heard.queue)) == sorted(m.id for m in sent if ".poison." in m.key)


def test_a_handler_that_cannot_work_now_gets_the_same_again_and_no_attempt_is_counted(the_bus, listen, word, bus_url):
    tries = iter([NotNow("the database is away")] * 2)

    def handle(deliveries: list[Delivery]) -> list[Verdict]:
        for trouble in tries:
            raise trouble
        return [DONE] * len(deliveries)

    heard = listen(f"{word}.#", handle=handle)
    sent = message(f"{word}.a.v1")
    send(the_bus, [sent])
    heard.wait_for(3)
    assert heard.received == [Delivery(sent.id, sent.key, b"{}", 0)] * 3
    eventually(lambda: waiting(bus_url, heard.queue) == 0)
    assert dead_letters(bus_url, heard.queue) == []


def test_the_consumer_and_the_publisher_come_back_when_the_bus_comes_back(listen, word, bus_url):
    proxy, way = Proxy.before(bus_url)
    heard = listen(f"{word}.#", url=way)
    publisher = open_bus(way).publisher()
    publisher.publish([message(f"{word}.before")])
    heard.wait_for(1)
    proxy.cut()
    with pytest.raises(BusDown):
        publisher.publish([message(f"{word}.lost")], timeout=1)
    time.sleep(1)
    proxy.mend()
    after = message(f"{word}.after")
    eventually(lambda: confirmed(publisher, [after]))
    eventually(lambda: after.id in heard.ids)
    publisher.close()
    heard.stop()
    proxy.close()
    assert heard.connections[0] is True
    assert False in heard.connections


def test_a_bus_that_stays_away_costs_no_open_files(word, bus_url):
    proxy, way = Proxy.before(bus_url)
    publisher = open_bus(way).publisher()
    publisher.publish([message(f"{word}.first")])
    proxy.cut()
    counted = []
    for _ in range(8):
        with pytest.raises(BusDown):
            publisher.publish([message(f"{word}.lost")], timeout=0.3)
        counted.append(len(os.listdir("/proc/self/fd")))
        time.sleep(0.3)
    publisher.close()
    proxy.close()
    assert counted[-1] <= counted[0] + 4, counted


def test_a_bus_that_is_not_there_is_down_and_not_an_error_of_another_kind(bus_url):
    nowhere = "amqp://a:b@127.0.0.1:1/x" if bus_url.startswith("amqp") else "postgresql://a:b@127.0.0.1:1/x"
    publisher = open_bus(nowhere).publisher()
    with pytest.raises(BusDown):
        publisher.publish([message("a.b")], timeout=0.5)
    publisher.close()
    with pytest.raises(BusDown):
        open_bus(nowhere).declare([])


def test_declaring_twice_changes_nothing(the_bus, listen, word):
    heard = listen(f"{word}.#")
    the_bus.declare([heard.queue])
    the_bus.declare([heard.queue])
    send(the_bus, [message(f"{word}.a")])
    heard.wait_for(1)
    time.sleep(0.1)
    assert len(heard.received) == 1


def test_the_order_stays_when_one_consumer_is_stopped_in_mid_work_and_another_takes_over(the_bus, listen, word):
    begun, go_on = threading.Event(), threading.Event()

    def slowly(deliveries: list[Delivery]) -> list[Verdict]:
        begun.set()
        go_on.wait(10)
        return [DONE] * len(deliveries)

    first = listen(f"{word}.#", in_turn=True, batch=20, handle=slowly)
    sent = [message(f"{word}.a.v1") for _ in range(200)]
    send(the_bus, sent[:100])
    assert begun.wait(10)
    send(the_bus, sent[100:])
    second = listen(f"{word}.#", in_turn=True, batch=20)
    first.stopped.set()
    go_on.set()
    first.stop()
    eventually(lambda: bool(second.ids) and second.ids[-1] == sent[-1].id, 15, "the second's turn")
    assert second.ids == [one.id for one in sent[200 - len(second.ids) :]], "in their order, with nothing left out"
    assert len(second.ids) > 100


def test_a_queue_that_is_consumed_in_turn_keeps_its_order_among_many_consumers(the_bus, listen, word, bus_url):
    heard = [listen(f"{word}.#", in_turn=True, batch=5) for _ in range(3)]
    sent = [message(f"{word}.a.v1") for _ in range(200)]
    for begin in range(0, 200, 20):
        send(the_bus, sent[begin : begin + 20])
    eventually(lambda: sum(len(one.received) for one in heard) >= 200)
    in_order = [
        one_id for _, one_id in sorted((at, i) for one in heard for at, i in zip(one.times, one.ids, strict=True))
    ]
    assert in_order == [one.id for one in sent]
    busy = next(one for one in heard if one.received)
    busy.stop()
    after = message(f"{word}.after.v1")
    send(the_bus, [after])
    eventually(lambda: any(after.id in one.ids for one in heard), 15, "another's turn")
