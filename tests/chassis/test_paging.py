"""Pages put together are the whole list, sorted, no row twice, also while rows are being added."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.clock import new_id
from chassis.data.pagination import decode_cursor, encode_cursor
from tests.chassis.specimen.notes import Note
from tests.support.services import Person, ServiceUnderTest

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
WITH_DATABASE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture
def me(notes: ServiceUnderTest) -> Person:
    """Somebody new, with no notes."""
    return notes.person("note.write", "note.read")


def fill(notes: ServiceUnderTest, author: Person, rows: list[tuple[int, int]]) -> list[str]:
    """Notes with (seconds since noon, weight), in any order; returns their IDs."""
    made = []
    with notes.runtime.database.session() as session:
        for seconds, weight in rows:
            at = NOON + timedelta(seconds=seconds)
            note = Note(id=new_id(), no="N", text="t", weight=weight, author_id=author.id, version=1)
            note.created_at = note.updated_at = at
            made.append(note)
        random.Random(len(rows)).shuffle(made)
        session.add_all(made)
        session.commit()
    return [note.id for note in made]


def pages(person: Person, query: str, between=lambda: None) -> list[dict]:
    """Every row of a list, page by page."""
    found, cursor = [], ""
    for _ in range(1000):
        answer = person.get(f"/notes?{query}{cursor}")
        assert answer.status_code == 200, answer.text
        found += answer.json["items"]
        if answer.json["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer.json['next_cursor']}"
        between()
    raise AssertionError("the list never ends")


rows_with_ties = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=40)


@WITH_DATABASE
@given(rows_with_ties, st.integers(1, 15), st.sampled_from(["created_at", "-created_at", "weight", "-weight"]))
def test_pages_put_together_are_the_whole_list_in_its_order(notes, rows, limit, sort):
    me = notes.person("note.read")
    fill(notes, me, rows)
    whole = pages(me, f"limit=200&sort={sort}")
    assert pages(me, f"limit={limit}&sort={sort}") == whole
    assert len(whole) == len(rows)
    assert len({row["id"] for row in whole}) == len(rows)
    if sort.endswith("weight"):
        keys = [(row["weight"], row["id"]) for row in whole]
        assert keys == sorted(keys, reverse=sort.startswith("-"))


@WITH_DATABASE
@given(rows_with_ties, rows_with_ties, st.integers(1, 7), st.sampled_from(["-created_at", "weight", "-weight"]))
def test_rows_added_meanwhile_neither_double_nor_hide_those_that_were_there(notes, rows, more, limit, sort):
    me = notes.person("note.read")
    before = set(fill(notes, me, rows))
    added = iter(more)

    def add_one() -> None:
        for row in added:
            fill(notes, me, [row])
            return

    found = [row["id"] for row in pages(me, f"limit={limit}&sort={sort}", add_one)]
    assert len(found) == len(set(found))
    assert before <= set(found)


def test_the_last_page_has_no_cursor_even_when_it_is_full(notes, me):
    fill(notes, me, [(n, n) for n in range(6)])
    first = me.get("/notes?limit=3").json
    last = me.get(f"/notes?limit=3&cursor={first['next_cursor']}").json
    assert (len(last["items"]), last["next_cursor"]) == (3, None)


def test_the_total_is_told_only_when_asked_and_is_capped(notes, me):
    fill(notes, me, [(n, 0) for n in range(1005)])
    assert "total" not in me.get("/notes").json
    assert me.get("/notes?count=true&limit=1").json["total"] == 1000


def test_only_what_one_reaches_is_listed(notes, me):
    other = notes.person("note.read")
    mine = fill(notes, me, [(0, 0)])
    fill(notes, other, [(0, 0), (1, 1)])
    assert [row["id"] for row in pages(me, "limit=1")] == mine


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=-1", "sort=text", "sort=--weight", "cursor=" + "a" * 500,
              "page=2", "limit=1&limit=2", "count=yes", "%00=1", "limit=%EF%BC%95"],
)  # fmt: skip
def test_a_query_that_is_none_of_ours_is_400(me, query):
    answer = me.get(f"/notes?{query}")
    assert answer.status_code == 400
    assert answer.json["errors"]


@pytest.mark.parametrize(
    "cursor", ["x", "🙂", "!!!!", "bnVsbA", "W10", "WzEsMiwzXQ", "e30", "%00", "A" * 399, "=", "WyJ3ZWlnaHQiLDEsIngiXQ"]
)
def test_a_cursor_that_is_none_of_ours_is_400(me, cursor):
    answer = me.get("/notes", query_string={"cursor": cursor})
    assert answer.status_code == 400, answer.text


def forged(sort: str, value: object, row_id: object = "01a202d0-1d2f-7768-b4ff-4c329e300ad4") -> str:
    """A cursor as somebody might make it by hand."""
    return base64.urlsafe_b64encode(orjson.dumps([sort, value, row_id])).decode().rstrip("=")


@pytest.mark.parametrize("value", [None, [], {}, "x", True, 1e300, 2**62, "2026", "9999-12-31T23:59:59+00:00", -1, ""])
@pytest.mark.parametrize("sort", ["weight", "-created_at"])
def test_a_forged_cursor_is_never_an_error_of_ours(me, sort, value):
    assert me.get(f"/notes?sort={sort}&cursor={forged(sort, value)}").status_code in (200, 400, 422)


@WITH_DATABASE
@given(st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode().rstrip("=")))
def test_no_bytes_as_a_cursor_are_an_error_of_ours(notes, cursor):
    me = notes.person("note.read")
    assert me.get("/notes", query_string={"cursor": cursor}).status_code in (200, 400)


def test_a_cursor_belongs_to_its_order(notes, me):
    fill(notes, me, [(n, n) for n in range(3)])
    cursor = me.get("/notes?limit=1&sort=weight").json["next_cursor"]
    answer = me.get(f"/notes?limit=1&sort=-weight&cursor={cursor}")
    assert (answer.status_code, answer.json["code"]) == (400, "wrong_cursor")


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(st.one_of(moments, st.integers(-(2**31), 2**31), st.text(max_size=40), st.booleans()), st.uuids().map(str))
def test_a_cursor_gives_back_what_was_put_in(value, row_id):
    found, found_id = decode_cursor(encode_cursor("s", value, row_id), "s")
    assert found_id == row_id
    assert (datetime.fromisoformat(found) if isinstance(value, datetime) else found) == value


def test_a_page_far_in_is_read_through_the_index(notes, me):
    fill(notes, me, [(n % 50, n) for n in range(2000)])
    cursor = encode_cursor("weight", 1500, new_id())
    with notes.runtime.database.reading.connect() as connection:
        connection.execute(text("ANALYZE notes"))
        connection.execute(text("SET enable_seqscan = off"))
        value, row_id = decode_cursor(cursor, "weight")
        query = "EXPLAIN SELECT * FROM notes WHERE (weight, id) > (:v, :i) ORDER BY weight, id LIMIT 51"
        plan = "\n".join(row[0] for row in connection.execute(text(query), {"v": value, "i": row_id}))
        connection.execute(text("RESET enable_seqscan"))
    assert "ix_notes_weight" in plan
    assert "Sort" not in plan
