"""From a solved ticket to the player's opinion and to the supervisor who looks after a low score."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.quality import done_ticket, link_to, survey_of


def picture(page: Page, name: str) -> None:
    """For eyes, where a folder is named."""
    if os.environ.get("PICTURES"):
        page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png")


@pytest.fixture
def phone(chromium: Any, suite: Any) -> Any:
    """A player's phone: nobody signed in, and no script at all."""
    context = chromium.new_context(
        base_url=suite.url, locale="zh-CN", viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def test_the_agent_copies_the_link_the_player_answers_and_the_supervisor_looks_after_it(someone, suite, phone):
    desk, ticket = someone("A001"), done_ticket(suite)
    page = desk.page
    desk.go(f"/tickets/{ticket['id']}")
    page.get_by_role("button", name="生成评价链接").click()
    expect(page.locator("#survey-address")).to_be_visible()
    address = page.locator("#survey-address").input_value()
    assert re.fullmatch(rf"{suite.url}/s/[\w-]{{43}}", address)
    picture(page, "ticket-survey")
    assert not violations(page)
    phone.goto(address)
    picture(phone, "survey-phone")
    phone.get_by_text("不满意", exact=True).click()
    phone.fill("#comment", "等了两天")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("status")).to_contain_text("谢谢")
    picture(phone, "survey-thanks")
    boss = someone("M001")
    boss.go("/surveys?tab=low")
    row = boss.page.locator("tr", has_text=ticket["no"])
    picture(boss.page, "survey-low")
    row.get_by_role("link", name="跟进").click()
    boss.page.fill("#follow-up-note", "打电话道歉了")
    picture(boss.page, "survey-follow-up")
    boss.page.keyboard.press("Control+Enter")
    boss.toast("已跟进")
    expect(row).to_contain_text("打电话道歉了")
    boss.go("/surveys")
    picture(boss.page, "survey-figures")
    boss.page.locator("main tbody a").first.click()
    expect(boss.page.locator("main")).to_contain_text("工单号")


def test_a_player_changes_the_answer_and_without_a_score_is_told_so(suite, phone):
    path = link_to(suite, survey_of(suite, done_ticket(suite)))
    phone.goto(path)
    phone.get_by_text("很满意", exact=True).click()
    phone.get_by_role("button", name="提交").click()
    phone.get_by_text("一般", exact=True).click()
    phone.get_by_role("button", name="改好了，提交").click()
    expect(phone.locator("input:checked")).to_have_value("3")


def test_a_link_that_leads_nowhere_says_so_kindly(phone):
    phone.goto("/s/nothing")
    expect(phone.get_by_role("heading", level=1)).to_have_text("这个链接用不了")
    picture(phone, "survey-gone")
