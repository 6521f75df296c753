"""The supervisor and the suite, tried with small stand-ins for the services."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import requests

from deploy.local import processes
from deploy.local.control import tell
from deploy.local.programs import SERVICES
from deploy.local.state import ROOT, AlreadyRunning, State
from deploy.local.suite import PreparationFailed, Suite
from deploy.local.supervisor import Program, Supervisor

STAND_IN = """
import os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["DATABASE_URL"].encode())

if sys.argv[1] in ("migrate", "declare"):
    if os.environ.get("BROKEN", "none of them") in sys.argv[0]:
        sys.exit("broken on purpose")
elif sys.argv[1] == "worker":
    time.sleep(3600)
else:
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """Packages named like the services, found before them."""
    for service in SERVICES:
        (tmp_path / service).mkdir()
        (tmp_path / service / "__init__.py").touch()
        (tmp_path / service / "__main__.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("AMQP_URL", raising=False)


@pytest.fixture
def folder(own_postgres):
    """A state folder that PostgreSQL can reach."""
    server = own_postgres()
    server.stop()
    return server.state.folder / "suite"


def program(name: str, code: str) -> Program:
    return Program(name, [sys.executable, "-c", code], dict(os.environ))


def test_what_crashes_is_started_again_after_a_pause_that_grows(tmp_path):
    said: list[str] = []
    code = f"open({str(tmp_path / 'starts')!r}, 'a').write('x')"
    supervisor = Supervisor([program("brief", code)], tmp_path, said.append)
    supervisor.start()
    supervisor.watch()
    assert processes.wait_until(lambda: len(said) >= 3, None, 10)
    supervisor.stop()
    assert (tmp_path / "starts").read_text().startswith("xx")
    assert "brief ended with 0; starting it again in 0.5 s" in said[0]
    assert "in 1 s" in said[1]


def test_what_was_killed_on_purpose_stays_dead(tmp_path):
    supervisor = Supervisor([program("sleeper", "import time; time.sleep(60)")], tmp_path)
    supervisor.start()
    supervisor.watch()
    sleeper = supervisor.processes["sleeper"]
    sleeper.kill()
    time.sleep(1)
    assert not sleeper.alive
    sleeper.start()
    assert sleeper.alive
    sleeper.crash()
    assert processes.wait_until(lambda: sleeper.alive, None, 5)
    supervisor.stop()
    assert not sleeper.alive


def test_one_that_ignores_sigterm_is_killed(tmp_path):
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    supervisor = Supervisor([program("stubborn", stubborn)], tmp_path)
    supervisor.start()
    process = supervisor.processes["stubborn"]
    processes.wait_until(lambda: "up" in processes.tail(process.log), None, 5)
    pid = process.pid
    supervisor.stop(patience=0.5)
    assert not processes.command_of(pid)


def test_the_suite_starts_and_stops_on_the_postgresql_bus(stand_ins, folder):
    with Suite(folder, bus="postgres", fast=True) as suite:
        assert requests.get(f"{suite.url}/readyz", timeout=5).status_code == 200
        assert requests.get(suite.programs.url("sales"), timeout=5).text == suite.postgres.url("sales")
        pids = [pid for process in suite.supervisor.processes.values() for pid in process.pids]
        assert len(pids) == 11
    assert not [pid for pid in pids if processes.command_of(pid)]


def test_a_second_suite_in_the_same_folder_is_refused_and_does_no_harm(stand_ins, folder):
    with Suite(folder, bus="postgres", fast=True, services=("player",)) as suite:
        with pytest.raises(AlreadyRunning, match="already running from"):
            Suite(folder, bus="postgres")
        assert State(folder).running()["url"] == suite.url
        assert suite.process("player.web").is_ready()


def test_it_says_which_migration_failed_and_leaves_nothing_running(stand_ins, folder, monkeypatch):
    monkeypatch.setenv("BROKEN", "sales")
    suite = Suite(folder, bus="postgres", fast=True)
    with pytest.raises(PreparationFailed, match=r"migrate failed[\s\S]*broken on purpose"):
        suite.start()
    assert suite.postgres.process is None
    State(folder).remove()


def test_a_note_left_by_a_killed_suite_is_not_believed(stand_ins, folder):
    state = State(folder)
    state.write("running", {"pid": 1, "url": "http://127.0.0.1:1"})
    assert state.running() == {}


def test_parts_can_be_killed_and_started_from_another_process(stand_ins, folder):
    with Suite(folder, bus="postgres", fast=True, services=("player", "sales")) as suite:
        state, sales = State(folder), suite.process("sales.web")
        tell(state, "kill", "sales")
        assert not sales.alive
        assert suite.process("player.web").alive
        tell(state, "start", "sales")
        assert sales.is_ready()
        tell(state, "kill", "postgres")
        tell(state, "start", "postgres")
        assert suite.postgres.is_ready()
        with pytest.raises(RuntimeError, match="no process nobody"):
            tell(state, "kill", "nobody")


@pytest.mark.rabbitmq
def test_make_run_leaves_nothing_behind_even_when_it_is_killed(stand_ins, folder, broker):
    env = {**os.environ, "PLAYDESK_STATE": str(folder), "PORT": "0", "PLAYDESK_DEMO": "0"}
    run = subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "run"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        state = State(folder)
        assert processes.wait_until(lambda: state.read("running"), run, 60), run.communicate()[0]
        below = processes.descendants(run.pid)
        assert len(below) > 11
    finally:
        run.send_signal(signal.SIGKILL)
        said = run.communicate()[0]
    assert "RabbitMQ" in said
    assert processes.wait_until(lambda: not any(map(processes.command_of, below)), None, 20)
    assert json.loads((folder / "ports.json").read_text())
