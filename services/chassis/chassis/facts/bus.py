"""The bus as the rest sees it: publish a batch and learn what was confirmed; consume a queue and say what became of each."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Protocol

EVENTS = "playdesk.events"
COMPANY_EVENTS = "company.events"
RETRY_SECONDS = (5, 30, 300)
DELIVERY_LIMIT = 20
NOT_NOW_SECONDS = 0.5


class BusDown(Exception):
    """The bus is out of reach; nothing may be assumed of what was being sent."""


class NotNow(Exception):
    """A handler cannot work at all, as when its database is away: it gets the same batch again, and no try is counted."""


@dataclass(frozen=True)
class Message:
    """One message to publish; `id` is the fact's ID, `key` its routing key."""

    id: str
    key: str
    body: bytes
    headers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """One message received; `attempts` counts the delayed retries it has behind it."""

    id: str
    key: str
    body: bytes
    attempts: int = 0


@dataclass(frozen=True)
class Letter:
    """One message out of a dead-letter queue; `queue` is the one it could not be handled from."""

    queue: str
    id: str
    key: str
    body: bytes
    reason: str


class Fate(Enum):
    """What became of a delivery: handled, to be tried again later, or parked for a person to look at."""

    DONE = "done"
    RETRY = "retry"
    PARK = "park"


@dataclass(frozen=True)
class Verdict:
    """The fate of one delivery and, unless it is done, why."""

    fate: Fate
    reason: str = ""


DONE = Verdict(Fate.DONE)


@dataclass(frozen=True)
class Queue:
    """A durable queue, what is bound to it, and beside it its delayed retries and dead letters."""

    name: str
    keys: tuple[str, ...]
    exchange: str = EVENTS
    in_turn: bool = False  # consumed by one at a time, so that no two hand on what belongs in one order
    gather: float = 0.0  # seconds for which facts wait for others: many in one transaction cost little more than one

    @property
    def aside(self) -> str:
        """The service's own exchange: by it messages are set aside and come back, and nobody else writes there."""
        return f"{self.name.partition('.')[0]}.aside"

    @property
    def dead(self) -> str:
        """Where messages go that could not be handled."""
        return f"{self.name}.dead"

    def retry(self, seconds: int) -> str:
        """Where messages wait `seconds` before they come back."""
        return f"{self.name}.retry.{seconds}s"


@dataclass(frozen=True)
class Published:
    """IDs the broker has confirmed, and those among them that no queue wanted."""

    confirmed: frozenset[str]
    unrouted: frozenset[str]


Handler = Callable[[list[Delivery]], list[Verdict]]
Keep = Callable[[list[Letter]], None]


class Publisher(Protocol):
    """Sends batches in their order; some may be started before the first is finished."""

    def start(self, messages: Sequence[Message], *, exchange: str = EVENTS) -> Any:
        """Begin to send all, in order; what is returned is for `finish`. Raises BusDown."""
        ...

    def finish(self, sent: Any, *, timeout: float = 30) -> Published:
        """Wait until each is confirmed. Raises BusDown."""
        ...

    def publish(self, messages: Sequence[Message], *, exchange: str = EVENTS, timeout: float = 30) -> Published:
        """Send all, in order, and wait until each is confirmed. Raises BusDown."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Bus(Protocol):
    """One adapter: RabbitMQ, or PostgreSQL tables where there is no broker."""

    def publisher(self) -> Publisher:
        """A new publisher with its own connection."""
        ...

    def declare(self, queues: Sequence[Queue]) -> None:
        """Make the exchanges, the queues, their retries and dead letters, and the bindings. Raises BusDown."""
        ...

    def consume(
        self,
        queue: Queue,
        handle: Handler,
        *,
        stop: threading.Event,
        connected: Callable[[bool], None],
        batch: int = 200,
    ) -> None:
        """Hand over batches until `stop` is set; survives the loss of the bus; `connected` hears of each change."""
        ...

    def take_dead_letters(self, queues: Sequence[Queue], keep: Keep, *, stop: threading.Event) -> None:
        """Hand what is in the queues' dead-letter queues to `keep`, until `stop` is set; it leaves once that returned."""
        ...

    def waiting(self, name: str) -> int:
        """How many messages wait in the queue of this name; none where it is not there. Raises BusDown."""
        ...


def open_bus(url: str) -> Bus:
    """The adapter for `amqp(s)://…` or `postgresql://…`."""
    if url.startswith("amqp"):
        from chassis.facts.rabbitmq import RabbitBus

        return RabbitBus(url)
    from chassis.facts.postgres_bus import PostgresBus

    return PostgresBus(url)


def expression(binding: str) -> str:
    """A topic binding as a regular expression, of Python's and of PostgreSQL's, for a key with one more dot at its end.

    `*` is one word, `#` any number of words; every word ends with a dot.
    """
    forms = {"*": r"[^.]*\.", "#": r"(?:[^.]*\.)*"}
    once = re.sub(r"(?<![^.])#(\.#)+(?![^.])", "#", binding)  # one # says as much as many, and is matched faster
    return "".join(forms.get(word, re.escape(word) + r"\.") for word in once.split("."))


@cache
def _pattern(binding: str) -> re.Pattern[str]:
    return re.compile(expression(binding))


def matches(binding: str, key: str) -> bool:
    """Whether a topic binding takes a routing key."""
    return _pattern(binding).fullmatch(f"{key}.") is not None
