"""An item's page shows every change of its prices: who, when, from what to what, the older ones when asked for."""

from __future__ import annotations

from playwright.sync_api import expect

CHANGES = 55  # and the list price it came with


def test_the_price_history_is_read_to_its_beginning(someone, suite):
    boss = suite.desk("M001")
    item = boss.get("/items?state=on_sale&limit=1&sort=price")["items"][0]
    path = f"/items/{item['id']}"
    earlier = len(boss.get(f"{path}/price-history?limit=200")["items"])
    for number in range(CHANGES):
        price = {"amount": f"{90 + number}.00", "currency": "CNY"}
        item = boss.patch(path, {"adjusted_price": price}, item["version"])
    screen = someone("M001")
    screen.go(path)
    rows = screen.page.locator("[data-rows=prices] tr:not(.pd-more-tr)")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("¥144")
    expect(rows.first).to_contain_text("M001")
    screen.page.get_by_role("link", name="再看一些").click()
    expect(rows).to_have_count(CHANGES + earlier)
    expect(screen.page.get_by_role("link", name="再看一些")).to_have_count(0)
    expect(rows.last).to_contain_text("价目价")
