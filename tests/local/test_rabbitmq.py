"""Our launcher of RabbitMQ: starts, is killed and starts again with its data; each service may do what it needs."""

from __future__ import annotations

import re
import time

import pika
import pytest

from deploy.local import definitions, processes
from tests.support.tree import ROOT, SERVICES

pytestmark = pytest.mark.rabbitmq
QUORUM = {"x-queue-type": "quorum"}


def channel(url: str):
    opened = pika.BlockingConnection(pika.URLParameters(url)).channel()
    opened.confirm_delivery()
    return opened


@pytest.fixture
def as_service(broker):
    """A channel of a service's user in the vhost `playdesk`."""
    opened = []

    def connect(service: str):
        address = re.sub(r"//admin:[^@]*@", f"//{service}:{broker.password(service)}@", broker.url)
        opened.append(channel(re.sub(r"/[^/]*$", "/playdesk", address)))
        return opened[-1]

    if broker.management_url is None:
        pytest.skip("the users are those of a node of our own")
    yield connect
    for one in opened:
        if one.connection.is_open:
            one.connection.close()


def test_a_service_owns_its_queues_and_publishes_facts(as_service):
    ticket = as_service("ticket")
    ticket.exchange_declare("playdesk.events", "topic", durable=True)
    ticket.exchange_declare("company.events", "topic", durable=True)
    ticket.queue_declare("ticket.check", durable=True, arguments=QUORUM)
    ticket.queue_bind("ticket.check", "playdesk.events", "ticket.#")
    ticket.basic_publish("playdesk.events", "ticket.checked.v1", b"1", mandatory=True)
    ticket.exchange_declare("ticket.aside", "direct", durable=True)
    ticket.queue_bind("ticket.check", "ticket.aside", "ticket.check")
    ticket.basic_publish("ticket.aside", "ticket.check", b"2", mandatory=True)
    ticket.queue_delete("ticket.check")


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda c: c.queue_declare("player.check"),
        lambda c: c.basic_get("player.projections"),
        lambda c: c.exchange_declare("another", "topic"),
        lambda c: c.basic_publish("company.events", "hr.employee.left.v1", b"", mandatory=True),
        lambda c: c.queue_declare("sub.check"),
        lambda c: c.basic_publish("playdesk.events", "staff.changed.v1", b"", mandatory=True),
        lambda c: c.basic_publish("", "ticket.check", b"", mandatory=True),
        lambda c: c.basic_publish("sales.aside", "sales.copies", b"", mandatory=True),
    ],
)
def test_a_service_may_do_nothing_else(as_service, forbidden):
    as_service("gateway").exchange_declare("company.events", "topic", durable=True)
    as_service("gateway").exchange_declare("playdesk.events", "topic", durable=True)
    as_service("sales").exchange_declare("sales.aside", "direct", durable=True)
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="ACCESS_REFUSED"):
        forbidden(as_service("ticket"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_speak_of_what_its_facts_are_of_and_of_nothing_else(service):
    published = {path.name.partition(".")[0] for path in (ROOT / "services" / service / "schemas").glob("*.json")}
    assert set(definitions.SPEAKS_OF[service]) == published, (
        "deploy/local/definitions.py says what a service may speak of"
    )
    assert definitions.topics("another")["write"] == r"^(another\..*)$", "a new service speaks of what has its name"


def test_the_gateway_declares_subscribers_queues(as_service):
    gateway = as_service("gateway")
    gateway.queue_declare("sub.check", durable=True)
    gateway.queue_delete("sub.check")


def test_the_admin_may_do_everything():
    assert set(definitions.permission("admin").values()) == {".*"}


def test_confirmed_messages_survive_a_kill_on_the_same_address(own_rabbit):
    node = own_rabbit()
    before = channel(node.url())
    before.queue_declare("kept", durable=True, arguments=QUORUM)
    for _ in range(100):
        before.basic_publish("", "kept", b"x", pika.BasicProperties(delivery_mode=2), mandatory=True)
    time.sleep(1)  # see Rabbit.kill
    node.kill()
    assert not node.is_ready()
    node.start()
    after = channel(node.url())
    assert sum(after.basic_get("kept")[0] is not None for _ in range(101)) == 100


def test_a_clean_stop_leaves_nothing(own_rabbit):
    node = own_rabbit()
    pids = [node.process.pid, *processes.descendants(node.process.pid)]
    node.stop()
    assert not [pid for pid in pids if "rabbit" in processes.command_of(pid)]
