"""R1 to R6, R17, R18, R20, R21, R27, R28: servers and processes killed under load; Invariant I holds after each."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from chassis.clock import new_id
from chassis.facts.bus import Message, open_bus
from tests.faults.farm import QUEUE, Farm, eventually
from tests.faults.invariant import settle_and_compare
from tests.faults.load import Client, Ledger, Load

pytestmark = [pytest.mark.rabbitmq, pytest.mark.xdist_group("faults"), pytest.mark.timeout(0)]

RELAY = ["relay"]  # what is killed hundreds of times starts nothing else
on_both = pytest.mark.parametrize("farm", ["rabbitmq", "postgres"], indirect=True)


def failed_share(ledger: Ledger) -> str:
    """Tries that failed, of all."""
    failed = sum(ledger.failed.values())
    return f"{100 * failed / max(1, failed + ledger.acknowledged):.1f} %"


def until_more(ledger: Ledger, count: int = 5, seconds: float = 60) -> float:
    """Until some more requests are acknowledged; returns the seconds it took."""
    before = ledger.acknowledged
    return eventually(lambda: ledger.acknowledged >= before + count, seconds, "another acknowledgement")


def test_r1_web_workers_killed_in_mid_request(farm: Farm, table, repeats):
    kills = repeats(4, 50)
    with Load(farm) as ledger:
        for _ in range(kills):
            until_more(ledger)
            time.sleep(0.3)
            farm.kill_a_web_worker()
    table(f"R1 web worker killed, {kills} times", settle_and_compare(farm, ledger), failed=failed_share(ledger))


def test_r1_web_workers_killed_around_the_commit(farm: Farm, table, repeats):
    """Each worker dies at every ninth request that comes to the place."""
    ledger, enough = Ledger(), 0
    for place in ("web.before_commit", "web.after_commit"):
        farm.again("web", f"{place}:9")
        eventually(farm.answers, 60, "the web process")
        enough += repeats(40, 270)
        with Load(farm, ledger=ledger):
            eventually(lambda enough=enough: ledger.acknowledged >= enough, 600, "enough acknowledgements")
    farm.again("web")
    eventually(farm.answers, 60, "the web process")
    table("R1 web killed before and after its commit", settle_and_compare(farm, ledger), failed=failed_share(ledger))
    assert sum(ledger.failed.values()) > 0, "nobody was killed"


@on_both
def test_r2_postgresql_killed_in_mid_write(farm: Farm, table, repeats):
    times, recovered = repeats(1, 20), []
    with Load(farm) as ledger:
        for _ in range(times):
            until_more(ledger)
            farm.postgres.kill()
            time.sleep(0.5)
            farm.postgres.start()
            recovered.append(until_more(ledger, 1))
        until_more(ledger)
    finding = settle_and_compare(farm, ledger)
    table(f"R2 PostgreSQL killed, {times} times, {farm.bus}", finding, recovered=f"{max(recovered):.1f} s at most")
    assert ledger.failed.keys() <= {"503", "no answer", "409"}


def test_r3_broker_killed_in_mid_publish(farm: Farm, table, repeats):
    times, waited = repeats(1, 20), 0
    with Load(farm, pause=0.2) as ledger:
        for _ in range(times):
            time.sleep(1.5)  # a queue declared just before a kill is broken in RabbitMQ 3.10 to 3.13
            until_more(ledger)
            farm.rabbit.kill()
            until_more(ledger, 20)
            waited = max(waited, outbox(farm))
            farm.rabbit.start()
        over = time.monotonic()
    table(f"R3 broker killed, {times} times", settle_and_compare(farm, ledger, since=over), waited=waited)
    assert waited > 0, "the outbox grows while the broker is away"
    # A 503 may come from a machine that is too busy; it never comes from the broker being away.
    assert ledger.failed.keys() <= {"503"}, ledger.failed
    assert ledger.failed.total() <= ledger.acknowledged / 50, "hardly a client notices"


def outbox(farm: Farm) -> int:
    """Facts not yet confirmed by the broker."""
    query = "SELECT (SELECT count(*) FROM outbox) + last_sequence - published_up_to FROM relay_state"
    with farm.database("ticket") as connection:
        return connection.execute(query).fetchone()[0]  # type: ignore[index]


def sometime(place: str) -> str:
    """The first, second or third time that a process comes to a place.

    Always the first, and the same facts would meet it: after DELIVERY_LIMIT deaths in a row they are parked, as they
    would be if they had caused them.
    """
    return f"{place}:{random.randint(1, 3)}"


@on_both
def test_r4_r5_relay_killed_between_confirm_and_mark_and_consumer_after_its_commit(farm: Farm, table, repeats):
    times = repeats(2, 100)
    with Load(farm, clients=2, pause=0.1) as ledger:
        for _ in range(times):
            farm.again("worker", sometime("relay.after_confirm"), only=RELAY)
            farm.again("mirror", sometime("consumer.after_commit"))
            farm.dies("worker")
            farm.again("worker", only=RELAY)
            farm.dies("mirror")
        farm.again("worker")
        farm.again("mirror")
    table(f"R4 relay, R5 consumer killed, {times} times, {farm.bus}", settle_and_compare(farm, ledger))


@on_both
def test_r4_r6_relay_killed_before_it_publishes_and_consumer_before_its_commit(farm: Farm, table, repeats):
    times = repeats(1, 100)
    with Load(farm, clients=2, pause=0.1) as ledger:
        for _ in range(times):
            farm.again("worker", sometime("relay.before_publish"), only=RELAY)
            farm.again("mirror", sometime("consumer.before_commit"))
            farm.dies("worker")
            farm.again("worker", only=RELAY)
            farm.dies("mirror")
        farm.again("worker")
        farm.again("mirror")
    table(f"R4 relay, R6 consumer killed earlier, {times} times, {farm.bus}", settle_and_compare(farm, ledger))


@on_both
def test_r17_the_same_message_again_and_again(farm: Farm, table):
    ledger = Ledger()
    Client(farm, ledger).create(f"again {new_id()}")
    first = settle_and_compare(farm, ledger)
    with farm.database("ticket") as source:
        query = "SELECT id, type, subject, entity_version, sequence, data FROM event_log ORDER BY sequence DESC LIMIT 1"
        fact_id, key, subject, version, sequence, data = source.execute(query).fetchone()  # type: ignore[misc]
    again = fact(str(fact_id), key, str(subject), version, data, sequence)
    for times in (2, 10, 100):
        publish(farm, [again] * times)
    after = settle_and_compare(farm, ledger)
    table(f"R17 one message 112 times more, {farm.bus}", after)
    assert after.delivered == first.delivered


def fact(fact_id: str, key: str, subject: str, version: int, data: dict, sequence: int = 0) -> Message:
    """A fact of the ticket service as it goes over the wire."""
    event = {
        "specversion": "1.0", "id": fact_id, "type": f"playdesk.{key}", "source": "/playdesk/ticket", "subject": subject,
        "entityversion": version, "sequence": sequence, "data": data,
    }  # fmt: skip
    return Message(fact_id, key, orjson.dumps(event))


def publish(farm: Farm, messages: list[Message]) -> None:
    """Send as the ticket service would."""
    publisher = open_bus(farm.bus_url("ticket")).publisher()
    for start in range(0, len(messages), 500):
        publisher.publish(messages[start : start + 500])
    publisher.close()


def made_up(version: int, question: str = "made up") -> dict:
    """The data of a fact of no ticket of ours."""
    return {"no": "T0", "status": "pending" if version % 2 else "done", "question": question, "changed": []}


@on_both
def test_r18_versions_out_of_order_end_at_the_newest(farm: Farm, table, repeats):
    count, before = repeats(1500, 10_000), settle_and_compare(farm, Ledger())
    chance = random.Random(18)
    subjects = [new_id() for _ in range(count // 3)]
    messages = [fact(new_id(), "ticket.updated.v1", s, v, made_up(v)) for s in subjects for v in (3, 1, 2)]
    chance.shuffle(messages)
    publish(farm, messages)
    eventually(lambda: noted(farm, messages) == len(messages), 60, "every fact")
    with farm.database("mirror") as copy:
        rows = copy.execute(
            "SELECT version, status FROM mirrored_tickets WHERE id = ANY(%s::uuid[])", (subjects,)
        ).fetchall()
    forget(farm, messages, subjects)
    assert rows == [(3, "pending")] * len(subjects)
    table(f"R18 versions in any order, {len(messages)} facts, {farm.bus}", settle_and_compare(farm, Ledger()))
    assert before.holds


def noted(farm: Farm, messages: list[Message]) -> int:
    """How many effects these messages have had."""
    ids = [message.id for message in messages]
    with farm.database("mirror") as copy:
        return copy.execute("SELECT count(*) FROM effects WHERE event_id = ANY(%s::uuid[])", (ids,)).fetchone()[0]  # type: ignore[index]


def forget(farm: Farm, messages: list[Message], subjects: list[str]) -> None:
    """Take away what was made up, so that copies and source can be compared again."""
    with farm.database("mirror") as copy:
        copy.execute("DELETE FROM mirrored_tickets WHERE id = ANY(%s::uuid[])", (subjects,))
        copy.execute("DELETE FROM effects WHERE event_id = ANY(%s::uuid[])", ([message.id for message in messages],))


def three_kinds_of_poison() -> list[Message]:
    """No JSON, the wrong schema, a handler that raises."""
    return [
        Message(new_id(), "ticket.updated.v1", b"{not json"),
        fact(new_id(), "ticket.updated.v1", new_id(), 1, {"no": 5}),
        fact(new_id(), "ticket.updated.v1", new_id(), 1, made_up(1, "poison")),
    ]


@on_both
def test_r20_poison_is_parked_and_its_neighbours_are_not_held_up(farm: Farm, table, repeats):
    """One in a thousand (the short form has three); a batch with a bad one is halved until that stands alone."""
    count = repeats(1, 10) * 3000
    good = [fact(new_id(), "ticket.updated.v1", new_id(), 1, made_up(1)) for _ in range(count)]
    bad = [message for _ in range(max(1, count // 9000)) for message in three_kinds_of_poison()]
    before, neighbours, after = (good[n::3] for n in range(3))
    mixed = list(neighbours)
    for n, message in enumerate(bad):
        mixed.insert(200 + n * 320, message)
    plain = seconds_to_note(farm, before)
    poisoned = seconds_to_note(farm, mixed, neighbours)
    plain = max(plain, seconds_to_note(farm, after))  # whatever else the machine had to do meanwhile
    eventually(lambda: farm.parked() == len(bad), 60, "every poison parked")
    reasons = Counter(reason.split(":")[0] for reason in farm.dead_letters())
    forget(farm, good, [orjson.loads(message.body)["subject"] for message in good])
    finding = settle_and_compare(farm, Ledger())
    table(
        f"R20 {len(bad)} bad ones among {len(neighbours)} facts, {farm.bus}",
        finding,
        without=f"{plain:.2f} s",
        with_poison=f"{poisoned:.2f} s",
    )
    assert reasons == Counter(
        {"not JSON": len(bad) // 3, "ticket.updated.v1": len(bad) // 3, "KeyError": len(bad) // 3}
    )
    assert poisoned < plain + 5, "neighbours wait for no retry"


@on_both
def test_r21_parked_facts_sent_again_twice_have_one_effect(farm: Farm, table):
    """A later release can take what the one before could not; somebody sends all again, and then each once more."""
    count = 40
    parked = [fact(new_id(), "ticket.updated.v1", new_id(), 1, made_up(1, "poison")) for _ in range(count)]
    publish(farm, parked)
    eventually(lambda: farm.parked() == count, 60, "every poison parked")
    assert noted(farm, parked) == 0
    with farm.database("mirror") as copy:
        letters = [str(row[0]) for row in copy.execute("SELECT id FROM dead_letters").fetchall()]
    farm.again("mirror", MIRROR_TAKES_POISON="1")
    farm.command("dead-letters", "resend", "--all", MIRROR_TAKES_POISON="1")
    assert noted(farm, parked) == count
    for letter in letters[:1]:
        farm.command("dead-letters", "resend", letter, MIRROR_TAKES_POISON="1")
    publish(farm, parked)  # and whoever told it tells it once more
    eventually(lambda: farm.in_queues()[QUEUE.name] == 0, 60, "an empty queue")
    effects = noted(farm, parked)
    farm.again("mirror")
    forget(farm, parked, [orjson.loads(message.body)["subject"] for message in parked])
    table(f"R21 {count} parked, sent again twice, {farm.bus}", settle_and_compare(farm, Ledger()), effects=effects)
    assert effects == count
    assert farm.dead_letters() != []


def seconds_to_note(farm: Farm, messages: list[Message], wanted: list[Message] | None = None) -> float:
    """Publish; the seconds until all that are wanted have had their effect."""
    started = time.monotonic()
    publish(farm, messages)
    eventually(lambda: noted(farm, wanted or messages) == len(wanted or messages), 120, "every fact")
    return time.monotonic() - started


def test_r27_a_hundred_change_one_ticket_with_one_version(farm: Farm, table, repeats):
    ledger = Ledger()
    for _ in range(repeats(2, 10)):
        client = Client(farm, ledger)
        ticket = client.create(f"one of a hundred {new_id()}")
        start, answers = threading.Barrier(100), []

        def change(client: Client = client, ticket: dict = ticket, start: threading.Barrier = start) -> int:
            start.wait()
            answer = client.send(f"/tickets/{ticket['id']}/start", None, new_id(), version=1)
            return 0 if answer is None else answer.status_code

        with ThreadPoolExecutor(100) as pool:
            answers = [future.result() for future in [pool.submit(change) for _ in range(100)]]
        assert Counter(answers) == {200: 1, 412: 99}
        ledger.tickets[ticket["id"]] = (2, "in_progress")
    table(f"R27 100 at one version, {repeats(2, 10)} times", settle_and_compare(farm, ledger))


def test_r28_one_key_fifty_times_at_once(farm: Farm, table, repeats):
    ledger = Ledger()
    for _ in range(repeats(2, 10)):
        me, you, key = Client(farm, ledger), Client(farm, ledger), new_id()
        body = {"player_id": me.player["id"], "question": f"one key {key}"}
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _, me=me, body=body, key=key: me.send("/tickets", body, key), range(50)))
        counted = Counter(answer.status_code for answer in answers if answer is not None)
        assert set(counted) <= {201, 409}
        assert counted[201] >= 1
        ids = {answer.json()["id"] for answer in answers if answer is not None and answer.status_code == 201}
        assert len(ids) == 1
        ledger.note(next(a.json() for a in answers if a is not None and a.status_code == 201))
        other = me.send("/tickets", {**body, "question": "another"}, key)
        assert other is not None
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        theirs = you.send("/tickets", {**body, "player_id": you.player["id"]}, key)
        assert theirs is not None
        assert theirs.status_code == 201
        assert theirs.json()["id"] not in ids
        del ledger.questions[next(iter(ids))]  # two people asked the same here, and rightly got two tickets
    table(f"R28 one key 50 times, {repeats(2, 10)} times", settle_and_compare(farm, ledger))
