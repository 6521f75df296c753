"""A claim from the order's page to the money out: compensation with its evidence, and a price difference worked out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.tour.desk import until
from tests.browser.every_page import an_old_player, paid_order
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


@pytest.fixture
def order(suite: Any) -> dict[str, Any]:
    """An order of A001's that is paid."""
    agent = suite.desk("A001")
    return paid_order(agent, an_old_player(agent)["id"])


@pytest.fixture
def cheaper(suite: Any) -> dict[str, Any]:
    """A paid order of two packs that have become cheaper by 1.00 since."""
    agent, supervisor = suite.desk("A001"), suite.desk("M001")
    item = supervisor.get("/items?state=on_sale&limit=1")["items"][0]
    body = {"name": "降过价的礼包", "lines": [{"item_id": item["id"], "quantity": 10}]}
    total = 10 * float(item["price"]["amount"])
    price = {"amount": f"{total:.2f}", "currency": "CNY"}
    pack = supervisor.post("/packs", {**body, "price": price})
    pack = supervisor.post(f"/packs/{pack['id']}/publish", None, 200, version=pack["version"])
    player = an_old_player(agent)["id"]
    order = agent.post("/orders", {"player_id": player, "pack_no": pack["no"], "quantity": 2})
    order = agent.post(f"/orders/{order['id']}/payments", {"method": "alipay", "amount": order["total"]})
    lower = {"price": {"amount": f"{total - 1:.2f}", "currency": "CNY"}}
    supervisor.patch(f"/packs/{pack['id']}", lower, pack["version"])
    wanted = {"order_id": order["id"], "kind": "price_difference"}
    until("the lower price is heard", lambda: agent.post("/claims/preview", wanted, 200)["allowed"])
    return order


def ask(page: Page, kind: str, **fields: str) -> str:
    """Fill the dialogue in and send it; returns the address of the claim."""
    page.get_by_role("link", name="申请理赔").click()
    expect(page.locator("#claim-reason")).to_be_visible()
    page.locator("#dialog").get_by_text(kind, exact=True).click()
    for name, text in fields.items():
        page.fill(f"#claim-{name}", text)
    picture(page, f"claim-ask-{len(fields)}")
    page.locator("#dialog [data-save]").click()
    link = page.locator("main a", has_text=re.compile(r"^C\d{8}-\d{4}$")).first
    expect(link).to_be_visible()
    return str(link.get_attribute("href"))


def test_the_agent_claims_and_the_supervisor_grants_and_records_the_payment(desk, supervisor, order):
    page = desk.page
    desk.go(f"/orders/{order['id']}")
    expect(page.locator("main")).to_contain_text("没有理赔")
    path = ask(page, "补偿", amount="5", reason="掉线没收到", evidence="聊天记录", links="https://kf.example.com/1")
    picture(page, "claim-order")
    desk.go(path)
    expect(page.get_by_role("link", name="https://kf.example.com/1")).to_be_visible()
    expect(page.get_by_role("button", name="同意赔付")).to_have_count(0)
    boss = supervisor.page
    supervisor.go("/claims?tab=requested")
    picture(boss, "claim-list")
    boss.locator(f'a[href="{path}"]').click()
    picture(boss, "claim-decide")
    boss.get_by_role("button", name="同意赔付").click()
    expect(boss.locator("main")).to_contain_text("已批准，等赔付")
    with supervisor.agreeing() as asked:
        boss.get_by_role("button", name="记赔付").click()
        expect(boss.locator("main")).to_contain_text("已赔付")
    assert asked == ["记下 ¥5 已经赔给玩家？记了不能撤销。"]
    picture(boss, "claim-paid")
    desk.go(f"/players/{order['player_id']}")
    expect(page.locator(f'a[href="{path}"]')).to_be_visible()
    picture(page, "claim-player")


def test_a_price_difference_is_worked_out_and_the_dialogue_says_which_price_at_which_time(desk, cheaper):
    page = desk.page
    desk.go(f"/orders/{cheaper['id']}")
    page.get_by_role("link", name="申请理赔").click()
    expect(page.locator("#dialog")).to_contain_text(re.compile(r"起同一个礼包卖 ¥.*差价 ¥1 × 2 份，可以赔 ¥2"))
    page.keyboard.press("Escape")
    path = ask(page, "贵就赔", reason="玩家看到降价了")
    desk.go(path)
    expect(page.locator("main")).to_contain_text("差价 ¥1 × 2 份")
    picture(page, "claim-difference")


def test_a_claim_is_taken_back_by_the_undo_of_the_toast(desk, order):
    page = desk.page
    desk.go(f"/orders/{order['id']}")
    ask(page, "补偿", amount="5", reason="记错了", evidence="没有")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("main")).to_contain_text("已撤回")


def test_what_is_refused_is_said_in_the_dialogue_and_what_was_typed_stays(desk, order):
    page = desk.page
    desk.go(f"/orders/{order['id']}")
    page.get_by_role("link", name="申请理赔").click()
    page.locator("#dialog").get_by_text("补偿", exact=True).click()
    page.fill("#claim-amount", "9999999")
    page.fill("#claim-reason", "多赔一点")
    page.fill("#claim-evidence", "截图")
    page.locator("#dialog [data-save]").click()
    expect(page.locator("#dialog [data-problem]")).to_contain_text("退款加起来不能超过已付的钱")
    assert page.locator("#claim-reason").input_value() == "多赔一点"
