"""S18 over every route: no parameter, header or path makes an answer lead to another site.

`SECURITY_LONG=1` sends every address to every route; otherwise each route gets one, all of them in turn.
"""

from __future__ import annotations

import itertools
import os
from typing import Any

from tests.security.expected_pages import ENDS_SESSIONS
from tests.security.test_s01_s02_pages import address, rules
from tests.security.test_s18_s19_s21 import leads_away
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite

LONG = bool(os.environ.get("SECURITY_LONG"))
NAMES = (
    "next",
    "back",
    "to",
    "url",
    "uri",
    "target",
    "return",
    "return_to",
    "redirect",
    "redirect_uri",
    "continue",
    "fresh",
)
TARGETS = ("https://evil.example/", "//evil.example/", "/\\evil.example/")
LEADING = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url", "Refresh", "Content-Location")
STRANGER = "stranger.example"  # said in headers alone: other tests write evil.example into rows, which pages show
FORWARDED = {
    "X-Forwarded-Host": STRANGER,
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Prefix": f"//{STRANGER}",
    "X-Original-URL": f"//{STRANGER}/",
    "X-Rewrite-URL": f"//{STRANGER}/",
    "Forwarded": f"host={STRANGER};proto=http",
    "HX-Current-URL": f"https://{STRANGER}/",
    "Referer": f"https://{STRANGER}/",
    "Origin": f"https://{STRANGER}",
}


def leading_away(answer: Any) -> list[str]:
    """The headers of an answer that name another site; an address of our own has no host at all."""
    found = {name: answer.headers.get(name) for name in LEADING if answer.headers.get(name)}
    return [f"{name}: {value}" for name, value in found.items() if leads_away(value) or _names_another(value[:28])]


def _names_another(text: str) -> bool:
    return "evil.example" in text or STRANGER in text


def test_no_parameter_of_any_page_leads_away(suite: InProcessSuite, rows: Rows, figure):
    wrong, count, turn = [], 0, itertools.cycle(TARGETS)
    for browser in (suite.pages(), suite.pages("A001"), suite.pages("admin")):
        token = browser.csrf()
        for name, rule in rules(suite).items():
            if name in ENDS_SESSIONS:
                continue
            path = address(rule, rows, "A001")
            for target in TARGETS if LONG else itertools.islice(turn, 1):
                count += 1
                fields = dict.fromkeys(NAMES, target)
                if name.startswith("GET"):
                    answer = browser.get(path, query_string=fields)
                else:
                    answer = browser.client.post(path, data={**fields, "csrf_token": token, "version": "999999"})
                wrong += [f"{name} with {target}: {what}" for what in leading_away(answer)]
    figure("S18 parameters", requests=count, leading_away=len(wrong))
    assert not wrong, "\n".join(wrong[:40])


def test_no_header_that_names_a_host_is_believed(suite: InProcessSuite, rows: Rows, figure):
    """Nobody stands in front of this gateway, so whatever a proxy would say is said by a stranger."""
    wrong, count = [], 0
    for browser in (suite.pages(), suite.pages("A001")):
        for name, rule in rules(suite).items():
            if name in ENDS_SESSIONS or not name.startswith("GET"):
                continue
            for headers in (FORWARDED, {"Host": STRANGER}, {**FORWARDED, "HX-Request": "true"}):
                count += 1
                answer = browser.get(address(rule, rows, "A001"), headers=headers)
                wrong += [f"{name} with {list(headers)[:1]}: {what}" for what in leading_away(answer)]
                if STRANGER in answer.text and answer.mimetype == "text/html":
                    wrong += [f"{name}: the page names {STRANGER}"]
    figure("S18 headers", requests=count, leading_away=len(wrong))
    assert not wrong, "\n".join(wrong[:40])


def test_no_path_is_taken_for_another_host(suite: InProcessSuite):
    """`//evil.example/..`: an address that is put right by a redirect must not become one of another site."""
    tails = ("", "/", "/login", "/%2e%2e", "/..", "//", "/../login")
    starts = (
        "//evil.example",
        "/%2fevil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "///evil.example",
        "/.//evil.example",
    )
    for browser in (suite.pages(), suite.pages("A001")):
        for path in (start + tail for start in starts for tail in tails):
            answer = browser.client.open(
                "/", environ_overrides={"PATH_INFO": path.replace("%2f", "/").replace("%5c", "\\")}
            )
            assert leading_away(answer) == [], path
            assert answer.status_code < 500, path


def test_what_was_made_is_named_by_a_path(suite: InProcessSuite):
    answer = suite.api("A001").post("/players", {"wechat_id": "wx_s18"}, headers={"Host": STRANGER, **FORWARDED})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/players/{answer.json['id']}"
