"""A campaign from its plan to its figures: planned and started by the supervisor, chosen by the agent, each number opened."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.every_page import an_old_player
from tests.browser.screen import Screen
from tests.browser.test_returns import picture


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001."""
    return someone("A001")


@pytest.fixture(scope="module")
def supervisor(someone: Any) -> Screen:
    """M001."""
    return someone("M001")


def test_a_campaign_is_planned_run_sold_for_and_its_figures_open_their_rows(desk, supervisor, suite):
    boss, name = supervisor.page, f"双旦回归 {token_hex(3)}"
    supervisor.go("/campaigns?tab=draft")
    boss.get_by_role("link", name="新活动").click()
    boss.fill("#ca-name", name)
    boss.fill("#ca-budget", "100")
    boss.fill("#ca-plan", "先电话，再微信")
    boss.locator("#dialog").get_by_text("大R", exact=True).click()
    picture(boss, "campaign-form")
    boss.locator("#dialog [data-save]").click()
    expect(boss.locator("h1")).to_have_text(name)
    expect(boss.locator("main")).to_contain_text("筹备中")
    boss.get_by_role("button", name="现在开始").click()
    expect(boss.locator("main")).to_contain_text("进行中")
    path = re.sub(r"^.*(/campaigns/)", r"\1", boss.url)

    page = desk.page
    player = an_old_player(suite.desk("A001"))["id"]
    desk.go(f"/?player={player}")
    page.locator("#sales [data-run=t]").click()
    page.locator("#new-touch label", has_text="考虑中").click()
    page.select_option("#touch-campaign", label=name)
    picture(page, "campaign-touch")
    page.locator("#new-touch [data-save]").click()
    expect(page.get_by_text("已记下这次接触")).to_be_visible()

    supervisor.go(path)
    expect(boss.get_by_role("link", name="1 考虑中")).to_be_visible()
    picture(boss, "campaign-running")
    boss.get_by_role("link", name="1 考虑中").click()
    expect(boss.locator("tbody[data-rows=touches] tr")).to_have_count(1)
    supervisor.go(path)
    with supervisor.agreeing():
        boss.get_by_role("button", name="现在结束").click()
        expect(boss.locator("main")).to_contain_text("已结束")
    desk.go(f"/?player={player}")
    expect(page.locator("#touch-campaign option", has_text=name)).to_have_count(0)


def test_a_wrong_pack_is_said_in_the_dialogue_and_what_was_typed_stays(supervisor):
    page = supervisor.page
    supervisor.go("/campaigns")
    picture(page, "campaign-list")
    page.get_by_role("link", name="新活动").click()
    page.fill("#ca-name", "写错礼包的活动")
    page.fill("#ca-budget", "1")
    page.fill("#ca-packs", "P99999999")
    page.locator("#dialog [data-save]").click()
    expect(page.locator("#dialog [data-problem]")).to_contain_text("没有这个礼包")
    assert page.locator("#ca-name").input_value() == "写错礼包的活动"
