"""Fixtures: a real RabbitMQ, one node for the whole run with a vhost for each worker, and nodes of one's own to kill."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from deploy.local.broker import find_broker
from deploy.local.ports import Ports
from deploy.local.programs import SERVICES
from deploy.local.rabbitmq import Rabbit, server_program
from deploy.local.state import State
from tests.support.keeper import Kept
from tests.support.requirements import cannot_test

MISSING = "AMQP_URL is not set, rabbitmq-server is not installed (`make tools` may install it), Docker does not answer"


class Broker:
    """The run's broker."""

    def __init__(self) -> None:
        choice = find_broker()
        if choice is None:
            cannot_test("everything that needs RabbitMQ", MISSING)
        given: dict[str, Any] = {"url": os.environ.get("AMQP_URL", ""), "management": None}
        self._facts = given if choice.kind == "url" else Kept("rabbitmq").facts()
        self.url: str = self._facts["url"].replace("VHOST", f"test-{worker_number()}")

    def new_vhost(self) -> str:
        """The address of an empty vhost of one's own; the worker's own one where vhosts cannot be made."""
        api, name = self._facts["management"], f"own-{uuid.uuid4().hex[:8]}"
        if api is None:
            return self.url
        for path in (f"vhosts/{name}", f"permissions/{name}/admin"):
            everything = {"configure": ".*", "write": ".*", "read": ".*"} if path.startswith("perm") else {}
            requests.put(f"{api}/api/{path}", json=everything, timeout=30).raise_for_status()
        return self._facts["url"].replace("VHOST", name)

    def password(self, service: str) -> str:
        """A service's password on a node of our own (vhost `playdesk` and all others)."""
        return self._facts["passwords"][service]

    @property
    def management_url(self) -> str | None:
        """The management API with a password in it, where there is one."""
        return self._facts["management"]


def worker_number() -> int:
    """0, 1, … for the workers of pytest-xdist."""
    return int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)


@pytest.fixture(scope="session")
def broker() -> Broker:
    """The run's RabbitMQ; skips the test (or fails it, when everything is required) where there is none."""
    return Broker()


@pytest.fixture(scope="session")
def amqp_url(broker: Broker) -> str:
    """An address at which everything may be done, in a vhost that no other worker uses."""
    return broker.url


@pytest.fixture
def own_rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Rabbit]]:
    """Start nodes of one's own, to be killed and started again: `own_rabbit()`; needs rabbitmq-server here."""
    if server_program() is None:
        cannot_test("what kills RabbitMQ", "rabbitmq-server is not installed (`make tools` may install it)")
    made: list[Rabbit] = []

    def make() -> Rabbit:
        state = State(tmp_path_factory.mktemp("rabbitmq"))
        made.append(Rabbit(state, Ports(state), SERVICES).start())
        return made[-1]

    yield make
    for node in made:
        node.kill()
