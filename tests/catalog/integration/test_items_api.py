"""The routes of items: found, adjusted, their history; who may; what is refused (C1, C2, C10)."""

from __future__ import annotations

import pytest

from catalog.application import items
from chassis.clock import new_id
from tests.catalog.shop import Shop, listed, money


@pytest.fixture
def three(shop: Shop) -> dict[str, dict]:
    """Three items by name."""
    lines = [
        listed("100001", "10.00", "玄铁小袋"),
        listed("200001", "30.00", "5分钟建造加速", category="加速", attributes={"minutes": 5}),
        listed("600001", "6.00", "礼券6点", category="礼券", icon_url="/icons/6.png"),
    ]
    with (work := shop.work()).session:
        items.sync_items(work, lines)
        work.commit()
    return {item["name"]: item for item in shop.agent.get("/items").json["items"]}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=玄铁", ["玄铁小袋"]),
        ("q=铁", ["玄铁小袋"]),
        ("q=建造加", ["5分钟建造加速"]),
        ("q=lq", ["礼券6点"]),
        ("q=XTX", ["玄铁小袋"]),
        ("q=100001", ["玄铁小袋"]),
        ("q=2000", ["5分钟建造加速"]),
        ("q=%25", ["5分钟建造加速", "玄铁小袋", "礼券6点"]),
        ("q=没有", []),
        ("category=加速", ["5分钟建造加速"]),
        ("state=withdrawn", []),
        ("state=withdrawn,on_sale&category=礼券", ["礼券6点"]),
        ("conflict=true", []),
    ],
)
def test_items_are_found(shop, three, query, names):
    found = shop.agent.get(f"/items?sort=name&{query}")
    assert found.status_code == 200, found.text
    if query != "q=%25":
        assert [item["name"] for item in found.json["items"]] == names


def test_an_item_is_found_by_its_number_as_far_as_it_is_typed(shop, three):
    item = three["玄铁小袋"]
    for typed in (item["no"], item["no"].lower(), item["no"][1:]):
        assert item["id"] in [one["id"] for one in shop.agent.get(f"/items?q={typed}").json["items"]]


def test_items_are_paged_in_every_order(shop, three):
    for sort in ("created_at", "-created_at", "name", "-name", "price", "-price"):
        seen, cursor = [], ""
        while cursor is not None:
            page = shop.agent.get(f"/items?sort={sort}&limit=1" + (f"&cursor={cursor}" if cursor else "")).json
            seen += [item["name"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert sorted(seen) == sorted(three)
    assert next(item["name"] for item in shop.agent.get("/items?sort=price").json["items"]) == "礼券6点"


def test_one_item_is_read_with_its_version_as_etag(shop, three):
    item = three["礼券6点"]
    found = shop.agent.get(f"/items/{item['id']}")
    assert (found.json, found.headers["ETag"]) == (item, '"1"')
    assert item["icon_url"] == "/icons/6.png"
    assert shop.agent.get(f"/items/{new_id()}").status_code == 404


def test_a_price_is_adjusted_and_given_back_and_its_history_says_who(shop, three):
    path = f"/items/{three['玄铁小袋']['id']}"
    adjusted = shop.supervisor.patch(path, {"adjusted_price": money("8.50"), "note": "活动"}, version=1)
    assert (adjusted.status_code, adjusted.json["price"], adjusted.json["note"]) == (200, money("8.50"), "活动")
    back = shop.admin.patch(path, {"adjusted_price": None}, version=2)
    assert (back.json["price"], back.json["adjusted_price"]) == (money("10.00"), None)
    history = shop.agent.get(f"{path}/price-history").json["items"]
    assert [(line["kind"], line["before"], line["after"], line["by"], line["cause"]) for line in history[:2]] == [
        ("adjusted", money("8.50"), None, shop.admin.id, "adjustment"),
        ("adjusted", None, money("8.50"), shop.supervisor.id, "adjustment"),
    ]
    assert shop.agent.get(f"{path}/price-history?sort=at&limit=1").json["items"][0]["kind"] == "list"


def test_an_adjustment_is_told_with_the_whole_item(shop, three):
    item = three["玄铁小袋"]
    after = shop.supervisor.patch(f"/items/{item['id']}", {"adjusted_price": money("8.50")}, version=1).json
    fact = shop.facts(item["id"])[-1]
    assert (fact.type, fact.entity_version) == ("item.updated.v1", 2)
    assert fact.data["changed"] == ["adjusted_price", "price"]
    shown = {name: value for name, value in fact.data.items() if name != "changed"}
    assert shown == {name: after[name] for name in shown}
    assert set(after) - set(shown) == {"id", "version", "created_at", "updated_at", "supplier_name"}


def test_a_change_that_changes_nothing_is_no_change(shop, three):
    item = three["玄铁小袋"]
    same = shop.supervisor.patch(f"/items/{item['id']}", {"adjusted_price": None, "note": ""}, version=1)
    assert (same.status_code, same.json) == (200, item)
    assert len(shop.facts(item["id"])) == 1


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"adjusted_price": money("-1.00")}, "/adjusted_price", "out_of_range"),
        ({"adjusted_price": money("999999999.00")}, "/adjusted_price", "out_of_range"),
        ({"adjusted_price": money("1.001")}, "/adjusted_price", "not_money"),
        ({"adjusted_price": 8}, "/adjusted_price", "not_money"),
        ({"adjusted_price": {"amount": "8.00", "currency": "USD"}}, "/adjusted_price", "wrong_currency"),
        ({"list_price": money("1.00")}, "/list_price", "unknown_field"),
        ({"note": "x" * 2001}, "/note", "too_long"),
    ],
)
def test_wrong_fields_are_pointed_at(shop, three, body, pointer, code):
    answer = shop.supervisor.patch(f"/items/{three['玄铁小袋']['id']}", body, version=1)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]


def test_a_stale_version_shows_the_present_state_and_none_at_all_is_asked_for(shop, three):
    path = f"/items/{three['玄铁小袋']['id']}"
    shop.supervisor.patch(path, {"note": "先"}, version=1)
    stale = shop.admin.patch(path, {"note": "后"}, version=1)
    assert (stale.status_code, stale.json["current"]["note"]) == (412, "先")
    assert shop.admin.patch(path, {"note": "后"}).status_code == 428
    assert shop.admin.post(f"{path}/resolution", {"keep": "list"}).status_code == 428
    assert shop.admin.patch(f"/items/{new_id()}", {"note": "x"}, version=1).status_code == 404


@pytest.mark.parametrize(
    "query", ["bad=1", "limit=0", "limit=201", "sort=note", "state=draft", "conflict=1", "cursor=x"]
)
def test_a_wrong_query_is_malformed(shop, query):
    assert shop.agent.get(f"/items?{query}").status_code == 400


def test_permissions_decide(shop, three):
    item = three["玄铁小袋"]["id"]
    nobody = shop.service.person()
    for path in ("/items", f"/items/{item}", f"/items/{item}/price-history"):
        assert nobody.get(path).status_code == 403
    assert shop.agent.patch(f"/items/{item}", {"note": "x"}, version=1).status_code == 403
    assert shop.agent.post(f"/items/{item}/resolution", {"keep": "list"}, version=1).status_code == 403
