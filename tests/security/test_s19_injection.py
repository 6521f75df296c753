"""S19 over every parameter of every route: what is typed is a value and never a piece of a statement, and nothing takes long.

`SECURITY_LONG=1` sends every text to every parameter; otherwise each parameter gets some of them, all of them in turn.
"""

from __future__ import annotations

import itertools
import os
import re
import threading
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chassis.data.database import Database
from tests.security.expectations import API, Case
from tests.security.test_s01_s02_api import operations
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite

LONG = bool(os.environ.get("SECURITY_LONG"))
SOME = 3
LONGEST = 2.0  # seconds; an answer that takes this long was kept busy by what was sent
TEXTS = (
    "'", '"', "';--", "' OR '1'='1", "1 OR 1=1", "1; SELECT pg_sleep(5)", "'||pg_sleep(5)||'", "(SELECT pg_sleep(5))",
    "'; DROP TABLE players; --", "\\'; DROP TABLE tickets; --", "%27%20OR%201=1", "${7*7}", "{{7*7}}", "%s", "%(x)s", ":x",
    "$1", "?", "%" * 60, "_" * 60, "%_%_%_%_%_%_%_%_%_%_%_%_%a", "\\" * 31, "(" * 60 + ")" * 60, "(a+)+$", "[" * 50, "a" * 64,
    "*" * 50, "\x00", "\ud7ff", "\uffff", "\u202e", "\U0001d518", "\u0130" * 20, "\ufdfa" * 3, "\U0001f468\u200d\U0001f469",
    "-1", "0", "1e309", "NaN", "null", "true", "[]", "{}", "9" * 40, "-9223372036854775809", "2026-13-45",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "../../etc/passwd", "a,b,,c", ",", "id[in]", "created_at,id",
    "-password_hash", "CASE WHEN 1 THEN 1 END", "\r\nX-Injected: 1", "<script>", "01890000-0000-7000-8000-000000000000'",
)  # fmt: skip


def parameters(suite: InProcessSuite) -> list[tuple[str, str]]:
    """(operation, parameter) of everything that may stand in a query."""
    document = suite.openapi()
    return [
        (name, part["name"])
        for name, described in operations(suite).items()
        for given in described.get("parameters", [])
        if (part := _resolved(document, given))["in"] == "query"
    ]


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    found: Any = document
    for name in part.get("$ref", "#").split("/")[1:]:
        found = found[name]
    return found if "$ref" in part else part


def test_whatever_is_typed_into_a_parameter_is_a_value(suite: InProcessSuite, rows: Rows, figure):
    wrong, count, longest, where = [], 0, 0.0, ""
    api, case = suite.api("admin"), Case(suite, rows, "A001")
    turn = itertools.cycle(TEXTS)
    before = checksum(suite)
    for name, parameter in sorted(parameters(suite), key=lambda one: not one[0].startswith("GET")):
        if not name.startswith("GET") and before:  # what only reads was asked first, and has changed nothing
            assert not differing(before, checksum(suite))
            before = {}
        method, _, path = name.partition(" ")
        expected = API[name]
        path = re.sub(r"\{\w+\}", lambda _, e=expected: case.id(e.row or ""), path)
        query = expected.query(case) if expected.query else {}
        for sent in TEXTS if LONG else itertools.islice(turn, SOME):
            count += 1
            if method == "POST":  # each may ask for a job
                suite.end_jobs()
            started = perf_counter()
            answer = api.request(method, path, query_string={**query, parameter: sent})
            seconds = perf_counter() - started
            if seconds > longest:
                longest, where = seconds, f"{name}?{parameter}={sent[:20]!r}"
            if (
                answer.status_code not in (200, 400, 403, 404, 422, *([202] if method == "POST" else []))
                or "X-Injected" in answer.headers
            ):
                wrong.append(f"{name}?{parameter}={sent!r}: {answer.status_code} {answer.text[:120]}")
    figure(
        "S19",
        parameters=len(parameters(suite)),
        requests=count,
        wrong=len(wrong),
        longest_ms=int(1000 * longest),
        at=where,
    )
    assert not wrong, "\n".join(wrong[:40])
    assert longest < LONGEST, where


def test_whatever_is_typed_into_a_page_s_address_is_a_value(suite: InProcessSuite, figure):
    """The pages hand their parameters on; what the service refuses is said on the page."""
    wrong, count, longest = [], 0, 0.0
    browser, turn = suite.pages("M001"), itertools.cycle(TEXTS)
    names = ("q", "tab", "sort", "cursor", "agent_id", "vip_tier", "tag", "status", "player", "view", "day", "category")
    for path in (
        "/",
        "/players",
        "/tickets",
        "/orders",
        "/sales",
        "/packs",
        "/items",
        "/search",
        "/settings/staff",
        "/home/list",
    ):
        for name in names:
            for sent in TEXTS if LONG else itertools.islice(turn, 1):
                count += 1
                started = perf_counter()
                answer = browser.get(path, query_string={name: sent})
                longest = max(longest, perf_counter() - started)
                if answer.status_code >= 500:
                    wrong.append(f"{path}?{name}={sent!r}: {answer.status_code}")
    figure("S19 pages", requests=count, wrong=len(wrong), longest_ms=int(1000 * longest))
    assert not wrong, "\n".join(wrong[:40])


def test_every_connection_ends_what_takes_too_long(suite: InProcessSuite):
    for name, runtime in suite.runtimes().items():
        with runtime.database.reading.connect() as connection:
            limits = {
                limit: connection.execute(text(f"SHOW {limit}")).scalar_one()
                for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
            }
        expected = {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "15s"}
        assert limits == expected, name


def test_a_statement_that_takes_too_long_is_ended_by_the_database(suite: InProcessSuite):
    database = Database(suite.database_urls["gateway"], statement_ms=100)
    started = perf_counter()
    with pytest.raises(OperationalError, match="statement timeout"), database.reading.connect() as connection:
        connection.execute(text("SELECT pg_sleep(5)"))
    database.close()
    assert perf_counter() - started < 2


def test_a_request_that_waits_for_a_lock_ends_in_time_and_is_no_mistake_of_ours(
    suite: InProcessSuite, rows: Rows, figure
):
    player = rows.of["A001"]["player"]["id"]
    engine = suite.runtimes()["player"].database.engine
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with engine.connect() as connection, connection.begin():
            connection.execute(text("LOCK TABLE players IN ACCESS EXCLUSIVE MODE"))
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(5)
    started = perf_counter()
    answer = suite.api("A001").get(f"/players/{player}")
    seconds = perf_counter() - started
    done.set()
    holder.join()
    figure("S19 a lock", status=answer.status_code, s=f"{seconds:.1f}")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert seconds < 6
