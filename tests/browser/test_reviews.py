"""A review from the queue to the appeal: the inspector scores, the agent appeals, the supervisor decides."""

from __future__ import annotations

import os
import secrets
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.quality import done_ticket, finished_review, scorecard
from tests.browser.screen import Screen

MARK = secrets.token_hex(3)


def picture(page: Page, name: str) -> None:
    """For eyes, where a folder is named."""
    if os.environ.get("PICTURES"):
        page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png")


@pytest.fixture(scope="module")
def inspector(someone: Any) -> Screen:
    """Q001."""
    return someone("Q001")


def test_a_scorecard_is_written_as_text_and_a_line_that_is_none_is_named(inspector):
    page = inspector.page
    inspector.go("/settings/reviews")
    page.get_by_role("link", name="新评分表").click()
    page.fill("#card-name", f"工单质检 {MARK}")
    page.fill("#card-sections", "# 服务态度\n称呼和问候 20\n")
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog [data-problem]")).to_contain_text("第 2 行看不懂")
    page.fill("#card-sections", "# 服务态度\n称呼和问候 | 20\n# 解决问题\n说清楚怎么办 ｜ 80")
    picture(page, "scorecard")
    page.keyboard.press("Control+Enter")
    expect(page.locator("main")).to_contain_text(f"工单质检 {MARK}")
    picture(page, "review-settings")
    assert not violations(page)


def test_a_rule_is_removed_and_put_back(inspector):
    page = inspector.page
    inspector.go("/settings/reviews")
    page.get_by_role("link", name="新抽检规则").click()
    page.fill("#sampling-name", f"每周 {MARK}")
    page.fill("#sampling-share", "5")
    picture(page, "sampling-rule")
    page.keyboard.press("Control+Enter")
    row = page.locator("tr", has_text=f"每周 {MARK}")
    expect(row).to_contain_text("5%")
    row.get_by_role("link").click()
    page.locator("dialog").get_by_role("button", name="删除").click()
    expect(row).to_have_count(0)
    page.locator("#toasts").get_by_role("button", name="撤销").click()
    expect(row).to_contain_text("5%")


def test_the_inspector_scores_the_agent_appeals_and_the_supervisor_changes_it(inspector, someone, suite):
    scorecard(suite)
    ticket, page = done_ticket(suite), inspector.page
    inspector.go(f"/tickets/{ticket['id']}")
    page.get_by_role("button", name="放进质检").click()
    page.wait_for_url("**/reviews/*")
    path = page.url.partition(suite.url)[2]
    for number, field in enumerate(page.locator("main input[type=number]").all()):
        field.fill(str(5 + number))
    page.fill("#review-comment", "再耐心一点")
    picture(page, "review-form")
    assert not violations(page)
    page.keyboard.press("Control+Enter")
    inspector.toast("已评")
    expect(page.locator("main")).to_contain_text("再耐心一点")
    picture(page, "review-finished")
    agent = someone("A001")
    agent.go("/reviews")
    agent.page.locator(f'a[href="{path}"]').click()
    agent.page.fill("#appeal-reason", "玩家先骂人")
    picture(agent.page, "review-own")
    agent.page.keyboard.press("Control+Enter")
    agent.toast("已申诉")
    inspector.go(path)
    expect(page.locator("main")).to_contain_text("不能是当初的质检人")
    boss = someone("M001")
    boss.go("/reviews?tab=appeals")
    boss.page.locator(f'a[href="{path}"]').click()
    boss.page.fill("#decision", "录音里确实如此")
    boss.page.locator("summary", has_text="改分").click()
    for field in boss.page.locator("main input[type=number]").all():
        field.fill(field.get_attribute("max") or "")
    picture(boss.page, "review-appeal")
    assert not violations(boss.page)
    boss.page.get_by_role("button", name="按新分改判").click()
    boss.toast("已改判")
    expect(boss.page.locator("main")).to_contain_text("100.00")
    boss.go("/reviews?tab=figures")
    picture(boss.page, "review-figures")
    expect(boss.page.locator("main tbody")).to_contain_text("A001")


def test_the_supervisor_upholds_a_review_with_a_reason(someone, suite):
    review = finished_review(suite, scorecard(suite))
    path, reason = f"/reviews/{review['id']}/appeal", {"reason": "不公平"}
    suite.desk("A001").post(path, reason, status=200, version=review["version"])
    boss = someone("M001")
    boss.go(f"/reviews/{review['id']}")
    boss.page.get_by_role("button", name="维持原判").click()
    expect(boss.page.locator("[data-problem]").first).not_to_be_empty()
    boss.page.fill("#decision", "评得公道")
    boss.page.get_by_role("button", name="维持原判").click()
    boss.toast("已维持原判")
