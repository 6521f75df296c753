"""Every error is problem+json in the caller's language, with nothing of our insides in it."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from chassis.data.database import is_away
from chassis.http.words import TITLES
from tests.chassis.specimen.notes import specimen
from tests.support.proxy import Proxy
from tests.support.services import ServiceUnderTest

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("zh-CN,zh;q=0.9", "有字段填写有误"),
        ("en-GB", "Some fields are wrong"),
        ("fr, en;q=0.5", "Some fields are wrong"),
        ("fr", "有字段填写有误"),
        ("", "有字段填写有误"),
        ("*", "有字段填写有误"),
    ],
)
def test_the_caller_is_told_in_their_language(notes: ServiceUnderTest, language, title):
    answer = notes.person("note.write").post("/notes", {}, headers={"Accept-Language": language})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json.keys() == MEMBERS
    assert answer.json["title"] == title
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json["instance"] == "/api/v1/notes"


def test_each_status_has_words_in_both_languages():
    assert all(code and zh and en and zh != en for code, zh, en in TITLES.values())


def test_an_error_of_ours_tells_nothing_of_our_insides(notes: ServiceUnderTest, monkeypatch):
    def fail(*_arguments: object) -> None:
        raise RuntimeError("secret +8613800138000")

    me = notes.person("note.write")
    monkeypatch.setattr("tests.chassis.specimen.notes.daily_number", fail)
    answer = me.post("/notes", {"text": "x"})
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    for inside in ("secret", "1380", "RuntimeError", "Traceback", ".py"):
        assert inside not in answer.text


def test_every_answer_has_the_headers_that_belong_to_it(notes: ServiceUnderTest):
    for answer in (notes.person("note.read").get("/notes"), notes.person().get("/notes"), notes.person().get("/none")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]


def test_a_request_id_that_comes_along_is_kept_and_one_that_is_none_is_not(notes: ServiceUnderTest):
    me = notes.person("note.read")
    assert me.get("/notes", headers={"X-Request-Id": "abc-12345"}).headers["X-Request-Id"] == "abc-12345"
    assert me.get("/notes", headers={"X-Request-Id": "<script>"}).headers["X-Request-Id"] != "<script>"


def test_a_database_that_is_away_is_503_at_once_and_comes_back_by_itself(new_database):
    proxy, way = Proxy.before(new_database("away"))
    service = ServiceUnderTest(specimen(), way)
    me = service.person("note.write", "note.read")
    assert me.post("/notes", {"text": "x"}).status_code == 201
    proxy.cut()
    for method in ("GET", "POST", "GET"):
        started = time.monotonic()
        answer = me.request(method, "/notes", json={"text": "x"} if method == "POST" else None)
        assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"]
        assert time.monotonic() - started < 2
    assert service.app.test_client().get("/readyz").status_code == 503
    assert service.app.test_client().get("/healthz").status_code == 200
    proxy.mend()
    assert me.post("/notes", {"text": "y"}).status_code == 201
    assert service.app.test_client().get("/readyz").status_code == 200
    service.close()
    proxy.close()


def test_words_sent_as_methods_do_not_fill_the_metrics(notes: ServiceUnderTest):
    for n in range(5):
        assert notes.person().request(f"WORD{n}", "/notes").status_code == 405
    counted = notes.app.test_client().get("/metrics").text
    assert "WORD" not in counted
    assert 'method="other"' in counted


@pytest.mark.parametrize(
    ("sql", "away"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("SELECT 1 / 0", False),
        ("SELECT nothing", False),
        ("SET LOCAL statement_timeout = 10; SELECT pg_sleep(1)", False),
        ("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1)", False),
        ("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", False),
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", False),
        ("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", False),
        ("DO $$ BEGIN RAISE SQLSTATE '53300'; END $$", True),
        ("DO $$ BEGIN RAISE SQLSTATE '57P03'; END $$", True),
        ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", True),
    ],
)
def test_a_database_that_is_away_is_told_from_a_statement_that_fails(notes: ServiceUnderTest, sql, away):
    with pytest.raises(Exception) as failed, notes.runtime.database.engine.begin() as connection:
        connection.execute(text(sql))
    assert is_away(failed.value) is away


def test_a_database_that_was_never_there_is_away():
    assert is_away(OperationalError("", {}, Exception("connection refused")))
    assert not is_away(IntegrityError("", {}, Exception("duplicate")))
    assert not is_away(KeyError("phone"))
