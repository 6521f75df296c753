"""A sixth service made from the template passes its own tests, starts, hears a fact and tells one, within seconds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from chassis.callers import Caller, Scope
from chassis.clock import new_id
from chassis.facts.bus import Message, open_bus
from chassis.http.auth import Minter
from chassis.ops.samples import key_pair
from deploy.local import processes
from deploy.local.ports import Ports
from deploy.local.state import ROOT, State
from deploy.new_service import make_service
from tests.chassis.listening import Listening

NAME = "loyalty"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with the new service in it."""
    folder = tmp_path_factory.mktemp("tree")
    make_service(NAME, folder)
    return folder


def environment(made: Path, **more: str) -> dict[str, str]:
    """Ours, with the new service on Python's path."""
    path = os.pathsep.join(str(folder) for folder in (made / "services" / NAME, ROOT))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    return {**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(made: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python …` to its end."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(made), capture_output=True, text=True, check=False)


def test_it_passes_its_own_tests(made: Path):
    done = run(
        made, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), str(made / "tests")
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "5 passed" in done.stdout


def test_its_documents_are_made_and_nothing_of_the_template_is_left(made: Path):
    done = run(made, "-m", NAME, "docs")
    assert done.returncode == 0, done.stderr
    service = made / "services" / NAME
    assert (service / f"schemas/{NAME}_note.written.v1.json").exists()
    assert "send.loyalty_note.written.v1" in (service / "asyncapi.json").read_text("utf-8")
    files = [path for path in made.rglob("*") if path.is_file()]
    assert [path for path in files if "sample" in f"{path.name} {path.read_text('utf-8')}".lower()] == []


class Started:
    """The new service's two processes over databases of their own."""

    def __init__(self, made: Path, folder: Path, database: str, bus: str) -> None:
        private, public = key_pair()
        self.minter, self.bus = Minter(private), open_bus(bus)
        port = Ports(State(folder)).port(NAME)
        self.url = f"http://127.0.0.1:{port}"
        more = {"DATABASE_URL": database, "PLAYDESK_BUS_URL": bus, "TOKEN_PUBLIC_KEY": public, "PORT": str(port)}
        self.env = environment(made, **more)
        for command in ("migrate", "declare"):
            subprocess.run(
                [sys.executable, "-m", NAME, command], env=self.env, cwd=ROOT, check=True, capture_output=True
            )
        self.children = [
            processes.spawn([sys.executable, "-m", NAME, kind], env=self.env, log=folder / f"{kind}.log", cwd=ROOT)
            for kind in ("web", "worker")
        ]

    def call(self, method: str, path: str, who: str, body: Any = None) -> requests.Response:
        """One request as a member of staff."""
        permissions = frozenset({"loyalty_note.write", "loyalty_note.read"})
        token = self.minter.token(Caller(id=who, permissions=permissions, scope=Scope("self")), NAME)
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=10)

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def close(self) -> None:
        """End both."""
        for child in self.children:
            processes.kill(child)


@pytest.fixture
def started(made: Path, new_database, tmp_path: Path) -> Iterator[Started]:
    """The service, running."""
    service = Started(made, tmp_path, new_database(NAME), new_database("bus"))
    yield service
    service.close()


def eventually(condition: Callable[[], Any], seconds: float = 40) -> Any:
    """Wait until it is true; returns what it was."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.1)
    return found


def test_it_starts_hears_a_fact_and_tells_one(started: Started):
    ears = Listening(started.env["PLAYDESK_BUS_URL"], "erp.loyalty", ("loyalty_note.#",))
    eventually(started.ready)
    author = new_id()
    started.bus.publisher().publish([staff_joined(author)])
    note = started.call("POST", "/loyalty-notes", author, {"text": "第六个服务"})
    assert note.status_code == 201, note.text
    path = f"/loyalty-notes/{note.json()['id']}"
    eventually(lambda: started.call("GET", path, author).json().get("author") == "新来的客服")
    told = eventually(lambda: list(ears.received))[0]
    assert orjson.loads(told.body)["data"]["text"] == "第六个服务"
    ears.stop()


def staff_joined(staff_id: str) -> Message:
    """The gateway's fact of somebody new."""
    event = {
        "specversion": "1.0", "id": new_id(), "type": "playdesk.staff.joined.v1", "source": "/playdesk/gateway",
        "subject": staff_id, "sequence": 1, "entityversion": 1,
        "data": {"no": "A009", "name": "新来的客服", "department_id": None, "state": "in_service", "changed": []},
    }  # fmt: skip
    return Message(event["id"], "staff.joined.v1", orjson.dumps(event))


def test_a_name_that_cannot_be_one_and_a_service_that_is_there_are_refused(tmp_path: Path):
    for name in ("Loyalty", "loyalty_points", "class", "x"):
        with pytest.raises(ValueError, match="one word"):
            make_service(name, tmp_path)
    with pytest.raises(FileExistsError):
        make_service("ticket")
