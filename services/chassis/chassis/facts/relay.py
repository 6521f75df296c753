"""The relay takes facts from the outbox to the bus: in order, each at least once, one relay per service at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chassis.data.database import Database
from chassis.data.patient import allow
from chassis.facts.bus import Bus, BusDown, Message, Publisher
from chassis.facts.envelope import ROW, envelope
from chassis.facts.outbox import COLUMNS
from chassis.ops import faultpoints
from chassis.ops.logging import log
from chassis.ops.metrics import FACTS_PUBLISHED, OUTBOX_OLDEST

BATCH = 500
UNDER_WAY = 3  # batches the broker has in hand at most
LOCK = 7_301_003
CHANNEL = "outbox"
WAIT_FOR_LISTENERS = timedelta(seconds=60)

# Numbered in the order of their positions by the one relay that holds the lock, so the log never shows a later fact
# before an earlier one; per entity the positions follow the commits because the entity's row is locked.
_COLUMNS = ", ".join(COLUMNS)
_MOVE = text(
    f"""
    WITH taken AS (
      DELETE FROM outbox WHERE position IN (SELECT position FROM outbox ORDER BY position LIMIT :batch) RETURNING *
    ), numbered AS (
      SELECT taken.*, (SELECT last_sequence FROM relay_state) + row_number() OVER (ORDER BY position) AS sequence FROM taken
    ), logged AS (
      INSERT INTO event_log (sequence, {_COLUMNS}, logged_at) SELECT sequence, {_COLUMNS}, now() FROM numbered
      RETURNING {ROW}
    ), counted AS (
      UPDATE relay_state SET last_sequence = greatest(last_sequence, (SELECT max(sequence) FROM logged))
      WHERE EXISTS (SELECT 1 FROM logged)
    )
    SELECT * FROM logged ORDER BY sequence
    """
)
_UNPUBLISHED = text(
    f"SELECT {ROW} FROM event_log WHERE sequence > :after AND sequence <= :upto ORDER BY sequence LIMIT :batch"
)
# A mark that a crash of the database forgets costs a repetition, which is promised anyway; waiting for the disk costs time.
_MARK = text(
    """
    WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE relay_state SET published_up_to = :upto, routed_types = CAST(:types AS jsonb) FROM quick
    """
)


@dataclass(frozen=True)
class _Sent:
    """Rows of the log, what is sent of them, and by what the publisher knows it."""

    rows: Sequence[Any]
    messages: list[Message]
    sent: Any


class Relay:
    """Moves, publishes and marks batches until it is stopped; another copy of it stands by."""

    def __init__(self, service: str, database: Database, bus: Bus) -> None:
        self.service, self.database, self.bus = service, database, bus
        self.active = False
        self.connected = False
        self._publisher: Publisher | None = None
        self._routed: set[str] = set()
        self._waiting_since: float | None = None
        self._ready_upto: int | None = None  # what was made ready to be sent; None: to be looked up
        self._logged_upto = 0

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set; survives the loss of the database and of the bus."""
        while not stop.is_set():
            try:
                with self.database.reading.connect() as connection:
                    if self._lock(connection):
                        self._hold(connection, stop)
            except (DBAPIError, psycopg.Error) as error:
                log.warning("relay lost its database", error=str(error).split("\n")[0])
            finally:
                self.active = False
                self._close()
            stop.wait(1)

    def _lock(self, connection: Connection) -> bool:
        return bool(connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}).scalar())

    def _hold(self, connection: Connection, stop: threading.Event) -> None:
        """Back in the pool, the connection would keep the lock and no relay would ever be active again."""
        try:
            self._relay(connection, stop)
        finally:
            connection.invalidate()

    def _relay(self, connection: Connection, stop: threading.Event) -> None:
        self.active = True
        self._ready_upto = None
        allow(connection, 30)
        self._routed = set(connection.execute(text("SELECT routed_types FROM relay_state")).scalar_one())
        raw: Any = connection.connection.dbapi_connection
        raw.execute(f"LISTEN {CHANNEL}")
        busy_until = 0.0
        while not stop.is_set():
            if self._one_batch(connection, stop):
                busy_until = monotonic() + 1
                continue
            for _ in raw.notifies(timeout=0.02 if monotonic() < busy_until else 1.0, stop_after=1):
                pass

    def _one_batch(self, connection: Connection, stop: threading.Event) -> int:
        """Publish what there is, batch after batch; returns how many facts that were.

        While the broker has some batches in hand, the next is moved into the log and made ready; it is on its way before the
        one that came back is marked, so that the broker waits for nothing.
        """
        done, under_way = 0, deque[_Sent]()
        try:
            publisher = self._open()
            self._send_more(connection, publisher, under_way, stop)
            while under_way:
                first = under_way.popleft()
                self._settle(publisher, first, stop)
                faultpoints.reach("relay.after_confirm")
                try:
                    self._send_more(connection, publisher, under_way, stop)
                finally:
                    self._mark(connection, first.rows)
                done += len(first.rows)
        except BusDown as error:
            if self.connected:
                log.warning("relay lost the bus", error=str(error))
            self.connected, self._ready_upto = False, None
            stop.wait(0.5)
        except BaseException:
            self._ready_upto = None
            raise
        return done

    def _send_more(
        self, connection: Connection, publisher: Publisher, under_way: deque[_Sent], stop: threading.Event
    ) -> None:
        """Hand over what is ready; behind a batch that was not full there is nothing yet, and none is begun to be stopped."""
        while len(under_way) < UNDER_WAY and not stop.is_set():
            if under_way and len(under_way[-1].rows) < BATCH:
                return
            rows, messages = self._next(connection)
            if not rows:
                return
            faultpoints.reach("relay.before_publish")
            under_way.append(_Sent(rows, messages, publisher.start(messages)))

    def _next(self, connection: Connection) -> tuple[Sequence[Any], list[Message]]:
        """What is in the log and was not confirmed, else what waits in the outbox, moved into the log."""
        if self._ready_upto is None:
            state = connection.execute(text("SELECT published_up_to, last_sequence FROM relay_state")).one()
            self._ready_upto, self._logged_upto = state.published_up_to, state.last_sequence
        if self._ready_upto < self._logged_upto:
            between = {"after": self._ready_upto, "upto": self._logged_upto, "batch": BATCH}
            rows = connection.execute(_UNPUBLISHED, between).all()
        else:
            rows = connection.execute(_MOVE, {"batch": BATCH}).all()
        if rows:
            self._ready_upto = rows[-1].sequence
            self._logged_upto = max(self._logged_upto, rows[-1].sequence)
        return rows, [Message(row.id, row.type, envelope(self.service, row)) for row in rows]

    def _settle(self, publisher: Publisher, batch: _Sent, stop: threading.Event) -> None:
        """Until each fact of a batch that was sent is confirmed and, where it used to have a listener, heard."""
        waiting, sent = batch.messages, batch.sent
        while True:
            result = publisher.finish(sent)
            self.connected = True
            unheard = [m for m in waiting if m.id in result.unrouted and m.key in self._routed]
            self._routed |= {m.key for m in waiting if m.id not in result.unrouted}
            waiting = self._still_waiting(unheard, stop)
            if not waiting:
                return
            if stop.is_set():
                raise BusDown("stopped while waiting for listeners")
            sent = publisher.start(waiting)

    def _still_waiting(self, unheard: list[Message], stop: threading.Event) -> list[Message]:
        """Facts that used to have a listener and now have none, as when a broker comes back empty.

        They are sent again until the consumers have declared their queues, for a minute; after that nobody listens.
        """
        if not unheard:
            self._waiting_since = None
            return []
        self._waiting_since = self._waiting_since or monotonic()
        if monotonic() - self._waiting_since > WAIT_FOR_LISTENERS.total_seconds():
            log.error("nobody listens any more", types=sorted({m.key for m in unheard}))
            self._routed -= {m.key for m in unheard}
            self._waiting_since = None
            return []
        stop.wait(0.5)
        return unheard

    def _mark(self, connection: Connection, rows: Sequence[Any]) -> None:
        connection.execute(_MARK, {"upto": rows[-1].sequence, "types": _json_list(self._routed)})
        FACTS_PUBLISHED.inc(len(rows))

    def _open(self) -> Publisher:
        if self._publisher is None:
            self._publisher = self.bus.publisher()
        return self._publisher

    def _close(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.close()


def _json_list(names: set[str]) -> str:
    return "[" + ",".join(f'"{name}"' for name in sorted(names)) + "]"


_BACKLOG = text(
    """
    SELECT (SELECT count(*) FROM outbox) + last_sequence - published_up_to AS waiting,
           coalesce(extract(epoch FROM now() - least(
             (SELECT min(occurred_at) FROM outbox),
             (SELECT occurred_at FROM event_log WHERE sequence > published_up_to AND published_up_to < last_sequence
              ORDER BY sequence LIMIT 1))), 0) AS oldest
    FROM relay_state
    """
)


def backlog(connection: Connection) -> tuple[int, float]:
    """(facts not yet published, age in seconds of the oldest of them)."""
    row = connection.execute(_BACKLOG).one()
    OUTBOX_OLDEST.set(float(row.oldest))
    return int(row.waiting), float(row.oldest)
