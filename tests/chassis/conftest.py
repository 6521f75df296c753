"""What the chassis is tried on: empty databases, both buses, and the specimen service."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from chassis.facts import bus, postgres_bus, rabbitmq
from chassis.facts.bus import Bus, open_bus
from chassis.facts.inbox import Subscription
from tests.chassis.listening import Listening, remove_queues
from tests.chassis.specimen.notes import specimen
from tests.support.services import ServiceUnderTest

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

NewDatabase = Callable[[str], str]


@pytest.fixture(scope="session")
def bus_database(new_database: NewDatabase) -> str:
    """One database for all PostgreSQL buses."""
    return new_database("bus")


@pytest.fixture(params=[pytest.param("rabbitmq", marks=pytest.mark.rabbitmq), "postgres"])
def bus_url(request: pytest.FixtureRequest) -> str:
    """The address of a bus; every test that asks for it runs once per adapter."""
    return request.getfixturevalue("amqp_url" if request.param == "rabbitmq" else "bus_database")


@pytest.fixture
def the_bus(bus_url: str) -> Bus:
    """The adapter."""
    return open_bus(bus_url)


@pytest.fixture
def word() -> str:
    """A word that no other test uses in its keys and queues."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def listen(bus_url: str, word: str) -> Iterator[Callable[..., Listening]]:
    """Make a queue `<word>.<name>` bound to keys and consume it; ended and removed after the test."""
    made: list[Listening] = []

    def make(*keys: str, name: str = "q", **options: Any) -> Listening:
        made.append(Listening(options.pop("url", bus_url), f"{word}.{name}", keys, **options))
        return made[-1]

    yield make
    for listening in made:
        listening.stop()
    remove_queues(bus_url, [listening.queue for listening in made])


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> tuple[float, ...]:
    """Delays of retries in fractions of a second."""
    delays = (0.2, 0.3, 0.4)
    for module in (bus, rabbitmq, postgres_bus):
        monkeypatch.setattr(module, "RETRY_SECONDS", delays)
    return delays


@pytest.fixture
def serve(new_database: NewDatabase) -> Iterator[Callable[..., ServiceUnderTest]]:
    """Make specimen services, each over a database of its own."""
    made: list[ServiceUnderTest] = []

    def make(*subscriptions: Subscription, **settings: str) -> ServiceUnderTest:
        made.append(ServiceUnderTest(specimen(*subscriptions), new_database("specimen"), **settings))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture(scope="module")
def notes(new_database: NewDatabase) -> Iterator[ServiceUnderTest]:
    """One specimen service for all tests of a module."""
    service = ServiceUnderTest(specimen(), new_database("notes"))
    yield service
    service.close()
