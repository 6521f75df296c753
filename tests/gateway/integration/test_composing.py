"""Home, search, counters and readiness: asked side by side, whole or saying what is missing."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from uuid import uuid4

import pytest

from chassis.ops import health
from tests.support.suite_in_process import DOMAIN, InProcessSuite


@pytest.fixture(scope="module")
def whole(suite: InProcessSuite) -> InProcessSuite:
    if not suite.has(*DOMAIN):
        pytest.skip(f"NOT TESTED: needs the services {', '.join(suite.missing)}")
    return suite


@pytest.fixture(scope="module")
def player(whole: InProcessSuite) -> dict:
    """A player of A001 with a ticket, a touch, and a WeChat ID that is not the first."""
    api, word = whole.api("A001"), uuid4().hex[:8]
    made = api.made("/players", {"phone": "13955550001", "wechat_id": f"old_{word}", "nickname": "半盏清茶"})
    if made["agent_id"] != api.id:
        made = whole.api("admin").made(f"/players/{made['id']}/binding", {"agent_id": api.id, "reason": "测试"})
    api.made("/tickets", {"player_id": made["id"], "question": "充值没有到账", "category": "complaint"})
    api.made("/touches", {"player_id": made["id"], "channel": "wechat", "outcome": "considering"})
    current = api.get(f"/players/{made['id']}").json
    api.patch(f"/players/{made['id']}", {"wechat_id": f"new_{word}"}, version=current["version"])
    whole.pump()
    return {**made, "old": f"old_{word}", "new": f"new_{word}"}


def home(whole: InProcessSuite, who: str = "A001", **query: str):
    return whole.api(who).get("/home", query_string=query)


@pytest.mark.parametrize("by", ["player_id", "new", "old", "phone"])
def test_home_is_one_request_by_id_wechat_id_old_id_or_phone(whole: InProcessSuite, player: dict, by: str):
    query = (
        {"player_id": player["id"]}
        if by == "player_id"
        else {"phone": "13955550001"}
        if by == "phone"
        else {"wechat_id": player[by]}
    )
    found = home(whole, **query).json
    assert found["player"]["id"] == player["id"]
    assert [t["question"] for t in found["tickets"]["items"]] == ["充值没有到账"]
    assert len(found["sales"]["touches"]) == 1
    assert found["guards"][0]["code"] == "open_complaint"
    assert found["unavailable"] == []


@pytest.mark.parametrize("away", ["ticket", "sales", "player"])
def test_a_service_that_is_away_is_named_and_the_others_are_there(whole: InProcessSuite, player: dict, away: str):
    with whole.services[away].served.misbehave("away"):
        answer = home(whole, player_id=player["id"])
    assert (answer.status_code, answer.json["unavailable"]) == (200, [away])
    assert (answer.json["player"] is None) is (away == "player")
    assert (answer.json["tickets"]["items"] == []) is (away == "ticket")
    assert (answer.json["sales"]["touches"] == []) is (away == "sales")
    assert home(whole, player_id=player["id"]).json["unavailable"] == []


def test_a_service_that_is_slow_does_not_hold_up_the_rest(whole: InProcessSuite, player: dict):
    deadline = whole.gateway_runtime.settings.panel_deadline_ms / 1000
    with whole.services["sales"].served.misbehave("slow", deadline + 1):
        started = monotonic()
        answer = home(whole, player_id=player["id"])
        seconds = monotonic() - started
    assert answer.json["unavailable"] == ["sales"]
    assert deadline <= seconds < deadline + 0.8


def test_a_service_that_fails_is_as_good_as_away(whole: InProcessSuite, player: dict):
    with whole.services["ticket"].served.misbehave("status", 500):
        assert home(whole, player_id=player["id"]).json["unavailable"] == ["ticket"]


def test_with_everything_away_it_says_so(whole: InProcessSuite, player: dict):
    served = [whole.services[name].served for name in ("player", "ticket", "sales")]
    with served[0].misbehave("away"), served[1].misbehave("away"), served[2].misbehave("away"):
        assert home(whole, player_id=player["id"]).status_code == 503
    whole.gateway.extensions["playdesk_forwarder"].transports["player"]._circuit.note(answered=True)


def test_a_player_out_of_reach_or_unknown_is_not_found(whole: InProcessSuite, player: dict):
    for query in ({"player_id": player["id"]}, {"wechat_id": player["new"]}, {"phone": "13955550001"}):
        assert home(whole, "B001", **query).status_code == 404
    assert home(whole, wechat_id="nobody-has-this").status_code == 404


@pytest.mark.parametrize(
    "query", [{}, {"player_id": "x"}, {"wechat_id": ""}, {"wechat_id": "a", "phone": "1"}, {"x": "1"}]
)
def test_home_is_asked_for_exactly_one_player(whole: InProcessSuite, query: dict):
    assert home(whole, **query).status_code == 400


def until_whole(ask: Callable[[], dict]) -> dict:
    """An answer in which nothing is missing: beside other work a service may be late once."""
    answers = (ask() for _ in range(5))
    return next((answer for answer in answers if not answer["unavailable"]), ask())


def test_search_finds_each_kind_by_what_was_typed(whole: InProcessSuite, player: dict):
    def found(text: str) -> dict:
        return until_whole(lambda: whole.api("A001").get("/search", query_string={"q": text}).json)

    assert [p["id"] for p in found("半盏")["players"]] == [player["id"]]
    assert player["id"] in [p["id"] for p in found("0001")["players"]]
    ticket = whole.api("A001").get("/tickets", query_string={"player_id": player["id"]}).json["items"][0]
    assert [t["id"] for t in found(ticket["no"])["tickets"]] == [ticket["id"]]
    assert found("x")["players"] == []


def test_search_says_what_it_could_not_ask(whole: InProcessSuite, player: dict):
    with whole.services["catalog"].served.misbehave("away"):
        found = whole.api("A001").get("/search", query_string={"q": "半盏"}).json
    assert found["unavailable"] == ["catalog"]
    assert found["players"]


def test_the_counters_are_ones_own_and_survive_a_service_that_is_away(whole: InProcessSuite, player: dict):
    found = whole.api("A001").get("/counters").json
    assert found["pending"] >= 1
    assert found["unavailable"] == []
    with whole.services["ticket"].served.misbehave("away"):
        partial = whole.api("A001").get("/counters").json
    assert partial["unavailable"] == ["ticket"]
    assert "pending" not in partial
    assert "sold_today" in partial


def test_ready_is_when_every_service_and_its_worker_are(whole: InProcessSuite):
    client = whole.gateway.test_client()
    assert client.get("/readyz").status_code == 503
    for runtime in whole.runtimes().values():
        health.beat(runtime, "test", {"declared": True, "bus": True})
    assert client.get("/readyz").status_code == 200
    with whole.services["catalog"].served.misbehave("away"):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json["services"]["catalog"]["ready"]) == (503, False)
