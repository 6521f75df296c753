"""A conversation in the browser: opened from the player, answered, seen by others as it goes on, made a ticket, ended."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.every_page import an_old_player
from tests.browser.screen import Screen


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001."""
    return someone("A001")


@pytest.fixture(scope="module")
def inspector(someone: Any) -> Screen:
    """Q001."""
    return someone("Q001")


@pytest.fixture(scope="module")
def supervisor(someone: Any) -> Screen:
    """M001."""
    return someone("M001")


def picture(page: Page, name: str) -> None:
    """For eyes, where a folder is named."""
    if os.environ.get("PICTURES"):
        page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png")


def opened(desk: Screen, suite: Any) -> Page:
    """A new session with one of A001's players, from the player's page."""
    page = desk.page
    player = an_old_player(suite.desk("A001"))
    desk.go(f"/players/{player['id']}")
    page.get_by_role("link", name="新服务单").click()
    page.locator("dialog [data-chips] label", has_text="微信").click()
    page.locator("dialog [data-save]").click()
    expect(page.locator("h1", has_text=re.compile(r"^S\d{8}-\d{4,}$"))).to_be_visible()
    return page


def say(page: Page, text: str, *, by: str = "我") -> None:
    """Write one message and wait until it stands there."""
    page.fill("#reply-text", text)
    page.locator("#reply [data-chips] label", has_text=by).click()
    page.locator("#reply-text").press("Control+Enter")
    expect(page.locator("#reply-text")).to_have_value("")


def test_a_conversation_is_answered_and_becomes_a_ticket(desk, suite):
    page = opened(desk, suite)
    expect(page.locator("#talk")).to_contain_text("还没有消息")
    say(page, "礼包没到账，电话 13800138000", by="玩家")
    expect(page.locator("#talk")).to_contain_text("138****8000")
    expect(page.locator("#talk")).to_contain_text("还没回复")
    say(page, "在查了，稍等")
    expect(page.locator("#talk .pd-badge")).to_have_text("进行中")
    picture(page, "session")
    assert not violations(page)
    page.get_by_role("button", name="转为工单").click()
    expect(page.locator("h1", has_text=re.compile(r"^T\d{8}-\d{4,}$"))).to_be_visible()
    expect(page.locator("textarea[name=question]")).to_have_value("礼包没到账，电话 138****8000")
    page.get_by_role("link", name="服务单", exact=True).last.click()
    expect(page.locator("aside")).to_contain_text(re.compile(r"T\d{8}-\d{4,}"))


def test_a_sale_that_begins_in_a_conversation_is_among_its_orders(desk, suite):
    page = opened(desk, suite)
    address = urlsplit(page.url).path
    pack = suite.desk("A001").get("/packs?state=on_sale&limit=1")["items"][0]
    desk.go(page.get_by_role("link", name="在首页处理").get_attribute("href"))
    page.keyboard.press("b")
    page.fill("#sale-pack-no", pack["no"])
    page.locator("#sale-pack-no").press("Enter")
    expect(page.locator("#sale-pack")).to_contain_text(pack["name"])
    page.locator("#new-sale [data-save]").click()
    desk.toast("已成交")
    desk.go(address)
    expect(page.locator("aside")).to_contain_text(pack["name"])


def test_whoever_has_it_open_sees_what_is_said_without_losing_what_they_write(desk, supervisor, suite):
    page = opened(desk, suite)
    supervisor.go(urlsplit(page.url).path)
    other = supervisor.page
    other.fill("#reply-text", "我来帮忙")
    say(page, "还在吗", by="玩家")
    expect(other.locator("#talk")).to_contain_text("还在吗", timeout=15_000)
    expect(other.locator("#reply-text")).to_have_value("我来帮忙")
    other.fill("#reply-text", "")


def test_ending_asks_first_and_then_nobody_can_answer(desk, suite):
    page = opened(desk, suite)
    say(page, "您好，礼包已补发")
    with desk.agreeing():
        page.locator("#end-session").click()
    expect(page.locator("#talk .pd-badge")).to_have_text("已结束")
    expect(page.locator("#reply")).to_have_count(0)
    picture(page, "ended")


def test_an_inspector_reads_what_is_masked_for_a_reason_and_nobody_else_is_offered_it(desk, inspector, suite):
    page = opened(desk, suite)
    say(page, "你们就是个私服", by="玩家")
    expect(page.locator("#talk")).to_contain_text("你们就是个***")
    expect(page.get_by_role("link", name="看原文")).to_have_count(0)
    inspector.go(urlsplit(page.url).path)
    seen = inspector.page
    seen.get_by_role("link", name="看原文").click()
    picture(seen, "why")
    seen.fill("#why", "抽查")
    seen.locator("dialog [data-save]").click()
    expect(seen.locator("#talk .pd-revealed")).to_have_text("你们就是个私服")
    picture(seen, "original")


def test_a_word_is_put_on_the_list_taken_off_and_put_back(supervisor):
    page, word = supervisor.page, f"走私{uuid4().hex[:6]}"
    supervisor.go("/settings/sensitive-words")
    page.get_by_role("link", name="加词").click()
    page.fill("#word-word", word)
    page.locator("dialog [data-save]").click()
    expect(page.locator("tbody")).to_contain_text(word)
    picture(page, "words")
    page.get_by_role("link", name=word).click()
    page.get_by_role("button", name="删除").click()
    expect(page.locator("tbody")).not_to_contain_text(word)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("tbody")).to_contain_text(word)


def test_a_number_that_is_typed_into_the_search_box_leads_there(desk, suite):
    session = suite.desk("A001").post("/sessions", {"channel": "phone", "contact": "来电"})
    page = desk.page
    desk.go("/")
    page.fill("#search-box", session["no"])
    page.locator("#search-hits a", has_text=session["no"]).click()
    expect(page.locator("h1")).to_have_text(session["no"])


def test_the_list_shows_number_channel_and_times(desk):
    desk.go("/sessions?tab=all")
    expect(desk.page.locator("thead")).to_contain_text("首次响应")
    expect(desk.page.locator("tbody tr").first).to_contain_text(re.compile(r"S\d{8}-\d{4,}"))
    assert not violations(desk.page)
    picture(desk.page, "list")
