"""A consumer in a thread of the test, which remembers what it was given and says what it is told to say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pika
import psycopg

from chassis.clock import new_id
from chassis.facts.bus import DONE, Bus, BusDown, Delivery, Message, Publisher, Queue, Verdict, open_bus

Judge = Callable[[Delivery], Verdict]


def eventually(condition: Callable[[], bool], seconds: float = 15, what: str = "it") -> None:
    """Wait until the condition holds; fails by name when the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about within {seconds} s"
        time.sleep(0.02)


class Listening:
    """Consumes a queue from the moment it is made; `judge` decides the fate of each delivery."""

    def __init__(
        self,
        url: str,
        name: str,
        keys: Sequence[str],
        *,
        judge: Judge = lambda _delivery: DONE,
        handle: Callable[[list[Delivery]], list[Verdict]] | None = None,
        batch: int = 200,
        in_turn: bool = False,
        gather: float = 0.0,
    ) -> None:
        self.bus, self.queue = open_bus(url), Queue(name, tuple(keys), in_turn=in_turn, gather=gather)
        self.received: list[Delivery] = []
        self.times: list[float] = []
        self.connections: list[bool] = []
        self.judge, self.handle, self.batch = judge, handle, batch
        self.stopped = threading.Event()
        self.bus.declare([self.queue])
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def keys(self) -> list[str]:
        """The keys received, in order."""
        return [delivery.key for delivery in self.received]

    @property
    def ids(self) -> list[str]:
        """The message IDs received, in order."""
        return [delivery.id for delivery in self.received]

    def wait_for(self, count: int, seconds: float = 15) -> None:
        """Until `count` deliveries have come in."""
        eventually(lambda: len(self.received) >= count, seconds, f"{count} deliveries (there are {len(self.received)})")

    def stop(self) -> None:
        """End the thread; what was not handled stays in the queue."""
        self.stopped.set()
        self.thread.join(10)
        assert not self.thread.is_alive(), "the consumer did not end"

    def _run(self) -> None:
        self.bus.consume(
            self.queue, self._handle, stop=self.stopped, connected=self.connections.append, batch=self.batch
        )

    def _handle(self, deliveries: list[Delivery]) -> list[Verdict]:
        self.received.extend(deliveries)
        self.times.extend([time.monotonic()] * len(deliveries))
        return self.handle(deliveries) if self.handle else [self.judge(delivery) for delivery in deliveries]


def message(key: str, body: bytes = b"{}") -> Message:
    """A message under a new ID."""
    return Message(new_id(), key, body)


def send(bus: Bus, messages: Sequence[Message]) -> None:
    """Publish once and let go."""
    publisher = bus.publisher()
    publisher.publish(messages)
    publisher.close()


def confirmed(publisher: Publisher, messages: Sequence[Message]) -> bool:
    """Whether the bus takes all of them now."""
    try:
        return publisher.publish(messages, timeout=1).confirmed == {each.id for each in messages}
    except BusDown:
        return False


def dead_letters(url: str, queue: Queue) -> list[tuple[str, str]]:
    """(message ID, reason) of everything parked, oldest first."""
    return _dead_in_postgres(url, queue) if url.startswith("postgresql") else _dead_in_rabbit(url, queue)


def waiting(url: str, queue: Queue) -> int:
    """How many messages the queue holds, those under way left out."""
    if url.startswith("postgresql"):
        query = "SELECT count(*) FROM bus_messages WHERE queue = %s AND dead_reason IS NULL"
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            return connection.execute(query, (queue.name,)).fetchone()[0]  # type: ignore[index]
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        return connection.channel().queue_declare(queue.name, passive=True).method.message_count


def remove_queues(url: str, queues: Sequence[Queue]) -> None:
    """Leave nothing behind."""
    names = [name for queue in queues for name in _all_names(queue)]
    if url.startswith("postgresql"):
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            for table in ("bus_messages", "bus_bindings"):
                connection.execute(f"DELETE FROM {table} WHERE queue = ANY(%s)", (names,))
        return
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        for name in names:
            connection.channel().queue_delete(name)
        for queue in queues:
            connection.channel().exchange_delete(queue.aside)


def _all_names(queue: Queue) -> list[str]:
    delays = (5, 30, 300, 0.2, 0.3, 0.4)
    return [queue.name, queue.dead, *(queue.retry(seconds) for seconds in delays)]  # type: ignore[arg-type]


def _dead_in_postgres(url: str, queue: Queue) -> list[tuple[str, str]]:
    query = "SELECT message_id, dead_reason FROM bus_messages WHERE queue = %s AND dead_reason IS NOT NULL ORDER BY id"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        return [(row[0], row[1]) for row in connection.execute(query, (queue.name,))]


def _dead_in_rabbit(url: str, queue: Queue) -> list[tuple[str, str]]:
    found = []
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        while True:
            _method, properties, _body = channel.basic_get(queue.dead)
            if properties is None:
                break
            found.append((properties.message_id, (properties.headers or {}).get("x-playdesk-reason", "")))
    return found
