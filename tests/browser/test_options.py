"""Options at the browser: added and ordered by an administrator, then chosen and read by an agent; retired, and shown still."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.local.tour.desk import until
from tests.browser.every_page import an_old_player
from tests.browser.screen import Screen

MARK = secrets.token_hex(3)
CODE, ZH, EN = f"own_{MARK}", f"活动咨询{MARK}", f"Event question {MARK}"


@pytest.fixture(scope="module")
def admin(someone: Any) -> Screen:
    """The administrator."""
    return someone("admin")


def row(screen: Screen, text: str = ZH) -> Any:
    """A row of the list."""
    return screen.page.locator("#option-list tbody tr", has_text=text)


def test_an_own_code_is_added_and_moved_up_and_the_move_undone(admin):
    page = admin.page
    admin.go("/settings/options?list=ticket_category")
    page.get_by_role("link", name="新选项").click()
    for name, value in (("code", CODE), ("zh", ZH), ("en", EN)):
        page.locator(f"#option-form [name={name}]").fill(value)
    page.keyboard.press("Control+Enter")
    rows = page.locator("#option-list tbody tr")
    expect(rows.last).to_contain_text(ZH)
    row(admin).get_by_role("button", name=f"上移 {ZH}").click()
    admin.toast("已移动")
    expect(rows.last).not_to_contain_text(ZH)
    page.get_by_role("button", name="撤销").click()
    expect(rows.last).to_contain_text(ZH)


def test_an_agent_chooses_it_and_reads_it_in_her_language(someone, suite):
    agent = suite.desk("A001")
    player = an_old_player(agent)
    body = {"player_id": player["id"], "question": f"活动几点开始 {MARK}", "category": CODE}
    ticket = until("the ticket service has heard of it", lambda: _made(agent, body))
    screen = someone("A001")
    screen.go(f"/tickets/{ticket['id']}?edit=1")
    expect(screen.page.locator(f"#c-{ticket['id']} option:checked")).to_have_text(ZH)
    screen.go("/tickets?tab=all&category=" + CODE)
    expect(screen.page.locator("tbody")).to_contain_text(ZH)
    english = someone("A001", locale="en-US")
    english.go("/tickets?tab=all&category=" + CODE)
    expect(english.page.locator("tbody")).to_contain_text(EN)


def _made(agent: Any, body: dict[str, Any]) -> dict[str, Any] | None:
    answer = agent.call("POST", "/tickets", None, body)
    return answer if "id" in answer else None


def test_a_retired_one_is_offered_no_more_still_shown_and_restored_by_undo(admin, someone, suite):
    admin.go("/settings/options?list=ticket_category")
    row(admin).get_by_role("button", name="停用").click()
    expect(row(admin)).to_contain_text("已停用")
    agent = suite.desk("A001")
    ticket = agent.get(f"/tickets?category={CODE}&limit=1")["items"][0]
    screen = someone("A001")
    screen.go(f"/tickets/{ticket['id']}?edit=1")
    expect(screen.page.locator(f"#c-{ticket['id']} option:checked")).to_have_text(ZH)
    other = agent.get("/tickets?category=bug&limit=1")["items"][0]
    screen.go(f"/tickets/{other['id']}?edit=1")
    expect(screen.page.locator(f"#c-{other['id']} option", has_text=ZH)).to_have_count(0)
    admin.page.get_by_role("button", name="撤销").click()
    expect(row(admin)).to_contain_text("可选")


def test_one_that_is_in_use_is_not_removed_and_the_form_says_why(admin):
    page = admin.page
    admin.go("/settings/options?list=ticket_category")
    row(admin).get_by_role("link", name=ZH).click()
    with admin.agreeing():
        page.locator("#option-form").get_by_role("button", name="删除").click()
    expect(page.locator("#option-form [data-problem]")).to_contain_text("不能删除")


def test_an_agent_sees_the_lists_and_changes_nothing(someone):
    screen = someone("A001")
    screen.go("/settings/options?list=lost_reason")
    expect(screen.page.locator("#option-list")).to_contain_text("觉得贵")
    expect(screen.page.locator("#option-list button")).to_have_count(0)
    expect(screen.page.get_by_role("link", name="新选项")).to_have_count(0)
