"""Suppliers at the browser: written down in a dialogue, given to an item, and not removed while an item has them."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

MARK = secrets.token_hex(3)
NAME, PHONE = f"南山数字 {MARK}", "13911112222"


@pytest.fixture(scope="module")
def supervisor(someone: Any) -> Screen:
    """M001."""
    return someone("M001")


def form(screen: Screen) -> Any:
    """The dialogue's form of a supplier."""
    return screen.page.locator("#supplier-form")


def test_a_supplier_is_written_down_and_the_list_masks_its_phone_number(supervisor):
    page = supervisor.page
    supervisor.go("/suppliers")
    page.get_by_role("link", name="新供应商").click()
    for name, value in (("name", NAME), ("code", MARK), ("contact", f"李经理 {PHONE}")):
        form(supervisor).locator(f"[name={name}]").fill(value)
    page.keyboard.press("Control+Enter")
    row = page.locator("tbody tr", has_text=NAME)
    expect(row).to_contain_text("139****2222")
    assert PHONE not in page.content()
    row.get_by_role("link", name=NAME, exact=True).click()
    expect(form(supervisor).locator("[name=contact]")).to_have_value(f"李经理 {PHONE}")
    page.keyboard.press("Escape")


def test_an_item_is_given_a_supplier_and_a_buyer_and_found_by_the_supplier(supervisor, suite):
    page = supervisor.page
    item = suite.desk("M001").get("/items?state=on_sale&limit=1&sort=-price")["items"][0]
    supervisor.go(f"/items/{item['id']}")
    page.get_by_role("link", name="改供应商").click()
    supply = page.locator("#supply-form")
    supply.locator("[name=supplier_id]").select_option(label=f"{NAME} {MARK}")
    supply.locator("[name=buyer]").select_option(index=1)
    supply.locator("[data-save]").click()
    expect(page.locator("main")).to_contain_text(NAME)
    page.locator("main").get_by_role("link", name=NAME).click()
    expect(page.locator("tbody[data-rows=items] tr")).to_have_count(1)
    expect(page.locator("main")).to_contain_text(f"供应商：{NAME}")
    expect(page.locator("tbody[data-rows=items]")).to_contain_text(item["name"])


def test_a_supplier_that_an_item_has_is_not_removed_and_the_form_says_why(supervisor):
    page = supervisor.page
    supervisor.go(f"/suppliers?q={MARK}")
    page.get_by_role("link", name=NAME, exact=True).click()
    with supervisor.agreeing():
        form(supervisor).get_by_role("button", name="删除").click()
    expect(form(supervisor).locator("[data-problem]")).to_contain_text("1 件物品")
    supervisor.go(f"/suppliers?q={MARK}")
    expect(page.locator("tbody")).to_contain_text(NAME)


def test_an_agent_reads_suppliers_and_changes_nothing(someone):
    agent = someone("A001")
    agent.go("/suppliers")
    expect(agent.page.get_by_role("link", name="新供应商")).to_have_count(0)
    expect(agent.page.locator("[data-edit]")).to_have_count(0)
