"""R27: of all who change one version of a record, exactly one succeeds; the others see what it has become."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.services import Person, ServiceUnderTest


@pytest.fixture
def me(notes: ServiceUnderTest) -> Person:
    """Somebody who may do everything."""
    return notes.person("note.write", "note.read", scope="all")


@pytest.fixture
def note(me: Person) -> dict:
    """A note of mine, at version 1."""
    return me.post("/notes", {"text": "first"}).json


@pytest.mark.parametrize("round_", range(3))
def test_a_hundred_change_one_note_with_one_etag_and_one_succeeds(notes, me, note, round_):
    people = [notes.person("note.write", scope="all") for _ in range(100)]

    def change(n: int):
        return people[n].patch(f"/notes/{note['id']}", {"text": f"by {n}"}, version=1)

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(change, range(100)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 99}
    [winner] = [answer.json for answer in answers if answer.status_code == 200]
    assert me.get(f"/notes/{note['id']}").json == winner
    assert winner["version"] == 2
    assert all(a.json["current"] == winner for a in answers if a.status_code == 412)
    assert [f.data["text"] for f in notes.facts() if f.subject == note["id"]] == ["first", winner["text"]]


def test_each_with_the_version_it_has_seen_loses_no_update(notes, me, note):
    def add_one(_n: int) -> int:
        for tries in range(1, 200):
            seen = me.get(f"/notes/{note['id']}")
            answer = me.patch(
                f"/notes/{note['id']}", {"weight": seen.json["weight"] + 1}, headers={"If-Match": seen.headers["ETag"]}
            )
            if answer.status_code == 200:
                return tries
            assert answer.status_code == 412
        raise AssertionError("never my turn")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    assert me.get(f"/notes/{note['id']}").json["weight"] == 40


def test_without_a_version_it_is_428(me, note):
    refused = me.patch(f"/notes/{note['id']}", {"text": "x"})
    assert (refused.status_code, refused.json["code"]) == (428, "if_match_required")


@pytest.mark.parametrize("etag", ["*", "1", 'W/"1"', "abc"])
def test_a_version_in_no_form_of_ours_is_400(me, note, etag):
    assert me.patch(f"/notes/{note['id']}", {"text": "x"}, headers={"If-Match": etag}).status_code == 400


@pytest.mark.parametrize("etag", ['"0"', '"2"', '"abc"', '"99999999999999999999"', '"-1"', '"1", "2"', '""', '"1'])
def test_a_version_that_never_was_is_412_with_what_there_is(me, note, etag):
    refused = me.patch(f"/notes/{note['id']}", {"text": "x"}, headers={"If-Match": etag})
    assert (refused.status_code, refused.json["code"]) == (412, "stale")
    assert refused.json["current"] == note


def test_the_etag_of_an_answer_is_the_version_for_the_next_change(me, note):
    changed = me.patch(f"/notes/{note['id']}", {"text": "two"}, headers={"If-Match": '"1"'})
    again = me.patch(f"/notes/{note['id']}", {"text": "three"}, headers={"If-Match": changed.headers["ETag"]})
    assert (again.status_code, again.json["version"]) == (200, 3)


def test_deleting_needs_the_version_and_happens_once(notes, me, note):
    assert me.delete(f"/notes/{note['id']}").status_code == 428
    assert me.delete(f"/notes/{note['id']}", version=5).status_code == 412
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: me.delete(f"/notes/{note['id']}", version=1), range(10)))
    assert Counter(answer.status_code for answer in answers) == {204: 1, 404: 9}


def test_a_record_out_of_reach_is_404_whatever_the_version(notes, note):
    stranger = notes.person("note.write", "note.read")
    for answer in (
        stranger.get(f"/notes/{note['id']}"),
        stranger.patch(f"/notes/{note['id']}", {"text": "x"}, version=1),
        stranger.patch(f"/notes/{note['id']}", {"text": "x"}, version=7),
        stranger.delete(f"/notes/{note['id']}", version=1),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
        assert "current" not in answer.json
