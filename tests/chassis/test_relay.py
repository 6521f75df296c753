"""The relay takes every committed fact to the bus: in order, numbered without gaps, one relay at a time, none lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import orjson
import pytest
from sqlalchemy import text

from chassis.callers import Caller, Scope
from chassis.clock import new_id
from chassis.facts import relay as relay_module
from chassis.facts.bus import EVENTS, Message, Published, open_bus
from chassis.facts.envelope import read
from chassis.facts.relay import LOCK, Relay, backlog
from chassis.ops import faultpoints
from tests.chassis.listening import Listening, eventually, remove_queues
from tests.chassis.specimen.notes import Note, change_note, write_note
from tests.support.proxy import Proxy
from tests.support.services import ServiceUnderTest

AUTHOR = Caller(id=new_id(), scope=Scope("all"))


class Wire:
    """A bus that only remembers what went over it."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.nobody_hears: set[str] = set()

    def publisher(self) -> Wire:
        return self

    def start(self, messages: Sequence[Message], *, exchange: str = EVENTS) -> Published:
        self.sent.extend(messages)
        return Published(
            frozenset(m.id for m in messages), frozenset(m.id for m in messages if m.key in self.nobody_hears)
        )

    def finish(self, sent: Published, *, timeout: float = 30) -> Published:
        return sent

    def close(self) -> None: ...

    def facts(self) -> list:
        """What went over it, read as a consumer reads it."""
        return [read(message.body) for message in self.sent]


@contextmanager
def relaying(service: ServiceUnderTest, bus, *, copies: int = 1) -> Iterator[list[Relay]]:
    """Some relays of one service, each in its thread."""
    stop = threading.Event()
    relays = [Relay("specimen", service.runtime.database, bus) for _ in range(copies)]
    threads = [threading.Thread(target=relay.run, args=(stop,), daemon=True) for relay in relays]
    for thread in threads:
        thread.start()
    try:
        yield relays
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)


def written(service: ServiceUnderTest, words: str = "a", changes: int = 0) -> str:
    """Write a note and change it some times; each is one transaction with one fact."""
    with service.runtime.work(AUTHOR).session as session:
        work = service.runtime.work(AUTHOR, session=session)
        note = write_note(work, words)
        work.commit()
        for n in range(changes):
            change_note(work, note, weight=n)
            work.commit()
    return note.id


def waiting(service: ServiceUnderTest) -> int:
    """Facts not yet published."""
    with service.runtime.database.reading.connect() as connection:
        return backlog(connection)[0]


def drained(service: ServiceUnderTest, seconds: float = 15) -> None:
    """Until nothing waits."""
    eventually(lambda: waiting(service) == 0, seconds, "an empty outbox")


def test_a_fact_goes_out_as_events_md_says(serve):
    service, wire = serve(), Wire()
    note_id = written(service, "礼包")
    with relaying(service, wire):
        drained(service)
    [sent] = wire.sent
    event = orjson.loads(sent.body)
    assert sent.key == "note.written.v1"
    assert event["id"] == sent.id
    assert event["type"] == "playdesk.note.written.v1"
    assert event["source"] == "/playdesk/specimen"
    assert (event["subject"], event["entityversion"], event["sequence"]) == (note_id, 1, 1)
    assert event["actor"] == AUTHOR.id
    assert event["time"].endswith("Z")
    assert event["dataschema"].endswith("note.written.v1.json")
    assert {"correlationid", "traceparent", "specversion", "datacontenttype"} <= set(event)
    assert event["data"] == {"text": "礼包", "weight": 0, "author_id": AUTHOR.id, "changed": []}


def test_sequences_have_no_gap_and_each_entity_goes_out_in_its_order_while_many_write(serve):
    service, wire = serve(), Wire()
    notes = [written(service) for _ in range(10)]

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(25):
            with service.runtime.work(AUTHOR).session as session:
                work = service.runtime.work(AUTHOR, session=session)
                change_note(work, work.locked(Note, chance.choice(notes)), weight=chance.randint(1, 1000))
                if chance.random() < 0.2:
                    session.rollback()
                else:
                    work.commit()

    with relaying(service, wire), ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
        drained(service)
    facts = wire.facts()
    assert [fact.sequence for fact in facts] == list(range(1, len(facts) + 1))
    for note in notes:
        versions = [fact.version for fact in facts if fact.subject == note]
        assert versions == list(range(1, len(versions) + 1))


def test_what_is_rolled_back_is_never_told(serve):
    service, wire = serve(), Wire()
    with relaying(service, wire):
        with service.runtime.work(AUTHOR).session as session:
            work = service.runtime.work(AUTHOR, session=session)
            write_note(work, "never")
            session.flush()
            session.rollback()
        written(service, "kept")
        drained(service)
    assert [fact.data["text"] for fact in wire.facts()] == ["kept"]


def test_of_two_relays_one_is_active_and_the_other_takes_over(serve):
    service, wire = serve(), Wire()
    with relaying(service, wire, copies=2) as relays:
        eventually(lambda: any(relay.active for relay in relays))
        time.sleep(1.2)
        assert [relay.active for relay in relays].count(True) == 1
        first = next(relay for relay in relays if relay.active)
        written(service)
        drained(service)
        _end_backends_with_the_lock(service)
        eventually(lambda: any(relay.active for relay in relays if relay is not first) or first.active)
        written(service)
        drained(service)
        assert [relay.active for relay in relays].count(True) == 1
    assert [fact.sequence for fact in wire.facts()] == [1, 2]


def _end_backends_with_the_lock(service: ServiceUnderTest) -> None:
    query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock AND granted"
    query += " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    with service.runtime.database.reading.connect() as connection:
        connection.execute(text(query), {"lock": LOCK})


@pytest.mark.parametrize("place", ["relay.after_confirm", "relay.before_publish"])
def test_a_relay_that_dies_there_sends_the_same_ids_with_the_same_sequences_again(serve, monkeypatch, place):
    """R4: repeated on the wire, one effect."""

    class Dies(BaseException):
        """As SIGKILL: nothing of the relay runs any more."""

    def die(name: str) -> None:
        if name == place and deaths:
            deaths.pop()
            raise Dies

    deaths = [1, 2]
    service, wire = serve(), Wire()
    for _ in range(5):
        written(service)
    monkeypatch.setattr(faultpoints, "reach", die)
    for _ in range(2):
        with pytest.raises(Dies):
            Relay("specimen", service.runtime.database, wire).run(threading.Event())
    with relaying(service, wire):
        drained(service)
    told = [(fact.id, fact.sequence) for fact in wire.facts()]
    assert len(set(told)) == 5
    assert told == sorted(set(told), key=lambda pair: pair[1]) * (3 if place == "relay.after_confirm" else 1)


def test_a_statement_that_fails_does_not_leave_the_lock_behind(serve, monkeypatch):
    """The connection with the lock must not go back into the pool, or no relay would ever be active again."""
    service, wire = serve(), Wire()
    written(service)
    with ExitStack() as held:  # so that the pool has others to give than the one with the lock
        for _ in range(4):
            held.enter_context(service.runtime.database.reading.connect())
    failures = iter([text("SELECT 1 / 0")] * 3)
    right = relay_module._MOVE
    original = Relay._one_batch

    def fail_thrice(self, connection, stop):
        monkeypatch.setattr(relay_module, "_MOVE", next(failures, right))
        return original(self, connection, stop)

    monkeypatch.setattr(Relay, "_one_batch", fail_thrice)
    with relaying(service, wire):
        drained(service, 10)
    assert len(wire.sent) == 1


def test_a_relay_survives_the_loss_of_its_database(new_database):
    from tests.chassis.specimen.notes import specimen

    url = new_database("relay")
    writer = ServiceUnderTest(specimen(), url)
    proxy, way = Proxy.before(url)
    service, wire = ServiceUnderTest(specimen(), way), Wire()
    with relaying(service, wire):
        written(writer)
        drained(writer)
        proxy.cut()
        written(writer)
        time.sleep(0.5)
        proxy.mend()
        drained(writer)
    assert [fact.sequence for fact in wire.facts()] == [1, 2]
    for each in (service, writer, proxy):
        each.close()


def test_while_the_bus_is_away_facts_wait_and_then_all_arrive_in_order(serve, word, bus_url):
    """R3: creates go on, the outbox grows, then drains."""
    service = serve()
    proxy, way = Proxy.before(bus_url)
    heard = Listening(bus_url, f"{word}.all", ("note.#",))
    with relaying(service, open_bus(way)):
        written(service)
        heard.wait_for(1)
        drained(service)  # heard is not yet confirmed: cut in between, it would wait with the others
        proxy.cut()
        for _ in range(60):
            written(service, changes=1)
        eventually(lambda: waiting(service) == 120)
        with service.runtime.database.reading.connect() as connection:
            assert 0 < backlog(connection)[1] < 60, (
                "the age of the oldest is known though the rows have left the outbox"
            )
        proxy.mend()
        drained(service)
    heard.wait_for(121)
    heard.stop()
    remove_queues(bus_url, [heard.queue])
    proxy.close()
    ours = [fact for fact in (read(d.body) for d in heard.received) if fact.source == "/playdesk/specimen"]
    firsts = list({fact.sequence: None for fact in ours})
    assert firsts == list(range(1, 122)), "repeats are allowed, gaps and a later before an earlier are not"


def test_a_fact_that_nobody_hears_any_more_waits_a_while_and_then_goes_by(serve, monkeypatch):
    """A broker that comes back empty has no queues until the consumers have declared them."""
    service, wire = serve(), Wire()
    with relaying(service, wire):
        written(service)
        drained(service)
        wire.nobody_hears = {"note.written.v1"}
        late = written(service)
        time.sleep(1)
        assert waiting(service) == 1
        wire.nobody_hears = set()
        drained(service)
    assert [fact.subject for fact in wire.facts()].count(late) >= 2


def test_a_fact_that_never_had_a_listener_holds_nothing_up(serve):
    service, wire = serve(), Wire()
    wire.nobody_hears = {"note.written.v1"}
    with relaying(service, wire):
        written(service)
        drained(service, 3)
    assert len(wire.sent) == 1


def test_a_backlog_larger_than_a_batch_goes_out_whole_and_in_order(serve, monkeypatch):
    monkeypatch.setattr(relay_module, "BATCH", 7)
    service, wire = serve(), Wire()
    note = written(service, changes=40)
    with relaying(service, wire):
        drained(service)
    assert [(f.sequence, f.version) for f in wire.facts()] == [(n, n) for n in range(1, 42)]
    assert {fact.subject for fact in wire.facts()} == {note}
    with service.runtime.database.reading.connect() as connection:
        assert backlog(connection) == (0, 0.0)
        assert connection.execute(text("SELECT count(*) FROM event_log")).scalar() == 41, "kept for replay"
