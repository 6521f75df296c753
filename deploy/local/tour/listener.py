"""A small program on a RabbitMQ queue bound to playdesk.events, as an ERP system would have it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import Any

import pika
import pika.exceptions


class Listener:
    """Collects every fact from when it was made; connects again when the broker comes back."""

    def __init__(self, url: str) -> None:
        self.url, self.queue = url, f"tour.{uuid.uuid4().hex[:8]}"
        self.facts: list[dict[str, Any]] = []
        self.properties: list[pika.BasicProperties] = []
        self._stop, self._listening = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()
        if not self._listening.wait(15):
            raise TimeoutError("no queue could be bound to playdesk.events")

    def types(self) -> set[str]:
        """The types heard so far, without the prefix."""
        return {fact["type"].removeprefix("playdesk.") for fact in list(self.facts)}

    def of(self, subject: str) -> list[dict[str, Any]]:
        """The facts about one entity, in the order they came."""
        return [fact for fact in list(self.facts) if fact["subject"] == subject]

    def close(self) -> None:
        """Stop and remove the queue."""
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except (pika.exceptions.AMQPError, OSError):
                time.sleep(0.5)

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
                self.facts.append(json.loads(body))
                self.properties.append(properties)
                channel.basic_ack(method.delivery_tag)
            if self._stop.is_set():
                channel.queue_delete(self.queue)
                connection.close()
                return
