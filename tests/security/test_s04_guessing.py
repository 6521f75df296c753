"""S4: whoever guesses IDs learns nothing: another's row and none at all are one answer, of one size, in the same time.

`SECURITY_PROBES` is the number of requests for the times.
"""

from __future__ import annotations

import os
import random
import re
from time import perf_counter
from typing import Any

import pytest

from chassis.clock import new_id
from tests.security.expectations import API, SHARED, STALE, Case
from tests.security.test_s01_s02_api import operations
from tests.security.test_s01_s02_pages import address, kind_of, rules
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite

PROBES = int(os.environ.get("SECURITY_PROBES", "240"))
OWN_OF_THE_REQUEST = {"X-Request-Id", "Content-Security-Policy", "RateLimit", "RateLimit-Policy", "Date", "Set-Cookie"}
ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
NONCES = re.compile(r'nonce="[^"]*"|name="csrf-token" content="[^"]*"|name="csrf_token" value="[^"]*"|\b[0-9a-f]{32}\b')


def with_an_id(suite: InProcessSuite) -> list[str]:
    """The operations whose path or body names a row that belongs to somebody."""
    return [name for name in operations(suite) if API[name].row and API[name].row not in SHARED]


def told(answer: Any) -> tuple[Any, ...]:
    """Everything of an answer but what is new in each: request ID, nonces, the ID that was asked for."""
    body = NONCES.sub("*", ID.sub("<id>", answer.text))
    headers = sorted((name, ID.sub("<id>", value)) for name, value in answer.headers if name not in OWN_OF_THE_REQUEST)
    return answer.status_code, len(answer.data), body, tuple(headers)


def ask(suite: InProcessSuite, rows: Rows, name: str, record_id: str) -> Any:
    """One request of A001 that names a record by this ID wherever it names one."""
    expected, case = API[name], Case(suite, rows, "B001")
    theirs = case.id(expected.row or "")
    method, _, path = name.partition(" ")
    path = re.sub(r"\{\w+\}", record_id, path)
    options: dict[str, Any] = {}
    if expected.query:
        options["query_string"] = {k: record_id if v == theirs else v for k, v in expected.query(case).items()}
    body = expected.body(case) if expected.body else None
    if isinstance(body, dict):
        body = {k: record_id if v == theirs else v for k, v in body.items()}
    if method != "GET":
        options |= {"version": STALE, "key": new_id()}
    return suite.api("A001").request(method, path, body, **options)


def test_another_s_row_and_none_are_the_same_answer_everywhere(suite: InProcessSuite, rows: Rows, figure):
    wrong, count = [], 0
    browser = suite.pages("A001")
    before = checksum(suite)
    for name in with_an_id(suite):
        theirs = told(ask(suite, rows, name, rows.of["B001"][API[name].row or ""]["id"]))
        nobodys = told(ask(suite, rows, name, new_id()))
        count += 2
        if theirs != nobodys:
            wrong.append(f"{name}: {theirs} for another's, {nobodys} for none")
    for name, rule in rules(suite).items():
        if name.startswith("GET") and kind_of(rule) is not None and kind_of(rule) not in SHARED:
            count += 2
            path = address(rule, rows, "B001")
            theirs, nobodys = told(browser.get(path)), told(browser.get(ID.sub(new_id(), path)))
            if theirs != nobodys:
                wrong.append(f"{name}: {theirs[:2]} for another's, {nobodys[:2]} for none")
    changed = differing(before, checksum(suite))
    figure("S4 answers", requests=count, different=len(wrong), tables_changed=len(changed))
    assert count > 40
    assert not wrong, "\n".join(wrong)
    assert not changed


def area_under_curve(these: list[float], those: list[float]) -> float:
    """How often one of these took longer than one of those: 0.5 where the times tell nothing."""
    ordered = sorted([(seconds, 0.5) for seconds in these] + [(seconds, -0.5) for seconds in those])
    ranks = sum(rank for rank, (_, which) in enumerate(ordered, 1) if which > 0)
    return (ranks - len(these) * (len(these) + 1) / 2) / (len(these) * len(those))


@pytest.mark.parametrize("name", ["GET /players/{player_id}", "GET /tickets/{ticket_id}", "GET /orders/{order_id}"])
def test_the_time_tells_nothing_either(suite: InProcessSuite, rows: Rows, name: str, figure):
    """Asked in pairs, in an order drawn by lot, so that what else the machine does falls on both alike."""
    times: dict[str, list[float]] = {"theirs": [], "nobodys": []}
    theirs = rows.of["B001"][API[name].row or ""]["id"]
    drawn = random.Random(4)
    for warm_up in (True, False):
        for _ in range(5 if warm_up else PROBES // 6):
            for which in drawn.sample(sorted(times), 2):
                record_id = theirs if which == "theirs" else new_id()
                started = perf_counter()
                answer = ask(suite, rows, name, record_id)
                seconds = perf_counter() - started
                assert answer.status_code == 404
                if not warm_up:
                    times[which].append(seconds)
    area = area_under_curve(times["theirs"], times["nobodys"])
    middles = {which: sorted(found)[len(found) // 2] for which, found in times.items()}
    figure(
        f"S4 times of {name}",
        probes=2 * len(times["theirs"]),
        area=f"{area:.2f}",
        medians_ms=" ".join(f"{which} {1000 * middle:.2f}" for which, middle in middles.items()),
    )
    # 0.5 give or take what chance makes of so many: three times its standard deviation, and a little for the machine.
    chance = 3 * (1 / (6 * len(times["theirs"]))) ** 0.5
    assert abs(area - 0.5) < chance + 0.1
