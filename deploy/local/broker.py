"""Which message broker to use on this machine, and why."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any, Literal

from deploy.local import processes
from deploy.local.rabbitmq import Rabbit, server_program

Kind = Literal["url", "server", "docker", "postgres"]
IMAGE = "rabbitmq:3.13"


@dataclass(frozen=True)
class Choice:
    """What was chosen (`postgres` = no broker, the PostgreSQL bus) and the reason in plain words."""

    kind: Kind
    reason: str


def find_broker() -> Choice | None:
    """RabbitMQ from AMQP_URL, else this machine's rabbitmq-server, else Docker; None when there is none."""
    if os.environ.get("AMQP_URL"):
        return Choice("url", "AMQP_URL is set")
    program = server_program()
    if program:
        return Choice("server", f"a private node of {program}")
    if docker_works():
        return Choice("docker", f"no rabbitmq-server on this machine, but Docker: a container of {IMAGE}")
    return None


def choose_bus(wanted: str = "auto") -> Choice:
    """The bus of a suite: `auto`, or `postgres` or `rabbitmq` when somebody wants just that."""
    if wanted == "postgres":
        return Choice("postgres", "asked for")
    found = find_broker()
    if found:
        return found
    if wanted == "rabbitmq":
        raise LookupError("no RabbitMQ: AMQP_URL is not set, no rabbitmq-server is installed, Docker does not answer")
    return Choice("postgres", "AMQP_URL is not set, no rabbitmq-server is installed, Docker does not answer")


def docker_works() -> bool:
    """Whether a Docker daemon answers, and testcontainers is there to use it."""
    if not shutil.which("docker") or importlib.util.find_spec("testcontainers") is None:
        return False
    try:
        return processes.run(["docker", "info"], timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class DockerRabbit:
    """A RabbitMQ container with the face of `Rabbit`; everyone connects as its one user."""

    def __init__(self) -> None:
        self._container: Any = None

    def begin(self) -> None:
        """Start the container; testcontainers waits until it is ready."""
        from testcontainers.rabbitmq import RabbitMqContainer

        self._container = RabbitMqContainer(IMAGE)
        self._container.start()

    def wait(self) -> DockerRabbit:
        return self

    def stop(self) -> None:
        if self._container is not None:
            self._container.stop()
            self._container = None

    def url(self, user: str = "guest", vhost: str = "") -> str:
        """The same address for everyone: one user, one vhost."""
        host, port = self._container.get_container_host_ip(), self._container.get_exposed_port(5672)
        return f"amqp://guest:guest@{host}:{port}/%2F"


class GivenRabbit:
    """The broker AMQP_URL names: not ours to start or stop."""

    def begin(self) -> None: ...

    def wait(self) -> GivenRabbit:
        return self

    def stop(self) -> None: ...

    def url(self, user: str = "", vhost: str = "") -> str:
        """As it was given to us."""
        return os.environ["AMQP_URL"]


def admin_url(broker: object) -> str:
    """Where logins and queues of other systems are made; on a broker that is not ours, as BROKER_ADMIN_URL says."""
    return broker.management_url() if isinstance(broker, Rabbit) else os.environ.get("BROKER_ADMIN_URL", "")
