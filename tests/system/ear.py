"""A subscriber that keeps every message as it came: bytes, properties, routing key."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import orjson
import pika

from deploy.local.tour.listener import Listener


@dataclass(frozen=True)
class Heard:
    """One message off the wire."""

    body: bytes
    properties: pika.BasicProperties
    key: str
    exchange: str

    @property
    def fact(self) -> dict[str, Any]:
        """The CloudEvent."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found


class Ear(Listener):
    """The tour's listener, which also keeps what the tour throws away."""

    def __init__(self, url: str) -> None:
        self.heard: list[Heard] = []
        super().__init__(url)

    def _listen(self) -> None:
        parameters = pika.URLParameters(self.url)
        parameters.socket_timeout = parameters.stack_timeout = 5
        connection = pika.BlockingConnection(parameters)
        channel = connection.channel()
        channel.exchange_declare("playdesk.events", "topic", durable=True)
        channel.queue_declare(self.queue, durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(self.queue, "playdesk.events", "#")
        self._listening.set()
        for method, properties, body in channel.consume(self.queue, inactivity_timeout=0.2):
            if method is not None:
                self._keep(Heard(body, properties, method.routing_key, method.exchange))
                channel.basic_ack(method.delivery_tag)
            if self._stop.is_set():
                channel.queue_delete(self.queue)
                connection.close()
                return

    def _keep(self, message: Heard) -> None:
        self.heard.append(message)
        self.properties.append(message.properties)
        self.facts.append(message.fact)

    def once(self) -> dict[str, list[dict[str, Any]]]:
        """{source: facts}, each fact once, as a consumer takes them: a sequence it has seen is dropped."""
        seen: set[tuple[str, int]] = set()
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for fact in list(self.facts):
            place = (fact["source"], int(fact["sequence"]))
            if place not in seen:
                seen.add(place)
                found[fact["source"]].append(fact)
        return dict(found)
