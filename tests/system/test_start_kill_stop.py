"""`make run` from its first start to its last trace: started, every process killed in turn under load, stopped, started."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.local.programs import KINDS, SERVICES
from deploy.local.rabbitmq import server_program
from deploy.local.state import ROOT, State
from deploy.local.tour.desk import Desk, Unexpected, until
from tests.support.requirements import cannot_test
from tests.system.at_work import AtWork
from tests.system.ear import Ear

DEMO = "0.005"  # ten players: a start is what is tried here
FIRST_START, SECOND_START, STOP = 150, 60, 60  # seconds, on a machine that others use; the promise is 20 for the second
EVERY_PROCESS = [f"{service}.{kind}" for service in SERVICES for kind in KINDS]


class Run:
    """`python -m deploy.local run`, as make starts it."""

    def __init__(self, folder: Path) -> None:
        self.state, self.said = State(folder), ""
        env = {name: value for name, value in os.environ.items() if name not in ("AMQP_URL", "PLAYDESK_BUS")}
        env |= {"PLAYDESK_STATE": str(folder), "PLAYDESK_DEMO": DEMO, "PORT": "0"}
        self._started = time.monotonic()
        argv = [sys.executable, "-m", "deploy.local", "run"]
        self.process = subprocess.Popen(
            argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_ready(self, seconds: float) -> float:
        """Seconds from the command to the address on the screen."""
        deadline = self._started + seconds
        while "Ready in" not in self.said:
            assert self.process.poll() is None, f"it ended:\n{self.said}"
            assert time.monotonic() < deadline, f"not ready after {seconds} s:\n{self.said}"
            time.sleep(0.1)
        return time.monotonic() - self._started

    def interrupt(self) -> int:
        """Ctrl+C; its exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(STOP)
        self._reader.join(5)
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A state folder that PostgreSQL, run as somebody else by root, can reach; pytest's own folders are closed to others."""
    if server_program() is None:
        cannot_test(
            "a start with RabbitMQ, and killing it", "rabbitmq-server is not installed (`make tools` may install it)"
        )
    made = Path(tempfile.mkdtemp(prefix="playdesk-run-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[list[Run]]:
    """The runs so far, the newest last; ended at the end, whatever happened."""
    runs = [Run(folder)]
    yield runs
    for one in runs:
        if one.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.interrupt()
            one.process.kill()


def left_behind(folder: Path) -> list[str]:
    """Live processes that know the folder by their command, their environment or where they work."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            told = (
                (entry / "cmdline").read_bytes()
                + (entry / "environ").read_bytes()
                + os.readlink(entry / "cwd").encode()
            )
            if str(folder).encode() in told:
                found.append(f"{entry.name} {(entry / 'cmdline').read_bytes().replace(bytes(1), b' ').decode()}")
    return found


class Writer(threading.Thread):
    """Writes tickets one after the other; each again with its key until it is acknowledged."""

    def __init__(self, url: str, player_id: str, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.url, self.player_id = url, player_id
        self.ledger: dict[str, str] = {}  # question: ticket ID
        self.troubles: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        number, desk = 0, Desk(self.url, "A001")
        while not self.stop.is_set():
            number += 1
            question = f"{self.name} 第 {number} 问"
            written = self._write(desk, question)
            if written is None:
                return
            self.ledger[question] = written
            self.stop.wait(0.03)

    def _write(self, desk: Desk, question: str) -> str | None:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        body = {"player_id": self.player_id, "question": question}
        deadline, told = time.monotonic() + 60, ""
        while time.monotonic() < deadline:
            try:
                answer = desk.http.post(f"{self.url}/api/v1/tickets", json=body, headers=key, timeout=10)
                if answer.status_code == 201:
                    return str(answer.json()["id"])
                told = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code not in (409, 503):  # busy with the same key, away
                    self.troubles.append(told)
            except requests.RequestException as error:
                told = repr(error)
            time.sleep(0.1)
        self.troubles.append(f"never acknowledged: {question}: {told}")
        return None


def test_it_starts_and_says_where_it_is_and_who_may_sign_in(run, folder):
    seconds = run[-1].wait_ready(FIRST_START)
    said, running = run[-1].said, State(folder).read("running")
    print(f"first start {seconds:.1f} s")
    assert running["url"] in said
    for no in ("admin", "M001", "A001", "A002", "S001", "Q001"):
        assert re.search(rf"^  {no}\b", said, re.MULTILINE)
        assert Desk(running["url"], no).staff["no"] == no
    assert "playdesk-demo" in said
    assert "RabbitMQ" in said
    assert requests.get(f"{running['url']}/readyz", timeout=30).status_code == 200


def test_every_process_killed_in_turn_loses_nothing_and_doubles_nothing(run, folder):
    run[-1].wait_ready(FIRST_START)
    suite, ear = AtWork(folder), Ear(AtWork(folder).bus_url)
    player = suite.desk("A001").post("/players", {"wechat_id": f"load_{uuid.uuid4().hex[:8]}"})
    writers = [Writer(suite.url, player["id"], f"写手{number}") for number in (1, 2)]
    for writer in writers:
        writer.start()
    try:
        for name in (*EVERY_PROCESS, "postgres", "broker"):
            _written_on(writers, 3)
            _kill_one(suite, name)
            _written_on(writers, 3)
        until("everything is up", suite.ready, seconds=60)
    finally:
        for writer in writers:
            writer.stop.set()
        for writer in writers:
            writer.join(100)
    assert not any(writer.troubles for writer in writers), [writer.troubles for writer in writers]
    _nothing_lost(suite, ear, player["id"], {q: i for writer in writers for q, i in writer.ledger.items()})
    ear.close()


def _kill_one(suite: AtWork, name: str) -> None:
    """A process by accident, to be brought back by the supervisor; a server by hand, and started by hand."""
    if name in ("postgres", "broker"):
        suite.kill(name)
        suite.start(name)
        return
    before = until(f"{name} is there", lambda: suite.leader(name), seconds=60)
    os.killpg(before, signal.SIGKILL)
    until(f"{name} is brought back", lambda: suite.leader(name) not in (0, before), seconds=60)


def _written_on(writers: list[Writer], more: int) -> None:
    goal = sum(len(writer.ledger) for writer in writers) + more
    until(
        "tickets are written on",
        lambda: sum(len(w.ledger) for w in writers) >= goal or not all(w.is_alive() for w in writers),
        seconds=90,
    )
    assert all(writer.is_alive() for writer in writers), [writer.troubles for writer in writers]


def _read(suite: AtWork, path: str) -> dict:
    """A page; the first question after a kill may be answered 503, over a connection that is no longer one."""

    def page() -> dict | None:
        try:
            return suite.desk("A001").get(path)
        except Unexpected:
            return None

    return until("the tickets can be read again", page, seconds=30)


def _nothing_lost(suite: AtWork, ear: Ear, player_id: str, ledger: dict[str, str]) -> None:
    """What was acknowledged is in the database, on the wire and in another service's eyes exactly once."""
    stored: dict[str, str] = {}
    count, cursor = 0, ""
    while True:
        page = _read(suite, f"/tickets?player_id={player_id}&limit=200{f'&cursor={cursor}' if cursor else ''}")
        stored |= {ticket["question"]: ticket["id"] for ticket in page["items"]}
        count, cursor = count + len(page["items"]), page["next_cursor"]
        if not cursor:
            break
    assert stored == ledger
    assert count == len(ledger)
    wanted = set(ledger.values())

    def told() -> list[str]:
        facts = ear.once().get("/playdesk/ticket", [])
        return [fact["subject"] for fact in facts if fact["type"].endswith("created.v1") and fact["subject"] in wanted]

    until("every fact arrives", lambda: set(told()) == wanted, seconds=60)
    assert len(told()) == len(wanted)
    print(f"{len(ledger)} tickets, {len(ear.heard)} messages for {sum(map(len, ear.once().values()))} facts")


def test_ctrl_c_leaves_nothing_behind(run, folder):
    run[-1].wait_ready(FIRST_START)
    assert left_behind(folder)
    assert run[-1].interrupt() == 0
    assert "nothing is left running" in run[-1].said
    assert left_behind(folder) == []
    assert not State(folder).read("running")


def test_the_second_start_is_quick_and_finds_everything(run, folder):
    if run[-1].process.poll() is None:
        run[-1].wait_ready(FIRST_START)
        run[-1].interrupt()
    run.append(Run(folder))
    seconds = run[-1].wait_ready(FIRST_START)
    print(f"second start {seconds:.1f} s (wanted: 20 on a machine of one's own)")
    assert seconds < SECOND_START or "migrations" in run[-1].said  # somebody changed the code in between
    assert "demo data" not in run[-1].said
    url = State(folder).read("running")["url"]
    assert Desk(url, "M001").get("/players?limit=5")["items"]
    assert run[-1].interrupt() == 0
    assert left_behind(folder) == []
