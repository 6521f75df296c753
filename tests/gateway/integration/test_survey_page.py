"""The page behind a survey's link: no login, nothing of the player, one answer for every link that does not work (T36)."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.support.suite_in_process import DOMAIN, InProcessSuite, Pages


@pytest.fixture(scope="module")
def whole(suite: InProcessSuite) -> InProcessSuite:
    if not suite.has(*DOMAIN):
        pytest.skip(f"NOT TESTED: needs the services {', '.join(suite.missing)}")
    return suite


@pytest.fixture
def survey(whole: InProcessSuite) -> dict[str, Any]:
    """The survey about a ticket of a new player."""
    api, word = whole.api("A001"), uuid4().hex[:8]
    player = api.made(
        "/players",
        {
            "wechat_id": f"asked_{word}",
            "nickname": f"昵称{word}",
            "phone": "13800138000"[:3] + str(int(word, 16))[-8:].zfill(8),
        },
    )
    ticket = api.made("/tickets", {"player_id": player["id"], "question": f"我的问题{word}"})
    for step, body in (("start", None), ("complete", {"solution": "已补发"})):
        ticket = api.made(f"/tickets/{ticket['id']}/{step}", body, version=ticket["version"])
    found: dict[str, Any] = api.get("/surveys", query_string={"ticket_id": ticket["id"]}).json["items"][0]
    return {**found, "word": word}


@pytest.fixture
def visitor(whole: InProcessSuite) -> Pages:
    """Somebody nobody knows."""
    return Pages(whole.gateway.test_client())


def link_of(whole: InProcessSuite, survey: dict[str, Any]) -> str:
    return str(whole.api("A001").request("PUT", f"/surveys/{survey['id']}/link").json["path"])


def version_in(text: str) -> str:
    return re.search(r'name="version" value="(\d+)"', text)[1]  # type: ignore[index]


def test_a_player_answers_without_a_login_and_may_change_it(whole: InProcessSuite, survey, visitor: Pages):
    path = link_of(whole, survey)
    shown = visitor.get(path)
    assert shown.status_code == 200
    assert survey["ticket_no"] in shown.text
    for secret in (survey["word"], survey["player_id"], survey["agent_id"], survey["id"], "<script"):
        assert secret not in shown.text
    answer = visitor.post(path, {"score": "2", "comment": "等太久", "version": version_in(shown.text)})
    assert (answer.status_code, answer.location) == (303, path)
    again = visitor.get(path).text
    assert "等太久" in again
    assert re.search(r'value="2" required checked', again)
    visitor.post(path, {"score": "4", "comment": "", "version": version_in(again)})
    assert whole.api("A001").get(f"/surveys/{survey['id']}").json["score"] == 4


def test_it_is_shown_in_the_visitors_language(whole: InProcessSuite, survey, visitor: Pages):
    page = visitor.get(link_of(whole, survey), headers={"Accept-Language": "en"}).text
    assert '<html lang="en"' in page
    assert "Very satisfied" in page
    assert not re.search("[一-鿿]", page)


def test_of_two_answers_the_second_is_shown_the_first(whole: InProcessSuite, survey, visitor: Pages):
    path = link_of(whole, survey)
    seen = version_in(visitor.get(path).text)
    visitor.post(path, {"score": "5", "comment": "好", "version": seen})
    late = visitor.post(path, {"score": "1", "comment": "", "version": seen})
    assert late.status_code == 409
    assert "刚才已经评过了" in late.text
    assert whole.api("A001").get(f"/surveys/{survey['id']}").json["score"] == 5


@pytest.mark.parametrize("form", [{}, {"score": "6"}, {"score": "x"}, {"score": "5", "comment": "长" * 501}])
def test_what_is_no_answer_is_said_in_words_and_nothing_is_kept(whole: InProcessSuite, survey, visitor: Pages, form):
    path = link_of(whole, survey)
    refused = visitor.post(path, {"version": version_in(visitor.get(path).text), **form})
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert whole.api("A001").get(f"/surveys/{survey['id']}").json["state"] == "sent"


def test_staff_who_follow_the_link_do_not_answer_it(whole: InProcessSuite, survey):
    path, agent = link_of(whole, survey), whole.pages("A001")
    shown = agent.get(path)
    assert "只是预览" in shown.text
    assert agent.post(path, {"score": "5", "version": version_in(shown.text)}).status_code == 409
    assert whole.api("A001").get(f"/surveys/{survey['id']}").json["score"] is None


def test_every_link_that_does_not_work_gets_the_same_answer(whole: InProcessSuite, survey, visitor: Pages):
    path = link_of(whole, survey)
    answers = {
        (found.status_code, found.text if method == "get" else re.sub(r"csrf\S+", "", found.text))
        for address in ("/s/x", f"/s/{'A' * 43}", path[:-1] + ("A" if path[-1] != "A" else "B"), f"/s/{'z' * 2000}")
        for method in ("get", "post")
        for found in [
            visitor.get(address) if method == "get" else visitor.post(address, {"score": "5", "version": "2"})
        ]
    }
    assert {status for status, _ in answers} == {410}
    assert len({re.sub(r'nonce="[^"]+"', "", text) for _, text in answers}) == 1


def test_nobody_else_reaches_what_is_behind_the_page(whole: InProcessSuite):
    for who in (whole.api("admin"), whole.nobody()):
        answer = who.post("/survey-links/visit", {"token": "x"})
        assert answer.status_code in (401, 404)


def test_one_address_is_slowed_down_and_another_is_not(whole: InProcessSuite):
    client = whole.gateway.test_client()
    statuses = {client.get("/s/x", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code for _ in range(130)}
    assert statuses == {410, 429}
    assert client.get("/s/x", environ_base={"REMOTE_ADDR": "203.0.113.10"}).status_code == 410
