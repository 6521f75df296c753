"""Where the tests of the player service begin: an agent, colleagues, new phone numbers, and a worker for a moment."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import text

from chassis.clock import new_id
from deploy.local.game.players import phone as phone_in_game
from deploy.local.game.server import GameServer
from player.messaging import snapshots
from tests.support.services import Person, ServiceUnderTest

SECRET, INDEX_KEY = "not-a-secret", "an-index-key-of-the-tests"
KEYS = json.dumps({name: base64.b64encode(sign * 32).decode() for name, sign in (("k1", b"1"), ("k2", b"2"))})
READ, CREATE, UPDATE, DELETE, BIND = "player.read", "player.create", "player.update", "player.delete", "player.bind"
SEE, REVEAL = "player.phone.see", "player.phone.reveal"
AGENT = (READ, CREATE, UPDATE, BIND, REVEAL)
SUPERVISOR = (*AGENT, SEE, DELETE)
_numbers, _in_game = count(1), count(1)


def new_phone() -> str:
    """A number (E.164) nobody has, unknown to the game."""
    return f"+86199{next(_numbers):04d}{7:04d}"


def known_phone() -> str:
    """A number (E.164) nobody has, of somebody in the game."""
    return phone_in_game(next(_in_game))


def new_handle() -> str:
    """A WeChat ID nobody has."""
    return f"wx_{new_id()[-12:]}"


class Lobby:
    """One agent with players of her own; every lobby has its own agent."""

    def __init__(self, service: ServiceUnderTest, game: GameServer) -> None:
        self.service, self.game = service, game
        self.department = new_id()
        self.agent = service.person(*AGENT, department_id=self.department)
        self.boss = service.person(*SUPERVISOR, scope="all")

    def create(self, by: Person | None = None, *, key: str | None = None, **fields: Any) -> Any:
        """POST /players with a WeChat ID of its own unless said otherwise."""
        return (by or self.agent).post("/players", {"wechat_id": new_handle(), **fields}, key=key)

    def a_player(self, by: Person | None = None, **fields: Any) -> dict[str, Any]:
        """A player that was written down."""
        answer = self.create(by, **fields)
        assert answer.status_code == 201, answer.text
        return answer.json

    def edit(self, player: dict[str, Any], by: Person | None = None, **fields: Any) -> Any:
        """PATCH at the version of `player`."""
        return (by or self.agent).patch(f"/players/{player['id']}", fields, version=player["version"])

    def edited(self, player: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A player after a change."""
        answer = self.edit(player, **fields)
        assert answer.status_code == 200, answer.text
        return answer.json

    def read(self, player: dict[str, Any], by: Person | None = None) -> dict[str, Any]:
        """GET."""
        answer = (by or self.agent).get(f"/players/{player['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def search(self, q: str, by: Person | None = None, **query: str) -> list[dict[str, Any]]:
        """The items of GET /players?q=…"""
        answer = (by or self.agent).get("/players", query_string={"q": q, **query})
        assert answer.status_code == 200, answer.text
        return answer.json["items"]

    def found(self, q: str, by: Person | None = None, **query: str) -> list[str]:
        """The IDs that a search finds."""
        return [row["id"] for row in self.search(q, by, **query)]

    def facts(self, player: dict[str, Any]) -> list[Any]:
        """The facts of one player, in the order they were written; no relay runs here."""
        return self.rows("SELECT * FROM outbox WHERE subject = :id ORDER BY position", id=player["id"])

    def know_staff(self, **fields: Any) -> dict[str, Any]:
        """A member of staff the service has heard of."""
        state = {"id": new_id(), "version": 1, "no": "A009", "name": "同事", "department_id": self.department}
        state = {**state, "state": "in_service", **fields}
        work = self.service.runtime.work()
        with work.session:
            self.service.service.references["staff"].keep(work, [state])
            work.commit()
        return state

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Whatever the database says."""
        with self.service.runtime.database.reading.connect() as connection:
            return list(connection.execute(text(query), values))

    @contextmanager
    def worker(self) -> Iterator[None]:
        """The loop that asks the game server, for as long as the block lasts."""
        stop = threading.Event()
        thread = threading.Thread(target=snapshots.run, args=(self.service.runtime, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10)

    def wait_for_game(self, player: dict[str, Any], state: str, seconds: float = 5) -> dict[str, Any]:
        """The player as soon as the game data have this state."""
        return wait_until(lambda: self.read(player), lambda found: found["game"]["state"] == state, seconds)


def wait_until(look: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 5) -> Any:
    """What was seen when it was good at last."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if good(found):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.02)
