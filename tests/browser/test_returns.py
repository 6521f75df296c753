"""A return from the order's page to the money back: the agent asks, the supervisor grants and records the refund."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.every_page import an_old_player, paid_order
from tests.browser.screen import Screen


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001."""
    return someone("A001")


@pytest.fixture(scope="module")
def supervisor(someone: Any) -> Screen:
    """M001."""
    return someone("M001")


@pytest.fixture
def order(suite: Any) -> dict[str, Any]:
    """An order of A001's that is paid."""
    agent = suite.desk("A001")
    return paid_order(agent, an_old_player(agent)["id"])


def picture(page: Page, name: str) -> None:
    """For eyes, where a folder is named."""
    if os.environ.get("PICTURES"):
        page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png")


def ask_back(page: Page, amount: str) -> str:
    """Ask in the dialogue; returns the address of the return."""
    page.get_by_role("link", name="申请退货").click()
    expect(page.locator("#return-reason")).to_be_visible()
    page.fill("#return-amount", amount)
    page.fill("#return-reason", "玩家买重了，还没有用")
    picture(page, "ask")
    page.locator("dialog [data-save]").click()
    link = page.locator("main a", has_text=re.compile(r"^R\d{8}-\d{4}$"))
    expect(link).to_be_visible()
    return str(link.get_attribute("href"))


def test_the_agent_asks_and_the_supervisor_grants_and_records_the_refund(desk, supervisor, order):
    page = desk.page
    desk.go(f"/orders/{order['id']}")
    expect(page.locator("main")).to_contain_text("没有退货")
    path = ask_back(page, "10")
    expect(page.locator("main")).to_contain_text("待审批")
    picture(page, "order")
    desk.go(path)
    expect(page.get_by_role("button", name="同意退款")).to_have_count(0)
    boss = supervisor.page
    supervisor.go("/returns?tab=requested")
    picture(boss, "list")
    boss.locator(f'a[href="{path}"]').click()
    expect(boss.get_by_role("button", name="同意退款")).to_be_visible()
    picture(boss, "decide")
    boss.get_by_role("button", name="同意退款").click()
    expect(boss.locator("main")).to_contain_text("已批准，等退款")
    picture(boss, "refund")
    with supervisor.agreeing() as asked:
        boss.get_by_role("button", name="记退款").click()
        expect(boss.locator("main")).to_contain_text("已退款")
    assert asked == ["记下 ¥10 已经退给玩家？记了不能撤销。"]
    picture(boss, "refunded")
    desk.go(f"/orders/{order['id']}")
    expect(page.get_by_label("金额", exact=True).first).to_contain_text("已退")
    picture(page, "order-refunded")


def test_more_than_what_is_left_is_refused_in_words_and_what_was_typed_stays(desk, order):
    page = desk.page
    desk.go(f"/orders/{order['id']}")
    page.get_by_role("link", name="申请退货").click()
    page.fill("#return-amount", "9999999")
    page.fill("#return-reason", "多退一点")
    page.locator("dialog [data-save]").click()
    expect(page.locator("dialog [data-problem]")).to_contain_text("退款加起来不能超过已付的钱")
    assert page.locator("#return-reason").input_value() == "多退一点"


def test_a_rejection_needs_its_reason_and_frees_the_money(desk, supervisor, order):
    page = supervisor.page
    desk.go(f"/orders/{order['id']}")
    path = ask_back(desk.page, "")
    supervisor.go(path)
    page.get_by_role("button", name="驳回").click()
    expect(page.locator("[data-problem]")).not_to_be_empty()
    page.fill("#decide-reason", "已经用掉了")
    page.get_by_role("button", name="驳回").click()
    expect(page.locator("main")).to_contain_text("已驳回")
    desk.go(f"/orders/{order['id']}")
    expect(desk.page.get_by_role("link", name="申请退货")).to_be_visible()
