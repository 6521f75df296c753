"""Requests by way of the gateway: what is passed on, what is refused here, and what is looked up on the way."""

from __future__ import annotations

import base64
from uuid import uuid4

import pytest

from gateway.clients.references import wanted
from tests.support.suite_in_process import DOMAIN, InProcessSuite, rows_of


@pytest.fixture
def whole(suite: InProcessSuite) -> InProcessSuite:
    if not suite.has(*DOMAIN):
        pytest.skip(f"NOT TESTED: needs the services {', '.join(suite.missing)}")
    return suite


def a_player(suite: InProcessSuite, no: str = "A001") -> dict:
    return suite.api(no).made("/players", {"wechat_id": f"wx_{uuid4().hex[:10]}", "agent_id": suite.staff[no].id})


def test_the_request_id_and_the_trace_go_along(whole: InProcessSuite):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = whole.api("A001").get("/players", headers={"X-Request-Id": "request-0001", "traceparent": trace})
    headers = whole.services["player"].served.asked[-1][2]
    assert answer.headers["X-Request-Id"] == headers["X-Request-Id"] == "request-0001"
    assert headers["Traceparent"].split("-")[1] == trace.split("-")[1]


def test_only_what_counts_is_passed_on(whole: InProcessSuite):
    given = {"Cookie": "a=b", "X-Forwarded-For": "10.0.0.1", "X-Staff": "admin", "Accept-Language": "en"}
    whole.api("A001").get("/players", headers=given)
    headers = whole.services["player"].served.asked[-1][2]
    assert {"Cookie", "X-Forwarded-For", "X-Staff"}.isdisjoint(headers)
    assert headers["Accept-Language"] == "en"


def test_etag_location_and_replay_come_back(whole: InProcessSuite):
    body, key = {"wechat_id": f"wx_{uuid4().hex[:10]}"}, uuid4().hex
    first = whole.api("A001").post("/players", body, key=key)
    again = whole.api("A001").post("/players", body, key=key)
    assert (first.status_code, first.headers["ETag"]) == (201, '"1"')
    assert first.headers["Location"] == f"/api/v1/players/{first.json['id']}"
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first.json["id"], "true")
    assert (
        whole.api("A002").post("/players", {**body, "wechat_id": "wx_other_" + key[:8]}, key=key).json["id"]
        != first.json["id"]
    )


def test_another_method_is_405_with_those_there_are(whole: InProcessSuite):
    answer = whole.api("admin").request("PUT", "/players")
    assert (answer.status_code, answer.json["code"], answer.headers["Allow"]) == (
        405,
        "method_not_allowed",
        "GET, POST",
    )


@pytest.mark.parametrize(
    "path", ["/nope", "/players/x/y/z", "/players/..", "/players/../tickets", "/tickets/%2e%2e/staff"]
)
def test_a_path_of_nobody_is_not_found(whole: InProcessSuite, path: str):
    assert whole.api("admin").get(path).status_code == 404


def test_an_encoded_question_mark_stays_part_of_the_path(whole: InProcessSuite):
    whole.api("admin").get("/players/x%3Fphone=1")
    assert whole.services["player"].served.asked[-1][1].startswith("/api/v1/players/x%3Fphone")


def test_a_service_that_is_away_is_named(whole: InProcessSuite):
    with whole.services["sales"].served.misbehave("away"):
        zh = whole.api("A001").get("/orders")
        en = whole.api("A001").get("/orders", headers={"Accept-Language": "en"})
    assert (zh.status_code, zh.json["service"], zh.json["title"]) == (503, "sales", "销售服务暂不可用")
    assert (en.json["title"], en.headers["Retry-After"]) == ("The sales service is unavailable", "2")
    assert whole.api("A001").get("/tickets").status_code == 200


def test_errors_are_in_the_language_asked_for(whole: InProcessSuite):
    for path in ("/nope", f"/players/{uuid4()}", f"/staff/{uuid4()}"):
        zh = whole.api("admin").get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9"})
        en = whole.api("admin").get(path, headers={"Accept-Language": "en-GB,en;q=0.8"})
        assert (zh.json["title"], en.json["title"]) == ("没有找到", "Not found")


def test_what_was_made_a_moment_ago_can_be_used_at_once(whole: InProcessSuite):
    """No worker runs: the facts lie in the outboxes, and the copies come with the token."""
    player = a_player(whole)
    ticket = whole.api("A001").made("/tickets", {"player_id": player["id"], "question": "在吗"})
    assert ticket["player"]["wechat_id"] == player["wechat_id"]
    touch = {"player_id": player["id"], "channel": "wechat", "outcome": "considering"}
    assert whole.api("A001").made("/touches", touch)["player"]["id"] == player["id"]
    assert rows_of(whole, "ticket", "SELECT 1 FROM player_copies WHERE id = :id", id=player["id"])
    whole.pump()


def test_a_copy_in_a_token_has_no_phone_number_and_no_note(whole: InProcessSuite):
    note = "很长的备注" * 400
    player = whole.api("M001").made(
        "/players", {"phone": "13912340001", "note": note, "agent_id": whole.staff["A001"].id}
    )
    whole.api("M001").made("/tickets", {"player_id": player["id"], "question": "?"})
    token = whole.services["ticket"].served.asked[-1][2]["Authorization"].split(".")[1]
    claims = base64.urlsafe_b64decode(token + "==").decode()
    assert player["id"] in claims
    assert "13912340001" not in claims
    assert "备注" not in claims
    assert len(token) < 4000


def test_a_player_out_of_reach_is_not_found_and_nothing_is_written(whole: InProcessSuite):
    player = a_player(whole, "B001")
    for body, path in (
        ({"player_id": player["id"], "question": "?"}, "/tickets"),
        ({"player_id": player["id"], "channel": "wechat", "outcome": "considering"}, "/touches"),
    ):
        assert whole.api("A001").post(path, body).status_code == 404
    for name in ("ticket", "sales"):
        assert not rows_of(whole, name, "SELECT 1 FROM player_copies WHERE id = :id", id=player["id"])


def test_only_names_of_the_right_form_are_looked_up():
    good, bad = str(uuid4()), "../../staff"
    assert wanted({"player_id": "player"}, {"player_id": good}) == {"player": [good]}
    for body in ({"player_id": bad}, {"player_id": 7}, {"player_id": None}, {}, [], None, {"player_id": good + "?x"}):
        assert wanted({"player_id": "player"}, body) == {}


def test_every_answer_says_how_much_one_may_still_ask(suite: InProcessSuite):
    answer = suite.api("A001").get("/me")
    assert answer.headers["RateLimit-Policy"] == '"default";q=1000000;w=60'
    assert answer.headers["RateLimit"].startswith('"default";r=')


def test_tickets_are_found_by_the_players_phone_and_not_by_anybody_who_does_not_reach_them(whole: InProcessSuite):
    phone = f"+86139{uuid4().int % 10**8:08d}"
    player = whole.api("A001").made("/players", {"phone": phone, "wechat_id": f"wx_{uuid4().hex[:10]}"})
    ticket = whole.api("A001").made("/tickets", {"player_id": player["id"], "question": "换了手机登录不上"})

    def found(no: str, number: str) -> list[str]:
        answer = whole.api(no).get("/tickets", query_string={"phone": number})
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json["items"]]

    assert found("A001", phone) == found("A001", phone.removeprefix("+86")) == [ticket["id"]]
    assert found("A001", "13900000000") == found("A002", phone) == []
