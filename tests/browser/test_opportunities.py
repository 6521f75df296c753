"""A lead becomes a player with an opportunity, which goes over the board by keyboard and by hand, is lost, and comes back."""

from __future__ import annotations

import os
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.every_page import an_old_player
from tests.browser.screen import Screen


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001."""
    return someone("A001")


@pytest.fixture(scope="module")
def admin(someone: Any) -> Screen:
    """The administrator."""
    return someone("admin")


@pytest.fixture
def opportunity(suite: Any) -> dict[str, Any]:
    """One of A001's at first contact."""
    agent = suite.desk("A001")
    player = an_old_player(agent)
    return agent.post("/opportunities", {"player_id": player["id"], "title": f"皮肤礼包 {token_hex(3)}"})


def picture(page: Page, name: str) -> None:
    """For eyes, where a folder is named."""
    if os.environ.get("PICTURES"):
        page.wait_for_timeout(300)
        page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png")


def column(page: Page, stage: str) -> Any:
    return page.locator(f"[data-stage={stage}]")


def test_a_card_is_moved_by_menu_and_by_hand_and_the_move_is_undone(desk: Screen, opportunity):
    page, title = desk.page, opportunity["title"]
    desk.go("/opportunities")
    card = page.locator(".pd-card", has_text=title)
    expect(column(page, "first_contact")).to_contain_text(title)
    picture(page, "board")
    card.locator("select").focus()
    page.keyboard.type("已报价")
    card.locator("select").select_option("offered")
    card.get_by_role("button", name="移动").press("Enter")
    expect(column(page, "offered")).to_contain_text(title)
    page.get_by_role("button", name="撤销").click()
    expect(column(page, "first_contact")).to_contain_text(title)
    page.locator(".pd-card", has_text=title).drag_to(column(page, "negotiating"))
    expect(column(page, "negotiating")).to_contain_text(title)
    expect(column(page, "first_contact")).not_to_contain_text(title)


def test_it_is_lost_for_a_reason_and_reopened(desk: Screen, opportunity):
    page = desk.page
    desk.go(f"/opportunities/{opportunity['id']}")
    picture(page, "one")
    page.get_by_role("link", name="输单").click()
    page.locator("dialog .pd-chip", has_text="不方便").click()
    picture(page, "lose")
    page.locator("dialog [data-save]").click()
    expect(page.locator("#opportunity")).to_contain_text("不方便")
    expect(page.locator("#opportunity .pd-badge")).to_have_text("输单")
    page.get_by_role("link", name="重新打开").click()
    page.fill("#reopen-reason", "他回来了")
    page.locator("dialog [data-save]").click()
    expect(page.locator("#opportunity .pd-badge")).to_have_text("初次接触")
    expect(page.locator("#opportunity ol")).to_contain_text("他回来了")


def test_a_lead_becomes_a_player_with_an_opportunity(desk: Screen):
    page, word = desk.page, token_hex(3)
    desk.go("/leads")
    page.get_by_role("link", name="新线索").first.click()
    page.fill("#lead-name", f"直播间 {word}")
    page.fill("#lead-phone", f"139{int(word, 16) % 10**8:08d}")
    picture(page, "lead-form")
    page.locator("dialog [data-save]").click()
    expect(page.locator("#lead h1")).to_have_text(f"直播间 {word}")
    expect(page.locator("#lead")).to_contain_text("****")
    picture(page, "lead")
    page.get_by_role("link", name="转成玩家").click()
    page.fill("#convert-title", f"首充 {word}")
    page.locator("dialog [data-save]").click()
    expect(page.locator("main")).to_contain_text(f"首充 {word}")
    assert "/players/" in page.url
    picture(page, "player")
    desk.go("/leads?tab=converted")
    expect(page.locator("tbody")).to_contain_text(f"直播间 {word}")


def test_what_is_given_back_is_claimed_from_the_pool(desk: Screen, opportunity):
    page, title = desk.page, opportunity["title"]
    desk.go(f"/opportunities/{opportunity['id']}")
    page.get_by_role("button", name="退回公海").click()
    expect(page.locator("[data-toast]")).to_contain_text("已退回公海")
    desk.go("/pools")
    picture(page, "pool")
    page.get_by_role("button", name=f"领取 {title}").click()
    expect(page.locator("#opportunity h1")).to_have_text(title)
    expect(page.locator("#opportunity")).to_contain_text("A001")


def test_limits_are_set_and_the_pool_says_who_loses_what_tonight(admin: Screen):
    page = admin.page
    admin.go("/settings/pools")
    page.get_by_role("link", name="商机 全公司公海").click()
    page.fill("#rule-held", "200")
    page.fill("#rule-idle", "30")
    picture(page, "rule")
    page.locator("dialog [data-save]").click()
    expect(page.locator("tbody[data-rows=pools]")).to_contain_text("200")
    picture(page, "rules")
    admin.go("/pools")
    expect(page.locator("#tonight")).to_contain_text("没有要收回的")
    picture(page, "pool-admin")
    page.get_by_role("link", name="现在就收回").click()
    expect(page.locator("#dialog")).to_contain_text("没有要收回的")
