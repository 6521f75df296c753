"""The whole suite as one object: PostgreSQL, the bus, five services with their workers, the game server."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from deploy.local import demo as demo_data
from deploy.local import processes
from deploy.local.broker import Choice, DockerRabbit, GivenRabbit, admin_url, choose_bus
from deploy.local.control import Control
from deploy.local.databases import BUS, owner_of
from deploy.local.ports import Ports
from deploy.local.postgres import FAST_AND_LOSSY, Postgres
from deploy.local.prepare import Preparation, PreparationFailed
from deploy.local.programs import SERVICES, Addresses, Programs
from deploy.local.rabbitmq import Rabbit
from deploy.local.state import ROOT, AlreadyRunning, State
from deploy.local.supervisor import Process, Supervisor

READY_SECONDS = 180.0
Say = Callable[[str, str, float], None]  # what, how it went, seconds


class NotReady(RuntimeError):
    """Some processes did not come up; the message names them and ends with their logs."""


def _quiet(_what: str, _how: str, _seconds: float) -> None: ...


class Suite:
    """`start`, use `url`, `process(name)`, `postgres`, `broker`, then `stop`; or as a context manager."""

    def __init__(
        self,
        state_dir: Path | str | None = None,
        *,
        bus: str = "auto",
        port: int = 0,
        demo: float = 0,
        supervise: bool = False,
        fast: bool = False,
        services: Sequence[str] = SERVICES,
        say: Say = _quiet,
    ):
        """`bus`: auto, rabbitmq or postgres; `port` 0: a free one; `demo`: the share of the demo's data to
        make in empty databases (0: none, and no demo mode); `supervise`: bring
        back what crashes; `fast`: no fsync, for tests; `services`: only these. Holds the folder until `stop`."""
        self.state, self._say, self.services = State(state_dir), say, tuple(services)
        self.state.lock(self._who_runs())
        self.choice: Choice = choose_bus(bus)
        self.demo, self._supervise = demo, supervise
        self._discard_half_made_demo()
        ports = Ports(self.state)
        self.postgres = Postgres(self.state, ports.port("postgres"), FAST_AND_LOSSY if fast else None)
        self.broker = self._make_broker(ports)
        addresses = Addresses(
            self.postgres.url, self.bus_url, port or ports.port("gateway"), lambda: admin_url(self.broker)
        )
        self.programs = Programs(self.state, ports, addresses, demo=demo > 0)
        self.supervisor: Supervisor | None = None
        self._bus: _Later | None = None
        self._control: Control | None = None

    @property
    def url(self) -> str:
        """The gateway's address."""
        return self.programs.url("gateway")

    def process(self, name: str) -> Process:
        """`player.web`, `sales.worker`, `game`, …"""
        assert self.supervisor is not None, "the suite has not been started"
        return self.supervisor.processes[name]

    def kill(self, name: str) -> None:
        """SIGKILL a process by name, all of a service's (`sales`), `postgres`, or a `broker` of our own."""
        if name == "postgres":
            self.postgres.kill()
        elif name == "broker":
            self._own_broker().kill()
        else:
            for process in self._named(name):
                process.kill()

    def start_again(self, name: str) -> None:
        """Start what `kill` has killed, and wait until it is ready."""
        if name == "postgres":
            self.postgres.start()
        elif name == "broker":
            self._own_broker().start()
        else:
            for process in self._named(name):
                process.start()
            self._wait_ready([process.name for process in self._named(name)])

    def bus_url(self, user: str) -> str:
        """The address of the bus for a service (or `admin`, on a broker of our own)."""
        if self.broker is not None:
            return self.broker.url(user)
        return self.postgres.url(BUS, "postgres" if user == "admin" else user, "postgresql+psycopg")

    def start(self) -> Self:
        """Start everything and wait until the gateway is ready; stops what it started when something fails."""
        self.state.lock(self._who_runs())  # again, should it have been stopped before
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything, services first."""
        if self._control is not None:
            self._control.close()
        if self.supervisor is not None:
            self.supervisor.stop()
        self._stop_broker()
        self.postgres.stop()
        self.state.path("running.json").unlink(missing_ok=True)
        self.state.unlock()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        self._bus = _Later(lambda: self._timed("bus", self._start_broker, self._bus_words))
        preparation = self._preparation()
        shutil.rmtree(self.state.path("metrics"), ignore_errors=True)
        try:
            self._timed("database", self.postgres.start, lambda: f"PostgreSQL on 127.0.0.1:{self.postgres.port}")
            self.postgres.create_databases(SERVICES)
            if self.choice.kind == "docker":
                self._bus.wait()  # a container's address is known only now
            programs = self.programs.all(self.services)
            self.supervisor = Supervisor(programs, self.state.path("logs"), lambda line: self._say("!", line, 0))
            if preparation is not None:
                self._prepare(preparation)
            if self.demo and "demo" not in self.state.read("cluster"):
                self._fill()
        finally:
            if preparation is not None:
                preparation.close()
        self._timed("services", self._start_services, lambda: f"{len(programs)} processes")
        self._bus.wait()
        self._control = Control(self.state, {"kill": self.kill, "start": self.start_again})
        here = {"pid": os.getpid(), "url": self.url, "control": self._control.address}
        self.state.write("running", {**here, "bus": self.bus_url("admin"), "game": self.programs.url("game")})

    def _preparation(self) -> Preparation | None:
        """Nothing is to be prepared while code and bus are what they were at the last start."""
        if self._code() == self.state.read("cluster").get("prepared") and self.postgres.has_data():
            return None
        return Preparation(self.programs.settings(self.services[0]), self.state.path("logs") / "prepare.log")

    def _prepare(self, preparation: Preparation) -> None:
        """Migrate; then declare the queues before any worker publishes, so that no fact finds nowhere to go."""
        assert self.supervisor is not None
        assert self._bus is not None
        everyone = {service: self.programs.settings(service, "worker") for service in self.services}
        owners = {
            name: env | {"DATABASE_OWNER_URL": self.postgres.url(name, owner_of(name))}
            for name, env in everyone.items()
        }
        migrate = functools.partial(preparation.run, "migrate", owners)
        self._timed("migrations", migrate, lambda: "every database at its newest revision")
        self.supervisor.start([name for name in self.supervisor.processes if not name.endswith(".worker")])
        self._bus.wait()
        declare = functools.partial(preparation.run, "declare", everyone)
        self._timed("queues", declare, lambda: "declared")
        self.state.update("cluster", prepared=self._code())

    def _fill(self) -> None:
        """Demo data into empty databases, before any worker runs: made by the services' own code."""
        assert self.supervisor is not None
        self.supervisor.start(["game"])
        self._wait_ready(["game"])
        self.state.update("cluster", demo="half made")
        environments = {service: self.programs.settings(service, "worker") for service in SERVICES}
        self._timed(
            "demo data", lambda: demo_data.run(environments, self.demo), lambda: "players, packs, tickets, sales"
        )
        self.state.update("cluster", demo="made")

    def _discard_half_made_demo(self) -> None:
        """A start that was cut short in the middle of it is begun again from nothing."""
        if self.state.read("cluster").get("demo") == "half made":
            Postgres(self.state, 0).remove_data()
            shutil.rmtree(self.state.path("rabbitmq"), ignore_errors=True)
            self.state.write("cluster", {})

    def _start_services(self) -> None:
        assert self.supervisor is not None
        self.supervisor.start()
        self._wait_ready(list(self.supervisor.processes))
        if self._supervise:
            self.supervisor.watch()

    def _wait_ready(self, names: Sequence[str]) -> None:
        assert self.supervisor is not None
        missing = self.supervisor.wait_ready(READY_SECONDS, names)
        if missing:
            logs = "\n".join(f"--- {name}\n{processes.tail(self.process(name).log)}" for name in missing)
            raise NotReady(f"ended, or not ready after {READY_SECONDS:g} s: {', '.join(missing)}\n{logs}")

    def _named(self, name: str) -> list[Process]:
        assert self.supervisor is not None, "the suite has not been started"
        every = self.supervisor.processes.values()
        found = [process for process in every if process.name == name or process.name.startswith(f"{name}.")]
        if not found:
            raise LookupError(f"no process {name}")
        return found

    def _own_broker(self) -> Rabbit:
        if isinstance(self.broker, Rabbit):
            return self.broker
        raise LookupError("the broker is not a node of our own")

    def _make_broker(self, ports: Ports) -> Rabbit | DockerRabbit | GivenRabbit | None:
        if self.choice.kind == "server":
            return Rabbit(self.state, ports, SERVICES, management=True)
        if self.choice.kind == "docker":
            return DockerRabbit()
        return GivenRabbit() if self.choice.kind == "url" else None

    def _start_broker(self) -> None:
        if self.broker is not None:
            self.broker.begin()
            self.broker.wait()

    def _stop_broker(self) -> None:
        """Also one that is just being started on its thread."""
        for _ in range(2):
            if self.broker is not None:
                self.broker.stop()
            if self._bus is not None:
                self._bus.join()

    def _bus_words(self) -> str:
        kind = "PostgreSQL tables" if self.choice.kind == "postgres" else "RabbitMQ"
        return f"{kind}: {self.choice.reason}"

    def _code(self) -> str:
        """A mark of the services' code and of the bus: while it stays, databases and queues are as they should be."""
        digest = hashlib.sha256(self.choice.kind.encode())
        for path in sorted((ROOT / "services").rglob("*.py")):
            stat = path.stat()
            digest.update(f"{path}{stat.st_mtime_ns}{stat.st_size}".encode())
        return digest.hexdigest()

    def _who_runs(self) -> str:
        running = self.state.read("running")
        where = f" at {running['url']} (process {running['pid']})" if running else ""
        return f"Playdesk is already running from {self.state.folder}{where}"

    def _timed(self, what: str, work: Callable[[], Any], words: Callable[[], str]) -> None:
        start = time.monotonic()
        work()
        self._say(what, words(), time.monotonic() - start)


class _Later:
    """Work done on a thread of its own."""

    def __init__(self, work: Callable[[], Any]):
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait, whatever became of it."""
        self._thread.join()

    def wait(self) -> None:
        """Wait, and raise what the work raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:
            self._error = error


__all__ = ["AlreadyRunning", "NotReady", "PreparationFailed", "Suite"]
