"""Duplicates on the pages: found, seen side by side, merged, shown as one everywhere, and taken apart again (P13)."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.support.suite_in_process import DOMAIN, InProcessSuite


@pytest.fixture(scope="module")
def whole(suite: InProcessSuite) -> InProcessSuite:
    if not suite.has(*DOMAIN):
        pytest.skip(f"NOT TESTED: needs the services {', '.join(suite.missing)}")
    return suite


@pytest.fixture
def two(whole: InProcessSuite) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two players of A001, each with a ticket and a touch."""
    api, word, made = whole.api("A001"), uuid4().hex[:8], []
    for name in ("old", "new"):
        player = api.made("/players", {"wechat_id": f"{name}_{word}", "nickname": f"{name}昵称{word}"})
        api.made("/tickets", {"player_id": player["id"], "question": f"{name}的问题"})
        contact = {"channel": "wechat", "outcome": "considering", "note": f"{name}的接触"}
        api.made("/touches", {"player_id": player["id"], **contact})
        made.append(player)
    whole.pump()
    return made[0], made[1]


def merge(whole: InProcessSuite, gone: dict[str, Any], into: dict[str, Any]) -> dict[str, Any]:
    boss = whole.api("M001")
    version = boss.get(f"/players/{gone['id']}").json["version"]
    done: dict[str, Any] = boss.made(f"/players/{gone['id']}/merge", {"into_id": into["id"]}, version=version)
    whole.pump()
    return done


def seen(whole: InProcessSuite, **query: str) -> tuple[str, set[str], set[str]]:
    """(the player, questions, notes) of the home page in one request."""
    found = whole.api("A001").get("/home", query_string=query).json
    questions = {one["question"] for one in found["tickets"]["items"]}
    return found["player"]["id"], questions, {one["note"] for one in found["sales"]["touches"]}


BOTH = ({"old的问题", "new的问题"}, {"old的接触", "new的接触"})


def test_home_shows_both_under_the_survivor_and_each_alone_afterwards(whole: InProcessSuite, two):
    gone, into = two
    done = merge(whole, gone, into)
    for query in ({"player_id": into["id"]}, {"wechat_id": into["wechat_id"]}, {"wechat_id": gone["wechat_id"]}):
        assert seen(whole, **query) == (into["id"], *BOTH), query
    for path in ("tickets", "touches"):
        listed = whole.api("A001").get(f"/{path}", query_string={"player_id": into["id"]}).json["items"]
        assert {one["player_id"] for one in listed} == {gone["id"], into["id"]}
    whole.api("M001").made(f"/players/{gone['id']}/unmerge", {}, version=done["version"])
    whole.pump()
    assert seen(whole, player_id=into["id"]) == (into["id"], {"new的问题"}, {"new的接触"})
    assert seen(whole, wechat_id=gone["wechat_id"]) == (gone["id"], {"old的问题"}, {"old的接触"})


def test_everything_of_the_survivor_is_disclosed_with_whoever_was_merged(whole: InProcessSuite, two):
    gone, into = two
    merge(whole, gone, into)
    found = whole.api("admin").get(f"/players/{into['id']}/export").json
    assert [one["wechat_id"] for one in found["merged"]] == [gone["wechat_id"]]
    assert len(found["merged"][0]["bindings"]) == 1
    assert {one["question"] for one in found["tickets"]} == BOTH[0]
    assert found["merges"][0]["player"]["id"] == gone["id"]


def test_the_pages_find_the_other_show_both_side_by_side_and_merge(whole: InProcessSuite, two):
    gone, into = two
    pages, path = whole.pages("M001"), f"/players/{gone['id']}/merge"
    assert path in pages.get(f"/players/{gone['id']}").text
    found = pages.get(f"{path}?q={into['wechat_id']}").text
    assert into["nickname"] in found
    assert f"other={gone['id']}" not in found, "nobody is merged into themselves"
    compare = pages.get(f"{path}?other={into['id']}&keep={into['id']}").text
    assert "合并后" in compare
    swapped = pages.get(f"{path}?other={into['id']}").text
    assert re.search(rf'name="keep" value="{gone["id"]}"', swapped)
    version = re.search(r'name="version" value="(\d+)"', compare)[1]  # type: ignore[index]
    form = {"other": into["id"], "keep": into["id"], "version": version, "reason": "同一个人"}
    answer = pages.post(path, form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/players/{into['id']}")
    kept = pages.get(answer.headers["Location"]).text
    assert "已合并" in kept
    assert f"/players/{gone['id']}/unmerge" in kept
    assert "同一个人" in kept
    for address in (f"/players/{gone['id']}", f"/?player={gone['id']}"):
        shown = pages.get(address).text
        assert "打开保留的玩家" in shown
        assert f"/players/{into['id']}" in shown
        assert f"/players/{gone['id']}/edit" not in shown


def test_the_toast_and_the_page_take_the_merge_back(whole: InProcessSuite, two):
    gone, into = two
    pages = whole.pages("M001")
    version = whole.api("M001").get(f"/players/{gone['id']}").json["version"]
    form = {"other": into["id"], "keep": into["id"], "version": str(version)}
    pages.post(f"/players/{gone['id']}/merge", form)
    toast = re.search(r"data-toast>.*?</div>", pages.get(f"/players/{into['id']}").text, re.S)[0]  # type: ignore[index]
    assert f'action="/players/{gone["id"]}/unmerge"' in toast
    sent = dict(re.findall(r'name="(version)" value="(\d+)"', toast))
    answer = pages.post(f"/players/{gone['id']}/unmerge", sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/players/{gone['id']}")
    back = pages.get(f"/players/{gone['id']}").text
    assert "打开保留的玩家" not in back
    assert "已撤销" in back


def test_saving_what_another_player_has_offers_to_merge_to_those_who_may(whole: InProcessSuite, two):
    gone, into = two
    for who, offered in (("M001", True), ("A001", False)):
        version = whole.api(who).get(f"/players/{gone['id']}").json["version"]
        form = {"wechat_id": into["wechat_id"], "tags": "", "version": str(version)}
        answer = whole.pages(who).post(f"/players/{gone['id']}", form)
        assert answer.status_code == 409
        assert (f"/players/{gone['id']}/merge?other={into['id']}" in answer.text) is offered


def test_an_agent_is_neither_shown_nor_allowed_to_merge(whole: InProcessSuite, two):
    gone, into = two
    pages = whole.pages("A001")
    assert "/merge" not in pages.get(f"/players/{gone['id']}").text
    assert pages.get(f"/players/{gone['id']}/merge").status_code == 403
    merge(whole, gone, into)
    assert "/unmerge" not in pages.get(f"/players/{into['id']}").text
    assert pages.post(f"/players/{gone['id']}/unmerge", {"version": "1"}).status_code == 403
