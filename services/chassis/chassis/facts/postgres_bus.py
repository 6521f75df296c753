"""The bus on PostgreSQL tables, for machines without a broker: same queues, retries and dead letters."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from chassis.facts.bus import (
    EVENTS,
    NOT_NOW_SECONDS,
    RETRY_SECONDS,
    BusDown,
    Delivery,
    Fate,
    Handler,
    Keep,
    Letter,
    Message,
    NotNow,
    Published,
    Queue,
    Verdict,
    matches,
)
from chassis.ops.logging import log

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bus_bindings (
  queue text NOT NULL, exchange text NOT NULL, key text NOT NULL, PRIMARY KEY (queue, exchange, key));
CREATE TABLE IF NOT EXISTS bus_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, queue text NOT NULL, message_id text NOT NULL, key text NOT NULL,
  body bytea NOT NULL, headers jsonb NOT NULL DEFAULT '{}', attempts int NOT NULL DEFAULT 0,
  available_at timestamptz NOT NULL DEFAULT now(), dead_reason text);
CREATE INDEX IF NOT EXISTS ix_bus_messages_waiting ON bus_messages (queue, id) WHERE dead_reason IS NULL;
CREATE INDEX IF NOT EXISTS ix_bus_messages_dead ON bus_messages (id) WHERE dead_reason IS NOT NULL;
GRANT ALL ON bus_bindings, bus_messages TO PUBLIC;
"""
_TAKE = """
SELECT id, message_id, key, body, attempts FROM bus_messages
WHERE queue = %s AND dead_reason IS NULL AND available_at <= now() ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""

_MY_TURN = "SELECT pg_try_advisory_xact_lock(7301003, hashtext(%s))"  # as long as a batch is handled

_TAKE_DEAD = """
SELECT id, queue, message_id, key, body, dead_reason FROM bus_messages
WHERE dead_reason IS NOT NULL AND queue = ANY(%s) ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
"""


def _connect(url: str, name: str) -> psycopg.Connection:
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    return psycopg.connect(plain, autocommit=True, connect_timeout=3, application_name=name)


class PostgresBus:
    """PostgreSQL tables behind the interface of `chassis.facts.bus`; made for one host and thousands of facts a second."""

    def __init__(self, url: str) -> None:
        self.url = url

    def publisher(self) -> PostgresPublisher:
        """A publisher with its own connection."""
        return PostgresPublisher(self.url)

    def declare(self, queues: Sequence[Queue]) -> None:
        """Make the tables, where they are missing, and the bindings. Raises BusDown."""
        try:
            with _connect(self.url, "bus declare") as connection:
                _make_tables(connection)
                for queue in queues:
                    _bind(connection, queue)
        except psycopg.Error as error:
            raise BusDown(str(error)) from error

    def consume(
        self,
        queue: Queue,
        handle: Handler,
        *,
        stop: threading.Event,
        connected: Callable[[bool], None],
        batch: int = 200,
    ) -> None:
        """Consume until `stop`; connects again after every loss."""
        wait = 0.2
        while not stop.is_set():
            try:
                self.declare([queue])
                with _connect(self.url, queue.name) as connection:
                    connection.execute("LISTEN bus")
                    connected(True)
                    wait = 0.2
                    while not stop.is_set():
                        if not _handle_some(connection, queue, handle, batch, stop):
                            _wait_for_more(connection)
                            stop.wait(queue.gather)
            except (psycopg.Error, BusDown) as error:
                log.warning("bus lost", queue=queue.name, error=str(error))
            finally:
                connected(False)
            stop.wait(wait)
            wait = min(wait * 2, 5)

    def take_dead_letters(self, queues: Sequence[Queue], keep: Keep, *, stop: threading.Event) -> None:
        """Look every second; after a loss, connect again."""
        names = [queue.name for queue in queues]
        while not stop.is_set():
            try:
                with _connect(self.url, "dead letters") as connection:
                    _make_tables(connection)
                    while not stop.wait(1):
                        while _take_some(connection, names, keep):
                            pass
            except psycopg.Error as error:
                log.warning("bus lost", queue="dead letters", error=str(error))
            stop.wait(1)

    def waiting(self, name: str) -> int:
        """Those that nobody has handled. Raises BusDown."""
        query = "SELECT count(*) FROM bus_messages WHERE queue = %s AND dead_reason IS NULL"
        try:
            with _connect(self.url, "waiting") as connection:
                row = connection.execute(query, (name,)).fetchone()
                return int(row[0]) if row else 0
        except psycopg.Error as error:
            raise BusDown(str(error)) from error


def _take_some(connection: psycopg.Connection, queues: list[str], keep: Keep) -> int:
    """Some dead letters in one transaction of the bus: kept and deleted, or still there. Returns how many it had."""
    with connection.transaction():
        rows = connection.execute(_TAKE_DEAD, (queues,)).fetchall()
        if rows:
            keep([Letter(row[1], row[2], row[3], bytes(row[4]), row[5]) for row in rows])
            connection.execute("DELETE FROM bus_messages WHERE id = ANY(%s)", ([row[0] for row in rows],))
    return len(rows)


def _make_tables(connection: psycopg.Connection) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(7301002)")
        if connection.execute("SELECT to_regclass('bus_messages')").fetchone() == (None,):
            connection.execute(_SCHEMA)


def _bind(connection: psycopg.Connection, queue: Queue) -> None:
    for key in queue.keys:
        connection.execute(
            "INSERT INTO bus_bindings VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (queue.name, queue.exchange, key)
        )


def _wait_for_more(connection: psycopg.Connection) -> None:
    for _ in connection.notifies(timeout=0.25, stop_after=1):
        return


def _handle_some(
    connection: psycopg.Connection, queue: Queue, handle: Handler, batch: int, stop: threading.Event
) -> int:
    """One batch in one transaction of the bus: handled and deleted, or still there. Returns how many it had."""
    try:
        return _handle_batch(connection, queue, handle, batch)
    except NotNow as error:
        log.warning("handler cannot work now", queue=queue.name, error=str(error))
        stop.wait(NOT_NOW_SECONDS)
        return 0


def _handle_batch(connection: psycopg.Connection, queue: Queue, handle: Handler, batch: int) -> int:
    with connection.transaction():
        if queue.in_turn and connection.execute(_MY_TURN, (queue.name,)).fetchone() != (True,):
            return 0
        rows = connection.execute(_TAKE, (queue.name, batch)).fetchall()
        if rows:
            deliveries = [Delivery(row[1], row[2], bytes(row[3]), row[4]) for row in rows]
            _settle(connection, queue, [row[0] for row in rows], deliveries, handle(deliveries))
    return len(rows)


def _settle(
    connection: psycopg.Connection, queue: Queue, ids: list[int], deliveries: list[Delivery], verdicts: list[Verdict]
) -> None:
    done = [i for i, verdict in zip(ids, verdicts, strict=True) if verdict.fate is Fate.DONE]
    connection.execute("DELETE FROM bus_messages WHERE id = ANY(%s)", (done,))
    for row_id, delivery, verdict in zip(ids, deliveries, verdicts, strict=True):
        if verdict.fate is not Fate.DONE:
            _set_aside(connection, queue, row_id, delivery, verdict)


def _set_aside(connection: psycopg.Connection, queue: Queue, row_id: int, delivery: Delivery, verdict: Verdict) -> None:
    parked = verdict.fate is Fate.PARK or delivery.attempts >= len(RETRY_SECONDS)
    log.warning("parked" if parked else "retried", queue=queue.name, message=delivery.id, reason=verdict.reason)
    if parked:
        connection.execute("UPDATE bus_messages SET dead_reason = %s WHERE id = %s", (verdict.reason[:1000], row_id))
    else:
        connection.execute(
            "UPDATE bus_messages SET attempts = attempts + 1, available_at = clock_timestamp() + make_interval(secs => %s) "
            "WHERE id = %s",
            (RETRY_SECONDS[delivery.attempts], row_id),
        )


class PostgresPublisher:
    """Inserts a batch into every queue bound to its keys, in one transaction: the commit is the confirm."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: psycopg.Connection | None = None

    def start(self, messages: Sequence[Message], *, exchange: str = EVENTS) -> Published:
        """Insert all, in order: with the commit everything is confirmed. Raises BusDown."""
        return self.publish(messages, exchange=exchange)

    def finish(self, sent: Published, *, timeout: float = 30) -> Published:
        """What came of it."""
        return sent

    def publish(self, messages: Sequence[Message], *, exchange: str = EVENTS, timeout: float = 30) -> Published:
        """Insert all, in order. Raises BusDown."""
        try:
            connection = self._open()
            with connection.transaction():
                unrouted = _insert(connection, messages, exchange)
            connection.execute("NOTIFY bus")
        except psycopg.Error as error:
            self.close()
            raise BusDown(str(error)) from error
        return Published(frozenset(m.id for m in messages), frozenset(unrouted))

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = _connect(self.url, "bus publisher")
            _make_tables(self._connection)
        return self._connection


def _insert(connection: psycopg.Connection, messages: Sequence[Message], exchange: str) -> list[str]:
    bindings = connection.execute("SELECT queue, key FROM bus_bindings WHERE exchange = %s", (exchange,)).fetchall()
    routes: dict[str, list[str]] = {}
    rows: list[tuple[Any, ...]] = []
    for message in messages:
        if message.key not in routes:
            routes[message.key] = sorted({queue for queue, binding in bindings if matches(binding, message.key)})
        headers = Jsonb(message.headers)
        rows.extend((queue, message.id, message.key, message.body, headers) for queue in routes[message.key])
    with connection.cursor().copy("COPY bus_messages (queue, message_id, key, body, headers) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    return [message.id for message in messages if not routes[message.key]]
