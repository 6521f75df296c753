"""The verdict of the preview is the verdict of saving, whatever the items, prices, discounts and rules (C5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.catalog.shop import Shop, money

PRICES = ("0.00", "0.01", "0.33", "9.99", "17.77", "100.00", "648.00")
shares = st.decimals("0", "1", places=4)
rules = st.lists(
    st.one_of(
        st.tuples(shares, st.none() | shares).map(
            lambda pair: {"free_limit": pair[0], "approval_limit": None if pair[1] is None else max(pair)}
        ),
        st.decimals("0.01", "500", places=2).map(lambda price: {"kind": "min_price", "min_price": price}),
    ),
    max_size=3,
)
lines = st.lists(
    st.tuples(st.integers(0, len(PRICES) - 1), st.integers(1, 9999)),
    min_size=1,
    max_size=4,
    unique_by=lambda line: line[0],
)
terms = st.one_of(
    shares.map(lambda discount: {"discount": str(discount)}),
    st.decimals("0.01", "9000.00", places=2).map(lambda price: {"price": money(price)}),
)


@pytest.fixture
def stocked(shop: Shop) -> tuple[Shop, list[dict[str, Any]]]:
    """A shop with an item at each price."""
    return shop, shop.stock(*PRICES)


def forget_rules(shop: Shop) -> None:
    with shop.service.runtime.database.reading.connect() as connection:
        connection.execute(text("DELETE FROM discount_rules"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=rules, lines=lines, terms=terms)
def test_preview_and_saving_come_to_the_same_verdict(stocked, rules, lines, terms):
    shop, items = stocked
    forget_rules(shop)
    for fields in rules:
        shop.rule(**fields)
    body = {"lines": [{"item_id": items[index]["id"], "quantity": count} for index, count in lines], **terms}
    preview = shop.agent.post("/packs/preview", body)
    saved = shop.agent.post("/packs", {**body, "name": "任意礼包"})
    if preview.status_code != 200:
        assert (saved.status_code, saved.json["code"]) == (preview.status_code, preview.json["code"])
        return
    assert saved.status_code == (201 if preview.json["allowed"] else 409)
    assert saved.json["verdict"] == preview.json
    if saved.status_code == 201:
        published = shop.step(saved.json, "publish").json
        assert published["verdict"] == preview.json
        assert published["state"] == ("awaiting_approval" if preview.json["needs_approval"] else "on_sale")


def test_half_cents_go_up_and_the_typed_discount_is_at_its_limit(stocked):
    shop, items = stocked
    shop.rule(free_limit=Decimal("0.10"))
    body = {"lines": [{"item_id": items[3]["id"], "quantity": 1}], "discount": "0.10"}
    verdict = shop.agent.post("/packs/preview", body).json
    assert (verdict["price"], verdict["discount"], verdict["needs_approval"]) == (money("8.99"), "0.1002", False)
