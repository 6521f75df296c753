"""Clients that write tickets and go on whatever happens, and the ledger of what was acknowledged to them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests

from chassis.callers import Caller, Scope
from chassis.clock import new_id
from tests.faults.farm import Farm

ACTIONS = frozenset({"ticket.read", "ticket.create", "ticket.update"})


@dataclass
class Ledger:
    """What the clients know: of each ticket the newest version and status that was acknowledged."""

    tickets: dict[str, tuple[int, str]] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    acknowledged: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, ticket: dict[str, Any]) -> None:
        """An answer came in."""
        with self.lock:
            self.acknowledged += 1
            self.tickets[ticket["id"]] = (ticket["version"], ticket["status"])
            self.questions[ticket["id"]] = ticket["question"]

    def wrong(self, what: object) -> None:
        """A try failed; it will be tried again."""
        with self.lock:
            self.failed[str(what)] += 1


class Client:
    """One agent's program: repeats each request under the same key until there is an answer."""

    def __init__(self, farm: Farm, ledger: Ledger, *, patience: float = 60) -> None:
        self.farm, self.ledger, self.patience = farm, ledger, patience
        self.session = requests.Session()
        self.caller = Caller(id=new_id(), permissions=ACTIONS, scope=Scope("self"))
        self.player = {
            "id": new_id(), "version": 1, "nickname": "半盏清茶", "wechat_id": "banzhan", "wechat_name": None,
            "agent_id": self.caller.id, "vip_tier": 3, "deleted": False,
        }  # fmt: skip

    def create(self, question: str) -> dict[str, Any]:
        """Write a ticket."""
        return self.post("/tickets", {"player_id": self.player["id"], "question": question})

    def move(self, ticket: dict[str, Any], step: str) -> dict[str, Any]:
        """Start or complete a ticket."""
        body = {"solution": "已补发"} if step == "complete" else None
        return self.post(f"/tickets/{ticket['id']}/{step}", body, version=ticket["version"])

    def post(self, path: str, body: Any, version: int | None = None) -> dict[str, Any]:
        """Send until it is answered for good; returns the ticket."""
        key, deadline = new_id(), time.monotonic() + self.patience
        while True:
            answer = self.send(path, body, key, version)
            if answer is not None and answer.status_code in (200, 201):
                self.ledger.note(answer.json())
                return answer.json()
            self.ledger.wrong("no answer" if answer is None else answer.status_code)
            assert answer is None or answer.status_code in (409, 503), f"{answer.status_code} {answer.text}"
            assert time.monotonic() < deadline, f"{path} was not answered within {self.patience} s"
            time.sleep(0.05)

    def send(self, path: str, body: Any, key: str, version: int | None = None) -> requests.Response | None:
        """One try; None where the connection broke."""
        token = self.farm.minter.token(self.caller, "ticket", references={"player": [self.player]})
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        headers |= {"If-Match": f'"{version}"'} if version is not None else {}
        try:
            return self.session.post(f"{self.farm.url}/api/v1{path}", json=body, headers=headers, timeout=15)
        except requests.RequestException:
            return None


class Load:
    """Some clients writing, starting and completing tickets until the `with` block ends."""

    def __init__(self, farm: Farm, *, clients: int = 4, pause: float = 0.01, ledger: Ledger | None = None) -> None:
        self.farm, self.ledger, self.pause = farm, ledger or Ledger(), pause
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(clients)]
        self._broken: list[BaseException] = []

    def __enter__(self) -> Ledger:
        for thread in self._threads:
            thread.start()
        return self.ledger

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90)
        if self._broken:
            raise self._broken[0]

    def _work(self, number: int) -> None:
        client, count = Client(self.farm, self.ledger), 0
        try:
            while not self._stop.is_set():
                count += 1
                ticket = client.create(f"{client.caller.id} {count}")
                if count % 2:
                    ticket = client.move(ticket, "start")
                if count % 4 == 1:
                    client.move(ticket, "complete")
                self._stop.wait(self.pause)
        except BaseException as error:
            self._broken.append(error)
