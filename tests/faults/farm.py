"""The real processes: PostgreSQL, RabbitMQ, the ticket service's web and worker, and the mirror; each can be killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pika
import psycopg
import requests

from chassis.data.database import Database
from chassis.data.migrations import migrate
from chassis.data.rights import append_only
from chassis.facts.bus import Queue, open_bus
from chassis.http.auth import Minter
from chassis.ops.samples import key_pair
from chassis.service import Service
from deploy.local import processes
from deploy.local.databases import BUS, owner_of
from deploy.local.ports import Ports
from deploy.local.postgres import FAST_AND_LOSSY, Postgres
from deploy.local.rabbitmq import Rabbit
from deploy.local.state import ROOT, State
from tests.faults.mirror.service import QUICK_RETRIES
from tests.faults.mirror.service import SERVICE as MIRROR
from tests.faults.stable import Foal, Stable
from ticket.app import SERVICE as TICKET

Child = subprocess.Popen[bytes] | Foal
NAMES = ("ticket", "mirror")
QUEUE: Queue = MIRROR.subscriptions[0].queue("mirror")


class Farm:
    """Everything that is killed here; started once, and after each test as it was before."""

    bus = "RabbitMQ"

    def __init__(self, folder: Path) -> None:
        state = State(folder)
        self.ports, self.logs = Ports(state), folder / "logs"
        self.rabbit = Rabbit(state, self.ports, NAMES)
        self.postgres = Postgres(state, self.ports.port("postgres"), FAST_AND_LOSSY)
        self.private_key, self.public_key = key_pair()
        self.minter = Minter(self.private_key)
        self.stables: dict[str, Stable] = {}
        self.running: dict[str, Child] = {}
        self.url = f"http://127.0.0.1:{self.ports.port('web')}"

    def start(self) -> Farm:
        """Servers, databases, queues, processes."""
        self._start_servers()
        for service in (TICKET, MIRROR):
            self._prepare(service)
        for name in ("web", "worker", "mirror"):
            self.launch(name)
        eventually(self.answers, 60, "the web process")
        return self

    def stop(self) -> None:
        """End everything."""
        for name in list(self.running):
            self.kill(name)
        self._kill_servers()
        for stable in self.stables.values():
            stable.close()

    def bus_url(self, name: str) -> str:
        """The address of the bus for a service."""
        return self.rabbit.url(name)

    def _start_servers(self) -> None:
        self.rabbit.begin()
        self.postgres.start()
        self.postgres.create_databases(NAMES)
        self.rabbit.wait()

    def _kill_servers(self) -> None:
        self.rabbit.kill()
        self.postgres.kill()

    def command(self, *words: str, **settings: str) -> str:
        """Run `python -m tests.faults.mirror …` to its end; returns what it said."""
        argv = [sys.executable, "-m", "tests.faults.mirror", *words]
        env = self._env("tests.faults.mirror") | settings
        done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def launch(
        self, name: str, fault: str = "", *, only: Sequence[str] = (), prefix: Sequence[str] = (), **settings: str
    ) -> Child:
        """Start `web`, `worker` or `mirror`, armed with a fault point or not; `settings` are environment variables."""
        module, command = "tests.faults.mirror" if name == "mirror" else "ticket", "web" if name == "web" else "worker"
        words = [command, *(["--only", ",".join(only)] if only else [])]
        env = self._env(module) | ({"PLAYDESK_FAULT": fault} if fault else {}) | settings
        log = self.logs / f"{name}.log"
        if prefix or name == "web":
            argv = [*prefix, sys.executable, "-m", module, *words]
            self.running[name] = processes.spawn(argv, env=env, log=log, cwd=ROOT)
        else:
            self.running[name] = self._stable(module).start(words, env=env, log=log)
        return self.running[name]

    def _stable(self, module: str) -> Stable:
        """Where processes of this program are forked; loaded when it is first asked for."""
        if module not in self.stables:
            self.stables[module] = Stable(module, self.logs / "stable.log", self._env(module))
        return self.stables[module]

    def kill(self, name: str) -> None:
        """SIGKILL a process and all it has started."""
        if name in self.running:
            processes.kill(self.running.pop(name))

    def again(self, name: str, fault: str = "", **more: Any) -> Child:
        """Kill a process and start it anew."""
        self.kill(name)
        return self.launch(name, fault, **more)

    def dies(self, name: str, seconds: float = 60) -> None:
        """Wait until an armed fault point has killed a process."""
        child = self.running[name]
        eventually(lambda: child.poll() is not None, seconds, f"the end of {name}")
        assert child.returncode == -signal.SIGKILL, (
            f"{name} ended by itself: {processes.tail(self.logs / f'{name}.log')}"
        )

    def kill_a_web_worker(self) -> bool:
        """SIGKILL one of the processes that serve requests; False where there is none just now."""
        workers = processes.descendants(self.running["web"].pid)
        if workers:
            os.kill(random.choice(workers), signal.SIGKILL)
        return bool(workers)

    def answers(self) -> bool:
        """Whether the web process answers and is ready."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def database(self, name: str) -> psycopg.Connection:
        """A superuser's connection to a service's database."""
        return self.postgres.connect(name)

    def in_queues(self) -> dict[str, int]:
        """How many messages wait in the mirror's queue, its retries and its dead letters, wherever these are by now."""
        found = self._on_the_bus()
        return {**found, QUEUE.dead: found[QUEUE.dead] + self.parked()}

    def parked(self) -> int:
        """How many dead letters the mirror's worker has kept; for a moment one may be on the bus as well."""
        with self.database("mirror") as database:
            [(kept,)] = database.execute("SELECT count(*) FROM dead_letters WHERE state = 'parked'").fetchall()
        return int(kept)

    def _on_the_bus(self) -> dict[str, int]:
        names = [QUEUE.name, QUEUE.dead, *(QUEUE.retry(seconds) for seconds in QUICK_RETRIES)]
        with pika.BlockingConnection(pika.URLParameters(self.rabbit.url())) as connection:
            channel = connection.channel()
            return {name: channel.queue_declare(name, passive=True).method.message_count for name in names}

    def dead_letters(self) -> list[str]:
        """Take all dead letters that the mirror's worker has kept; returns their reasons."""
        with self.database("mirror") as database:
            return [row[0] for row in database.execute("DELETE FROM dead_letters RETURNING reason").fetchall()]

    def _prepare(self, service: Service) -> None:
        """Migrate its database and declare its queues, before anybody tells it anything."""
        database = Database(self.postgres.url(service.name, owner_of(service.name)))
        migrate(database.engine, service.migrations, login=service.name, append_only=append_only(service.metadata))
        database.close()
        bus = open_bus(self.bus_url(service.name))
        bus.declare([subscription.queue(service.name) for subscription in service.subscriptions])

    def _env(self, module: str) -> dict[str, str]:
        name = module.rpartition(".")[2]
        foreign = ("PLAYDESK_", "PYTEST", "PYTHONDONTWRITEBYTECODE")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        return kept | {
            "DATABASE_URL": self.postgres.url(name),
            "PLAYDESK_BUS_URL": self.bus_url(name),
            "TOKEN_PUBLIC_KEY": self.public_key,
            "PORT": str(self.ports.port("web")),
            "LOG_LEVEL": "WARNING",
            "PYTHONPYCACHEPREFIX": str(self.logs / "bytecode"),
            "MIRROR_QUICK_RETRIES": "1",
        }


class FarmOnPostgres(Farm):
    """The same without a broker: the bus is a database of the PostgreSQL."""

    bus = "PostgreSQL"

    def bus_url(self, name: str) -> str:
        return self.postgres.url(BUS, name, "postgresql+psycopg")

    def _start_servers(self) -> None:
        self.postgres.start()
        self.postgres.create_databases(NAMES)

    def _kill_servers(self) -> None:
        self.postgres.kill()

    def _on_the_bus(self) -> dict[str, int]:
        query = (
            "SELECT count(*) FILTER (WHERE dead_reason IS NULL), count(dead_reason) FROM bus_messages WHERE queue = %s"
        )
        with self.database(BUS) as bus:
            [(waiting, dead)] = bus.execute(query, (QUEUE.name,)).fetchall()
        return {QUEUE.name: waiting, QUEUE.dead: dead}


def eventually(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until the condition holds; returns the seconds it took, fails by name when the time is up."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"{what} did not come about within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - started
