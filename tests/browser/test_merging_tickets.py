"""Two tickets about one thing become one on the ticket's page, and are two again by 撤销 or 拆出来."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.screen import Screen

MARK = secrets.token_hex(3)


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001."""
    return someone("A001")


@pytest.fixture(scope="module")
def pair(suite: Any) -> list[dict[str, Any]]:
    """The same question twice."""
    agent = suite.desk("A001")
    player = agent.post("/players", {"wechat_id": f"merged_{MARK}", "wechat_name": "问了两次"})
    questions = (f"月卡{MARK} 没到账", f"月卡{MARK} 还是没到")
    return [agent.post("/tickets", {"player_id": player["id"], "question": question}) for question in questions]


def merge(desk: Screen, ticket: dict[str, Any]) -> None:
    """By the dialogue, with the keyboard."""
    page = desk.page
    page.get_by_role("link", name="合并", exact=True).click()
    expect(page.locator("#dialog")).to_contain_text("同一位玩家的工单")
    assert not violations(page)
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    desk.toast(f"已合并 {ticket['no']}")


def test_a_ticket_is_merged_undone_merged_again_and_taken_out(desk, pair, suite):
    stays, goes = pair
    page, agent = desk.page, suite.desk("A001")
    desk.go(f"/tickets/{goes['id']}")
    merge(desk, goes)
    expect(page.locator(".pd-banner")).to_contain_text(f"已合并到 {stays['no']}")
    assert not violations(page)
    page.get_by_role("button", name="撤销").click()
    desk.toast(f"已拆出 {goes['no']}")
    expect(page.locator(".pd-banner")).to_have_count(0)
    assert agent.get(f"/tickets/{goes['id']}")["status"] == "pending"
    merge(desk, goes)
    for selector in ("main [data-solve]", "main [data-save]", "main [data-edit]"):
        assert page.locator(selector).count() == 0, selector
    page.locator(".pd-banner").get_by_role("link").click()
    page.wait_for_url(lambda url: stays["id"] in url)
    expect(page.locator(".pd-tl")).to_contain_text("并入了")
    page.locator(".pd-pairs").get_by_role("link", name=goes["no"]).click()
    page.wait_for_url(lambda url: goes["id"] in url)
    page.get_by_role("button", name="拆出来").click()
    desk.toast(f"已拆出 {goes['no']}")
    assert agent.get(f"/tickets/{goes['id']}")["merged_into_id"] is None
