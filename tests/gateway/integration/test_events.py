"""GET /events: every service's facts behind one cursor, none twice, none left out, none out of reach."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import rfc3339, utc_now
from gateway.integration.log import SOURCES, from_cursor, to_cursor
from tests.support.suite_in_process import Api, InProcessSuite, _relay, new_member


def all_pages(api: Api, cursor: str = "", **query: Any) -> tuple[list[dict[str, Any]], str]:
    """Every fact there is behind a cursor, and where it ended."""
    found: list[dict[str, Any]] = []
    while True:
        page = api.get("/events", query_string={"limit": 100, **query, **({"after": cursor} if cursor else {})}).json
        assert page["unavailable"] == []
        found += page["items"]
        cursor = page["next_cursor"]
        if not page["more"]:
            return found, cursor


def told(suite: InProcessSuite) -> set[str]:
    """The IDs of all facts in all logs."""
    found: set[str] = set()
    for name in SOURCES:
        with suite.raw(name) as connection:
            found |= {str(one) for one in connection.execute(text("SELECT id FROM event_log")).scalars()}
    return found


def relay_all(suite: InProcessSuite) -> None:
    for runtime in suite.runtimes().values():
        _relay(runtime)


def player_of(suite: InProcessSuite, no: str = "A001") -> dict[str, Any]:
    number = utc_now().strftime("%H%M%S%f")
    player: dict[str, Any] = suite.api(no).made("/players", {"wechat_id": f"wx_events_{number}"})
    return player


def test_every_fact_of_every_service_comes_once_and_oldest_first(suite: InProcessSuite):
    player = player_of(suite)
    suite.api("A001").made("/tickets", {"player_id": player["id"], "question": "到账了吗"})
    relay_all(suite)
    facts, _ = all_pages(suite.api("admin"), limit=7)
    assert len(facts) == len({fact["id"] for fact in facts})
    assert {fact["id"] for fact in facts} == told(suite)
    assert {"/playdesk/player", "/playdesk/ticket", "/playdesk/gateway"} <= {fact["source"] for fact in facts}
    places = defaultdict(list)
    for fact in facts:
        places[fact["source"]].append(int(fact["sequence"]))
    assert all(found == sorted(found) for found in places.values())


def test_nothing_is_lost_or_repeated_while_new_ones_arrive(suite: InProcessSuite):
    admin, writer = suite.api("admin"), suite.api("A001")
    player, _ = player_of(suite), relay_all(suite)
    _, cursor = all_pages(admin)
    before, over = told(suite), threading.Event()

    def write() -> None:
        for number in range(40):
            writer.made("/tickets", {"player_id": player["id"], "question": f"第 {number} 问"})
            if number % 5 == 0:
                suite.api("A001").patch(f"/players/{player['id']}", {"note": str(number)}, version=1 + number // 5)
            relay_all(suite)
        over.set()

    thread = threading.Thread(target=write)
    thread.start()
    seen: list[str] = []
    while not over.is_set():
        page = admin.get("/events", query_string={"after": cursor, "limit": 3}).json
        seen += [fact["id"] for fact in page["items"]]
        cursor = page["next_cursor"]
    thread.join()
    rest, cursor = all_pages(admin, cursor)
    seen += [fact["id"] for fact in rest]
    assert len(seen) == len(set(seen))
    assert set(seen) == told(suite) - before
    assert all_pages(admin, cursor)[0] == [], "the cursor is where to go on later"


def test_types_are_chosen_by_bindings_as_the_brokers_are(suite: InProcessSuite):
    player = player_of(suite)
    ticket = suite.api("A001").made("/tickets", {"player_id": player["id"], "question": "?"})
    suite.api("A001").post(f"/tickets/{ticket['id']}/start", version=1)
    relay_all(suite)
    admin = suite.api("admin")
    kinds = lambda types: {f["type"].removeprefix("playdesk.") for f in all_pages(admin, types=types)[0]}  # noqa: E731
    assert kinds("ticket.*.v1") >= {"ticket.created.v1", "ticket.started.v1"}
    assert all(kind.startswith("ticket.") for kind in kinds("ticket.#"))
    assert kinds("*.created.v1,staff.#") >= {"player.created.v1", "ticket.created.v1", "staff.joined.v1"}
    assert kinds("nothing.like.this") == set()
    assert admin.get("/events", query_string={"types": "ticket.(.*)"}).status_code == 400


def test_one_begins_at_a_moment(suite: InProcessSuite):
    player_of(suite)
    relay_all(suite)
    moment = utc_now()
    player = player_of(suite)
    relay_all(suite)
    facts, _ = all_pages(suite.api("admin"), since=rfc3339(moment), types="player.created.v1")
    assert [fact["subject"] for fact in facts] == [player["id"]]
    later = rfc3339(utc_now() + timedelta(hours=1))
    assert all_pages(suite.api("admin"), since=later)[0] == []


def test_a_supervisor_reads_the_facts_of_her_departments_alone(suite: InProcessSuite):
    own, other = player_of(suite, "A001"), player_of(suite, "B001")
    for no, player in (("A001", own), ("B001", other)):
        suite.api(no).made("/tickets", {"player_id": player["id"], "question": "?"})
    joined = new_member(suite, department="二部")
    relay_all(suite)
    facts, _ = all_pages(suite.api("M001"))
    seen = {fact["subject"] for fact in facts}
    assert own["id"] in seen
    assert {other["id"], joined.id} & seen == set()
    tickets = [fact["data"] for fact in facts if fact["type"].startswith("playdesk.ticket.")]
    assert {ticket["department_id"] for ticket in tickets} <= {suite.departments["一部"], suite.departments["一组"]}
    assert suite.api("A001").get("/events").status_code == 403


def test_a_service_that_is_away_is_named_and_read_later(suite: InProcessSuite, monkeypatch):
    relay_all(suite)
    admin = suite.api("admin")
    _, cursor = all_pages(admin)
    player = player_of(suite)
    suite.api("A001").made("/tickets", {"player_id": player["id"], "question": "?"})
    relay_all(suite)
    forwarder = suite.gateway.extensions["playdesk_forwarder"]
    from gateway.clients.transport import ServiceDown

    read = forwarder.read

    def away(who: Any, service: str, *rest: Any, **more: Any) -> Any:
        if service == "ticket":
            raise ServiceDown(service, "killed")
        return read(who, service, *rest, **more)

    with monkeypatch.context() as broken:
        broken.setattr(forwarder, "read", away)
        page = admin.get("/events", query_string={"after": cursor}).json
    assert page["unavailable"] == ["ticket"]
    assert not any(fact["source"] == "/playdesk/ticket" for fact in page["items"])
    later, _ = all_pages(admin, page["next_cursor"])
    assert [fact["type"] for fact in later] == ["playdesk.ticket.created.v1"]


@pytest.mark.parametrize(
    "cursor",
    ["x", "!!!", "e30K.", "WzFd", to_cursor({"nobody": 1}), to_cursor({"player": -1}), to_cursor({"player": "1"})],  # type: ignore[dict-item]
)
def test_a_cursor_that_is_none_of_ours_is_refused(suite: InProcessSuite, cursor: str):
    answer = suite.api("admin").get("/events", query_string={"after": cursor})
    assert (answer.status_code, answer.json["code"]) == (400, "wrong_cursor")


def test_a_cursor_survives_the_way_there_and_back():
    assert from_cursor(to_cursor({"player": 3, "gateway": 0})) == {"player": 3, "gateway": 0}
    assert from_cursor("") == {}


def test_whoever_stopped_so_long_that_facts_are_gone_is_told(suite: InProcessSuite):
    player_of(suite)
    relay_all(suite)
    with suite.raw("player") as connection:
        first = connection.execute(text("SELECT min(sequence) FROM event_log")).scalar()
        old = connection.execute(
            text("DELETE FROM event_log WHERE sequence <= :one RETURNING id"), {"one": first + 1}
        ).all()
    assert old
    answer = suite.api("admin").get("/events", query_string={"after": to_cursor({"player": max(first - 1, 1)})})
    assert (answer.status_code, answer.json["code"]) == (409, "cursor_expired")
    assert suite.api("admin").get("/events").status_code == 200, "without a cursor one begins with the oldest kept"


def test_no_fact_of_the_log_holds_a_whole_number(suite: InProcessSuite):
    suite.api("A001").made("/players", {"phone": f"1391{utc_now():%H%M%S%f}"[:11]})
    relay_all(suite)
    numbers = {fact["data"].get("phone") for fact in all_pages(suite.api("admin"), types="player.created.v1")[0]}
    assert any(numbers)
    assert all(number is None or "****" in number for number in numbers)


@pytest.mark.parametrize("service", ["player", "ticket", "sales", "catalog"])
def test_the_log_of_one_service_is_for_the_gateway_alone(suite: InProcessSuite, service: str):
    running = suite.services[service]
    caller = suite.gateway.extensions["playdesk_sessions"].find(suite.api("admin").token).caller
    token = suite.minter().token(caller, service)
    answer = running.app.test_client().get("/api/v1/event-log", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert suite.api("admin").get("/event-log").status_code == 404
