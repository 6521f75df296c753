"""R7 to R9, R11, R15, R19, R22: cut off, fallen silent, alarmed, killed all at once, and a backlog; Invariant I after each."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import orjson
import pika
import pytest
from sqlalchemy import text

from chassis.clock import new_id
from chassis.facts.envelope import ROW, envelope
from chassis.facts.reconciling import Reconciliation
from chassis.ops.samples import sample_settings
from chassis.service import Runtime
from deploy.local import processes
from tests.faults.farm import QUEUE, Farm, eventually
from tests.faults.invariant import settle_and_compare
from tests.faults.load import Client, Ledger, Load
from tests.faults.mirror.service import SERVICE as MIRROR
from tests.faults.test_faults import fact, failed_share, forget, made_up, noted, outbox, publish, until_more
from tests.support.proxy import Proxy

pytestmark = [pytest.mark.rabbitmq, pytest.mark.xdist_group("faults"), pytest.mark.timeout(0)]

PARTS = ("web", "worker", "mirror")


def test_r7_everything_killed_at_once_comes_back_in_any_order(farm: Farm, table, repeats):
    """As a power cut does it; then each part is started, and started again for as long as it cannot stay, in random order."""
    times, first_answers, chance = repeats(1, 10), [], random.Random(7)
    ledger = Ledger()
    for _ in range(times):
        with Load(farm, pause=0.2, ledger=ledger):
            time.sleep(1.5)  # a queue declared just before a kill is broken in RabbitMQ 3.10 to 3.13
            until_more(ledger)
            for name in PARTS:
                farm.kill(name)
            farm.rabbit.kill()
            farm.postgres.kill()
            began = time.monotonic()
            starts: list[Callable[[], object]] = [farm.postgres.start, farm.rabbit.start]
            starts += [lambda name=name: farm.launch(name) for name in PARTS]  # type: ignore[misc]
            chance.shuffle(starts)
            for start in starts:
                start()
            with kept_up(farm):
                eventually(farm.answers, 60, "the web process")
                first_answers.append(time.monotonic() - began)
                until_more(ledger)
    finding = settle_and_compare(farm, ledger)
    table(f"R7 everything killed, {times} times", finding, first_200=f"{max(first_answers):.1f} s at most")


@contextmanager
def kept_up(farm: Farm) -> Iterator[None]:
    """What ends within the block is started again, as whatever looks after processes does."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.3):
            for name in PARTS:
                if farm.running[name].poll() is not None:
                    farm.again(name)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def behind_a_proxy(farm: Farm, part: str, setting: str, url: str) -> Iterator[Proxy]:
    """One process reaches one of its servers by way of a proxy; afterwards it does so directly again."""
    proxy, address = Proxy.before(url)
    farm.again(part, **{setting: address})
    try:
        if part == "web":
            eventually(farm.answers, 60, "the web process")
        yield proxy
    finally:
        farm.again(part)
        proxy.close()
        eventually(farm.answers, 60, "the web process")


@pytest.mark.parametrize("how", ["cut", "hold"])
def test_r8_r11_cut_off_from_the_broker_or_no_longer_answered_by_it(farm: Farm, table, repeats, how: str):
    """Writes go on, and what they tell goes out when the link is back; a link that is silent is noticed as one that is cut."""
    seconds, ledger = repeats(3, 30), Ledger()
    with behind_a_proxy(farm, "worker", "PLAYDESK_BUS_URL", farm.rabbit.url("ticket")) as proxy:
        with Load(farm, pause=0.1, ledger=ledger):
            until_more(ledger)
            eventually(lambda: outbox(farm) == 0, 30, "an empty outbox")
            getattr(proxy, how)()
            began, before = time.monotonic(), ledger.acknowledged
            noticed = eventually(lambda: outbox(farm) > 20, 60, "a backlog") if seconds > 3 else 0.0
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
            gone_on, waiting = ledger.acknowledged - before, outbox(farm)
            proxy.mend() if how == "cut" else proxy.release()
            over = time.monotonic()
            until_more(ledger)
        finding = settle_and_compare(farm, ledger, since=over)
    row = {"cut": "R8 broker cut off", "hold": "R11 broker fallen silent"}[how]
    table(
        f"{row} for {seconds} s", finding, written_meanwhile=gone_on, waiting=waiting, backlog_after=f"{noticed:.1f} s"
    )
    assert gone_on > seconds, "no write waits for the broker"
    assert waiting > 0, "the outbox keeps what cannot be told"
    assert ledger.failed.keys() <= {"503"}, ledger.failed


@pytest.mark.parametrize(("how", "patience"), [pytest.param("cut", 5.0, marks=pytest.mark.faults_long), ("hold", 12.0)])
def test_r9_cut_off_from_the_database_is_answered_fast_and_piles_nothing_up(
    farm: Farm, table, repeats, how: str, patience: float
):
    seconds, ledger = repeats(4, 30), Ledger()
    tries: list[float] = []
    statuses: Counter[int] = Counter()
    with behind_a_proxy(farm, "web", "DATABASE_URL", farm.postgres.url("ticket")) as proxy:
        Client(farm, ledger).create(f"before {new_id()}")
        threads = web_threads(farm)
        getattr(proxy, how)()
        ends = time.monotonic() + seconds
        most = ask_until(farm, ends, tries, statuses)
        proxy.mend() if how == "cut" else proxy.release()
        back = eventually(farm.answers, 60, "the web process")
        Client(farm, ledger).create(f"after {new_id()}")
        finding = settle_and_compare(farm, ledger)
    p99 = statistics.quantiles(tries, n=100)[98] if len(tries) > 1 else max(tries)
    table(
        f"R9 database {'cut off' if how == 'cut' else 'fallen silent'} for {seconds} s", finding, answers=len(tries),
        statuses=dict(statuses), p99=f"{p99:.2f} s", threads=f"{threads} → {most}", back_after=f"{back:.1f} s",
    )  # fmt: skip
    assert statuses.keys() <= {503}, statuses
    assert p99 < patience, "each try has its deadline"
    assert most <= threads + 16, "threads do not pile up"


def ask_until(farm: Farm, ends: float, tries: list[float], statuses: Counter[int]) -> int:
    """Eight clients create tickets until then; returns the most threads the web processes had."""
    most, ledger = 0, Ledger()

    def ask() -> None:
        client = Client(farm, ledger)
        body = {"player_id": client.player["id"], "question": "while it is away"}
        while time.monotonic() < ends:
            started = time.monotonic()
            answer = client.send("/tickets", body, new_id())
            tries.append(time.monotonic() - started)
            statuses[answer.status_code if answer is not None else 0] += 1
            time.sleep(0.05)

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    while any(thread.is_alive() for thread in asking):
        most = max(most, web_threads(farm))
        time.sleep(0.2)
    return most


def web_threads(farm: Farm) -> int:
    """The threads of all processes that serve."""
    family = [farm.running["web"].pid, *processes.descendants(farm.running["web"].pid)]
    return sum(len(list(Path(f"/proc/{pid}/task").glob("*"))) for pid in family)


ALARMS = {
    "memory": (("set_vm_memory_high_watermark", "0.000001"), ("set_vm_memory_high_watermark", "0.4")),
    "disk": (("set_disk_free_limit", f"{900 * 10**12}"), ("set_disk_free_limit", f"{10**8}")),
}


@pytest.mark.parametrize("what", ["memory", pytest.param("disk", marks=pytest.mark.faults_long)])
def test_r15_an_alarm_of_the_broker_stops_no_write(farm: Farm, table, repeats, what: str):
    raised, over = ALARMS[what]
    seconds, ledger = repeats(2, 20), Ledger()
    with Load(farm, pause=0.05, ledger=ledger):
        until_more(ledger)
        assert farm.rabbit.control(*raised).returncode == 0
        before = ledger.acknowledged
        time.sleep(seconds)
        gone_on, waiting = ledger.acknowledged - before, outbox(farm)
        assert farm.rabbit.control(*over).returncode == 0
        since = time.monotonic()
        until_more(ledger)
    finding = settle_and_compare(farm, ledger, since=since)
    table(f"R15 {what} alarm for {seconds} s", finding, written_meanwhile=gone_on, waiting=waiting)
    assert gone_on > seconds, "an agent notices nothing"
    assert waiting > 0, "the broker takes nothing meanwhile"
    assert not ledger.failed, f"{failed_share(ledger)} failed: {ledger.failed}"


def test_r19_facts_taken_out_of_a_queue_are_found_and_repaired(farm: Farm, table, repeats):
    ledger, stolen = Ledger(), repeats(5, 200)
    farm.kill("mirror")
    client = Client(farm, ledger)
    for number in range(2 * stolen):
        client.create(f"stolen {number} {new_id()}")
    eventually(lambda: outbox(farm) == 0 and farm.in_queues()[QUEUE.name] >= 2 * stolen, 60, "all facts in the queue")
    steal(farm, stolen)
    farm.launch("mirror")
    eventually(lambda: not farm.in_queues()[QUEUE.name], 60, "an empty queue")
    url = farm.postgres.url("mirror")
    runtime = Runtime(
        MIRROR, sample_settings(MIRROR.settings, DATABASE_URL=url, PLAYDESK_BUS_URL=farm.rabbit.url("mirror"))
    )
    started = time.monotonic()
    found = Reconciliation(runtime, repair=False, grace=timedelta(0)).run(pages(farm))
    seconds = time.monotonic() - started
    repaired = Reconciliation(runtime, repair=True, grace=timedelta(0)).run(pages(farm))
    after = Reconciliation(runtime, repair=False, grace=timedelta(0)).run(pages(farm))
    runtime.database.close()
    finding = settle_and_compare(farm, ledger)
    table(
        f"R19 {stolen} facts stolen", finding, found=found.missed, repaired=repaired.repaired, took=f"{seconds:.2f} s"
    )
    assert (found.missed, after.missed, after.differing) == (stolen, 0, 0)


def steal(farm: Farm, count: int) -> None:
    """Take messages out of the mirror's queue as if they had been handled."""
    with pika.BlockingConnection(pika.URLParameters(farm.rabbit.url())) as connection:
        channel = connection.channel()
        for _ in range(count):
            assert channel.basic_get(QUEUE.name, auto_ack=True)[0] is not None


def pages(farm: Farm) -> Iterator[list[dict]]:
    """The log of the ticket service as others read it."""
    query = f"SELECT {ROW} FROM event_log ORDER BY sequence"
    source = Runtime(MIRROR, sample_settings(MIRROR.settings, DATABASE_URL=farm.postgres.url("ticket")))
    with source.database.reading.connect() as connection:
        rows = connection.execute(text(query)).all()
    source.database.close()
    events = [orjson.loads(envelope("ticket", row)) for row in rows]
    for start in range(0, len(events), 500):
        yield events[start : start + 500]


def test_r22_a_backlog_is_worked_off_in_flat_memory(farm: Farm, table, repeats):
    """While nobody reads, facts pile up in the queue; then they are taken in, in batches and never all at once."""
    count = repeats(5_000, 100_000)
    farm.kill("mirror")
    messages = [fact(new_id(), "ticket.updated.v1", new_id(), 1, made_up(1)) for _ in range(count)]
    publish(farm, messages)
    eventually(lambda: farm.in_queues()[QUEUE.name] == count, 60, "the backlog")
    farm.launch("mirror")
    eventually(lambda: noted(farm, messages[:200]) > 0, 60, "the first facts")
    early, started = memory_of(farm, "mirror"), time.monotonic()
    eventually(lambda: not farm.in_queues()[QUEUE.name], 600, "an empty queue")
    eventually(lambda: noted(farm, messages) == count, 60, "every fact")
    seconds, late = time.monotonic() - started, memory_of(farm, "mirror")
    forget(farm, messages, [orjson.loads(message.body)["subject"] for message in messages])
    finding = settle_and_compare(farm, Ledger())
    table(
        f"R22 a backlog of {count:,} in a queue", finding, drained_in=f"{seconds:.1f} s",
        memory_mib=f"{early / 2**20:.0f} → {late / 2**20:.0f}",
    )  # fmt: skip
    assert late - early < 64 * 2**20


def memory_of(farm: Farm, name: str) -> int:
    """Bytes that a process and its children hold by themselves."""
    family = [farm.running[name].pid, *processes.descendants(farm.running[name].pid)]
    total = 0
    for pid in family:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            total += int(line.split()[1]) * 1024 if line.startswith("Private_") else 0
    return total
