"""The player service over a database of its own, and the game-server stand-in over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from deploy.local.game.server import GameServer
from player.app import SERVICE
from tests.player.lobby import INDEX_KEY, KEYS, SECRET, Lobby
from tests.player.pair import Pair
from tests.support.services import ServiceUnderTest


@pytest.fixture(scope="session")
def game_server() -> Iterator[GameServer]:
    """The stand-in, on a thread of this process."""
    with GameServer(SECRET) as server:
        yield server


@pytest.fixture(scope="session")
def player_service(
    new_database: Callable[..., str],
    game_server: GameServer,
) -> Iterator[ServiceUnderTest]:
    """One player service for the whole run; tests use players of their own."""
    service = ServiceUnderTest(
        SERVICE,
        new_database("player"),
        GAME_SERVER_URL=game_server.url,
        GAME_SERVER_SECRET=SECRET,
        GAME_SERVER_TIMEOUT="1",
        PHONE_KEYS=KEYS,
        PHONE_INDEX_KEY=INDEX_KEY,
    )
    yield service
    service.close()


@pytest.fixture
def lobby(player_service: ServiceUnderTest, game_server: GameServer) -> Lobby:
    """An agent, others around, and a game server that behaves."""
    game_server.world.reset()
    player_service.runtime.settings.__dict__.pop("game", None)  # with it the breaker another test has opened
    return Lobby(player_service, game_server)


@pytest.fixture
def pair(lobby: Lobby) -> Pair:
    """Two players of one agent, and a supervisor who may merge."""
    return Pair(lobby)
