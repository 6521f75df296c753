"""R19: what was told and not taken in is found and repaired, and so is a copy that says something else than its source."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, text

from chassis.clock import new_id, utc_now
from chassis.facts.bus import DONE, Delivery
from chassis.facts.inbox import Inbox, Listen, Subscription
from chassis.facts.reconciling import Reconciliation, keys_of
from tests.chassis.specimen.notes import Copy, Effect, NoteState, copying, specimen
from tests.chassis.test_inbox import count, note_effect
from tests.support.services import ServiceUnderTest

EFFECTS = Subscription("effects", (Listen(("note.*.v1",), NoteState, note_effect),))


@pytest.fixture(scope="module")
def listener(new_database) -> ServiceUnderTest:
    """A service that keeps copies of notes and counts effects."""
    return ServiceUnderTest(specimen(copying(), EFFECTS), new_database("reconciling"))


@pytest.fixture
def service(listener: ServiceUnderTest) -> ServiceUnderTest:
    """The same, emptied."""
    with listener.runtime.database.engine.begin() as connection:
        connection.execute(text("TRUNCATE inbox, effects, copies"))
    return listener


def told(number: int, *, version: int = 1, subject: str | None = None, age: timedelta = timedelta(hours=1)) -> dict:
    """A fact as the merged log tells it."""
    return {
        "specversion": "1.0", "id": new_id(), "type": "playdesk.note.changed.v1", "source": "/playdesk/notes",
        "subject": subject or new_id(), "time": (utc_now() - age).isoformat(), "entityversion": version, "sequence": number,
        "data": {"text": f"version {version}", "weight": 1, "author_id": "x", "changed": []},
    }  # fmt: skip


def take_in(service: ServiceUnderTest, facts: list[dict], name: str = "") -> None:
    """Let the queues of the service have these facts."""
    for subscription in service.service.subscriptions:
        if subscription.name.startswith(name):
            box = Inbox("specimen", subscription, service.runtime.work)
            deliveries = [Delivery(fact["id"], "note.changed.v1", orjson.dumps(fact)) for fact in facts]
            assert box.handle(deliveries) == [DONE] * len(facts)


def texts(service: ServiceUnderTest) -> dict[str, str]:
    """{note: text} of the copies."""
    with service.runtime.database.read_session() as session:
        return {str(key): value for key, value in session.execute(select(Copy.id, Copy.text))}


def test_a_service_in_order_is_left_alone(service):
    facts = [told(n) for n in range(20)]
    take_in(service, facts)
    report = Reconciliation(service.runtime, repair=True).run([facts[:7], facts[7:]])
    assert (report.looked_at, report.missed, report.differing, report.repaired) == (20, 0, 0, 0)
    assert count(service) == 20


def test_r19_facts_that_never_came_are_found_and_taken_in_once(service):
    facts = [told(n) for n in range(50)]
    take_in(service, [fact for n, fact in enumerate(facts) if n % 5])
    dry = Reconciliation(service.runtime, repair=False).run([facts])
    assert (dry.missed, dry.repaired, count(service)) == (20, 0, 40), "ten for each of two queues"
    report = Reconciliation(service.runtime, repair=True).run([facts])
    assert (report.missed, report.repaired, report.failed) == (20, 20, [])
    assert set(texts(service)) == {fact["subject"] for fact in facts}
    take_in(service, facts)
    assert count(service) == 50, "found late in the queue after all, they do nothing more"
    assert Reconciliation(service.runtime, repair=True).run([facts]).missed == 0


def test_a_copy_that_is_gone_or_behind_or_says_something_else_is_put_right(service):
    facts = [told(n, version=3) for n in range(4)]
    take_in(service, facts)
    gone, behind, other = (fact["subject"] for fact in facts[:3])
    with service.runtime.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM copies WHERE id = :id"), {"id": gone})
        connection.execute(text("UPDATE copies SET version = 2, text = 'old' WHERE id = :id"), {"id": behind})
        connection.execute(text("UPDATE copies SET text = 'by hand' WHERE id = :id"), {"id": other})
    report = Reconciliation(service.runtime, repair=True).run([facts])
    assert (report.missed, report.differing, report.repaired) == (0, 3, 3)
    assert set(texts(service).values()) == {"version 3"}
    assert count(service) == 4, "what is no copy is not done twice"


def test_a_copy_that_is_newer_by_now_is_left_alone(service):
    subject = new_id()
    old, new = told(1, subject=subject), told(2, version=2, subject=subject)
    take_in(service, [old, new])
    report = Reconciliation(service.runtime, repair=True).run([[old], [new]])
    assert (report.differing, texts(service)[subject]) == (0, "version 2")


def test_what_may_still_be_on_its_way_is_not_missed(service):
    young = told(1, age=timedelta(seconds=5))
    assert Reconciliation(service.runtime, repair=True).run([[young]]).looked_at == 0
    assert Reconciliation(service.runtime, repair=True, grace=timedelta()).run([[young]]).missed == 2


def test_facts_older_than_the_inbox_remembers_are_compared_by_their_copies(service):
    old = told(1, age=timedelta(days=30))
    report = Reconciliation(service.runtime, repair=True).run([[old]])
    assert (report.missed, report.differing, count(service)) == (0, 1, 0)
    assert old["subject"] in texts(service)


def test_what_cannot_be_handled_is_named_and_holds_up_nothing(service):
    good, bad = told(1), {**told(2), "data": {"text": 5}}
    report = Reconciliation(service.runtime, repair=True).run([[good, bad]])
    assert (report.missed, report.repaired, len(report.failed)) == (4, 2, 2)
    assert bad["id"] in report.failed[0]
    assert good["subject"] in texts(service)


def test_only_what_it_hears_of_others_is_asked_for():
    assert keys_of(specimen(copying(), EFFECTS)) == ("note.*.v1",)
    assert Effect.__tablename__ == "effects"
