"""The running suite from outside: whether it says that it is up, and that nobody goes around the gateway."""

from __future__ import annotations

import os
import signal

import pytest
import requests

from deploy.local import keys
from deploy.local.programs import DOMAIN
from deploy.local.tour.desk import until
from tests.system.at_work import AtWork

FORGED = {
    "X-User": "admin",
    "X-Staff-Id": "admin",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-User": "admin",
    "Authorization": "Basic YWRtaW46cGxheWRlc2stZGVtbw==",
}
PATHS = {
    "player": ("/players",),
    "ticket": ("/tickets", "/ticket-counters"),
    "sales": ("/touches", "/orders", "/sales-counters"),
    "catalog": ("/items", "/packs", "/discount-rules"),
}

pytestmark = pytest.mark.usefixtures("in_turn")


@pytest.mark.parametrize("service", DOMAIN)
def test_a_service_called_around_the_gateway_refuses(suite: AtWork, service: str):
    browser_token = suite.desk("M001").http.headers["Authorization"]
    another = "ticket" if service != "ticket" else "player"
    for path in PATHS[service]:
        url = f"{suite.address(service)}/api/v1{path}"
        for headers in ({}, FORGED, {"Authorization": browser_token}, {"Authorization": _token(suite, another)}):
            for method in ("GET", "POST"):
                answer = requests.request(method, url, headers=headers, json={}, timeout=30)
                assert answer.status_code in (401, 405), f"{method} {path} with {headers}: {answer.status_code}"
                assert (answer.status_code, method) != (405, "GET")
                assert answer.headers["Content-Type"] == "application/problem+json"
    assert requests.get(f"{suite.address(service)}/healthz", timeout=30).status_code == 200


def _token(suite: AtWork, audience: str) -> str:
    """A true token of the gateway, for another service."""
    from chassis.callers import Caller, Scope
    from chassis.http.auth import Minter

    private, _public = keys.token_keys(suite.state)
    caller = Caller(id="nobody", permissions=frozenset({f"{audience}.read"}), scope=Scope("all"))
    return f"Bearer {Minter(private).token(caller, audience)}"


def test_figures_of_the_processes_are_not_for_everybody(suite: AtWork):
    answer = requests.get(f"{suite.url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"}, timeout=30)
    assert answer.status_code in (401, 403, 404)


def test_readyz_says_which_service_is_down_and_when_it_is_back(alone: AtWork):
    up = requests.get(f"{alone.url}/readyz", timeout=30)
    assert (up.status_code, up.json()["ready"]) == (200, True)
    assert set(up.json()["services"]) == {"gateway", *DOMAIN}
    alone.kill("catalog")
    down = requests.get(f"{alone.url}/readyz", timeout=30)
    assert (down.status_code, down.json()["ready"]) == (503, False)
    assert [name for name, one in down.json()["services"].items() if not one.get("ready")] == ["catalog"]
    refused = alone.desk("A001").http.get(f"{alone.url}/api/v1/packs", timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    alone.start("catalog")
    until("readyz is 200 again", alone.ready, seconds=60)


def test_what_crashes_is_brought_back(alone: AtWork):
    before = until("a worker", lambda: alone.leader("ticket.worker"))  # never 0, which would be our own group
    os.killpg(before, signal.SIGKILL)
    after = until("a new worker", lambda: (pid := alone.leader("ticket.worker")) != before and pid, seconds=30)
    assert after
    until("everything is up", alone.ready, seconds=60)
