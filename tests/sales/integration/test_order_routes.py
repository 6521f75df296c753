"""Orders over HTTP: the pack fills them in, the price has its limits, every step is told of as a fact (S3, S4, S28)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import new_id, rfc3339, utc_now
from tests.sales.desk import AGENT, APPROVE, ORDER, PAY, READ, Desk, money


def test_typing_the_pack_number_fills_in_its_data(desk: Desk):
    answer = desk.order(quantity=2, note="要发到 2 服")
    assert answer.status_code == 201
    order = answer.json
    assert answer.headers["Location"] == f"/api/v1/orders/{order['id']}"
    assert order["no"].startswith(f"O{utc_now() + timedelta(hours=8):%Y%m%d}-")
    assert order["pack"] == {name: desk.pack[name] for name in ("id", "no", "revision", "name")}
    assert [line["name"] for line in order["lines"]] == ["钻石", "强化石"]
    assert order["lines"][0]["unit_price"] == money("10.00")
    amounts = {name: order[name]["amount"] for name in ("sum", "pack_price", "price", "total", "paid_total")}
    assert amounts == {
        "sum": "125.00",
        "pack_price": "100.00",
        "price": "100.00",
        "total": "200.00",
        "paid_total": "0.00",
    }
    assert (order["discount"], order["state"], order["payments"]) == ("0.2000", "awaiting_payment", [])
    assert (order["staff_id"], order["placed_at"], order["note"]) == (desk.agent.id, order["created_at"], "要发到 2 服")
    assert desk.agent.get(f"/orders/{order['id']}").json == order


def test_a_later_change_of_the_pack_never_alters_the_order(desk: Desk):
    order = desk.order().json
    later = {**desk.pack, "version": 2, "revision": 2, "name": "新年礼包", "price": money("1.00"), "lines": []}
    desk.know(packs=(later,))
    assert desk.agent.get(f"/orders/{order['id']}").json == order


def test_placing_logs_a_sold_touch_in_the_same_breath(desk: Desk):
    order = desk.order().json
    touch = desk.agent.get(f"/touches/{order['touch_id']}").json
    assert (touch["outcome"], touch["channel"], touch["order_id"]) == ("sold", "wechat", order["id"])
    assert touch["pack"]["no"] == desk.pack["no"]
    facts = desk.facts(order["id"], touch["id"])
    assert [(fact.type, fact.entity_version) for fact in facts] == [("order.placed.v1", 1), ("touch.logged.v1", 1)]
    assert facts[0].correlation_id == facts[1].correlation_id


def test_a_touch_that_is_named_becomes_sold(desk: Desk):
    touch = desk.refuse(channel="phone").json
    order = desk.order(touch_id=touch["id"]).json
    sold = desk.agent.get(f"/touches/{touch['id']}").json
    assert order["touch_id"] == touch["id"]
    assert (sold["outcome"], sold["lost_reason"], sold["order_id"], sold["version"]) == ("sold", None, order["id"], 2)
    assert sold["channel"] == "phone"
    assert [fact.entity_version for fact in desk.facts(touch["id"])] == [1, 2]
    again = desk.order(touch_id=touch["id"])
    assert (again.status_code, again.json["code"]) == (409, "touch_has_order")


def test_a_touch_of_another_player_or_of_none_is_not_found(desk: Desk):
    other = desk.a_player()
    desk.know(players=(other,))
    foreign = desk.touch(player_id=other["id"]).json
    assert desk.order(touch_id=foreign["id"]).status_code == 404
    assert desk.order(touch_id=new_id()).status_code == 404
    assert desk.agent.get("/orders").json["items"] == []
    assert desk.agent.get(f"/touches/{foreign['id']}").json["outcome"] == "considering"


@pytest.mark.parametrize(
    ("pack", "status", "code"),
    [
        ({"state": "draft"}, 409, "pack_not_on_sale"),
        ({"state": "withdrawn"}, 409, "pack_not_on_sale"),
        ({"valid_until": "2026-01-01T00:00:00.000Z"}, 409, "pack_expired"),
        ({"player_id": new_id()}, 409, "pack_for_other_player"),
        ({"valid_until": "2099-01-01T00:00:00.000Z"}, 201, None),
    ],
)
def test_only_a_pack_the_player_can_buy_is_sold(desk: Desk, pack: dict[str, Any], status: int, code: str | None):
    desk.pack.update(pack)
    answer = desk.order()
    assert (answer.status_code, answer.json.get("code")) == (status, code)


def test_an_unknown_pack_or_player_is_not_found(desk: Desk):
    assert desk.order(pack_no="P1").status_code == 404
    assert desk.order(player_id=new_id()).status_code == 404
    assert desk.order(desk.service.person(ORDER, references=desk.references())).status_code == 404


@pytest.mark.parametrize(
    ("price", "status", "said"),
    [
        ("90.00", 201, "awaiting_payment"),
        ("89.99", 201, "awaiting_approval"),
        ("60.00", 201, "awaiting_approval"),
        ("59.99", 409, "price_not_allowed"),
        ("100.01", 409, "price_above_pack"),
    ],
)
def test_the_price_has_its_limits(desk: Desk, price: str, status: int, said: str):
    answer = desk.order(price=money(price))
    assert (answer.status_code, answer.json["state"] if status == 201 else answer.json["code"]) == (status, said)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"quantity": 1000}, "/quantity"),
        ({"quantity": "2"}, "/quantity"),
        ({"price": money("-5.00")}, "/price"),
        ({"price": money("0.00")}, "/price"),
        ({"price": money("1e9")}, "/price"),
        ({"price": {"amount": "5.00", "currency": "USD"}}, "/price"),
        ({"price": "5.00"}, "/price"),
        ({"payments": [{"method": "cash", "amount": money("1.00")}]}, "/payments/0/method"),
        ({"payments": [{"method": "alipay", "amount": money("0.00")}]}, "/payments/0/amount"),
        ({"payments": [{"method": "alipay", "amount": money("1.00"), "state": "paid"}]}, "/payments/0/state"),
        ({"total": money("1.00")}, "/total"),
        ({"state": "paid"}, "/state"),
        ({"touch_id": "x"}, "/touch_id"),
        ({"pack_no": ["P1"]}, "/pack_no"),
    ],
)
def test_wrong_fields_are_refused_by_name(desk: Desk, fields: dict[str, Any], pointer: str):
    answer = desk.order(key=new_id(), **fields)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_a_supervisor_approves_what_lies_beyond_the_limit(desk: Desk):
    order = desk.order(price=money("70.00")).json
    boss = desk.service.person(READ, APPROVE, scope="all")
    answer = desk.step(order, "approvals", {"verdict": "approve", "reason": "老玩家"}, by=boss)
    assert answer.status_code == 201
    assert (answer.json["state"], answer.json["decided_by"]) == ("awaiting_payment", boss.id)
    placed, approved = desk.facts(order["id"])
    assert (placed.data["state"], approved.type, approved.actor) == ("awaiting_approval", "order.approved.v1", boss.id)
    again = desk.step(answer.json, "approvals", {"verdict": "reject"}, by=boss)
    assert (again.status_code, again.json["code"]) == (409, "not_awaiting_approval")


def test_a_rejected_price_cancels_the_order(desk: Desk):
    order = desk.order(price=money("70.00")).json
    boss = desk.service.person(READ, APPROVE, scope="all")
    rejected = desk.step(order, "approvals", {"verdict": "reject", "reason": "太低"}, by=boss).json
    assert (rejected["state"], rejected["reason"]) == ("cancelled", "太低")
    assert desk.facts(order["id"])[-1].type == "order.cancelled.v1"


def test_nobody_approves_an_order_they_placed(desk: Desk):
    boss = desk.someone(*AGENT, APPROVE, scope="all")
    order = desk.order(boss, price=money("70.00")).json
    answer = desk.step(order, "approvals", {"verdict": "approve"}, by=boss)
    assert (answer.status_code, answer.json["code"]) == (409, "own_order")


def test_approving_needs_the_right_the_scope_and_the_version(desk: Desk):
    order = desk.order(price=money("70.00")).json
    verdict = {"verdict": "approve"}
    assert desk.step(order, "approvals", verdict).status_code == 403
    stranger = desk.service.person(APPROVE)
    assert desk.step(order, "approvals", verdict, by=stranger).status_code == 404
    boss = desk.service.person(APPROVE, scope="all")
    path = f"/orders/{order['id']}/approvals"
    assert boss.post(path, verdict).status_code == 428
    assert boss.post(path, verdict, version=7).status_code == 412
    assert boss.post(path, {"verdict": "perhaps"}, version=1).status_code == 422


def test_an_order_goes_its_way_and_each_step_is_a_fact(desk: Desk):
    order = desk.order().json
    early = desk.step(order, "ship")
    assert (early.status_code, early.json["code"]) == (409, "not_paid")
    paid = desk.pay(order, "100.00").json
    assert paid["state"] == "paid"
    early = desk.step(paid, "complete")
    assert (early.status_code, early.json["code"]) == (409, "not_shipped")
    shipped = desk.step(paid, "ship", {}).json
    done = desk.step(shipped, "complete").json
    assert (shipped["state"], done["state"]) == ("shipped", "completed")
    assert done["shipped_at"] <= done["completed_at"]
    facts = desk.facts(order["id"])
    steps = ["order.placed.v1", "order.paid.v1", "order.shipped.v1", "order.completed.v1"]
    assert [fact.type for fact in facts] == steps
    assert [fact.entity_version for fact in facts] == [1, 2, 3, 4]
    same = (set(done) & set(facts[-1].data)) - {"discount"}
    assert {name: facts[-1].data[name] for name in same} == {name: done[name] for name in same}
    assert set(done) - same == {"id", "player", "discount", "created_at", "updated_at", "version"}
    assert facts[-1].data["changed"] == ["state", "completed_at"]


def test_an_order_is_cancelled_with_a_reason_before_it_is_paid(desk: Desk):
    order = desk.pay(desk.order().json, "40.00").json
    assert desk.step(order, "cancel", {}).status_code == 422
    assert desk.step(order, "cancel", {"reason": " "}).status_code == 422
    cancelled = desk.step(order, "cancel", {"reason": "玩家反悔"}).json
    assert (cancelled["state"], cancelled["reason"], cancelled["paid_total"]) == (
        "cancelled",
        "玩家反悔",
        money("40.00"),
    )
    fact = desk.facts(order["id"])[-1]
    assert (fact.type, fact.data["reason"]) == ("order.cancelled.v1", "玩家反悔")
    paid = desk.pay(desk.order().json, "100.00").json
    late = desk.step(paid, "cancel", {"reason": "晚了"})
    assert (late.status_code, late.json["code"]) == (409, "not_cancellable")


@pytest.mark.parametrize("step", ["cancel", "ship", "complete"])
def test_each_step_needs_the_right_the_scope_and_the_version(desk: Desk, step: str):
    order, body = desk.order().json, {"reason": "x"} if step == "cancel" else None
    path = f"/orders/{order['id']}/{step}"
    assert desk.service.person(READ, PAY, APPROVE).post(path, body, version=1).status_code == 403
    assert desk.service.person(ORDER).post(path, body, version=1).status_code == 404
    assert desk.agent.post(path, body).status_code == 428
    stale = desk.agent.post(path, body, version=9)
    assert (stale.status_code, stale.json["current"]["no"]) == (412, order["no"])
    assert desk.agent.post(path, {**(body or {}), "state": "paid"}, version=1).status_code == 422


def test_only_who_may_places_and_reads_orders(desk: Desk):
    order = desk.order().json
    reader, seller = desk.someone(READ, staff_id=desk.agent.id), desk.someone(ORDER, staff_id=desk.agent.id)
    assert desk.order(reader).status_code == 403
    assert seller.get("/orders").status_code == 403
    assert seller.get(f"/orders/{order['id']}").status_code == 403
    other = desk.service.person(READ)
    assert other.get(f"/orders/{order['id']}").status_code == 404
    assert other.get("/orders").json["items"] == []


def test_a_list_is_filtered_by_each_of_its_fields(desk: Desk):
    second = desk.a_pack("30.00")
    desk.agent.references = desk.references(second)
    first, cheap = desk.order().json, desk.order(pack_no=second["no"]).json
    waiting = desk.order(price=money("70.00")).json
    tomorrow = rfc3339(utc_now() + timedelta(days=1))
    ids = {"first": first["id"], "cheap": cheap["id"], "waiting": waiting["id"]}
    for query, expected in {
        f"player_id={desk.player['id']}": {"first", "cheap", "waiting"},
        f"player_id={new_id()}": set(),
        f"staff_id={desk.agent.id}": {"first", "cheap", "waiting"},
        "state=awaiting_approval,paid": {"waiting"},
        f"pack_no={second['no']}": {"cheap"},
        f"touch_id={first['touch_id']}": {"first"},
        f"q={first['no']}": {"first"},
        f"q={first['no'].lower()}": {"first"},
        f"q={first['no'][1:]}": {"first"},
        f"q={first['no'][:9]}": {"first", "cheap", "waiting"},
        "q=O19990101": set(),
        "q=P1024": set(),
        "q=%25": set(),
        f"created_at[gte]={tomorrow}": set(),
        f"created_at[lt]={tomorrow}": {"first", "cheap", "waiting"},
    }.items():
        found = {one["id"] for one in desk.agent.get(f"/orders?{query}").json["items"]}
        assert found == {ids[name] for name in expected}, query


@pytest.mark.parametrize("sort", ["placed_at", "-placed_at", "created_at", "-created_at", "total", "-total"])
def test_pages_of_every_order_meet_without_gap_or_overlap(desk: Desk, sort: str):
    for quantity in (3, 1, 2, 2, 1):
        desk.order(quantity=quantity)
    whole = desk.agent.get(f"/orders?sort={sort}").json["items"]
    found, cursor = [], ""
    while True:
        page = desk.agent.get(f"/orders?sort={sort}&limit=2{cursor}").json
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [one["id"] for one in found] == [one["id"] for one in whole]
    totals = [float(one["total"]["amount"]) for one in found]
    if "total" in sort:
        assert totals == sorted(totals, reverse=sort.startswith("-"))


@pytest.mark.parametrize("query", ["colour=red", "state=lost", "limit=0", "sort=no", "created_at[gte]=now"])
def test_a_query_that_is_not_understood_is_malformed(desk: Desk, query: str):
    assert desk.agent.get(f"/orders?{query}").status_code == 400
