"""The inspector reads everybody's work and changes none of it, neither by the page nor around it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen


@pytest.fixture(scope="module")
def inspector(someone: Any) -> Screen:
    """Q001."""
    return someone("Q001")


@pytest.fixture(scope="module")
def ticket(suite: Any) -> dict[str, Any]:
    """A ticket that A001 has solved."""
    agent = suite.desk("A001")
    player = agent.post("/players", {"wechat_id": f"inspected_{agent.staff['no'].lower()}", "wechat_name": "质检看的"})
    made = agent.post("/tickets", {"player_id": player["id"], "question": "充值没有到账，请质检看"})
    solved: dict[str, Any] = agent.patch(f"/tickets/{made['id']}", {"solution": "已补发"}, made["version"])
    return solved


def test_the_inspector_reads_an_agent_s_ticket_and_finds_nothing_to_press(inspector, ticket):
    page = inspector.page
    inspector.go(f"/tickets/{ticket['id']}")
    expect(page.locator("main")).to_contain_text("充值没有到账，请质检看")
    expect(page.locator("main")).to_contain_text("已补发")
    for selector in ("[data-save]", "[data-solve]", "[data-edit]", "[data-transfer]", ".pd-st button:enabled"):
        assert page.locator(f"main {selector}").count() == 0, selector
    for key in ("n", "e", "a", "s", "2"):
        page.keyboard.press(key)
    expect(page.locator("#dialog")).not_to_be_visible()
    assert page.url.endswith(f"/tickets/{ticket['id']}")


def test_a_form_the_inspector_makes_up_is_refused(inspector, ticket, suite):
    inspector.go("/")
    answer = inspector.page.evaluate(
        """async (id) => {
          const token = document.querySelector('meta[name="csrf-token"]').content;
          const form = new URLSearchParams({solution: "by the inspector", version: "1", csrf_token: token});
          return (await fetch(`/tickets/${id}`, {method: "POST", body: form})).status;
        }""",
        ticket["id"],
    )
    assert answer == 403
    assert suite.desk("A001").get(f"/tickets/{ticket['id']}")["solution"] == "已补发"


def test_the_inspector_s_lists_hold_everybody_s_work(inspector, ticket):
    inspector.go("/tickets?tab=all")
    rows = inspector.page.locator("[data-rows] [data-row]")
    expect(rows.first).to_be_visible()
    assert rows.count() > 1
    expect(inspector.page.get_by_role("link", name="新玩家")).to_have_count(0)
