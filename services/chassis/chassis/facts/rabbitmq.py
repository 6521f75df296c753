"""The bus on RabbitMQ: quorum queues, confirms in batches, delayed retries, dead letters. The one place that knows pika."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import takewhile
from typing import Any

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel
from pika.exchange_type import ExchangeType

from chassis.facts.bus import (
    COMPANY_EVENTS,
    DELIVERY_LIMIT,
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
)
from chassis.ops.logging import log

CONTENT_TYPE = "application/cloudevents+json"
NOT_KEPT_SECONDS = 1.0
BACKLOG_SECONDS = 1.0  # after a full batch, until facts wait for others again
QUIET_SECONDS = 30.0  # without a message, before a channel is opened anew
SLICE = 50  # messages that are made between two writes to the socket
_LOST = (pika.exceptions.AMQPError, OSError)


def _parameters(url: str, name: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.heartbeat = 10
    parameters.blocked_connection_timeout = 60
    parameters.socket_timeout = 3
    parameters.stack_timeout = 8
    parameters.client_properties = {"connection_name": name}
    return parameters


def _connected(url: str, name: str) -> pika.BlockingConnection:
    """A connection; one that is lost in the very moment it is made is a ValueError to pika."""
    try:
        return pika.BlockingConnection(_parameters(url, name))
    except ValueError as error:
        raise pika.exceptions.AMQPConnectionError(str(error)) from error


def _properties(message: Message) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=CONTENT_TYPE, delivery_mode=2, message_id=message.id, headers=message.headers or None
    )


class RabbitBus:
    """RabbitMQ 3.10 to 4.x behind the interface of `chassis.facts.bus`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def publisher(self) -> RabbitPublisher:
        """A publisher on its own thread."""
        return RabbitPublisher(self.url)

    def declare(self, queues: Sequence[Queue]) -> None:
        """Make everything the queues need. Raises BusDown."""
        try:
            connection = _connected(self.url, "declare")
            channel = connection.channel()
            for queue in queues:
                _declare(channel, queue)
            connection.close()
        except _LOST as error:
            raise BusDown(str(error) or type(error).__name__) from error

    def consume(
        self,
        queue: Queue,
        handle: Handler,
        *,
        stop: threading.Event,
        connected: Callable[[bool], None],
        batch: int = 200,
    ) -> None:
        """Consume until `stop`; connects again after every loss, waiting a little longer each time up to 5 s."""
        wait = 0.2
        while not stop.is_set():
            try:
                _Consumer(self.url, queue, handle, batch).run(stop, connected)
                wait = 0.2
            except _LOST as error:
                log.warning("bus lost", queue=queue.name, error=str(error) or type(error).__name__)
            finally:
                connected(False)
            stop.wait(wait)
            wait = min(wait * 2, 5)

    def take_dead_letters(self, queues: Sequence[Queue], keep: Keep, *, stop: threading.Event) -> None:
        """Take them as they come; after a loss, connect again within 5 s."""
        while not stop.is_set():
            try:
                _LetterTaker(self.url, queues, keep).run(stop)
            except _LOST as error:
                log.warning("bus lost", queue="dead letters", error=str(error) or type(error).__name__)
            stop.wait(5)

    def waiting(self, name: str) -> int:
        """As the broker knows it now, not as its statistics have it some seconds later. Raises BusDown."""
        try:
            connection = _connected(self.url, "waiting")
            try:
                return int(connection.channel().queue_declare(name, passive=True).method.message_count)
            except pika.exceptions.ChannelClosedByBroker:
                return 0
            finally:
                if connection.is_open:
                    connection.close()
        except _LOST as error:
            raise BusDown(str(error) or type(error).__name__) from error


def _declare(channel: BlockingChannel, queue: Queue) -> None:
    for exchange in {EVENTS, COMPANY_EVENTS, queue.exchange}:
        channel.exchange_declare(exchange, ExchangeType.topic, durable=True)
    channel.exchange_declare(queue.aside, ExchangeType.direct, durable=True)
    _quorum(channel, queue, queue.dead)
    alone = {"x-single-active-consumer": True} if queue.in_turn else {}
    limited = {"x-delivery-limit": DELIVERY_LIMIT, **_dead_letters_to(queue, queue.dead), **alone}
    _quorum(channel, queue, queue.name, limited)
    for seconds in RETRY_SECONDS:
        back = {"x-message-ttl": int(seconds * 1000), **_dead_letters_to(queue, queue.name)}
        _quorum(channel, queue, queue.retry(seconds), back)
    for key in queue.keys:
        channel.queue_bind(queue.name, queue.exchange, key)


def _quorum(channel: BlockingChannel, queue: Queue, name: str, arguments: dict[str, Any] | None = None) -> None:
    channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum", **(arguments or {})})
    channel.queue_bind(name, queue.aside, name)


def _dead_letters_to(queue: Queue, name: str) -> dict[str, str]:
    """At least once: by default a quorum queue forgets a dead letter before its new queue has confirmed it."""
    return {
        "x-dead-letter-exchange": queue.aside,
        "x-dead-letter-routing-key": name,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


class _QueueGone(pika.exceptions.AMQPError):
    """The broker ended a consumer: its queue was deleted, and must be declared anew."""


class _Ear:
    """A connection whose channel is opened anew, with all that is declared and consumed there, when nothing came for a while.

    Whoever consumes a queue that is deleted is told so, but not where it is declared anew at once: they would wait for ever,
    as if all were well.
    """

    def __init__(self, url: str, name: str, listen: Callable[[BlockingChannel], None]) -> None:
        self.connection, self.listen = _connected(url, name), listen
        self.channel: BlockingChannel | None = None
        self.quiet_since = 0.0

    def wait(self, seconds: float) -> None:
        """Let come in what comes, for at most so long. Raises AMQPError."""
        if self.channel is None:
            self._open()
        self.connection.process_data_events(time_limit=seconds)
        if time.monotonic() - self.quiet_since > QUIET_SECONDS:
            self._open()

    def comes_from(self, channel: BlockingChannel) -> bool:
        """Whether this is the channel of now; what a former one had comes again."""
        self.quiet_since = time.monotonic()
        return channel is self.channel

    def hold(self, seconds: float) -> None:
        """Keep what is in hand for a while: the connection stays alive, and the channel."""
        self.connection.sleep(seconds)
        self.quiet_since = time.monotonic()

    def close(self, *, in_turn: bool = False) -> None:
        """Where it is still open; one that is lost meanwhile is closed, too.

        `in_turn`: by breaking it off. pika ends the consumers first, and the broker then lets another consumer go on, behind
        what this one had in hand and gives back only with the connection.
        """
        with suppress(*_LOST):
            if in_turn and self.connection.is_open:
                self.connection._impl._terminate_stream(pika.exceptions.StreamLostError("broken off"))
                self.connection.process_data_events(time_limit=1)
            elif self.connection.is_open:
                self.connection.close()

    def _open(self) -> None:
        if self.channel is not None and self.channel.is_open:
            self.channel.close()
        self.channel = self.connection.channel()
        self.channel.add_on_cancel_callback(self._cancelled)
        self.quiet_since = time.monotonic()
        self.listen(self.channel)

    def _cancelled(self, _frame: Any) -> None:
        raise _QueueGone("the queue is gone")


class _Consumer:
    """One connection that hands over what has come in as one batch, and acknowledges it as one."""

    def __init__(self, url: str, queue: Queue, handle: Handler, batch: int) -> None:
        self.queue, self.handle, self.batch = queue, handle, batch
        self.waiting: list[tuple[int, Delivery]] = []
        self.full_at = 0.0
        self.ear = _Ear(url, queue.name, self._listen)

    def run(self, stop: threading.Event, connected: Callable[[bool], None]) -> None:
        try:
            self.ear.wait(0)
            connected(True)
            while not stop.is_set():
                if self.waiting and self.queue.gather:
                    self._gather(stop)
                if self.waiting:
                    self._handle_waiting()
                self.ear.wait(0 if self.waiting else 0.25)
        finally:
            self.ear.close(in_turn=self.queue.in_turn)

    def _gather(self, stop: threading.Event) -> None:
        """Let more come in, unless there was a backlog a moment ago: that is worked off without a pause."""
        if len(self.waiting) < self.batch and time.monotonic() - self.full_at > BACKLOG_SECONDS:
            stop.wait(self.queue.gather)
            before = 0
            while before < len(self.waiting) < self.batch:  # one look brings a hundred kilobytes at most
                before = len(self.waiting)
                self.ear.wait(0)
        if len(self.waiting) >= self.batch:
            self.full_at = time.monotonic()

    def _listen(self, channel: BlockingChannel) -> None:
        self.channel, self.waiting = channel, []
        _declare(channel, self.queue)
        channel.confirm_delivery()
        channel.basic_qos(prefetch_count=self.batch)
        channel.basic_consume(self.queue.name, self._received)

    def _handle_waiting(self) -> None:
        try:
            verdicts = self.handle([delivery for _, delivery in self.waiting])
        except NotNow as error:
            log.warning("handler cannot work now", queue=self.queue.name, error=str(error))
            self.ear.hold(NOT_NOW_SECONDS)
            return
        batch, self.waiting = self.waiting, []
        self._settle(batch, verdicts)

    def _received(self, channel: Any, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
        """What our headers say is believed where nobody else can have sent it; else the key is what the broker routed by."""
        if not self.ear.comes_from(channel):
            return
        headers = (properties.headers or {}) if method.exchange == self.queue.aside else {}
        key = _text(headers.get("x-playdesk-key") or method.routing_key)
        delivery = Delivery(_text(properties.message_id), key, body, _attempts(headers))
        if (fault := self._way(method.exchange, properties)) is None:
            self.waiting.append((method.delivery_tag, delivery))
            return
        self._set_aside(delivery, Verdict(Fate.PARK, fault))
        self.channel.basic_ack(method.delivery_tag)

    def _way(self, exchange: str, properties: pika.BasicProperties) -> str | None:
        """What is wrong with the way by which a message came, where the broker asks nobody what they may speak of."""
        if exchange not in (self.queue.exchange, self.queue.aside):
            return f"it came past the exchange {self.queue.exchange}"
        if exchange == EVENTS and "x-death" in (properties.headers or {}):
            return "it came out of a dead-letter queue"
        return None

    def _settle(self, batch: list[tuple[int, Delivery]], verdicts: list[Verdict]) -> None:
        if all(verdict.fate is Fate.DONE for verdict in verdicts):
            self.channel.basic_ack(batch[-1][0], multiple=True)
            return
        for (tag, delivery), verdict in zip(batch, verdicts, strict=True):
            if verdict.fate is not Fate.DONE:
                self._set_aside(delivery, verdict)
            self.channel.basic_ack(tag)

    def _set_aside(self, delivery: Delivery, verdict: Verdict) -> None:
        """Kept by the broker under another name before the original is acknowledged, so that it is never nowhere."""
        parked = verdict.fate is Fate.PARK or delivery.attempts >= len(RETRY_SECONDS)
        target = self.queue.dead if parked else self.queue.retry(RETRY_SECONDS[delivery.attempts])
        headers = {
            "x-playdesk-key": delivery.key,
            "x-playdesk-attempts": delivery.attempts + (0 if parked else 1),
            "x-playdesk-reason": verdict.reason[:1000],
        }
        log.warning(
            "parked" if parked else "retried", queue=self.queue.name, message=delivery.id, reason=verdict.reason
        )
        message = Message(delivery.id, delivery.key, delivery.body, headers)
        self.channel.basic_publish(self.queue.aside, target, delivery.body, _properties(message), mandatory=True)


def _attempts(headers: dict[str, Any]) -> int:
    """The delayed retries a message has behind it; what is no such number counts as none."""
    found = headers.get("x-playdesk-attempts")
    return found if isinstance(found, int) and 0 <= found <= len(RETRY_SECONDS) else 0


def _text(found: Any) -> str:
    """What a short string of AMQP says, also where its bytes are no text."""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found or "")


class _LetterTaker:
    """One connection that empties dead-letter queues.

    What `keep` fails on stays in hand until it works: given back it would count as delivered once more, and a broker whose
    queues have a limit of deliveries by default (4.0 and later: 20) drops it in the end.
    """

    def __init__(self, url: str, queues: Sequence[Queue], keep: Keep) -> None:
        self.queues, self.keep = queues, keep
        self.waiting: list[tuple[int, Letter]] = []
        self.ear = _Ear(url, "dead letters", self._listen)

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self.ear.wait(0 if self.waiting else 0.5)
                if self.waiting:
                    self._keep_waiting()
        finally:
            self.ear.close()

    def _listen(self, channel: BlockingChannel) -> None:
        self.channel, self.waiting = channel, []
        channel.basic_qos(prefetch_count=100)
        for queue in self.queues:
            _declare(channel, queue)
            channel.basic_consume(queue.dead, self._received(queue))

    def _keep_waiting(self) -> None:
        """All at once, or one by one, so that one that cannot be kept holds up none of the others."""
        if self._kept(self.waiting):
            batch, self.waiting = self.waiting, []
            self.channel.basic_ack(batch[-1][0], multiple=True)
            return
        for one in list(self.waiting) if len(self.waiting) > 1 else []:
            if not self._kept([one]):
                break
            self.waiting.remove(one)
            self.channel.basic_ack(one[0])
        if self.waiting:
            self.waiting.append(self.waiting.pop(0))
            self.ear.hold(NOT_KEPT_SECONDS)

    def _kept(self, some: list[tuple[int, Letter]]) -> bool:
        try:
            self.keep([letter for _, letter in some])
        except Exception as error:
            log.error("dead letters cannot be kept now", letters=len(some), error=str(error) or type(error).__name__)
            return False
        return True

    def _received(self, queue: Queue) -> Callable[..., None]:
        def take(channel: Any, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
            if self.ear.comes_from(channel):
                key, reason = _fate_of(queue, properties.headers or {}, method.routing_key)
                letter = Letter(queue.name, _text(properties.message_id), key, body, reason)
                self.waiting.append((method.delivery_tag, letter))

        return take


def _fate_of(queue: Queue, headers: dict[str, Any], routing_key: str) -> tuple[str, str]:
    """(key, reason) of a dead letter: the broker's where it took a message out of the queue (delivered too often), else ours.

    Ours are not believed of a message that came right from whoever published it.
    """
    deaths = headers.get("x-death") or [{}]
    [key, *_] = deaths[0].get("routing-keys") or [routing_key]
    ours = _text(headers.get("x-playdesk-key"))
    if deaths[0].get("queue") == queue.name:
        return (ours if ours and key == queue.name else _text(key)), _text(deaths[0].get("reason") or "unknown")
    return ours or _text(key), _text(headers.get("x-playdesk-reason") or deaths[0].get("reason") or "unknown")


class _Batch:
    """Messages under way: how many are sent, which tags are still open, and what became of the others."""

    def __init__(self, messages: Sequence[Message], exchange: str) -> None:
        self.messages, self.exchange = messages, exchange
        self.sent = 0
        self.open: dict[int, str] = {}
        self.confirmed: set[str] = set()
        self.unrouted: set[str] = set()
        self.error: str | None = None
        self.finished = threading.Event()

    def next_slice(self, first_tag: int) -> Sequence[Message]:
        """What is sent next; its tags begin with `first_tag`."""
        some = self.messages[self.sent : self.sent + SLICE]
        self.open.update(enumerate((message.id for message in some), first_tag))
        self.sent += len(some)
        return some

    def answered(self, tag: int, *, multiple: bool, refused: bool) -> None:
        """The broker has a message, or all up to it, or does not want it."""
        for each in list(takewhile(lambda t: t <= tag, self.open)) if multiple else [tag]:
            message_id = self.open.pop(each, None)
            if message_id and refused:
                self.error = "the broker refused a message"
            elif message_id:
                self.confirmed.add(message_id)
        if not self.open and self.sent == len(self.messages):
            self.finished.set()

    def fail(self, error: str) -> None:
        self.error = error
        self.finished.set()


_SPECIMEN = Message("0" * 36, "", b"")
_LENGTH, _BODY = struct.Struct(">Q").pack, struct.Struct(">BHI").pack
_END = bytes([pika.spec.FRAME_END])


class Frames:
    """Messages as pika would send them: it makes what they share once, and what differs is put in between.

    What is not of the usual form (an ID that is no UUID, headers, a body of more than one frame) is left to pika.
    """

    def __init__(self, channel: int, most: int) -> None:
        self.channel, self.most = channel, most
        marshaled = pika.frame.Header(channel, 0, _properties(_SPECIMEN)).marshal()
        begins = marshaled.index(_SPECIMEN.id.encode())
        self._head = marshaled[:11], marshaled[19:begins], marshaled[begins + len(_SPECIMEN.id) :]  # 8 for the length
        self._methods: dict[tuple[str, str], bytes] = {}

    def of(self, exchange: str, message: Message) -> bytes | None:
        """Method, header and body frame in one; None where it is left to pika."""
        length, message_id = len(message.body), message.id.encode()
        if message.headers or not 0 < length <= self.most or len(message_id) != len(_SPECIMEN.id):
            return None
        method = self._methods.get((exchange, message.key)) or self._method(exchange, message.key)
        before, between, after = self._head
        header = (before, _LENGTH(length), between, message_id, after)
        return b"".join((method, *header, _BODY(pika.spec.FRAME_BODY, self.channel, length), message.body, _END))

    def _method(self, exchange: str, key: str) -> bytes:
        publish = pika.spec.Basic.Publish(exchange=exchange, routing_key=key, mandatory=True)
        made: bytes = pika.frame.Method(self.channel, publish).marshal()
        self._methods[exchange, key] = made
        return made


class _Joined(pika.SelectConnection):
    """A connection that hands a slice of messages to the system at once, where pika does it three times for each message."""

    _gathered: list[bytes] | None = None

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What is sent within the block goes out together at its end."""
        self._gathered = []
        try:
            yield
        finally:
            gathered, self._gathered = self._gathered, None
            if gathered:
                super()._adapter_emit_data(b"".join(gathered))

    def send(self, frames: bytes) -> None:
        """What is made elsewhere."""
        self._adapter_emit_data(frames)

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._gathered is None:
            super()._adapter_emit_data(data)
        else:
            self._gathered.append(data)


class RabbitPublisher:
    """An asynchronous connection on its own thread: batches of confirms, ten times as fast as one by one."""

    def __init__(self, url: str) -> None:
        self._parameters = _parameters(url, "relay")
        self._connection: _Joined | None = None
        self._channel: Any = None
        self._frames: Frames | None = None
        self._under_way: list[_Batch] = []  # in their order; looked at as a copy, since others may be added meanwhile
        self._next_tag = 1
        self._ready = threading.Event()
        self._closing = False
        self._error = "not connected yet"
        self._thread = threading.Thread(target=self._keep_connected, name="publisher", daemon=True)
        self._thread.start()

    def publish(self, messages: Sequence[Message], *, exchange: str = EVENTS, timeout: float = 30) -> Published:
        """Send all, in order, and wait until each is confirmed. Raises BusDown."""
        return self.finish(self.start(messages, exchange=exchange), timeout=timeout)

    def start(self, messages: Sequence[Message], *, exchange: str = EVENTS) -> _Batch:
        """Hand all over to the connection's own thread. Raises BusDown."""
        if not self._ready.wait(5) or self._connection is None:
            raise BusDown(self._error)
        batch = _Batch(messages, exchange)
        self._under_way.append(batch)
        try:
            if not self._ready.is_set():  # lost just now: nobody would tell this batch
                raise BusDown(self._error)
            self._connection.ioloop.add_callback_threadsafe(self._send_on)
        except (BusDown, *_LOST) as error:
            self._take_back(batch)
            raise BusDown(str(error)) from error
        return batch

    def _take_back(self, batch: _Batch) -> None:
        with suppress(ValueError):  # it failed meanwhile
            self._under_way.remove(batch)

    def finish(self, sent: _Batch, *, timeout: float = 30) -> Published:
        """Wait until each is confirmed. Raises BusDown."""
        if not sent.finished.wait(timeout):
            self._drop("no confirm in time")
            raise BusDown("no confirm in time")
        if sent.error:
            raise BusDown(sent.error)
        return Published(frozenset(sent.confirmed), frozenset(sent.unrouted & sent.confirmed))

    def close(self) -> None:
        """Close the connection and end the thread."""
        self._closing = True
        self._drop("closed")
        self._thread.join(5)

    def _drop(self, why: str) -> None:
        connection = self._connection
        self._ready.clear()
        if connection is not None and not connection.is_closed:
            connection.ioloop.add_callback_threadsafe(
                lambda: None if connection.is_closing or connection.is_closed else connection.close(320, why)
            )

    def _keep_connected(self) -> None:
        wait = 0.2
        while not self._closing:
            started = time.monotonic()
            try:
                self._connect_and_serve()
            except Exception as error:  # whatever ends the loop, the thread goes on and connects again
                self._fail(str(error) or type(error).__name__)
            if self._closing:
                return
            wait = 0.2 if time.monotonic() - started > 10 else min(wait * 2, 3)
            time.sleep(wait)

    def _connect_and_serve(self) -> None:
        """Until the connection ends; its loop has files of its own, which nobody else closes."""
        self._connection = _Joined(
            self._parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._lost,
            on_close_callback=self._lost,
        )
        try:
            self._connection.ioloop.start()
        finally:
            self._connection.ioloop.close()

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Any) -> None:
        self._channel = channel
        around = pika.spec.FRAME_HEADER_SIZE + pika.spec.FRAME_END_SIZE
        self._frames = Frames(channel.channel_number, channel.connection.params.frame_max - around)
        self._next_tag = 1
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._answered)
        channel.exchange_declare(EVENTS, ExchangeType.topic, durable=True, callback=lambda _frame: self._ready.set())

    def _channel_closed(self, channel: Any, reason: Exception) -> None:
        self._fail(str(reason))
        if not channel.connection.is_closing and not channel.connection.is_closed:
            channel.connection.close()

    def _lost(self, connection: Any, reason: Any) -> None:
        self._fail(str(reason) or type(reason).__name__)
        connection.ioloop.stop()

    def _fail(self, error: str) -> None:
        self._ready.clear()
        self._error = error
        for batch in list(self._under_way):
            self._take_back(batch)
            batch.fail(error)

    def _send_on(self) -> None:
        """Batch by batch, slice by slice: between two of them the loop writes, and the broker works meanwhile."""
        batch = next((each for each in list(self._under_way) if each.sent < len(each.messages)), None)
        if batch is None or self._connection is None:
            return
        some = batch.next_slice(self._next_tag)
        self._next_tag += len(some)
        try:
            with self._connection.at_once():
                for message in some:
                    self._publish(self._connection, batch.exchange, message)
        except _LOST as error:
            self._fail(str(error) or type(error).__name__)
        else:
            if batch.sent < len(batch.messages):  # what comes behind it has a callback of its own
                self._connection.ioloop.add_callback_threadsafe(self._send_on)

    def _publish(self, connection: _Joined, exchange: str, message: Message) -> None:
        frames = self._frames.of(exchange, message) if self._frames is not None else None
        if frames is None:
            self._channel.basic_publish(exchange, message.key, message.body, _properties(message), mandatory=True)
        else:
            connection.send(frames)

    def _returned(self, _channel: Any, _method: Any, properties: pika.BasicProperties, _body: bytes) -> None:
        """Noted with all that are under way: whose it is shows when it is confirmed, as is what nobody wants."""
        for batch in list(self._under_way) if properties.message_id else ():
            batch.unrouted.add(properties.message_id)

    def _answered(self, frame: Any) -> None:
        tag, refused = frame.method.delivery_tag, isinstance(frame.method, pika.spec.Basic.Nack)
        for batch in list(self._under_way):
            batch.answered(tag, multiple=frame.method.multiple, refused=refused)
            if batch.finished.is_set():
                self._take_back(batch)
