"""S29: the headers that keep a browser from being turned against its user, on every answer; and the cookie's marks."""

from __future__ import annotations

import re

from tests.security.expected_pages import ENDS_SESSIONS
from tests.security.test_s01_s02_pages import address, rules, visit
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite

EXACT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def faults(answer, *, static: bool = False) -> list[str]:
    """What is missing or wrong among the headers of an answer."""
    headers = answer.headers
    found = [f"{name}: {headers.get(name)}" for name, value in EXACT.items() if headers.get(name) != value]
    found += [] if "max-age=31536000" in headers.get("Strict-Transport-Security", "") else ["no HSTS"]
    if static:
        return found + ([] if "Content-Security-Policy" in headers else ["no CSP"])
    policy = headers.get("Content-Security-Policy", "")
    found += [
        f"CSP lacks {part}"
        for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
        if part not in policy
    ]
    found += [
        f"CSP has {part}" for part in ("unsafe-inline", "unsafe-eval", " * ", "http:", "https:") if part in policy
    ]
    kept = headers.get("Cache-Control", "")
    found += (
        []
        if "no-store" in kept or answer.request.path.startswith(("/docs/", "/api/v1/openapi"))
        else [f"Cache-Control {kept}"]
    )
    return found + ([f"tells {headers['Server']}"] if "Server" in headers else [])


def test_every_answer_has_the_headers(suite: InProcessSuite, rows: Rows, figure):
    wrong, count = [], 0
    browsers = {"nobody": suite.pages(), "admin": suite.pages("admin")}
    for who, browser in browsers.items():
        token = browser.csrf()
        for name, rule in rules(suite).items():
            if name in ENDS_SESSIONS:
                continue
            count += 1
            wrong += [
                f"{name} by {who}: {fault}"
                for fault in faults(visit(browser, token, name, address(rule, rows, "A001")))
            ]
    api = suite.api("A001")
    answers = [api.get(path) for path in ("/players", "/me", "/nope", "/home?x=1", "/openapi.json")]
    answers += [api.post("/players", {}), api.request("PUT", "/players"), suite.nobody().get("/me")]
    answers += [
        suite.nobody().client.get("/nowhere"),
        suite.nobody().client.post("/api/v1/login", data=b"x" * 2_000_000),
    ]
    for answer in answers:
        count += 1
        wrong += [f"{answer.request.path} {answer.status_code}: {fault}" for fault in faults(answer)]
    figure("S29", answers=count, faults=len(wrong))
    assert not wrong, "\n".join(wrong[:40])


def test_a_file_has_them_too(suite: InProcessSuite):
    page = suite.nobody().client.get("/login")
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert files
    for path in {*files, re.sub(r"css/[^/]+$", "img/icons.svg", files[-1])}:
        answer = suite.nobody().client.get(path)
        if answer.status_code == 200:
            assert faults(answer, static=True) == [], path


def test_each_answer_has_a_nonce_of_its_own_and_every_inline_part_carries_it(suite: InProcessSuite):
    browser = suite.pages("A001")
    seen = set()
    for _ in range(5):
        answer = browser.get("/")
        nonce = re.search(r"script-src 'self' 'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
        assert nonce
        seen.add(nonce[1])
        for tag in re.findall(r"<(?:script|style)\b[^>]*>", answer.text):
            assert "src=" in tag or f'nonce="{nonce[1]}"' in tag or 'type="application/json"' in tag, tag
        assert not re.search(r"<[^>]+\son\w+\s*=", answer.text), "an inline handler is stopped by the policy"
        assert not re.search(r'<[^>]+\sstyle="', answer.text), "an inline style is stopped by the policy"
    assert len(seen) == 5


def test_the_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts(suite: InProcessSuite):
    answer = suite.pages().sign_in("A001")
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith(("__Host-playdesk=", "__Host-playdesk-device="))
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain=" not in cookie
