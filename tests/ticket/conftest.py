"""The ticket service over a database of its own, and the people of a desk."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

import pytest

from tests.support.services import ServiceUnderTest
from tests.ticket.desk import Desk
from ticket.app import SERVICE

KEYS = json.dumps({"k1": base64.b64encode(b"fedcba9876543210" * 2).decode()})


@pytest.fixture(scope="session")
def ticket_service(new_database: Callable[..., str]) -> Iterator[ServiceUnderTest]:
    """One ticket service for the whole run."""
    service = ServiceUnderTest(SERVICE, new_database("ticket"), MESSAGE_KEYS=KEYS)
    yield service
    service.close()


@pytest.fixture
def desk(ticket_service: ServiceUnderTest) -> Desk:
    """Two departments with people and a player nobody else knows."""
    return Desk(ticket_service)
