"""S23: nonsense on the broker's wire is cut off and harms nobody, and no service's login reaches what is another's."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pika
import pytest

from deploy.local import definitions
from tests.support.rabbitmq import Broker
from tests.support.tree import SERVICES

pytestmark = pytest.mark.rabbitmq
GREETING = b"AMQP\x00\x00\x09\x01"
PATIENCE = 15  # seconds in which the broker sends away whoever does not come to the point


def frame(kind: int, channel: int, payload: bytes, end: bytes = b"\xce") -> bytes:
    """One frame of AMQP 0-9-1."""
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + end


def start_ok(mechanism: bytes, response: bytes) -> bytes:
    """The client's half of the handshake."""
    short = struct.pack(">B", len(mechanism)) + mechanism
    body = struct.pack(">I", 0) + short + struct.pack(">I", len(response)) + response + b"\x05en_US"
    return frame(1, 0, struct.pack(">HH", 10, 11) + body)


MALFORMED = {
    "no AMQP at all": b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n",
    "another version": b"AMQP\x00\x02\x07\x07",
    "a greeting of zeros": bytes(8),
    "a frame before its turn": GREETING + frame(3, 9, b"x" * 64),
    "a frame of four gibibytes": GREETING + struct.pack(">BHI", 1, 0, 0xFFFFFFFF) + b"x" * 4096,
    "a frame that does not end": GREETING + frame(1, 0, struct.pack(">HH", 10, 11), end=b"\x00"),
    "a method nobody knows": GREETING + frame(1, 0, struct.pack(">HH", 9999, 9999)),
    "a table that lies about its length": GREETING + frame(1, 0, struct.pack(">HHI", 10, 11, 0x7FFFFFFF)),
    "a way to log in that does not exist": GREETING + start_ok(b"ANYTHING", b"\x00admin\x00admin"),
    "a login with the wrong password": GREETING + start_ok(b"PLAIN", b"\x00admin\x00guess"),
    "a login of nobody": GREETING + start_ok(b"PLAIN", b"\x00guest\x00guest"),
    "a login of zeros": GREETING + start_ok(b"PLAIN", bytes(4096)),
    "noise": GREETING + bytes(range(256)) * 16,
}


@pytest.fixture
def cleanly(broker: Broker) -> Iterator[Any]:
    """Connections that are closed in the end: `cleanly(url)` is a channel."""
    opened: list[pika.BlockingConnection] = []

    def connect(url: str) -> Any:
        opened.append(pika.BlockingConnection(pika.URLParameters(url)))
        channel = opened[-1].channel()
        channel.confirm_delivery()
        return channel

    yield connect
    for connection in opened:
        if connection.is_open:
            connection.close()


def address_of(broker: Broker, service: str, vhost: str) -> str:
    """Where a service signs in."""
    address = re.sub(r"//admin:[^@]*@", f"//{service}:{broker.password(service)}@", broker.url)
    return re.sub(r"/[^/]*$", f"/{vhost}", address)


def test_nonsense_on_the_wire_is_cut_off_and_others_go_on(broker: Broker, cleanly: Any, figure):
    address, honest = urlsplit(broker.url), cleanly(broker.new_vhost())
    honest.queue_declare("honest")
    host, port = address.hostname or "", address.port or 5672
    with ThreadPoolExecutor(len(MALFORMED)) as threads:
        cut = dict(
            zip(MALFORMED, threads.map(lambda nonsense: cut_off(host, port, nonsense), MALFORMED.values()), strict=True)
        )
        for name in MALFORMED:
            honest.basic_publish("", "honest", name.encode(), mandatory=True)
    kept = [name for name, ended in cut.items() if not ended]
    figure("S23 malformed", sent=len(MALFORMED), kept_open=len(kept))
    assert not kept
    assert [honest.basic_get("honest", auto_ack=True)[2].decode() for _ in MALFORMED] == list(MALFORMED)


def cut_off(host: str, port: int, nonsense: bytes) -> bool:
    """Whether the broker ends a connection on which this came; what it may say before is not a way in."""
    with socket.create_connection((host, port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(nonsense)
            while connection.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True


def deeds(other: str) -> dict[str, Any]:
    """What one service must not do to another, and nobody but the owner anywhere."""
    return {
        f"declare {other}'s queue": lambda c: c.queue_declare(f"{other}.mine"),
        f"delete {other}'s queue": lambda c: c.queue_delete(f"{other}.projections"),
        f"empty {other}'s queue": lambda c: c.queue_purge(f"{other}.projections"),
        f"read {other}'s queue": lambda c: c.basic_get(f"{other}.projections"),
        f"bind {other}'s queue": lambda c: c.queue_bind(f"{other}.projections", "playdesk.events", "#"),
        "speak as another system": lambda c: c.basic_publish(
            "company.events", "hr.employee.left.v1", b"{}", mandatory=True
        ),
        f"speak as {other}": lambda c: c.basic_publish(
            "playdesk.events", f"{definitions.SPEAKS_OF[other][0]}.changed.v1", b"{}", mandatory=True
        ),
        f"write into {other}'s queue": lambda c: c.basic_publish(
            f"{other}.aside", f"{other}.copies", b"{}", mandatory=True
        ),
        "make an exchange": lambda c: c.exchange_declare("another", "topic"),
    }


def test_a_services_login_reaches_nothing_that_is_anothers(broker: Broker, cleanly: Any, figure):
    if broker.management_url is None:
        pytest.skip("NOT TESTED: the users are those of a node of our own")
    cleanly(address_of(broker, "gateway", "playdesk")).exchange_declare("company.events", "topic", durable=True)
    cleanly(address_of(broker, "gateway", "playdesk")).exchange_declare("playdesk.events", "topic", durable=True)
    for service in SERVICES:
        cleanly(address_of(broker, service, "playdesk")).exchange_declare(f"{service}.aside", "direct", durable=True)
    allowed, tried = [], 0
    for service in SERVICES:
        connection = cleanly(address_of(broker, service, "playdesk")).connection
        for other in (name for name in SERVICES if name != service):
            for what, deed in deeds(other).items():
                tried += 1
                if not refused(connection.channel(), deed):
                    allowed.append(f"{service}: {what}")
    strangers = [strange_vhost(broker, service) for service in SERVICES]
    figure("S23 logins", deeds=tried, vhosts=len(strangers), allowed=len(allowed) + strangers.count(False))
    assert not allowed
    assert all(strangers)


def test_nobody_but_the_gateway_writes_past_the_exchanges(broker: Broker, cleanly: Any):
    """The gateway feeds queues of other systems so; a consumer takes nothing that came this way."""
    if broker.management_url is None:
        pytest.skip("NOT TESTED: the users are those of a node of our own")
    past = {}
    for service in SERVICES:
        channel = cleanly(address_of(broker, service, "playdesk"))
        past[service] = not refused(channel, lambda c: c.basic_publish("", "nobody.there", b"{}"))
    assert past == {service: service == "gateway" for service in SERVICES}


def refused(channel: Any, deed: Any) -> bool:
    """Whether the broker says that this login may not."""
    channel.confirm_delivery()
    try:
        deed(channel)
    except pika.exceptions.ChannelClosedByBroker as closed:
        return closed.reply_code == 403
    return False


def strange_vhost(broker: Broker, service: str) -> bool:
    """Whether a service is kept out of a vhost that is not its own."""
    vhost = broker.new_vhost().rpartition("/")[2]
    try:
        pika.BlockingConnection(pika.URLParameters(address_of(broker, service, vhost))).close()
    except (pika.exceptions.ProbableAccessDeniedError, pika.exceptions.AMQPConnectionError):
        return True
    return False
