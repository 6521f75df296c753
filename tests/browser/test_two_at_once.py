"""Two people at one ticket: the stale edit is shown as a choice, and nothing typed is lost whichever way is taken."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.every_page import an_old_player
from tests.browser.screen import Screen

MINE, HERS = "我写的：已补发，请玩家重登", "她写的：渠道延迟，已补单"


@pytest.fixture
def stale(someone: Any, suite: Any) -> tuple[Screen, str]:
    """A001's screen with a text typed over a ticket that M001 has changed meanwhile, in her own browser."""
    agent, supervisor = someone("A001"), someone("M001")
    api = suite.desk("A001")
    player = an_old_player(api)
    ticket = api.post("/tickets", {"player_id": player["id"], "question": "充值没到账，两个人一起看"})
    for screen in (agent, supervisor):
        screen.go(f"/tickets/{ticket['id']}")
    agent.page.locator("[data-solution]").fill(MINE)
    supervisor.page.locator("[data-solution]").fill(HERS)
    supervisor.page.locator("[data-solution]").press("Control+Enter")
    supervisor.toast("已保存")
    agent.page.locator("[data-solution]").press("Control+Enter")
    expect(agent.page.locator("#dialog")).to_contain_text("刚被别人改过")
    return agent, ticket["id"]


def test_the_dialogue_says_who_changed_what_and_offers_three_ways(stale):
    dialog = stale[0].page.locator("#dialog")
    expect(dialog).to_contain_text("M001")
    expect(dialog).to_contain_text(HERS)
    expect(dialog).to_contain_text(MINE)
    expect(dialog.get_by_text("看差异")).to_be_visible()
    expect(dialog.get_by_role("button", name="用我的")).to_be_focused()
    expect(dialog.get_by_role("link", name="用她的")).to_be_visible()


def test_mine_is_saved_over_hers(stale, suite):
    screen, ticket_id = stale
    screen.page.locator("#dialog").get_by_role("button", name="用我的").click()
    expect(screen.page.locator("#dialog")).not_to_be_visible()
    expect(screen.page.locator("[data-solution]")).to_have_value(MINE)
    assert suite.desk("A001").get(f"/tickets/{ticket_id}")["solution"] == MINE


def test_hers_is_taken_and_mine_can_be_put_back(stale, suite):
    screen, ticket_id = stale
    screen.page.locator("#dialog").get_by_role("link", name="用她的").click()
    expect(screen.page.locator("[data-solution]")).to_have_value(HERS)
    screen.page.locator("#toasts").get_by_role("button", name="找回").click()
    expect(screen.page.locator("[data-solution]")).to_have_value(MINE)
    assert suite.desk("A001").get(f"/tickets/{ticket_id}")["solution"] == HERS


def test_the_dialogue_closed_leaves_the_text_where_it_was(stale):
    screen, _ = stale
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator("#dialog")).not_to_be_visible()
    expect(screen.page.locator("[data-solution]")).to_have_value(MINE)
    screen.page.reload()
    expect(screen.page.locator("[data-solution]")).to_have_value(MINE)
    expect(screen.page.locator("main")).to_contain_text(re.compile("草稿已恢复"))
