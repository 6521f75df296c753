"""R28: one effect per key, whoever repeats it and however often at once; never another's answer."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from chassis.clock import utc_now
from chassis.data.idempotency import forget_old
from chassis.data.tables import idempotency_keys
from tests.chassis.specimen.notes import Note
from tests.support.services import Person, ServiceUnderTest

NOTE = {"text": "礼包没到账"}


@pytest.fixture
def me(notes: ServiceUnderTest) -> Person:
    """Somebody who may write."""
    return notes.person("note.write", "note.read")


def written_by(notes: ServiceUnderTest, person: Person) -> int:
    """How many notes somebody has."""
    with notes.runtime.database.read_session() as session:
        return session.scalar(select(func.count()).where(Note.author_id == person.id)) or 0


@pytest.mark.parametrize("round_", range(5))
def test_the_same_key_fifty_times_at_once_creates_one(notes, me, round_):
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: me.post("/notes", NOTE, key="at-once"), range(50)))
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert statuses[201] >= 1
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1
    assert {a.json["code"] for a in answers if a.status_code == 409} <= {"request_in_progress"}
    assert all(a.headers["Retry-After"] for a in answers if a.status_code == 409)
    assert sum(a.status_code == 201 and "Idempotency-Replayed" not in a.headers for a in answers) == 1
    assert written_by(notes, me) == 1
    assert sum(fact.data["author_id"] == me.id for fact in notes.facts()) == 1


def test_a_repeated_key_gets_the_same_answer_to_the_byte(me):
    first, again = me.post("/notes", NOTE, key="twice"), me.post("/notes", NOTE, key="twice")
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(notes, me):
    me.post("/notes", NOTE, key="k")
    other = me.post("/notes", {"text": "another"}, key="k")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert written_by(notes, me) == 1


def test_the_same_key_at_another_path_is_refused(notes, me):
    me.post("/notes", NOTE, key="k")
    other = me.post("/paid-notes", NOTE, key="k")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_another_person_with_the_same_key_never_gets_my_answer(notes, me):
    you = notes.person("note.write")
    mine, yours = me.post("/notes", NOTE, key="shared"), you.post("/notes", NOTE, key="shared")
    assert (mine.status_code, yours.status_code) == (201, 201)
    assert mine.json["id"] != yours.json["id"]
    assert "Idempotency-Replayed" not in yours.headers


def test_ten_people_with_the_same_key_at_once_each_get_their_own(notes):
    people = [notes.person("note.write") for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda person: person.post("/notes", NOTE, key="common"), people * 3))
    for person, answer in zip(people * 3, answers, strict=True):
        assert answer.status_code == 409 or answer.json["author_id"] == person.id
    assert all(written_by(notes, person) == 1 for person in people)


def test_a_key_and_a_name_that_run_together_are_still_two(notes, me):
    """Key and caller are parted by a sign that neither can have."""
    for key in ("a", "a ", "a:b", "ab"):
        me.post("/notes", NOTE, key=key)
    assert written_by(notes, me) == 3, "blanks around a key do not count"


def test_a_refused_request_keeps_no_answer_so_that_it_can_be_mended(notes, me):
    assert me.post("/notes", {"text": ""}, key="mend").status_code == 422
    assert me.post("/notes", NOTE, key="mend").status_code == 201


def test_who_may_not_gets_no_kept_answer_either(notes, me):
    me.post("/notes", NOTE, key="rights")
    without = notes.person("note.read", staff_id=me.id)
    assert without.post("/notes", NOTE, key="rights").status_code == 403


def test_where_money_moves_a_key_is_needed(me):
    refused = me.post("/paid-notes", NOTE)
    assert (refused.status_code, refused.json["code"]) == (428, "idempotency_key_required")
    assert me.post("/paid-notes", NOTE, key="paid").status_code == 201


@pytest.mark.parametrize("key", ["x" * 201, "tab\there", "\x7f", "a\x85b"])
def test_a_key_that_is_none_is_refused(me, key):
    assert me.post("/notes", NOTE, key=key).status_code == 400


def test_keys_are_kept_for_a_day(notes, me):
    me.post("/notes", NOTE, key="old")
    work = notes.runtime.work()
    with work.session as session:
        mine = select(func.count()).where(idempotency_keys.c.caller == me.id)
        forget_old(session, utc_now() + timedelta(hours=23))
        assert session.scalar(mine) == 1
        forget_old(session, utc_now() + timedelta(hours=25))
        assert session.scalar(mine) == 0
        session.rollback()


def test_without_a_key_each_request_counts(notes, me):
    me.post("/notes", NOTE)
    me.post("/notes", NOTE)
    assert written_by(notes, me) == 2
