"""The servers a keeper can start, each with what the tests must know about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from psycopg import sql

from deploy.local.broker import DockerRabbit, find_broker
from deploy.local.databases import EXTENSIONS
from deploy.local.ports import Ports
from deploy.local.postgres import FAST_AND_LOSSY, Postgres
from deploy.local.programs import SERVICES
from deploy.local.rabbitmq import Rabbit
from deploy.local.state import State
from deploy.local.suite import Suite

TEMPLATE, OWNER, LOGIN = "empty", "test", "test_login"
DEMO_SHARE = 0.05  # of the demo data, for the suite of system and browser tests
VHOSTS = 16  # more test workers than any machine of ours has cores


class Server(Protocol):
    def stop(self) -> object: ...


def postgres(folder: Path) -> tuple[Server, dict[str, Any]]:
    """A fast server with an empty template database that has our extensions, a plain role that owns the rest, and a login."""
    state = State(folder)
    server = Postgres(state, Ports(state).port("postgres"), {**FAST_AND_LOSSY, "max_connections": "500"}).start()
    with server.connect() as admin:
        for role in (OWNER, LOGIN):
            password = sql.Literal(server.password(role))
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), password))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    with server.connect(TEMPLATE) as connection:
        for extension in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
    admin_url = server.url("postgres", "postgres", "postgresql")
    addresses = {"url": server.url("DATABASE", OWNER), "login": server.url("DATABASE", LOGIN)}
    return server, {"admin": admin_url, **addresses, "port": server.port}


def rabbitmq(folder: Path) -> tuple[Server, dict[str, Any]]:
    """A node with a vhost for each test worker and the management API; or a container, where Docker is all there is."""
    choice = find_broker()
    if choice is not None and choice.kind == "docker":
        container = DockerRabbit()
        container.begin()
        return container, {"url": container.url(), "management": None}
    state = State(folder)
    vhosts = ["playdesk", *(f"test-{number}" for number in range(VHOSTS))]
    node = Rabbit(state, Ports(state), SERVICES, vhosts, management=True).start()
    # The data are thrown away, and a node with the management API takes six seconds to stop in good order.
    passwords = {service: node.password(service) for service in SERVICES}
    return _Killed(node), {"url": node.url(vhost="VHOST"), "management": node.management_url(), "passwords": passwords}


def suite(folder: Path) -> tuple[Server, dict[str, Any]]:
    """The whole suite with demo logins and demo data, on RabbitMQ where there is one."""
    whole = Suite(folder, demo=DEMO_SHARE, supervise=True, fast=True).start()
    return whole, {"url": whole.url, "bus": whole.choice.kind, "state": str(whole.state.folder)}


class _Killed:
    def __init__(self, node: Rabbit):
        self.stop = node.kill


STARTERS: dict[str, Callable[[Path], tuple[Server, dict[str, Any]]]] = {
    "postgres": postgres,
    "rabbitmq": rabbitmq,
    "suite": suite,
}
