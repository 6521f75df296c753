"""R23: facts with a field more, of an unknown type, of a later version: every service reads on, and takes what it knows."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from chassis.clock import new_id
from chassis.facts.bus import DONE, EVENTS, Delivery
from chassis.facts.inbox import Inbox
from tests.contracts.examples import example_of, schemas
from tests.contracts.released import RELEASES
from tests.support.postgres import new_database  # noqa: F401
from tests.support.services import ServiceUnderTest
from tests.support.tree import SERVICES, service

LISTENING = [name for name in SERVICES if any(s.exchange == EVENTS for s in service(name).subscriptions)]


@pytest.fixture(scope="module", params=LISTENING)
def listener(request: pytest.FixtureRequest, new_database) -> ServiceUnderTest:  # noqa: F811
    """Each service that listens."""
    return ServiceUnderTest(service(request.param), new_database(request.param))


def examples() -> list[dict[str, Any]]:
    """Every fact there is, as it went over the wire."""
    return [json.loads(example_of(path).read_text("utf-8")) for path in schemas().values()]


def delivery(fact: dict[str, Any], **changes: Any) -> Delivery:
    """The fact under a new ID, with some attributes changed."""
    changed = {**fact, "id": new_id(), **changes}
    return Delivery(changed["id"], changed["type"].removeprefix("playdesk."), orjson.dumps(changed))


def of_every_release() -> list[Delivery]:
    """What an older release would have told: the fields its schema names, and nothing more."""
    found = []
    for folder in sorted(RELEASES.iterdir()):
        for fact in examples():
            path = folder / f"{fact['type'].removeprefix('playdesk.')}.json"
            if path.exists():
                known = json.loads(path.read_text("utf-8"))["properties"]
                data = {name: value for name, value in fact["data"].items() if name in known}
                found.append(delivery(fact, data=data))
    return found


def test_r23_every_fact_of_every_release_and_with_more_in_it_is_read(listener: ServiceUnderTest):
    known = [delivery(fact) for fact in examples()]
    more = [delivery(f, data={**f["data"], "a_new_field": {"deep": [1]}}, another="attribute") for f in examples()]
    later = [delivery(f, type=f["type"].replace(".v1", ".v2"), data={"all": "new"}) for f in examples()]
    unknown = [delivery(f, type="playdesk.weather.turned.v1") for f in examples()[:3]]
    mixed = [message for group in zip(known, more, later, strict=True) for message in group] + unknown
    mixed += of_every_release()
    for subscription in listener.service.subscriptions:
        if subscription.exchange == EVENTS:
            box = Inbox(listener.service.name, subscription, listener.runtime.work, listener.service.heard)
            verdicts = box.handle(mixed)
            wrong = [(m.key, v.reason) for m, v in zip(mixed, verdicts, strict=True) if v != DONE]
            assert wrong == []
