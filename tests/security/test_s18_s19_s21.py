"""S18 open redirects, S19 injection through filters, S21 bodies too large."""

from __future__ import annotations

import json
import re
from time import perf_counter

from tests.security.test_s22_malformed import operations
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import PASSWORD, InProcessSuite, new_member

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "///evil.example",
    "/%09/evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/ /evil.example",
    "https:/\\evil.example",
    "/.evil.example",
    "@evil.example",
)


def leads_away(location: str) -> bool:
    """As a browser reads it: tabs and line breaks are left out, backslashes are slashes."""
    plain = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    if plain.startswith("//"):
        return True
    scheme = re.match(r"[a-z][a-z0-9+.-]*:", plain, re.I)
    return bool(scheme) and not plain.startswith("http://localhost/")


def test_signing_in_leads_nowhere_else(suite: InProcessSuite, figure):
    member = new_member(suite)
    wrong = []
    for target in ELSEWHERE:
        shown = suite.pages().get("/login", query_string={"next": target})
        onward = re.search(r'name="next"[^>]*value="([^"]*)"', shown.text)
        answer = suite.pages().post("/login", {"staff_no": member.no, "password": PASSWORD, "next": target})
        assert answer.status_code == 303
        for found in (answer.location, onward[1] if onward else "/"):
            wrong += [f"{target!r} → {found!r}"] if leads_away(found) else []
    browser = suite.pages(member.no)
    for target in ELSEWHERE:
        answer = browser.post("/account/preferences", {"theme": "dark", "back": target})
        wrong += [f"back={target!r} → {answer.location!r}"] if leads_away(answer.location or "/") else []
    figure("S18", addresses=2 * len(ELSEWHERE), leading_away=len(wrong))
    assert not wrong, "\n".join(wrong)


WILD = (
    "%",
    "_",
    "%%",
    "\\",
    "' OR 1=1 --",
    "'; DROP TABLE players; --",
    "\\%",
    "_" * 50,
    "%" * 90,
    "a%b_c",
    "$1",
    ":q",
    "%s",
    "(" * 90,
)


def test_wildcards_and_sql_in_a_search_are_plain_text(suite: InProcessSuite, rows: Rows, figure):
    slowest, count = 0.0, 0
    api = suite.api("admin")
    for path in ("/players", "/tickets", "/orders", "/items", "/packs", "/staff", "/search"):
        for text in WILD:
            count += 1
            started = perf_counter()
            answer = api.get(path, query_string={"q": text})
            slowest = max(slowest, perf_counter() - started)
            assert answer.status_code in (200, 400), (path, text, answer.text[:200])
            if path in ("/items", "/packs", "/staff") and text in ("%", "%%", "\\%"):
                assert answer.json["items"] == [], f"{path}?q={text} is a wildcard"
    figure("S19 searches", requests=count, slowest_ms=int(1000 * slowest))


def test_only_the_orders_that_are_offered_can_be_asked_for(suite: InProcessSuite, figure):
    count = 0
    for name in operations(suite):
        method, _, path = name.partition(" ")
        described = operations(suite)[name]
        sorts = [p for p in described.get("parameters", []) if isinstance(p, dict) and p.get("name") == "sort"]
        if method != "GET" or not sorts or "{" in path:
            continue
        for sort in (
            "password_hash",
            "id; DROP TABLE x",
            "(select 1)",
            "-created_at,id",
            "random()",
            "Created_At",
            "--created_at",
        ):
            count += 1
            assert suite.api("admin").get(path, query_string={"sort": sort}).status_code == 400, (path, sort)
        for cursor in ("x", "W10", "WyJhIiwxLCJ4Il0", "'", "A" * 399, "eyJhIjoxfQ"):
            count += 1
            assert suite.api("admin").get(path, query_string={"cursor": cursor}).status_code == 400, (path, cursor)
    figure("S19 orders and cursors", refused=count)
    assert count > 40


def test_what_is_too_large_or_too_deep_is_refused_early(suite: InProcessSuite, rows: Rows, figure):
    api, slowest = suite.api("A001"), 0.0
    fields = json.dumps({f"field_{n}": n for n in range(10_000)})
    for path, body, statuses in (
        ("/players", b"x" * (1024 * 1024 + 1), {413}),
        ("/players", b'{"note": "' + b"x" * 1024 * 1024 + b'"}', {413}),
        ("/staff", b"x" * (1024 * 1024 + 1), {403, 413}),
        ("/players", b"[" * 500_000, {400}),
        ("/players", b'{"a":' * 100_000, {400}),
        ("/tickets", b"[" * 500_000, {400, 422}),
        ("/players", fields.encode(), {422}),
        ("/packs", json.dumps({"name": "x", "discount": "0.1", "lines": [{}] * 50_000}).encode(), {413, 422}),
        ("/login", b"[" * 500_000, {400}),
    ):
        started = perf_counter()
        answer = api.post(path, data=body, content_type="application/json")
        slowest = max(slowest, perf_counter() - started)
        assert answer.status_code in statuses, (path, len(body), answer.status_code, answer.text[:200])
        assert len(answer.data) < 100_000
    browser = suite.pages("A001")
    form = "&".join(f"f{n}={n}" for n in range(10_000)) + f"&csrf_token={browser.csrf()}"
    kind = {"content_type": "application/x-www-form-urlencoded"}
    assert browser.client.post("/players", data=form, **kind).status_code < 500
    assert browser.client.post("/players", data="a=" + "x" * 1_100_000, **kind).status_code in (400, 403, 413)
    figure("S21", slowest_ms=int(1000 * slowest))
    assert slowest < 2
