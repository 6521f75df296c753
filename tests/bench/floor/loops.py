"""Bare loops on RabbitMQ: publish batches with confirms on a SelectConnection; consume, insert in batches, acknowledge."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import pika
import psycopg

EXCHANGE, QUEUE, KEY = "bench.events", "bench.floor", "ticket.created.v1"
PERSISTENT = pika.BasicProperties(delivery_mode=2, content_type="application/json")
_COPY = """
INSERT INTO bench.player_copies (id, version, nickname, wechat_id, wechat_name, agent_id, vip_tier, deleted)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, nickname = excluded.nickname, wechat_id = excluded.wechat_id,
  wechat_name = excluded.wechat_name, agent_id = excluded.agent_id, vip_tier = excluded.vip_tier, deleted = excluded.deleted
WHERE bench.player_copies.version < excluded.version
"""
_INBOX = "INSERT INTO bench.inbox (consumer, event_id, received_at) VALUES ('bench', %s, now()) ON CONFLICT DO NOTHING"
_STATE = ("nickname", "wechat_id", "wechat_name", "agent_id", "vip_tier", "deleted")


def declare(url: str) -> None:
    """A quorum queue, empty, bound to an exchange of its own."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(QUEUE, EXCHANGE, KEY)
    channel.queue_purge(QUEUE)
    connection.close()


class BarePublisher:
    """Publishes bodies batch by batch: the next one is sent when all of the last one are confirmed."""

    def __init__(self, url: str, bodies: Sequence[bytes], batch: int) -> None:
        self.bodies, self.batch = bodies, batch
        self.sent, self.open, self.started, self.ended = 0, 0, 0.0, 0.0
        self.tags: set[int] = set()
        self.connection = pika.SelectConnection(pika.URLParameters(url), on_open_callback=self._opened)

    def run(self) -> float:
        """Publish everything; messages a second."""
        self.connection.ioloop.start()
        return len(self.bodies) / (self.ended - self.started)

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Any) -> None:
        self.channel = channel
        channel.confirm_delivery(self._confirmed)
        self.started = time.perf_counter()
        self._next()

    def _next(self) -> None:
        if self.sent == len(self.bodies):
            self.ended = time.perf_counter()
            self.connection.close()
            self.connection.ioloop.stop()
            return
        for body in self.bodies[self.sent : self.sent + self.batch]:
            self.channel.basic_publish(EXCHANGE, KEY, body, PERSISTENT, mandatory=True)
            self.sent += 1
            self.tags.add(self.sent)

    def _confirmed(self, frame: Any) -> None:
        tag = frame.method.delivery_tag
        self.tags = {t for t in self.tags if t > tag} if frame.method.multiple else self.tags - {tag}
        if not self.tags:
            self._next()


def consume(url: str, database_url: str, count: int, batch: int) -> float:
    """Take `count` facts off the queue, insert each batch in one transaction, acknowledge it; facts a second."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=batch)
    waiting: list[tuple[int, bytes]] = []
    channel.basic_consume(QUEUE, lambda _c, method, _p, body: waiting.append((method.delivery_tag, body)))
    done, started = 0, time.perf_counter()
    with psycopg.connect(database_url.replace("+psycopg", "")) as database:
        while done < count:
            connection.process_data_events(time_limit=0 if waiting else 0.25)
            if waiting:
                _insert(database, [json.loads(body) for _, body in waiting])
                channel.basic_ack(waiting[-1][0], multiple=True)
                done += len(waiting)
                waiting.clear()
    took = time.perf_counter() - started
    connection.close()
    return count / took


def _insert(database: psycopg.Connection[Any], facts: list[dict[str, Any]]) -> None:
    with database.transaction(), database.cursor() as cursor:
        cursor.executemany(_INBOX, [(fact["id"],) for fact in facts])
        rows = [(f["subject"], f["entityversion"], *(f["data"][name] for name in _STATE)) for f in facts]
        cursor.executemany(_COPY, rows)
