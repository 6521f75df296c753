"""One bad pack is one problem: its tickets are collected under a cause, fixed once, and the fix is taken back."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.screen import Screen

MARK = secrets.token_hex(3)


@pytest.fixture(scope="module")
def specialist(someone: Any) -> Screen:
    """S001, who reaches all tickets."""
    return someone("S001")


@pytest.fixture(scope="module")
def tickets(suite: Any) -> list[dict[str, Any]]:
    """Three questions of one player about the same thing."""
    agent = suite.desk("A001")
    player = agent.post("/players", {"wechat_id": f"caused_{MARK}", "wechat_name": "礼包买家"})
    return [
        agent.post("/tickets", {"player_id": player["id"], "question": f"补给{MARK} 少了 {n} 钻石"})
        for n in (20, 40, 60)
    ]


def test_a_ticket_gets_a_new_cause_from_its_own_page_and_it_is_undone_and_done_again(specialist, tickets):
    page = specialist.page
    specialist.go(f"/tickets/{tickets[0]['id']}")
    for _ in range(2):
        page.get_by_role("link", name="归入原因").click()
        expect(page.locator("#dialog")).to_be_visible()
        assert not violations(page)
        page.fill("#picker-title", f"补给{MARK} 少发钻石")
        page.keyboard.press("Control+Enter")
        specialist.toast("已记下原因")
        expect(page.locator(".pd-chip-long")).to_contain_text(f"补给{MARK} 少发钻石")
        if _ == 0:
            page.get_by_role("button", name="撤销").click()
            expect(page.locator(".pd-chip-long")).to_have_count(0)


def test_the_board_collects_the_others_and_fixing_it_completes_them_all(specialist, tickets, suite):
    page = specialist.page
    specialist.go("/tickets")
    page.locator("main").get_by_role("link", name="原因板").click()
    page.wait_for_url(re.compile("/causes"))
    card = page.locator("[data-rows] [data-row]", has_text=f"补给{MARK}").filter(
        has=page.locator("b", has_text=re.compile("^1$"))
    )
    card.get_by_role("link", name=f"补给{MARK} 少发钻石").click()
    page.wait_for_url(re.compile(r"/causes/[0-9a-f-]{36}$"))
    page.fill("#cause-q", f"补给{MARK}")
    page.keyboard.press("Enter")
    expect(page.locator("#candidates input[type=checkbox]:checked")).to_have_count(2)
    page.get_by_role("button", name="归入勾选的").click()
    specialist.toast("已归入 2 张工单")
    expect(page.locator("[data-rows] [data-row]")).to_have_count(3)
    page.fill("#cause-solution", "已按名单补发，请查收邮件")
    page.keyboard.press("Control+Enter")
    specialist.toast("已解决，完成 3 张工单")
    expect(page.locator("#cause")).to_contain_text("都完成了")
    assert not violations(page)
    for ticket in tickets:
        now = suite.desk("A001").get(f"/tickets/{ticket['id']}")
        assert (now["status"], now["solution"]) == ("done", "已按名单补发，请查收邮件")


def test_a_fix_is_undone_from_its_toast_and_the_tickets_wait_again(specialist, tickets, suite):
    page = specialist.page
    page.get_by_role("button", name="撤销", exact=True).click()
    specialist.toast("已撤销，重开 3 张工单")
    expect(page.locator("[data-rows] [data-row]")).to_have_count(3)
    assert {suite.desk("A001").get(f"/tickets/{ticket['id']}")["status"] for ticket in tickets} == {"in_progress"}
    specialist.go(f"/tickets/{tickets[0]['id']}")
    expect(page.locator(".pd-tl")).to_contain_text("原因已解决，完成")
