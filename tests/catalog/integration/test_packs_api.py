"""The routes of packs: drafted, previewed, found, edited; what is refused (C3 to C6)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.clock import new_id, rfc3339, utc_now
from tests.catalog.shop import money


def test_a_pack_is_drafted_with_its_lines_sum_price_and_verdict(shop):
    one, two = shop.stock("10.00", "2.50")
    shop.rule()
    lines = [{"item_id": one["id"], "quantity": 9}, {"item_id": two["id"], "quantity": 4}]
    made = shop.agent.post("/packs", {"name": " 周末礼包 ", "lines": lines, "discount": "0.15", "note": "别压价"})
    assert made.status_code == 201
    pack = made.json
    assert made.headers["Location"] == f"/api/v1/packs/{pack['id']}"
    assert (pack["name"], pack["state"], pack["revision"], pack["version"]) == ("周末礼包", "draft", 1, 1)
    assert (pack["sum"], pack["price"], pack["discount"]) == (money("100.00"), money("85.00"), "0.1500")
    assert pack["lines"][1] == {
        "item_id": two["id"],
        "no": two["no"],
        "name": two["name"],
        "category": two["category"],
        "quantity": 4,
        "unit_price": money("2.50"),
        "subtotal": money("10.00"),
    }
    assert (pack["verdict"]["allowed"], pack["verdict"]["needs_approval"]) == (True, True)
    assert (pack["created_by"], pack["approved_by"], pack["player_id"]) == (shop.agent.id, None, None)
    assert shop.agent.get(f"/packs/{pack['id']}").json == pack


def test_a_fact_tells_the_whole_pack_as_the_api_shows_it(shop):
    shop.rule()
    pack = shop.pack(valid_until="2099-01-01T00:00:00+08:00")
    (fact,) = shop.facts(pack["id"])
    assert (fact.type, fact.entity_version) == ("pack.drafted.v1", 1)
    shown = {name: value for name, value in fact.data.items() if name != "changed"}
    assert shown == {name: pack[name] for name in shown}
    assert set(pack) - set(shown) == {"id", "version", "created_at", "updated_at", "verdict"}


def test_packs_have_short_numbers_one_after_the_other(shop):
    shop.rule()
    item = shop.stock("10.00")[0]
    numbers = [int(shop.pack(item=item)["no"].removeprefix("P")) for _ in range(2)]
    blocked = shop.agent.post("/packs", shop.body(item, discount="0.90"))
    assert blocked.status_code == 409
    assert numbers[0] > 1000
    assert int(shop.pack(item=item)["no"].removeprefix("P")) == numbers[1] + 1 == numbers[0] + 2


def test_the_adjusted_price_counts(shop):
    item = shop.stock("10.00")[0]
    shop.supervisor.patch(f"/items/{item['id']}", {"adjusted_price": money("8.00")}, version=1)
    verdict = shop.agent.post("/packs/preview", {"lines": [{"item_id": item["id"], "quantity": 2}], "discount": "0"})
    assert (verdict.status_code, verdict.json["sum"]) == (200, money("16.00"))


def test_a_preview_names_the_rule_and_writes_nothing(shop):
    rule = shop.rule()
    floor = shop.rule(name="底价", kind="min_price", min_price=Decimal("1.00"))
    item = shop.stock("100.00")[0]
    verdict = shop.agent.post("/packs/preview", shop.body(item, price=money("80.00"))).json
    assert verdict["rule"] == {
        "id": rule.id,
        "code": rule.code,
        "name": "单包折扣",
        "kind": "max_discount",
        "limit": "0.10",
        "margin": money("-10.00"),
    }
    assert [(found["code"], found["passed"], found["needs_approval"]) for found in verdict["rules"]] == [
        (rule.code, True, True),
        (floor.code, True, False),
    ]
    assert verdict["rules"][1]["margin"] == money("79.00")
    assert shop.agent.get("/packs").json["items"] == []
    assert [fact for fact in shop.service.facts() if fact.type.startswith("pack.")] == []


def test_a_blocked_pack_is_refused_with_the_verdict(shop):
    shop.rule()
    item = shop.stock("100.00")[0]
    body = shop.body(item, price=money("59.99"))
    refused = shop.agent.post("/packs", body)
    assert (refused.status_code, refused.json["code"]) == (409, "discount_not_allowed")
    assert refused.json["verdict"] == shop.agent.post("/packs/preview", body).json
    assert refused.json["verdict"]["allowed"] is False
    pack = shop.pack(item=item)
    for changed in ({"discount": "0.5"}, {"price": money("1.00")}):
        edit = shop.agent.patch(f"/packs/{pack['id']}", changed, version=1)
        assert (edit.status_code, edit.json["code"], edit.json["verdict"]["allowed"]) == (
            409,
            "discount_not_allowed",
            False,
        )
    assert shop.agent.get(f"/packs/{pack['id']}").json == pack


def test_without_any_rule_a_pack_goes_at_its_sum_and_no_cheaper(shop):
    item = shop.stock("10.00")[0]
    assert shop.agent.post("/packs", shop.body(item, price=money("10.00"))).status_code == 201
    refused = shop.agent.post("/packs", shop.body(item, price=money("9.99")))
    assert (refused.status_code, refused.json["verdict"]["rule"]["id"]) == (409, "default")


def test_a_price_above_the_sum_is_refused_everywhere(shop):
    shop.rule()
    pack = shop.pack()
    body = {"lines": [{"item_id": pack["lines"][0]["item_id"], "quantity": 10}], "price": money("100.01")}
    assert shop.agent.post("/packs/preview", body).json["code"] == "price_above_sum"
    assert shop.agent.post("/packs", {**body, "name": "贵"}).status_code == 409
    answer = shop.agent.patch(f"/packs/{pack['id']}", {"price": money("100.01")}, version=1)
    assert (answer.status_code, answer.json["code"]) == (409, "price_above_sum")


def errors(answer) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def test_lines_that_cannot_be_are_pointed_at(shop):
    shop.rule()
    item, gone = shop.stock("10.00", "5.00")
    shop.stock("10.00")
    lines = [
        {"item_id": item["id"], "quantity": 1},
        {"item_id": new_id(), "quantity": 1},
        {"item_id": gone["id"], "quantity": 1},
        {"item_id": item["id"], "quantity": 2},
    ]
    expected = [
        ("/lines/1/item_id", "item_not_found"),
        ("/lines/2/item_id", "item_withdrawn"),
        ("/lines/3/item_id", "duplicate"),
    ]
    for path in ("/packs", "/packs/preview"):
        answer = shop.agent.post(path, {"name": "错", "lines": lines, "discount": "0"})
        assert errors(answer) == expected
        assert answer.json["errors"][1]["detail"] == "这个物品已下架"
    pack = shop.pack(item=item)
    assert errors(shop.agent.patch(f"/packs/{pack['id']}", {"lines": lines}, version=1)) == expected


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"lines": []}, "/lines", "too_few"),
        ({"lines": None}, "/lines", "null"),
        ({"lines": [{}] * 101}, "/lines", "too_many"),
        ({"lines": [{"item_id": "x", "quantity": 1}]}, "/lines/0/item_id", "not_an_id"),
        ({"name": " "}, "/name", "blank"),
        ({"name": "长" * 101}, "/name", "too_long"),
        ({"price": money("0.00")}, "/price", "out_of_range"),
        ({"price": money("-5.00")}, "/price", "out_of_range"),
        ({"price": money("123456789012.00")}, "/price", "not_money"),
        ({"discount": "1.5"}, "/discount", "out_of_range"),
        ({"discount": "-0.1"}, "/discount", "out_of_range"),
        ({"discount": 0.1}, "/discount", "wrong_type"),
        ({"discount": "0.1", "price": money("5.00")}, "", "one_of"),
        ({"discount": None}, "/discount", "null"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until", "in_the_past"),
        ({"valid_until": "morgen"}, "/valid_until", "not_a_time"),
        ({"player_id": "17"}, "/player_id", "not_an_id"),
        ({"state": "on_sale"}, "/state", "unknown_field"),
        ({"verdict": {}}, "/verdict", "unknown_field"),
    ],
)
def test_wrong_fields_are_pointed_at(shop, change, pointer, code):
    item = shop.stock("10.00")[0]
    terms = {} if "price" in change or "discount" in change else {"discount": "0"}
    body = {"name": "包", "lines": [{"item_id": item["id"], "quantity": 1}], **terms, **change}
    assert errors(shop.agent.post("/packs", body)) == [(pointer, code)]


@pytest.mark.parametrize("quantity", [0, -1, 10_000, 1.5, "1", True, None])
def test_a_quantity_is_a_whole_number_up_to_9999(shop, quantity):
    item = shop.stock("1.00")[0]
    for path in ("/packs", "/packs/preview"):
        ((pointer, _code),) = errors(shop.agent.post(path, shop.body(item, quantity, discount="0")))
        assert pointer == "/lines/0/quantity"


def test_a_sum_beyond_all_bounds_is_refused(shop):
    item = shop.stock("99999999.99")[0]
    assert errors(shop.agent.post("/packs/preview", shop.body(item, 2))) == [("/lines", "out_of_range")]


def test_items_that_cost_nothing_make_no_pack(shop):
    shop.rule(free_limit=Decimal("1"), approval_limit=None)
    floor = shop.rule(name="底价", kind="min_price", min_price=Decimal("1.00"))
    item = shop.stock("0.00")[0]
    answer = shop.agent.post("/packs", shop.body(item, 5, discount="0"))
    assert (answer.status_code, answer.json["verdict"]["rule"]["code"]) == (409, floor.code)


def test_a_pack_is_made_only_for_a_player_the_caller_reaches(shop):
    shop.rule()
    item = shop.stock("10.00")[0]
    player = new_id()
    body = shop.body(item, player_id=player)
    assert shop.agent.post("/packs", body).status_code == 404
    shop.agent.references = {"player": [{"id": player, "version": 1}]}
    made = shop.agent.post("/packs", body)
    assert (made.status_code, made.json["player_id"]) == (201, player)
    shop.agent.references = {}
    path = f"/packs/{made.json['id']}"
    assert shop.agent.patch(path, {"player_id": new_id()}, version=1).status_code == 404
    kept = shop.agent.patch(path, {"player_id": player, "note": "还是他的"}, version=1)
    assert (kept.status_code, kept.json["version"]) == (200, 2)
    assert shop.agent.patch(path, {"player_id": None}, version=2).json["player_id"] is None


def test_a_draft_is_edited_and_judged_anew(shop):
    shop.rule()
    one, two = shop.stock("10.00", "5.00")
    pack = shop.pack(item=one)
    path = f"/packs/{pack['id']}"
    lines = [{"item_id": two["id"], "quantity": 24}]
    edited = shop.agent.patch(path, {"lines": lines, "name": "新名"}, version=1)
    assert (edited.status_code, edited.json["version"], edited.json["revision"]) == (200, 2, 1)
    assert (edited.json["sum"], edited.json["price"]) == (money("120.00"), money("95.00"))
    assert edited.json["verdict"]["needs_approval"] is True
    fact = shop.facts(pack["id"])[-1]
    assert (fact.type, set(fact.data["changed"])) == ("pack.drafted.v1", {"name", "lines", "sum", "discount"})
    both = shop.agent.patch(path, {"price": money("5.00"), "discount": "0"}, version=2)
    assert errors(both) == [("", "not_together")]


def test_an_edit_that_changes_nothing_is_no_edit(shop):
    shop.rule()
    pack = shop.pack()
    assert shop.agent.patch(f"/packs/{pack['id']}", {"name": pack["name"]}, version=1).json == pack
    assert shop.agent.patch(f"/packs/{pack['id']}", {}, version=1).json == pack
    assert len(shop.facts(pack["id"])) == 1


def test_a_stale_edit_shows_the_present_state_and_one_without_a_version_is_refused(shop):
    shop.rule()
    pack = shop.pack()
    path = f"/packs/{pack['id']}"
    shop.agent.patch(path, {"name": "先"}, version=1)
    stale = shop.supervisor.patch(path, {"name": "后"}, version=1)
    assert (stale.status_code, stale.json["current"]["name"]) == (412, "先")
    assert shop.agent.patch(path, {"name": "后"}).status_code == 428
    for step in ("publish", "approve", "withdraw"):
        assert shop.supervisor.post(f"{path}/{step}").status_code == 428
        assert shop.supervisor.post(f"{path}/{step}", version=1).status_code == 412
        assert shop.supervisor.post(f"/packs/{new_id()}/{step}", version=1).status_code == 404


def test_a_repeated_key_makes_one_pack_and_another_body_is_refused(shop):
    shop.rule()
    item = shop.stock("10.00")[0]
    body = shop.body(item)
    first, again = (shop.agent.post("/packs", body, key="k") for _ in range(2))
    assert (first.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert shop.agent.post("/packs", {**body, "name": "另"}, key="k").json["code"] == "idempotency_key_reused"
    assert len(shop.agent.get("/packs").json["items"]) == 1


def test_packs_are_found(shop):
    shop.rule()
    one, two = shop.stock("10.00", "20.00")
    day = rfc3339(utc_now() + timedelta(days=1))
    tea = shop.pack(item=one, name="半盏清茶礼包", valid_until=day)
    steel = shop.pack(item=two, name="VIP玄铁包", by=shop.supervisor)
    shop.step(steel, "publish")
    expected = {
        "q=清茶": [tea],
        "q=bzqc": [tea],
        "q=vip": [steel],
        "q=玄铁": [steel],
        f"q={tea['no']}": [tea],
        f"q={tea['no'].lower()}": [tea],
        f"q={tea['no'][1:]}": [tea],
        f"no={steel['no'].lower()}": [steel],
        "no=P1": [],
        "state=on_sale": [steel],
        "state=draft,on_sale": [steel, tea],
        "sort=price": [tea, steel],
        "sort=name": [steel, tea],
        f"item_id={one['id']}": [tea],
        f"created_by={shop.supervisor.id}": [steel],
        f"player_id={new_id()}": [],
        f"campaign_id={new_id()}": [],
    }
    for query, packs in expected.items():
        found = shop.agent.get(f"/packs?{query}")
        assert [pack["no"] for pack in found.json["items"]] == [pack["no"] for pack in packs], query
    page = shop.agent.get("/packs?limit=1&count=true").json
    assert (page["total"], len(page["items"])) == (2, 1)
    assert shop.agent.get(f"/packs?limit=1&cursor={page['next_cursor']}").json["items"][0]["no"] == tea["no"]


@pytest.mark.parametrize("query", ["x=1", "state=gone", "item_id=1", "sort=sum", "limit=a", "no=" + "1" * 17])
def test_a_wrong_query_is_malformed(shop, query):
    assert shop.agent.get(f"/packs?{query}").status_code == 400


def test_permissions_decide(shop):
    shop.rule()
    pack = shop.pack()
    path = f"/packs/{pack['id']}"
    nobody, reader = shop.service.person(), shop.service.person("pack.read", scope="all")
    for one in ("/packs", path, f"{path}/revisions"):
        assert nobody.get(one).status_code == 403
        assert reader.get(one).status_code == 200
    body = shop.body({"id": pack["lines"][0]["item_id"]})
    assert reader.post("/packs/preview", body).status_code == 200
    assert nobody.post("/packs/preview", body).status_code == 403
    assert reader.post("/packs", body).status_code == 403
    assert reader.patch(path, {"name": "x"}, version=1).status_code == 403
    for step in ("publish", "withdraw", "approve"):
        assert reader.post(f"{path}/{step}", version=1).status_code == 403
    assert shop.agent.post(f"{path}/approve", version=1).status_code == 403


def test_who_may_only_draft_does_not_change_what_is_on_sale(shop):
    shop.rule()
    pack = shop.published()
    drafter = shop.service.person("pack.read", "pack.create")
    assert drafter.patch(f"/packs/{pack['id']}", {"name": "x"}, version=pack["version"]).status_code == 403
