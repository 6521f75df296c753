"""Calls to a service that is flaky: what is tried again, when the circuit opens and closes, and that calls run side by side."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest
from flask import Flask, request

from gateway.clients.transport import Circuit, ServiceDown, Transport
from tests.support.http_server import Served

ASK = {"token": "t", "deadline": 2.0}


@pytest.fixture
def service():
    """A service that counts what it is asked and answers as it is told."""
    app = Flask("flaky")
    app.extensions["count"], app.extensions["lock"] = {}, threading.Lock()

    @app.route("/<path:name>", methods=["GET", "POST", "PATCH"])
    def answer(name: str):
        with app.extensions["lock"]:
            number = app.extensions["count"][name] = app.extensions["count"].get(name, 0) + 1
        if name.startswith("drop-first") and number == 1:
            request.environ["werkzeug.socket"].shutdown(2)
            return ""
        if name.startswith("slow"):
            sleep(0.4)
        return {"n": number}, (500 if name == "error" else 200), {"ETag": '"1"', "X-Inside": "secret", "Server": "x"}

    served = Served(app)
    yield served
    served.close()


def count(service: Served, name: str) -> int:
    return service.app.extensions["count"].get(name, 0)  # type: ignore[attr-defined]


def test_a_get_is_tried_once_more_where_the_connection_broke(service: Served):
    assert Transport("player", service.url).call("GET", "/drop-first", **ASK).json == {"n": 2}


def test_a_post_under_a_key_is_tried_once_more_and_one_without_is_not(service: Served):
    transport = Transport("player", service.url)
    keyed = transport.call("POST", "/drop-first-keyed", body=b"{}", headers={"Idempotency-Key": "k"}, **ASK)
    assert keyed.json == {"n": 2}
    for method in ("POST", "PATCH"):
        with pytest.raises(ServiceDown):
            transport.call(method, f"/drop-first-{method}", body=b"{}", **ASK)
        assert count(service, f"drop-first-{method}") == 1


def test_an_error_of_the_service_is_its_answer_and_is_not_tried_again(service: Served):
    assert Transport("player", service.url).call("GET", "/error", **ASK).status == 500
    assert count(service, "error") == 1


def test_only_the_headers_that_count_are_passed_on(service: Served):
    headers = {name.lower() for name in Transport("player", service.url).call("GET", "/x", **ASK).headers}
    assert headers == {"content-type", "etag"}


def test_a_call_ends_at_its_deadline(service: Served):
    started = monotonic()
    with pytest.raises(ServiceDown):
        Transport("player", service.url).call("GET", "/slow", token="t", deadline=0.1)
    assert monotonic() - started < 0.35


def test_calls_to_one_service_run_side_by_side(service: Served):
    transport = Transport("player", service.url)
    started = monotonic()
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda n: transport.call("GET", f"/slow-{n}", **ASK), range(6)))
    assert monotonic() - started < 1.5, "six calls of 0.4 s one after another take 2.4 s"


def test_the_circuit_opens_after_failures_in_a_row_and_closes_with_the_first_success(service: Served, monkeypatch):
    monkeypatch.setattr(Circuit, "RESET", 0.3)
    transport = Transport("player", service.url)
    with service.misbehave("away"):
        for _ in range(Circuit.FAILURES):
            with pytest.raises(ServiceDown):
                transport.call("POST", "/x", body=b"{}", **ASK)
        assert transport.open
        asked = len(service.asked)
        started = monotonic()
        for _ in range(20):
            with pytest.raises(ServiceDown, match="circuit open"):
                transport.call("GET", "/x", **ASK)
        assert monotonic() - started < 0.2
        assert len(service.asked) == asked, "an open circuit asks nothing"
    sleep(0.35)
    assert transport.call("GET", "/x", **ASK).status == 200
    assert not transport.open


def test_an_open_circuit_lets_one_call_through_at_a_time():
    circuit = Circuit()
    for _ in range(Circuit.FAILURES):
        circuit.note(answered=False)
    circuit._next_try = 0.0
    assert [circuit.refuses() for _ in range(5)] == [False, True, True, True, True]


def test_a_success_between_failures_keeps_the_circuit_closed():
    circuit = Circuit()
    for _ in range(3 * Circuit.FAILURES):
        circuit.note(answered=False)
        circuit.note(answered=True)
    assert not circuit.open
