"""The routes of discount rules: made, changed, switched off, found; who may; what is refused (C4)."""

from __future__ import annotations

import pytest

from chassis.clock import new_id
from tests.catalog.shop import money

MAX = {"name": "单包折扣", "kind": "max_discount", "free_limit": "0.1", "approval_limit": "0.40"}
MIN = {"name": "底价", "kind": "min_price", "min_price": money("1.00")}


def test_rules_are_made_with_codes_one_after_the_other(shop):
    one, two = (shop.admin.post("/discount-rules", body) for body in (MAX, MIN))
    assert (one.status_code, one.headers["Location"]) == (201, f"/api/v1/discount-rules/{one.json['id']}")
    assert (one.json["free_limit"], one.json["approval_limit"], one.json["min_price"]) == ("0.10", "0.40", None)
    assert (two.json["min_price"], two.json["free_limit"], two.json["active"]) == (money("1.00"), None, True)
    first, second = (int(made.json["code"].removeprefix("D-")) for made in (one, two))
    assert second == first + 1
    assert len(one.json["code"]) >= len("D-01")
    assert shop.agent.get("/discount-rules").json["items"] == [one.json, two.json]
    assert shop.agent.get(f"/discount-rules/{one.json['id']}").json == one.json


def test_a_refused_rule_draws_no_number(shop):
    first = shop.admin.post("/discount-rules", MIN).json["code"]
    assert shop.admin.post("/discount-rules", {**MIN, "kind": "max_discount"}).status_code == 422
    second = shop.admin.post("/discount-rules", MIN).json["code"]
    assert int(second[2:]) == int(first[2:]) + 1


def test_each_change_is_a_fact_with_the_whole_rule(shop):
    rule = shop.admin.post("/discount-rules", MAX).json
    off = shop.admin.patch(f"/discount-rules/{rule['id']}", {"active": False}, version=1)
    assert (off.status_code, off.json["version"]) == (200, 2)
    made, changed = shop.facts(rule["id"])
    assert {made.type, changed.type} == {"discount_rule.changed.v1"}
    assert (changed.data["changed"], changed.data["active"], changed.entity_version) == (["active"], False, 2)
    assert set(changed.data) == {
        "code", "name", "kind", "free_limit", "approval_limit", "min_price", "active", "changed",
    }  # fmt: skip
    assert shop.agent.get("/discount-rules?active=true").json["items"] == []
    assert len(shop.agent.get("/discount-rules?active=false").json["items"]) == 1


def test_a_rule_that_is_switched_off_judges_no_more(shop):
    rule = shop.admin.post("/discount-rules", MAX).json
    item = shop.stock("10.00")[0]
    assert shop.agent.post("/packs/preview", shop.body(item)).json["rule"]["code"] == rule["code"]
    shop.admin.patch(f"/discount-rules/{rule['id']}", {"active": False}, version=1)
    verdict = shop.agent.post("/packs/preview", shop.body(item)).json
    assert (verdict["rule"]["id"], verdict["allowed"]) == ("default", False)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({**MAX, "free_limit": None}, "/free_limit", "needed_with"),
        ({**MAX, "approval_limit": "0.05"}, "/approval_limit", "out_of_range"),
        ({**MAX, "free_limit": "1.1"}, "/free_limit", "out_of_range"),
        ({**MAX, "free_limit": 0.1}, "/free_limit", "wrong_type"),
        ({**MAX, "min_price": money("1.00")}, "/min_price", "not_together"),
        ({**MIN, "min_price": money("0.00")}, "/min_price", "out_of_range"),
        ({**MIN, "kind": "magic"}, "/kind", "not_a_choice"),
        ({**MIN, "code": "D-99"}, "/code", "unknown_field"),
        ({"kind": "min_price", "min_price": money("1.00")}, "/name", "required"),
    ],
)
def test_wrong_fields_are_pointed_at(shop, body, pointer, code):
    answer = shop.admin.post("/discount-rules", body)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]


def test_a_change_is_checked_against_the_whole_rule(shop):
    rule = shop.admin.post("/discount-rules", MAX).json
    path = f"/discount-rules/{rule['id']}"
    answer = shop.admin.patch(path, {"free_limit": "0.5"}, version=1)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/approval_limit")
    assert shop.admin.patch(path, {"kind": "min_price"}, version=1).status_code == 422
    assert shop.admin.get(path).json == rule


def test_versions_are_asked_for(shop):
    rule = shop.admin.post("/discount-rules", MIN).json
    path = f"/discount-rules/{rule['id']}"
    assert shop.admin.patch(path, {"name": "新"}).status_code == 428
    assert shop.admin.patch(path, {"name": "新"}, version=1).status_code == 200
    stale = shop.admin.patch(path, {"name": "旧"}, version=1)
    assert (stale.status_code, stale.json["current"]["name"]) == (412, "新")
    assert shop.admin.patch(f"/discount-rules/{new_id()}", {"name": "x"}, version=1).status_code == 404


def test_a_repeated_key_makes_one_rule(shop):
    first, again = (shop.admin.post("/discount-rules", MIN, key="k") for _ in range(2))
    assert first.json == again.json
    assert shop.admin.post("/discount-rules", MAX, key="k").status_code == 422
    assert len(shop.admin.get("/discount-rules").json["items"]) == 1


def test_permissions_decide(shop):
    rule = shop.admin.post("/discount-rules", MIN).json
    path = f"/discount-rules/{rule['id']}"
    nobody = shop.service.person()
    assert nobody.get("/discount-rules").status_code == nobody.get(path).status_code == 403
    assert shop.supervisor.post("/discount-rules", MIN).status_code == 403
    assert shop.supervisor.patch(path, {"name": "x"}, version=1).status_code == 403
    assert shop.admin.get("/discount-rules?sort=code").status_code == 400
