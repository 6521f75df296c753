"""Where it is all played: a suite of its own with data in it, the floor beside it, and tokens to call with."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from chassis.callers import Caller
from chassis.http.auth import Minter
from deploy.local import processes
from deploy.local.state import ROOT
from deploy.local.suite import Suite
from tests.bench.client import load, request
from tests.bench.compare import Measure
from tests.bench.fill.everything import Filled, fill
from tests.bench.fill.people import PASSWORD
from tests.bench.fill.players import Person
from tests.bench.floor.tables import make_tables
from tests.bench.sizes import Sizes

AGENT, SUPERVISOR = "A001", "M001"
_TOKEN_SECONDS = 45  # of the 90 it lives


class Stage:
    """A suite that runs and is filled; `port(name)` of a service, the gateway or the floor."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.sizes, self.folder = sizes, folder
        self.suite = Suite(folder / "state", bus="auto")
        # Commits carry their time, so that B10 reads it off both databases by the same clock.
        self.suite.postgres.settings["track_commit_timestamp"] = "on"
        self.rng = random.Random("bench")
        self.results: dict[str, Any] = {}  # what one row leaves for another
        self._tokens: dict[tuple[str, str], tuple[float, str]] = {}
        self._floor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, fill, and start the floor."""
        self.suite.start()
        self.filled: Filled = fill(self.suite, self.sizes)
        with self.suite.postgres.connect("ticket") as connection:
            make_tables(connection)
        self.mine: list[Person] = self.filled.of(AGENT)
        self.rng.shuffle(self.mine)
        self._minter = Minter(self.suite.programs.settings("gateway")["TOKEN_PRIVATE_KEY"])
        self._start_floor()
        self.access_token = self._sign_in(AGENT)

    def stop(self) -> None:
        """End everything."""
        if self._floor is not None:
            processes.stop(self._floor)
        self.suite.stop()

    @property
    def caller(self) -> Caller:
        """The agent A001."""
        return self.filled.people.caller(AGENT)

    def token(self, service: str, no: str = AGENT) -> str:
        """A token for a service called directly, as the gateway mints it."""
        until, token = self._tokens.get((service, no), (0.0, ""))
        if until < time.monotonic():
            token = self._minter.token(self.filled.people.caller(no), service)
            self._tokens[service, no] = (time.monotonic() + _TOKEN_SECONDS, token)
        return token

    def port(self, name: str) -> int:
        """Where a service, the `gateway` or the `floor` listens."""
        ports = self.suite.programs
        return ports.ports.port("bench.floor") if name == "floor" else ports.port(name)

    def reading(self, name: str, paths: list[str], clients: int = 4) -> Measure:
        """A measurement of GETs, one path after another; as the agent, at a service, the gateway or the floor."""

        def measure() -> Any:
            headers = self.headers(name)
            raws = [request("GET", path, headers) for path in paths]
            return load(self.port(name), lambda index: raws[index % len(raws)], self.sizes.seconds, clients)

        return measure

    def headers(self, name: str) -> dict[str, str]:
        """What a request as the agent carries."""
        if name == "floor":
            return {}
        token = self.access_token if name == "gateway" else self.token(name)
        return {"Authorization": f"Bearer {token}", "Accept-Language": "zh"}

    @contextlib.contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Some processes of the suite stopped meanwhile."""
        for name in names:
            self.suite.process(name).stop()
        try:
            yield
        finally:
            for name in names:
                self.suite.process(name).start()
            for name in names:
                self._until_working(name)

    def _until_working(self, worker: str) -> None:
        """Until its relay and its consumers are at work: a process that starts takes its seconds."""
        port = self.port(worker.replace(".worker", ".ops"))
        if not processes.wait_until(lambda: _works(port), None, 60):
            raise RuntimeError(f"{worker} is not at work again after a minute")

    def _start_floor(self) -> None:
        url = self.suite.postgres.url("ticket", "postgres")
        inherited = self.suite.programs.settings("ticket")
        env = {**inherited, "DATABASE_URL": url, "PORT": str(self.port("floor"))}
        argv = [sys.executable, "-m", "tests.bench.floor"]
        self._floor = processes.spawn(argv, env=env, log=self.folder / "floor.log", cwd=ROOT)
        up = processes.wait_until(self._floor_answers, self._floor, 30)
        if not up:
            raise RuntimeError(f"the floor did not start:\n{processes.tail(self.folder / 'floor.log')}")

    def _floor_answers(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port('floor')}/", timeout=2).status_code == 404
        except requests.RequestException:
            return False

    def _sign_in(self, no: str) -> str:
        body = {"staff_no": no, "password": PASSWORD}
        answer = requests.post(f"{self.suite.url}/api/v1/login", json=body, timeout=10)
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token


def _works(port: int) -> bool:
    try:
        state = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).json()
    except (requests.RequestException, ValueError):
        return False
    return bool(state["relay"] == "active" and state["declared"] and all(state["consumers"].values()))


@contextlib.contextmanager
def stage(sizes: Sizes) -> Iterator[Stage]:
    """A stage that is ready; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="playdesk-bench-"))
    folder.chmod(0o711)  # PostgreSQL runs as somebody else when we are root
    found = Stage(folder, sizes)
    try:
        found.start()
        yield found
    finally:
        found.stop()
        found.suite.state.remove()
        shutil.rmtree(folder, ignore_errors=True)
