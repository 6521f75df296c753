"""The sales service over a database of its own, and a desk at which sales are made."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

import pytest

from sales.app import SERVICE
from tests.sales.desk import Desk
from tests.support.services import ServiceUnderTest

KEYS = json.dumps({"k1": base64.b64encode(b"0123456789abcdef" * 2).decode()})
INDEX_KEY = "an index key for the tests alone"


@pytest.fixture(scope="session")
def sales(new_database: Callable[..., str]) -> Iterator[ServiceUnderTest]:
    """One sales service for the whole run; tests use players and packs of their own."""
    service = ServiceUnderTest(SERVICE, new_database("sales"), PHONE_KEYS=KEYS, PHONE_INDEX_KEY=INDEX_KEY)
    yield service
    service.close()


@pytest.fixture
def desk(sales: ServiceUnderTest) -> Desk:
    """An agent with a player, a pack, and others around."""
    return Desk(sales)
