"""A solved ticket becomes an article, somebody else publishes it, and the next ticket of the kind gets its text by one click."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.screen import Screen

MARK = secrets.token_hex(3)
BODY = f"跨服 {MARK} 满员时报名会失败，换一个时段再报。"


@pytest.fixture(scope="module")
def tickets(suite: Any) -> list[dict[str, Any]]:
    """One that is solved, and one that asks the same."""
    agent = suite.desk("A001")
    player = agent.post("/players", {"wechat_id": f"asked_{MARK}", "wechat_name": "报名的"})
    question = {"player_id": player["id"], "question": f"跨服{MARK} 报名失败"}
    solved, asked = agent.post("/tickets", question), agent.post("/tickets", question)
    started = agent.post(f"/tickets/{solved['id']}/start", status=200, version=solved["version"])
    agent.post(f"/tickets/{solved['id']}/complete", {"solution": "换一个时段"}, status=200, version=started["version"])
    return [solved, asked]


@pytest.fixture(scope="module")
def author(someone: Any) -> Screen:
    """S001."""
    return someone("S001")


def test_a_solution_becomes_a_draft_and_is_handed_in(author, tickets):
    page = author.page
    author.go(f"/tickets/{tickets[0]['id']}")
    page.get_by_role("button", name="写成文章").click()
    page.wait_for_url(re.compile("/articles/.*/edit"))
    expect(page.locator("#article-body")).to_have_value("换一个时段")
    page.fill("#article-body", BODY)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/articles/[0-9a-f-]{36}$"))
    page.get_by_role("button", name="提交审核").click()
    author.toast("已提交审核")
    expect(page.locator("#article")).to_contain_text("这是你提交的，要由别人发布")
    expect(page.get_by_role("button", name="发布", exact=True)).to_have_count(0)
    assert not violations(page)


def test_somebody_else_publishes_it(author, someone):
    supervisor = someone("M001")
    supervisor.go("/articles?tab=review")
    supervisor.page.get_by_role("link", name=f"跨服{MARK} 报名失败").click()
    supervisor.page.wait_for_url(re.compile(r"/articles/[0-9a-f-]{36}$"))
    supervisor.page.get_by_role("button", name="发布", exact=True).click()
    supervisor.toast("已发布")
    expect(supervisor.page.locator("#article")).to_contain_text("第 1 版")
    assert not violations(supervisor.page)


def test_the_next_ticket_finds_it_and_takes_its_text_into_the_solution(someone, tickets, suite):
    agent = someone("A001")
    page, ticket = agent.page, tickets[1]
    agent.go(f"/tickets/{ticket['id']}")
    page.locator("main").get_by_role("link", name="知识库").click()
    expect(page.locator("#article-hits")).to_contain_text(BODY)
    assert not violations(page)
    page.fill("#article-q", f"没有这种话{MARK}")
    expect(page.locator("#article-hits")).to_contain_text("没有找到")
    page.fill("#article-q", f"{MARK} 时段")
    page.get_by_role("button", name=f"插入解决方案：跨服{MARK} 报名失败").click()
    expect(page.locator("#dialog")).not_to_be_visible()
    expect(page.locator(f"#s-{ticket['id']}")).to_have_value(BODY)
    page.keyboard.press("Control+Shift+Enter")
    agent.toast("已完成")
    assert suite.desk("A001").get(f"/tickets/{ticket['id']}")["solution"] == BODY


def test_an_agent_reads_what_is_published_and_finds_nothing_to_press(someone):
    agent = someone("A001")
    agent.go("/")
    for key in ("g", "k"):
        agent.page.keyboard.press(key)
    agent.page.wait_for_url(re.compile("/articles"))
    agent.page.get_by_role("link", name=f"跨服{MARK} 报名失败").click()
    expect(agent.page.locator("#article")).to_contain_text(BODY)
    for name in ("编辑", "归档", "提交审核"):
        expect(agent.page.locator("main").get_by_text(name, exact=True)).to_have_count(0)
