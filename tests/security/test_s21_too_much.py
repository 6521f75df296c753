"""S21: what is too large, too deep or without end is refused early on every unsafe route, in little time and memory."""

from __future__ import annotations

import json
import re
from time import perf_counter

import pytest

from chassis.http.app import MAX_BODY
from tests.security.expectations import API, STALE, Case, has
from tests.security.expected_pages import ENDS_SESSIONS
from tests.security.test_s01_s02_api import operations
from tests.security.test_s01_s02_pages import address, rules
from tests.support.real_gateway import RealGateway
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite

BODIES = {
    "too large": (b'{"a": "' + b"x" * MAX_BODY + b'"}', {413}),
    "too deep": (b"[" * 400_000, {400, 413, 422}),
    "too deep in objects": (b'{"a":' * 150_000, {400, 413, 422}),
    "10,000 fields": (json.dumps({f"field_{n}": n for n in range(10_000)}).encode(), {400, 413, 422}),
    "10,000 fields in one": (json.dumps({"name": {f"f{n}": n for n in range(10_000)}}).encode(), {400, 413, 422}),
}
_NOT_A_BODY = {"POST /logout"}


def test_every_write_of_the_api_refuses_too_much_at_once(suite: InProcessSuite, rows: Rows, figure):
    wrong, count, slowest, largest = [], 0, 0.0, 0
    before = checksum(suite)
    for name in operations(suite):
        method, _, path = name.partition(" ")
        if method == "GET" or name in _NOT_A_BODY:
            continue
        expected, case = API[name], Case(suite, rows, "A001")
        path = re.sub(r"\{\w+\}", lambda _, e=expected, c=case: c.id(e.row or ""), path)
        who = next(no for no in ("A001", "M001", "admin", "Q001") if has(suite.staff[no], expected.action))
        for what, (body, statuses) in BODIES.items():
            count += 1
            started = perf_counter()
            answer = suite.api(who).request(
                method, path, data=body, content_type="application/json", version=STALE, key="s21"
            )
            slowest = max(slowest, perf_counter() - started)
            largest = max(largest, len(answer.data))
            if answer.status_code not in statuses | {415}:  # an upload wants a file
                wrong.append(f"{name}, {what}: {answer.status_code} {answer.text[:100]}")
    changed = differing(before, checksum(suite))
    figure(
        "S21 API", requests=count, wrong=len(wrong), slowest_ms=int(1000 * slowest), largest_answer_kb=largest // 1024
    )
    assert not wrong, "\n".join(wrong[:40])
    assert not changed
    assert largest < 64 * 1024
    assert slowest < 2


def test_every_form_refuses_too_much(suite: InProcessSuite, rows: Rows, figure):
    wrong, count, slowest = [], 0, 0.0
    browser = suite.pages("admin")
    token = browser.csrf()
    fields = "&".join(f"f{n}={n}" for n in range(10_000))
    kind = {"content_type": "application/x-www-form-urlencoded"}
    parts = (
        b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(5000))
        + b"--b--\r\n"
    )
    for name, rule in rules(suite).items():
        if name.startswith("GET") or name in ENDS_SESSIONS:
            continue
        path = address(rule, rows, "A001")
        for what, body, options in (
            ("too large", "a=" + "x" * MAX_BODY, kind),
            ("10,000 fields", f"{fields}&csrf_token={token}&version=999999", kind),
            ("5,000 parts", parts, {"content_type": "multipart/form-data; boundary=b"}),
        ):
            count += 1
            started = perf_counter()
            answer = browser.client.post(path, data=body, **options)
            slowest = max(slowest, perf_counter() - started)
            if answer.status_code >= 500 or (what == "too large" and answer.status_code not in (400, 403, 413)):
                wrong.append(f"{name}, {what}: {answer.status_code}")
    figure("S21 forms", requests=count, wrong=len(wrong), slowest_ms=int(1000 * slowest))
    assert not wrong, "\n".join(wrong[:40])


HEAD = b"Host: localhost\r\nContent-Type: application/json\r\n"
RAW = {
    "a body of 40 GB by its length": (
        b"POST /api/v1/login HTTP/1.1\r\n" + HEAD + b"Content-Length: 40000000000\r\n\r\n{",
        413,
    ),
    "a body of 2 MB": (
        b"POST /api/v1/login HTTP/1.1\r\n" + HEAD + b"Content-Length: 2097152\r\n\r\n" + b"x" * 2097152,
        413,
    ),
    "a chunk of 2 GB": (
        b"POST /api/v1/login HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\nx",
        413,
    ),
    "1,000 headers": (
        b"GET /login HTTP/1.1\r\n" + HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"\r\n",
        431,
    ),
    "a header of 100 kB": (b"GET /login HTTP/1.1\r\n" + HEAD + b"X-A: " + b"y" * 100_000 + b"\r\n\r\n", 431),
    "a head of 1 MB": (b"GET /login HTTP/1.1\r\n" + HEAD + b"X-A: " + b"y" * 1_000_000, 431),
    "an address of 100 kB": (b"GET /login?q=" + b"y" * 100_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", 414),
    "two lengths": (b"POST /login HTTP/1.1\r\n" + HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "a length and chunks": (
        b"POST /login HTTP/1.1\r\n" + HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "no request at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "a header in two lines": (b"GET /login HTTP/1.1\r\n" + HEAD + b"X-A: b\r\n c\r\n\r\n", 400),
    "a header with a space": (b"GET /login HTTP/1.1\r\n" + HEAD + b"X-A : b\r\n\r\n", 400),
}


@pytest.mark.parametrize("what", RAW)
def test_gunicorn_refuses_it_early(real_gateway: RealGateway, what: str):
    request, status = RAW[what]
    started = perf_counter()
    answer = real_gateway.answer(request, timeout=5)
    assert answer.split(b" ")[1:2] == [str(status).encode()], answer[:200]
    assert perf_counter() - started < 5


def test_a_body_without_end_is_refused_at_the_limit(real_gateway: RealGateway, figure):
    """Chunk after chunk: the gateway says 413 and closes, and does not keep what came."""
    before = real_gateway.memory()
    started, sent = perf_counter(), 0
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with real_gateway.connection() as connection:
        connection.sendall(b"POST /api/v1/login HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 200 * 2**20:
                connection.sendall(chunk)
                sent += 0x10000
        except OSError:
            pass
    seconds, grown = perf_counter() - started, real_gateway.memory() - before
    figure("S21 endless", sent_mb=sent // 2**20, s=f"{seconds:.2f}", memory_mb=grown // 2**20)
    assert sent < 100 * 2**20
    assert grown < 100 * 2**20
