"""B8, B9, B11: from the outbox to the broker, from a queue to a projection; on RabbitMQ and on PostgreSQL."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from chassis.facts.bus import open_bus
from chassis.facts.relay import BATCH
from deploy.local import processes
from deploy.local.databases import BUS
from deploy.local.state import ROOT
from gateway.app import SERVICE as GATEWAY
from tests.bench import memory
from tests.bench.compare import Result
from tests.bench.floor import loops
from tests.bench.rows.made import created_rows, player_facts, ticket_bodies
from tests.bench.stage import Stage

PREFETCH = 200  # as the consumers of ours
PATIENCE = 900.0


@dataclass(frozen=True)
class Drained:
    """Facts a second, and megabytes of the process at the beginning and at the end."""

    rate: float
    first: float
    last: float


def bus_of(stage: Stage, kind: str, service: str) -> str:
    """The address of a bus for a service."""
    if kind == "rabbitmq":
        return str(stage.suite.bus_url(service))
    return stage.suite.postgres.url(BUS, service, "postgresql+psycopg")


def has_rabbit(stage: Stage) -> bool:
    """Whether this run has a RabbitMQ."""
    return stage.suite.choice.kind != "postgres"


def _drain(stage: Stage, kind: str, part: str, count: Callable[[], int], total: int) -> Drained:
    """Start a ticket worker with one part alone and wait until `count()` has grown by `total`."""
    env = {**stage.suite.programs.settings("ticket", "worker"), "PLAYDESK_BUS_URL": bus_of(stage, kind, "ticket")}
    before = count()
    argv = [sys.executable, "-m", "ticket", "worker", "--only", part]
    worker = processes.spawn(argv, env=env, log=stage.folder / f"{part}.log", cwd=ROOT)
    try:
        deadline = time.monotonic() + PATIENCE
        while (begun := count() - before) == 0:
            _patience(worker, deadline, stage, part)
        since, first, done = time.perf_counter(), memory.family_megabytes(worker.pid), begun
        while done < total:
            _patience(worker, deadline, stage, part)
            done = count() - before
        took = time.perf_counter() - since
        return Drained((total - begun) / took if begun < total else 0.0, first, memory.family_megabytes(worker.pid))
    finally:
        processes.stop(worker)


def _patience(worker: Any, deadline: float, stage: Stage, part: str) -> None:
    time.sleep(0.02)
    if worker.poll() is not None or time.monotonic() > deadline:
        raise RuntimeError(f"the {part} stopped or stands still:\n{processes.tail(stage.folder / f'{part}.log')}")


def relay(stage: Stage, kind: str, facts: int) -> Drained:
    """Facts in the ticket service's outbox, taken to the bus by its relay in a process of its own.

    One queue is bound to them, as in the bare loop: those of the gateway, which hears everything, come back with its worker.
    """
    with stage.suite.postgres.connect("ticket") as connection:
        _declare(stage, kind)
        _without_queues(stage, kind, [subscription.queue("gateway").name for subscription in GATEWAY.subscriptions])
        columns, rows = created_rows(stage, facts)
        with connection.cursor().copy(f"COPY outbox ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        found = _drain(stage, kind, "relay", lambda: _published(connection), facts)
    _empty(stage, kind, "player.contacts")
    return found


def _published(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT published_up_to FROM relay_state").fetchone()
    return int(row[0]) if row else 0


def consumer(stage: Stage, kind: str, facts: int) -> Drained:
    """Facts of players in the ticket service's queue, taken into its projection by its consumer."""
    _declare(stage, kind)
    _enqueue(stage, kind, facts)
    with stage.suite.postgres.connect("ticket") as connection:

        def handled() -> int:
            row = connection.execute("SELECT count(*) FROM inbox WHERE consumer = 'ticket.copies'").fetchone()
            return int(row[0]) if row else 0

        return _drain(stage, kind, "consumers", handled, facts)


def _declare(stage: Stage, kind: str) -> None:
    from player.app import SERVICE as PLAYER
    from ticket.app import SERVICE as TICKET

    for service in (PLAYER, TICKET):
        bus = open_bus(bus_of(stage, kind, service.name))
        bus.declare([subscription.queue(service.name) for subscription in service.subscriptions])


def _enqueue(stage: Stage, kind: str, facts: int) -> None:
    """Straight into the one queue, so that no other service gets them."""
    if kind == "postgres":
        with stage.suite.postgres.connect(BUS) as connection:
            statement = "COPY bus_messages (queue, message_id, key, body) FROM STDIN"
            with connection.cursor().copy(statement) as copy:
                for message in player_facts(stage, facts):
                    copy.write_row(("ticket.copies", message.id, message.key, message.body))
        return
    publisher = open_bus(bus_of(stage, kind, "ticket")).publisher()
    messages = [_straight(message) for message in player_facts(stage, facts)]
    for start in range(0, len(messages), BATCH):
        publisher.publish(messages[start : start + BATCH], exchange="ticket.aside")
    publisher.close()


def _straight(message: Any) -> Any:
    return type(message)(message.id, "ticket.copies", message.body, {"x-playdesk-key": message.key})


def _without_queues(stage: Stage, kind: str, names: list[str]) -> None:
    if kind == "postgres":
        with stage.suite.postgres.connect(BUS) as connection:
            connection.execute("DELETE FROM bus_bindings WHERE queue = ANY(%s)", (names,))
        return
    import pika

    connection = pika.BlockingConnection(pika.URLParameters(bus_of(stage, kind, "admin")))
    for name in names:
        connection.channel().queue_delete(name)
    connection.close()


def _empty(stage: Stage, kind: str, queue: str) -> None:
    if kind == "postgres":
        with stage.suite.postgres.connect(BUS) as connection:
            connection.execute("TRUNCATE bus_messages")
        return
    import pika

    connection = pika.BlockingConnection(pika.URLParameters(bus_of(stage, kind, "player")))
    connection.channel().queue_purge(queue)
    connection.close()


def outbox_to_broker(stage: Stage) -> list[Result]:
    """B8: the bare loop before and after the relay's run."""
    if not has_rabbit(stage):
        return [Result("B8", "outbox to broker: there is no RabbitMQ here", "", "", None, "≥ 0.7", None)]
    facts, bodies = stage.sizes.facts, ticket_bodies(stage, min(stage.sizes.facts, 20_000))
    with stage.without("ticket.worker", "player.worker", "gateway.worker"):
        floors = [_bare_publish(stage, bodies)]
        found = relay(stage, "rabbitmq", facts)
        floors.append(_bare_publish(stage, bodies))
    stage.results["relay"] = found
    floor = statistics.mean(floors)
    ratio, grown = found.rate / floor, found.last - found.first
    words = f"memory of the relay over {facts} facts grows by"
    return [
        Result(
            "B8",
            f"outbox to broker, {facts} facts",
            f"{found.rate:.0f}/s",
            f"{floor:.0f}/s",
            ratio,
            "≥ 0.7",
            ratio >= 0.7,
        ),
        Result("B8", words, f"{grown:+.1f} MB of {found.last:.0f}", "", None, "flat (≤ 5 MB)", grown <= 5, vars(found)),
    ]


def _bare_publish(stage: Stage, bodies: list[bytes]) -> float:
    url = bus_of(stage, "rabbitmq", "admin")
    loops.declare(url)
    return loops.BarePublisher(url, bodies, BATCH).run()


def queue_to_projection(stage: Stage) -> list[Result]:
    """B9: the bare loop before and after the consumer's run."""
    if not has_rabbit(stage):
        return [Result("B9", "queue to projection: there is no RabbitMQ here", "", "", None, "≥ 0.6", None)]
    facts = min(stage.sizes.facts, len(stage.filled.everyone))
    with stage.without("ticket.worker"):
        floors = [_bare_consume(stage, facts // 3)]
        found = consumer(stage, "rabbitmq", facts)
        floors.append(_bare_consume(stage, facts // 3))
    stage.results["consumer"] = found
    floor = statistics.mean(floors)
    ratio = found.rate / floor
    return [
        Result(
            "B9",
            f"queue to projection, {facts} facts",
            f"{found.rate:.0f}/s",
            f"{floor:.0f}/s",
            ratio,
            "≥ 0.6",
            ratio >= 0.6,
        )
    ]


def _bare_consume(stage: Stage, facts: int) -> float:
    url = bus_of(stage, "rabbitmq", "admin")
    loops.declare(url)
    loops.BarePublisher(url, [message.body for message in player_facts(stage, facts)], BATCH).run()
    return loops.consume(url, stage.suite.postgres.url("ticket", "postgres", "postgresql"), facts, PREFETCH)


def on_postgresql(stage: Stage) -> list[Result]:
    """B11: the same relay and the same consumer on the PostgreSQL bus, against RabbitMQ in the same run."""
    facts = stage.sizes.facts // 5
    copies = min(facts, len(stage.filled.everyone))
    found: list[Result] = []
    with stage.without("ticket.worker", "player.worker", "gateway.worker"):
        for what, name, work, count in (
            ("outbox to bus", "relay", relay, facts),
            ("queue to projection", "consumer", consumer, copies),
        ):
            ours = work(stage, "postgres", count)
            floor = stage.results.get(name) or (work(stage, "rabbitmq", count) if has_rabbit(stage) else None)
            words = f"{what} on PostgreSQL against RabbitMQ, {count} facts"
            if floor is None:
                found.append(Result("B11", words, f"{ours.rate:.0f}/s", "no RabbitMQ", None, "≥ 0.5", None))
                continue
            ratio = ours.rate / floor.rate
            found.append(
                Result("B11", words, f"{ours.rate:.0f}/s", f"{floor.rate:.0f}/s", ratio, "≥ 0.5", ratio >= 0.5)
            )
    return found
