"""R10, R25: one service cut off leaves the rest of the page; services replaced under load lose no request."""

from __future__ import annotations

import os
import signal
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from deploy.local.tour.desk import until
from tests.system.at_work import AtWork

pytestmark = pytest.mark.system
CLIENTS = 4
SERVICES = ("player", "ticket", "sales", "catalog", "gateway")


@contextmanager
def at_work(ask: Callable[[int], Any]) -> Iterator[list[Any]]:
    """Four clients that do one thing after the other until the block ends; what each found, in the order it came."""
    over, found = threading.Event(), list[Any]()

    def work(number: int) -> None:
        while not over.is_set():
            found.append(ask(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        over.set()
        for thread in threads:
            thread.join(30)


@pytest.mark.parametrize(
    "seconds", [pytest.param(4, id="short"), pytest.param(30, marks=pytest.mark.faults_long, id="long")]
)
def test_r10_cut_off_from_one_service_the_rest_of_the_page_is_there(alone: AtWork, seconds: int, figure):
    desk = alone.desk("A001")
    player = desk.get("/players?limit=1")["items"][0]["id"]

    def home(_number: int) -> tuple[float, int, list[str], bool]:
        started = time.monotonic()
        answer = requests.get(f"{alone.url}/api/v1/home?player_id={player}", headers=desk.http.headers, timeout=15)
        shown = answer.json()
        whole = bool(shown.get("player")) and "items" in (shown.get("tickets") or {})
        return time.monotonic() - started, answer.status_code, shown.get("unavailable", []), whole

    leader = alone.leader("sales.web")
    os.killpg(leader, signal.SIGSTOP)
    try:
        with at_work(home) as found:
            time.sleep(seconds)
    finally:
        os.killpg(leader, signal.SIGCONT)
    times = sorted(one[0] for one in found)
    p99 = times[int(0.99 * (len(times) - 1))]
    served = sum(one[1] == 200 and one[3] for one in found) / len(found)
    figure(
        "R10",
        homes=len(found),
        served=f"{100 * served:.0f} %",
        median_ms=f"{1000 * statistics.median(times):.0f}",
        p99_s=f"{p99:.2f}",
    )
    assert served == 1
    assert all("sales" in one[2] for one in found[CLIENTS:])
    assert p99 < 3, "who waits for it waits for its panel's deadline, and then the circuit is open"
    until("sales is back on the page", lambda: home(0)[2] == [], seconds=30)


@pytest.mark.parametrize(
    "times", [pytest.param(1, id="short"), pytest.param(20, marks=pytest.mark.faults_long, id="long")]
)
def test_r25_services_are_replaced_under_load_and_no_request_fails(alone: AtWork, times: int, figure):
    """SIGHUP: new processes take over, the old ones finish what they have; clients make a connection for each request."""
    desk = alone.desk("A001")
    player = desk.get("/players?limit=1")["items"][0]["id"]
    acknowledged: list[str] = []

    def write(number: int) -> str:
        headers = {**desk.http.headers, "Idempotency-Key": str(uuid.uuid4()), "Connection": "close"}
        body = {"player_id": player, "question": f"换班 {number}"}
        try:
            answer = requests.post(f"{alone.url}/api/v1/tickets", json=body, headers=headers, timeout=15)
        except requests.RequestException as error:
            return f"{type(error).__name__} {error}"[:300]
        if answer.status_code == 201:
            acknowledged.append(answer.json()["id"])
        return str(answer.status_code)

    with at_work(write) as found:
        for _ in range(times):
            for service in SERVICES:
                os.kill(alone.leader(f"{service}.web"), signal.SIGHUP)
                time.sleep(2)
    statuses = Counter(found)
    figure("R25", restarts=times * len(SERVICES), requests=len(found), failed=len(found) - statuses["201"])
    assert statuses == {"201": len(found)}
    there = {one["id"] for one in _tickets_of(alone, player, len(acknowledged))}
    assert set(acknowledged) <= there
    until("everything is up", alone.ready, seconds=30)


def _tickets_of(suite: AtWork, player: str, at_least: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while len(found) < at_least + 200:
        page = suite.desk("A001").get(f"/tickets?player_id={player}&limit=200&sort=-created_at{cursor}")
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    return found
