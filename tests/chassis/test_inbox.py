"""A fact takes effect once, however often it comes; copies end at the newest version, whatever came first."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import event, func, select, text

from chassis.callers import Caller
from chassis.clock import new_id, utc_now
from chassis.data.tables import inbox
from chassis.facts.bus import DONE, Delivery, Fate, NotNow, Verdict
from chassis.facts.envelope import Received
from chassis.facts.inbox import HOLDS, Inbox, Listen, Subscription, forget_old
from tests.chassis.specimen.notes import COPIES, Copy, Effect, NoteState, copying
from tests.support.proxy import Proxy
from tests.support.services import ServiceUnderTest


def delivery(
    subject: str, version: int = 1, *, key: str = "note.changed.v1", event_id: str | None = None, **data: object
) -> Delivery:
    """A note's fact as it comes over the wire."""
    event_id = event_id or new_id()
    event = {
        "specversion": "1.0",
        "id": event_id,
        "type": f"playdesk.{key}",
        "source": "/playdesk/notes",
        "subject": subject,
        "entityversion": version,
        "sequence": version,
        "data": {"text": f"version {version}", "weight": 1, "author_id": subject, "changed": [], **data},
    }
    return Delivery(event_id, key, orjson.dumps(event))


def note_effect(work, facts: list[Received]) -> None:
    """Count each fact that takes effect."""
    work.session.add_all([Effect(event_id=fact.id) for fact in facts])


def counting(name: str = "effects") -> Subscription:
    """A subscription that counts effects."""
    return Subscription(name, (Listen(("note.*.v1",), NoteState, note_effect),))


def inbox_of(service: ServiceUnderTest, subscription: Subscription) -> Inbox:
    """The inbox of one subscription of a service."""
    return Inbox("specimen", subscription, service.runtime.work)


def count(service: ServiceUnderTest, what: type = Effect) -> int:
    """Rows of a table."""
    with service.runtime.database.read_session() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


@pytest.fixture
def service(notes: ServiceUnderTest) -> ServiceUnderTest:
    """The module's service, emptied."""
    with notes.runtime.database.engine.begin() as connection:
        connection.execute(text("TRUNCATE inbox, effects, copies"))
    return notes


@pytest.mark.parametrize("times", [2, 10, 100])
def test_the_same_message_has_one_effect_in_one_batch(service, times):
    """R17."""
    box = inbox_of(service, counting())
    again = delivery(new_id())
    assert box.handle([again] * times) == [DONE] * times
    assert count(service) == 1


@pytest.mark.parametrize("times", [2, 10, 100])
def test_the_same_message_has_one_effect_when_it_comes_again_and_again(service, times):
    """R17."""
    box = inbox_of(service, counting())
    again = delivery(new_id())
    for _ in range(times):
        assert box.handle([delivery(new_id()), again]) == [DONE, DONE]
    assert count(service) == times + 1


@pytest.mark.parametrize("times", [2, 10, 100])
def test_the_same_message_has_one_effect_when_many_consumers_get_it_at_once(service, times):
    """R17."""
    again = [delivery(new_id()) for _ in range(20)]
    orders = [random.Random(n).sample(again, len(again)) for n in range(times)]
    with ThreadPoolExecutor(6) as pool:
        verdicts = list(pool.map(lambda batch: inbox_of(service, counting()).handle(batch), orders))
    assert all(verdict == DONE for batch in verdicts for verdict in batch)
    assert count(service) == 20


def test_an_id_written_another_way_is_the_same_id(service):
    event_id = new_id()
    box = inbox_of(service, counting())
    box.handle([delivery("a", event_id=event_id), delivery("a", event_id=event_id.upper())])
    box.handle([delivery("a", event_id=event_id.replace("-", ""))])
    assert count(service) == 1


def test_two_subscriptions_each_take_the_fact_once(service):
    fact = delivery(new_id())
    for name in ("one", "two", "one"):
        inbox_of(service, counting(name)).handle([fact])
    assert count(service) == 2


def test_versions_three_one_two_end_at_three(service):
    """R18."""
    box, subject = inbox_of(service, copying()), new_id()
    for version in (3, 1, 2):
        box.handle([delivery(subject, version)])
    with service.runtime.database.read_session() as session:
        assert session.execute(select(Copy.version, Copy.text)).all() == [(3, "version 3")]


def test_versions_three_one_two_in_one_batch_end_at_three(service):
    """R18."""
    subject = new_id()
    inbox_of(service, copying()).handle([delivery(subject, version) for version in (3, 1, 2)])
    with service.runtime.database.read_session() as session:
        assert session.execute(select(Copy.version, Copy.text)).all() == [(3, "version 3")]


FEW = [(seed, 50, 500) for seed in range(4)]
MANY = [pytest.param(seed, 1000, 10_000, marks=pytest.mark.faults_long) for seed in range(100)]


@pytest.mark.parametrize(("seed", "entities", "size"), [*FEW, *MANY])
def test_copies_end_as_their_source_in_whatever_order_and_however_often_facts_come(service, seed, entities, size):
    """R18: a few hundred facts in every run; 10,000 facts under each of 100 seeds by `make faults`."""
    chance = random.Random(seed)
    facts, newest = _history(chance, entities=entities, facts=size)
    batches = _torn(chance, facts + chance.sample(facts, len(facts) // 5))
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda batch: inbox_of(service, copying()).handle(batch), batches))
    assert all(verdict == DONE for batch in verdicts for verdict in batch)
    with service.runtime.database.read_session() as session:
        found = {row.id: row.version for row in session.execute(select(Copy.id, Copy.version))}
        texts = session.scalar(select(func.count()).where(Copy.text != func.concat("version ", Copy.version)))
    assert (found, texts) == (newest, 0)


def _history(chance: random.Random, *, entities: int, facts: int) -> tuple[list[Delivery], dict[str, int]]:
    newest = {new_id(): 0 for _ in range(entities)}
    found = []
    for _ in range(facts):
        subject = chance.choice(list(newest))
        newest[subject] += 1
        found.append(delivery(subject, newest[subject]))
    chance.shuffle(found)
    return found, {subject: version for subject, version in newest.items() if version}


def _torn(chance: random.Random, facts: list[Delivery]) -> list[list[Delivery]]:
    chance.shuffle(facts)
    batches = []
    while facts:
        size = chance.randint(1, 200)
        batches.append(facts[:size])
        facts = facts[size:]
    return batches


def test_copies_from_tokens_and_from_facts_at_once_wait_for_one_another_and_never_lock(service):
    subjects = [new_id() for _ in range(20)]

    def by_fact(seed: int) -> bool:
        order = random.Random(seed).sample(subjects, 20)
        return all(v == DONE for v in inbox_of(service, copying()).handle([delivery(s, seed) for s in order]))

    def by_token(seed: int) -> bool:
        order = random.Random(seed).sample(subjects, 20)
        with service.runtime.work(Caller(id="x")).session as session:
            work = service.runtime.work(Caller(id="x"), session=session)
            COPIES.keep(work, [{"id": s, "version": seed, "text": f"version {seed}"} for s in order])
            work.commit()
        return True

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda n: (by_fact if n % 2 else by_token)(n), range(1, 61)))
    assert all(done)
    with service.runtime.database.read_session() as session:
        assert set(session.scalars(select(Copy.version))) == {60}


POISON = [
    (b"", "not JSON"),
    (b"\xff\xfe", "not JSON"),
    (b"{", "not JSON"),
    (b"[]", "not a CloudEvent"),
    (b"null", "not a CloudEvent"),
    (b'{"specversion": "1.0"}', "not a CloudEvent"),
    (b"[" * 100_000, "not JSON"),
    (delivery("a").body.replace(b'"sequence":1', b'"sequence":"first"'), "first"),
    (delivery("a").body.replace(b"playdesk.note.changed.v1", b"Note Changed!"), "not a CloudEvent"),
    (delivery("a", text=5).body, "note.changed.v1"),
    (delivery("a").body.replace(b'"text"', b'"txt"'), "note.changed.v1"),
    (delivery("a", event_id="no-uuid").body, "badly formed"),
]


@pytest.mark.parametrize(("body", "reason"), POISON, ids=range(len(POISON)))
def test_what_cannot_be_read_is_parked_with_its_reason_and_its_neighbours_are_done(service, body, reason):
    """R20."""
    good = [delivery(new_id()) for _ in range(2)]
    verdicts = inbox_of(service, counting()).handle([good[0], Delivery("x", "note.changed.v1", body), good[1]])
    assert [verdict.fate for verdict in verdicts] == [Fate.DONE, Fate.PARK, Fate.DONE]
    assert reason in verdicts[1].reason
    assert count(service) == 2


def test_a_fact_its_handler_fails_on_is_tried_again_and_its_neighbours_are_done(service):
    """R20."""

    def handle(work, facts: list[Received]) -> None:
        if any(fact.data["text"] == "poison" for fact in facts):
            raise KeyError("phone")
        note_effect(work, facts)

    picky = Subscription("picky", (Listen(("note.*.v1",), NoteState, handle),))
    batch = [delivery(new_id()), delivery(new_id(), text="poison"), delivery(new_id())]
    verdicts = inbox_of(service, picky).handle(batch)
    assert [verdict.fate for verdict in verdicts] == [Fate.DONE, Fate.RETRY, Fate.DONE]
    assert verdicts[1].reason == "KeyError: 'phone'"
    assert count(service) == 2


@pytest.mark.parametrize("bad", [0, 77, 199])
def test_one_that_fails_among_two_hundred_is_found_in_few_transactions(service, bad):
    sizes = []

    def handle(work, facts: list[Received]) -> None:
        sizes.append(len(facts))
        if any(fact.data["text"] == "poison" for fact in facts):
            raise KeyError("phone")
        note_effect(work, facts)

    picky = Subscription("picky", (Listen(("note.*.v1",), NoteState, handle),))
    batch = [delivery(new_id(), text="poison" if n == bad else "") for n in range(200)]
    verdicts = inbox_of(service, picky).handle(batch)
    assert [n for n, verdict in enumerate(verdicts) if verdict.fate is not Fate.DONE] == [bad]
    assert count(service) == 199
    assert len(sizes) <= 17, sizes


@pytest.mark.parametrize("version", [2**31, 2**62])
def test_a_number_no_column_can_hold_fails_alone(service, version):
    verdicts = inbox_of(service, copying()).handle([delivery(new_id(), version), delivery(new_id(), 1)])
    assert [verdict.fate for verdict in verdicts] in ([Fate.RETRY, Fate.DONE], [Fate.PARK, Fate.DONE])
    assert count(service, Copy) == 1


def test_a_fact_that_failed_leaves_no_note_so_that_it_can_succeed_later(service):
    trouble = iter([RuntimeError("not yet")])

    def handle(work, facts: list[Received]) -> None:
        for error in trouble:
            raise error
        note_effect(work, facts)

    box = inbox_of(service, Subscription("later", (Listen(("note.*.v1",), NoteState, handle),)))
    fact = delivery(new_id())
    assert box.handle([fact])[0].fate is Fate.RETRY
    assert box.handle([fact]) == [DONE]
    assert count(service) == 1


def test_who_may_speak_of_the_one_and_tells_of_the_other_is_parked(service):
    """The broker judges the routing key, so what is in the body must be what was judged."""
    honest, forged = delivery(new_id()), delivery(new_id())
    forged = replace(forged, key="note.created.v1")
    verdicts = inbox_of(service, counting()).handle([forged, honest])
    assert verdicts == [Verdict(Fate.PARK, "routing key and type differ"), DONE]
    assert count(service) == 1


def failing(times: int) -> tuple[Subscription, list[str]]:
    """A subscription whose order counts, and which fails so often on `bad`; what it has handled, in order."""
    handled: list[str] = []
    left = iter(range(times))

    def handle(work, facts: list[Received]) -> None:
        if any(fact.data["text"] == "bad" for fact in facts) and next(left, None) is not None:
            raise ValueError("not this time")
        note_effect(work, facts)
        handled.extend(fact.id for fact in facts)

    return Subscription("ordered", (Listen(("note.*.v1",), NoteState, handle),), in_order=True), handled


def test_where_order_counts_nothing_is_handled_before_what_came_first_though_that_fails_for_a_while(service):
    subscription, handled = failing(9)
    box = inbox_of(service, subscription)
    batch = [delivery(new_id(), text="bad" if place == 2 else "good") for place in range(6)]
    for _ in range(HOLDS):
        try:
            verdicts = box.handle(batch)
            break
        except NotNow:
            assert set(handled) <= {one.id for one in batch[:2]}, "nothing behind it"
    assert verdicts == [DONE] * 6
    assert handled == [one.id for one in batch]
    assert count(service) == 6


def test_where_order_counts_the_others_go_on_in_the_end_without_what_never_works(service):
    subscription, _ = failing(10_000)
    box = inbox_of(service, subscription)
    batch = [delivery(new_id(), text="bad" if place == 2 else "good") for place in range(6)]
    for _ in range(HOLDS):
        with pytest.raises(NotNow):
            box.handle(batch)
    assert [one.fate for one in box.handle(batch)] == [Fate.DONE] * 2 + [Fate.RETRY] + [Fate.DONE] * 3
    with pytest.raises(NotNow):
        box.handle([batch[2]])


def test_a_fact_of_a_binding_that_nobody_hears_any_more_is_let_go(service):
    assert inbox_of(service, counting()).handle([delivery(new_id(), key="other.made.v1")]) == [DONE]
    assert count(service) == 0


def test_a_field_nobody_knows_yet_does_no_harm(service):
    """R23."""
    assert inbox_of(service, counting()).handle([delivery(new_id(), brand_new={"a": 1})]) == [DONE]
    assert count(service) == 1


def test_while_the_database_is_away_no_try_is_counted_and_afterwards_all_is_well(new_database):
    url = new_database("away")
    ServiceUnderTest(_specimen(), url).close()
    proxy, way = Proxy.before(url)
    service = ServiceUnderTest(_specimen(), way)
    box = inbox_of(service, counting())
    box.handle([delivery(new_id())])
    proxy.cut()
    batch = [delivery(new_id()) for _ in range(50)]
    for _ in range(8):
        with pytest.raises(NotNow):
            box.handle(batch)
    proxy.mend()
    assert box.handle(batch) == [DONE] * 50
    assert count(service) == 51
    service.close()
    proxy.close()


def test_a_database_that_is_read_only_for_a_while_uses_up_no_tries(service):
    """A standby after a failover, or a server whose disk is full, answers and writes nothing."""
    box, batch = inbox_of(service, counting()), [delivery(new_id()) for _ in range(3)]
    engine, standby = service.runtime.database.engine, threading.Event()

    def begun(connection) -> None:
        if standby.is_set():
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    event.listen(engine, "begin", begun)
    standby.set()
    for _ in range(8):
        with pytest.raises(NotNow):
            box.handle(batch)
    standby.clear()
    assert box.handle(batch) == [DONE] * 3
    assert count(service) == 3


def test_a_fact_that_costs_the_connection_each_time_is_blamed_in_the_end(service):
    def handle(work, facts: list[Received]) -> None:
        if any(fact.data["text"] == "poison" for fact in facts):
            work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        note_effect(work, facts)

    box = inbox_of(service, Subscription("deadly", (Listen(("note.*.v1",), NoteState, handle),)))
    batch = [delivery(new_id()), delivery(new_id(), text="poison"), delivery(new_id())]
    verdicts = _until_it_answers(lambda: box.handle(batch))
    assert [verdict.fate for verdict in verdicts] == [Fate.DONE, Fate.RETRY, Fate.DONE]
    assert count(service) == 2


def _until_it_answers(work: Callable[[], list]) -> list:
    for _ in range(10):
        try:
            return work()
        except NotNow:
            continue
    raise AssertionError("it never answers")


def test_notes_of_what_came_in_are_kept_for_a_week(service):
    box = inbox_of(service, counting())
    box.handle([delivery(new_id())])
    work = service.runtime.work()
    with work.session:
        forget_old(work, utc_now() + timedelta(days=6))
        work.commit()
        assert work.session.scalar(select(func.count()).select_from(inbox)) == 1
        forget_old(work, utc_now() + timedelta(days=8))
        work.commit()
        assert work.session.scalar(select(func.count()).select_from(inbox)) == 0


def _specimen():
    from tests.chassis.specimen.notes import specimen

    return specimen()


def test_a_batch_is_handled_in_the_order_it_came(service):
    seen: list[str] = []
    box = inbox_of(
        service, Subscription("order", (Listen(("note.*.v1",), NoteState, lambda _, f: seen.extend(x.id for x in f)),))
    )
    batch = [delivery(new_id()) for _ in range(100)]
    random.Random(1).shuffle(batch)
    box.handle(batch)
    assert seen == [d.id for d in batch]
    assert threading.active_count() < 50


def test_a_fact_is_checked_against_all_that_its_owner_publishes_of_it(service, tmp_path):
    """Also what this handler does not read: a fact that breaks its own schema is nobody's to take in."""
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    (tmp_path / "note.changed.v1.json").write_bytes(orjson.dumps(schema))
    box = Inbox("specimen", counting(), service.runtime.work, tmp_path)
    good, more = delivery("a", colour="red"), delivery("b", colour="blue", later="a new field")
    wrong, less, unknown = delivery("c", colour="pale"), delivery("d"), delivery("e", key="note.folded.v1")
    verdicts = box.handle([good, wrong, more, less, unknown])
    assert [verdict.fate for verdict in verdicts] == [Fate.DONE, Fate.PARK, Fate.DONE, Fate.PARK, Fate.DONE]
    assert "note.changed.v1" in verdicts[1].reason
    assert count(service) == 3
