"""The catalog service over a database of its own, beside a game server that does what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from catalog.app import SERVICE
from deploy.local.game.server import GameServer
from tests.catalog.shop import Shop
from tests.support.services import ServiceUnderTest

SECRET = "not-a-secret"


@pytest.fixture(scope="session")
def game_server() -> Iterator[GameServer]:
    """The stand-in, inside this process."""
    with GameServer(SECRET) as game:
        yield game


@pytest.fixture(scope="session")
def catalog(new_database: Callable[..., str], game_server: GameServer) -> Iterator[ServiceUnderTest]:
    """One catalog service for the whole run."""
    settings = {"GAME_SERVER_URL": game_server.url, "GAME_SERVER_SECRET": SECRET}
    service = ServiceUnderTest(SERVICE, new_database("catalog"), **settings)
    yield service
    service.close()


@pytest.fixture
def game(game_server: GameServer) -> GameServer:
    """The game server, as on the first day."""
    game_server.world.reset()
    return game_server


@pytest.fixture
def shop(catalog: ServiceUnderTest, game: GameServer) -> Shop:
    """An empty catalog, and the people who work with it."""
    return Shop(catalog, game)
