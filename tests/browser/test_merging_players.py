"""A supervisor merges duplicates in a dialogue, with the keyboard, and takes it back by the toast or on the page."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.screen import Screen


@pytest.fixture(scope="module")
def boss(someone: Any) -> Screen:
    """M001."""
    return someone("M001")


@pytest.fixture
def two(suite: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two players of A001's: the first with more to give."""
    agent, word = suite.desk("A001"), token_hex(4)
    old = {"wechat_id": f"old_{word}", "nickname": f"旧档{word}", "tags": ["老玩家"], "note": "喜欢限时皮肤"}
    return agent.post("/players", old), agent.post("/players", {"wechat_id": f"new_{word}", "note": "周末在线"})


def compare(boss: Screen, gone: dict[str, Any], into: dict[str, Any]) -> Any:
    """The dialogue with both side by side, the other kept."""
    page, dialog = boss.page, boss.page.locator("#dialog")
    boss.go(f"/players/{gone['id']}")
    page.get_by_role("link", name="合并", exact=True).click()
    expect(dialog.locator("#merge-q")).to_be_focused()
    boss.write(into["wechat_id"])
    page.keyboard.press("Enter")
    dialog.get_by_role("link", name=into["wechat_id"]).click()
    expect(dialog.locator("h2")).to_contain_text(f"到 {gone['nickname']}")
    dialog.get_by_role("link", name="改为保留").click()
    expect(dialog.locator("h2")).to_contain_text(f"合并 {gone['nickname']} 到")
    return dialog


def test_she_finds_the_other_sees_both_merges_and_takes_it_back_by_the_toast(boss: Screen, two):
    gone, into = two
    dialog, page = compare(boss, gone, into), boss.page
    expect(dialog.get_by_role("row", name="备注")).to_contain_text("周末在线\n\n喜欢限时皮肤")
    expect(dialog.get_by_role("row", name="昵称")).to_contain_text("接过来")
    assert violations(page) == []
    dialog.locator("#merge-reason").fill("同一个人")
    dialog.get_by_role("button", name="合并", exact=True).click()
    page.wait_for_url(f"**/players/{into['id']}")
    boss.toast("已合并")
    expect(page.locator("h1").first).to_contain_text(gone["nickname"])
    page.locator("#toasts").get_by_role("button", name="撤销").click()
    page.wait_for_url(f"**/players/{gone['id']}")
    boss.toast("已撤销合并")
    assert boss.suite.desk("M001").get(f"/players/{into['id']}")["nickname"] is None


def test_a_merged_player_says_so_and_the_survivors_page_takes_it_back(boss: Screen, two):
    gone, into = two
    dialog, page = compare(boss, gone, into), boss.page
    dialog.get_by_role("button", name="合并", exact=True).click()
    page.wait_for_url(f"**/players/{into['id']}")
    for address in (f"/players/{gone['id']}", f"/?player={gone['id']}"):
        boss.go(address)
        expect(page.locator(".pd-banner")).to_contain_text("已合并到另一位玩家")
        expect(page.get_by_role("link", name="改资料")).to_have_count(0)
    page.get_by_role("link", name="打开保留的玩家").click()
    page.wait_for_url(f"**/players/{into['id']}")
    page.get_by_role("row", name=gone["nickname"]).get_by_role("button", name="撤销合并").click()
    page.wait_for_url(f"**/players/{gone['id']}")
    expect(page.locator(".pd-banner")).to_have_count(0)


def test_a_merge_from_an_old_state_is_held_up_and_goes_through_when_she_says_so(boss: Screen, two, suite):
    gone, into = two
    dialog = compare(boss, gone, into)
    suite.desk("A001").patch(f"/players/{gone['id']}", {"note": "有人先改了"}, gone["version"])
    dialog.get_by_role("button", name="合并", exact=True).click()
    expect(dialog).to_contain_text("刚被别人改过")
    assert suite.desk("M001").get(f"/players/{gone['id']}")["merged_into_id"] is None
    dialog.get_by_role("button", name="用我的").click()
    boss.page.wait_for_url(f"**/players/{into['id']}")
    expect(boss.page.locator("main")).to_contain_text("有人先改了")


def test_a_refused_merge_says_why_in_the_dialogue_which_stays(boss: Screen, two, suite):
    gone, into = two
    dialog = compare(boss, gone, into)
    suite.desk("M001").call("DELETE", f"/players/{into['id']}", 204, version=into["version"])
    dialog.get_by_role("button", name="合并", exact=True).click()
    boss.toast(re.compile("没有找到"))
    expect(dialog.get_by_role("button", name="合并", exact=True)).to_be_visible()
