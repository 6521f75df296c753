"""The whole suite, shared by the system and the browser tests: where it is, and whose turn it is to break it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from deploy.local import processes
from deploy.local.control import tell
from deploy.local.state import State
from deploy.local.tour.desk import Desk, until
from tests.support.keeper import Kept, locked
from tests.support.rabbitmq import MISSING
from tests.support.requirements import cannot_test

PATIENCE = 60.0  # seconds for something to come back on a machine that others use, too


class AtWork:
    """A running suite, found by its state folder."""

    def __init__(self, folder: Path | str) -> None:
        self.state = State(folder)
        self.url: str = self.state.read("running")["url"]
        self._desks: dict[str, Desk] = {}

    def desk(self, no: str) -> Desk:
        """The API as a member of staff."""
        if no not in self._desks:
            self._desks[no] = Desk(self.url, no)
        return self._desks[no]

    def address(self, name: str) -> str:
        """Where a process listens by itself: `player`, `game`, …"""
        return f"http://127.0.0.1:{self.state.read('ports')[name]}"

    @property
    def bus_url(self) -> str:
        """The broker, as one who may do everything there."""
        password = self.state.read("secrets")["rabbitmq.admin"]
        return f"amqp://admin:{password}@127.0.0.1:{self.state.read('ports')['rabbitmq']}/playdesk"

    def database(self, name: str) -> psycopg.Connection[Any]:
        """A service's database, as a superuser."""
        password, port = self.state.read("secrets")["postgres.postgres"], self.state.read("ports")["postgres"]
        return psycopg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/{name}", autocommit=True)

    def kill(self, name: str) -> None:
        """SIGKILL a service, a process of it, `broker` or `postgres`; it stays dead until `start`."""
        tell(self.state, "kill", name)

    def start(self, name: str) -> None:
        """Start what was killed."""
        tell(self.state, "start", name)

    def leader(self, name: str) -> int:
        """The first process of `sales.worker` and the like; 0 while there is none."""
        wanted = f"-m {name.replace('.', ' ')}"
        main = self.state.read("running")["pid"]
        found = [pid for pid in processes.descendants(main) if processes.command_of(pid).strip().endswith(wanted)]
        return next((pid for pid in found if _group(pid) == pid), 0)

    def ready(self) -> bool:
        """Whether the gateway says that everything is up."""
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/readyz", timeout=10).status_code == 200
        return False

    def wait_ready(self) -> None:
        """Until everything is up."""
        until("everything is up", self.ready, seconds=PATIENCE)

    def game(self, method: str, path: str = "/control", **more: Any) -> Any:
        """Tell the game server's stand-in what to do."""
        answer = requests.request(method, f"{self.address('game')}{path}", timeout=10, **more)
        answer.raise_for_status()
        return answer.json()


def _group(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(pid)
    return 0


@contextlib.contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Many may use the suite together; who breaks it waits until they are done, and newcomers wait behind it."""
    with locked(folder / "gate.lock"):
        handle = os.open(folder / "turn.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    try:
        yield
    finally:
        os.close(handle)


KEPT = Kept("suite")  # one for the process: fixtures and turns mean the same suite
_TURN = pytest.StashKey[contextlib.ExitStack]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Who uses the suite has it before any fixture does, also those of modules: they sign in and make records there."""
    names = getattr(item, "fixturenames", ())
    if "in_turn" in names or "alone" in names:
        KEPT.facts()
        item.stash[_TURN] = stack = contextlib.ExitStack()
        stack.enter_context(turn(KEPT.folder, alone="alone" in names))
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """The turn ends after the last fixture has been put away."""
    try:
        return (yield)
    finally:
        if _TURN in item.stash:
            item.stash[_TURN].close()


@pytest.fixture(scope="session")
def kept_suite() -> Kept:
    """The run's suite; skips the test where there is no broker (the PostgreSQL bus has tests of its own)."""
    if KEPT.facts()["bus"] not in ("server", "docker", "url"):
        cannot_test("the whole suite on RabbitMQ", MISSING)
    return KEPT


@pytest.fixture(scope="session")
def suite(kept_suite: Kept) -> AtWork:
    """The run's suite, with demo data."""
    return AtWork(kept_suite.facts()["state"])


@pytest.fixture
def alone(suite: AtWork) -> Iterator[AtWork]:
    """The suite for one test that breaks it; whole again at the end."""
    suite.wait_ready()
    yield suite
    suite.wait_ready()


@pytest.fixture
def in_turn(suite: AtWork) -> None:
    """Used by every test of the suite: it waits while another one has it for itself."""
