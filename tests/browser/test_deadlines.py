"""Deadlines at the browser: a calendar and a policy are written down, a ticket shows them, the clock speaks, all is undone."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.local.tour.desk import until
from tests.browser.every_page import an_old_player
from tests.browser.screen import Screen

MARK = secrets.token_hex(3)
CALENDAR, POLICY = f"活动周 {MARK}", f"建议要快 {MARK}"


@pytest.fixture(scope="module")
def admin(someone: Any) -> Screen:
    """The administrator."""
    return someone("admin")


def row(screen: Screen, text: str) -> Any:
    """A row of the page."""
    return screen.page.locator("main tbody tr", has_text=text)


def test_a_calendar_is_written_down_with_its_holidays_and_workdays(admin):
    page = admin.page
    admin.go("/settings/deadlines")
    page.get_by_role("link", name="新日历").click()
    form = page.locator("#calendar-form")
    form.locator("[name=name]").fill(CALENDAR)
    form.locator("[name=sat]").fill("10:00—12:00，13:00-16:00")
    form.locator("[name=holidays]").fill("2026-10-01\n2026-10-02")
    form.locator("[name=workdays]").fill("2026-10-11")
    page.keyboard.press("Control+Enter")
    admin.toast("已新建")
    expect(row(admin, CALENDAR)).to_contain_text("周一至周五 09:00-12:00 13:00-18:00 · 周六 10:00-12:00 13:00-16:00")


def test_hours_that_overlap_are_refused_and_the_form_stays_open(admin):
    page = admin.page
    admin.go("/settings/deadlines")
    page.get_by_role("link", name=CALENDAR).click()
    form = page.locator("#calendar-form")
    expect(form.locator("[name=workdays]")).to_have_value("2026-10-11 09:00-12:00 13:00-18:00")
    form.locator("[name=mon]").fill("09:00-12:00 11:00-13:00")
    form.locator("[data-save]").click()
    expect(form.locator("[data-problem]")).to_contain_text("不能重叠")
    page.keyboard.press("Escape")


def test_a_policy_is_written_down_changed_and_the_change_undone(admin):
    page = admin.page
    admin.go("/settings/deadlines")
    page.get_by_role("link", name="新时限").click()
    form = page.locator("#policy-form")
    form.locator("[name=name]").fill(POLICY)
    form.locator("[name=category]").select_option("suggestion")
    form.locator("[name=completion_normal]").fill("1.5h")
    form.locator("[name=first_response_normal]").fill("2 分")
    form.locator("[name=warn]").fill("1")
    page.keyboard.press("Control+Enter")
    admin.toast("已新建")
    expect(row(admin, POLICY)).to_contain_text("2 分 / 1.5 小时")
    page.get_by_role("link", name=POLICY).click()
    form.locator("[name=completion_normal]").fill("3 小时")
    form.locator("[name=level_3]").fill("")
    form.locator("[data-save]").click()
    expect(row(admin, POLICY)).to_contain_text("2 分 / 3 小时")
    page.get_by_role("button", name="撤销").click()
    expect(row(admin, POLICY)).to_contain_text("2 分 / 1.5 小时")
    expect(row(admin, POLICY)).to_contain_text("经理 2 小时")


def test_a_ticket_shows_both_deadlines_and_the_clock_speaks_on_its_timeline(someone, suite):
    agent, screen = suite.desk("A001"), someone("A001")
    player = an_old_player(agent)
    body = {"player_id": player["id"], "question": f"希望加快捷键 {MARK}", "category": "suggestion"}
    ticket = agent.post("/tickets", body)
    screen.go(f"/tickets?tab=all&category=suggestion&q={MARK}")
    expect(screen.page.locator(f"#ticket-{ticket['id']}")).to_contain_text("首响 剩")
    until("the clock has spoken", lambda: len(agent.get(f"/tickets/{ticket['id']}/timeline")["items"]) > 1)
    screen.go(f"/tickets/{ticket['id']}")
    side = screen.page.locator("aside")
    expect(side).to_contain_text("首次响应")
    expect(side).to_contain_text("快到时限")
    expect(side.locator(".pd-tl")).to_contain_text(re.compile("系统 时限快到了"))


def test_what_would_change_is_tried_first_and_the_result_says_how_many(admin):
    admin.go("/settings/deadlines")
    admin.page.get_by_role("button", name="试算").click()
    job = admin.page.locator("#jobs tr", has_text="重算处理时限").first
    expect(job).to_contain_text("张工单的时限会变")
    expect(job.get_by_role("link", name="下载")).to_be_visible()


def test_a_calendar_in_use_stays_and_a_policy_that_was_removed_comes_back(admin):
    page = admin.page
    admin.go("/settings/deadlines")
    page.get_by_role("link", name=POLICY).click()
    page.locator("#policy-form [name=calendar_id]").select_option(label=CALENDAR)
    page.locator("#policy-form [data-save]").click()
    expect(row(admin, POLICY)).to_contain_text(CALENDAR)
    page.locator("main").get_by_role("link", name=CALENDAR).click()
    with admin.agreeing():
        page.locator("#calendar-form").get_by_role("button", name="删除").click()
    expect(page.locator("#calendar-form [data-problem]")).to_contain_text(POLICY)
    page.keyboard.press("Escape")
    page.get_by_role("link", name=POLICY).click()
    with admin.agreeing():
        page.locator("#policy-form").get_by_role("button", name="删除").click()
    expect(row(admin, POLICY)).to_have_count(0)
    page.get_by_role("button", name="撤销").click()
    expect(row(admin, POLICY)).to_have_count(1)
    page.get_by_role("link", name=POLICY).click()
    with admin.agreeing():
        page.locator("#policy-form").get_by_role("button", name="删除").click()
    expect(row(admin, POLICY)).to_have_count(0)


def test_an_agent_reads_what_counts_and_changes_nothing(someone):
    screen = someone("A001")
    screen.go("/settings/deadlines")
    expect(screen.page.locator("main")).to_contain_text("标准时限")
    expect(screen.page.get_by_role("button", name="试算")).to_have_count(0)
    expect(screen.page.get_by_role("link", name="新时限")).to_have_count(0)
