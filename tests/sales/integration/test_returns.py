"""Returns and refunds over HTTP: asked for by one, granted by another, the money back once (S25, S26, R28, R29)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from chassis.clock import new_id, utc_now
from sales.application.erasure import erase_texts
from sales.domain.order import Order
from sales.domain.returns import Return
from tests.sales.desk import GRANT, READ, REFUND, RETURN, Desk, money
from tests.sales.integration.test_payments import at_once
from tests.support.services import Person


@pytest.fixture
def boss(desk: Desk) -> Person:
    """Who may decide on returns and record refunds, and sees everything."""
    return desk.service.person(READ, RETURN, GRANT, REFUND, scope="all")


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def granted(desk: Desk, boss: Person, amount: str = "100.00") -> dict:
    found = desk.ask_back(desk.paid(), amount=money(amount)).json
    return desk.settle(found, "approve", boss).json


def test_all_that_was_paid_goes_back_when_nothing_else_is_said(desk: Desk, boss: Person):
    order = desk.paid()
    answer = desk.ask_back(order)
    found = answer.json
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/returns/{found['id']}")
    assert (found["state"], found["amount"], found["rule"]) == ("requested", money("100.00"), "not_handed_out")
    assert [line["quantity"] for line in found["lines"]] == [10, 5]
    assert (found["requested_by"], found["order_no"], found["no"][0]) == (desk.agent.id, order["no"], "R")
    found = desk.settle(found, "approve", boss, reason="同意").json
    assert (found["state"], found["decided_by"], found["decision"]) == ("approved", boss.id, "同意")
    back = "2026-11-20T08:00:00.000Z"
    found = desk.refund(found, boss, method="alipay", external_no=new_id(), refunded_at=back).json
    assert (found["state"], found["method"], found["refunded_at"], found["refunded_by"]) == (
        "refunded",
        "alipay",
        back,
        boss.id,
    )
    assert desk.agent.get(f"/returns/{found['id']}").json == found
    order = desk.agent.get(f"/orders/{order['id']}").json
    assert (order["state"], order["paid_total"], order["refunded_total"]) == ("paid", money("100.00"), money("100.00"))


def test_each_step_is_a_fact_with_the_whole_state_and_the_sums_of_the_order(desk: Desk, boss: Person):
    refunded = desk.refund(granted(desk, boss, "30.00"), boss).json
    facts = desk.facts(refunded["id"])
    assert [fact.type for fact in facts] == ["return.requested.v1", "return.approved.v1", "return.refunded.v1"]
    assert [fact.entity_version for fact in facts] == [1, 2, 3]
    told = facts[-1].data
    assert (told["amount"], told["refunded_total"], told["paid_total"]) == (
        money("30.00"),
        money("30.00"),
        money("100.00"),
    )
    assert (told["order_id"], told["order_no"], told["pack_no"]) == (
        refunded["order_id"],
        refunded["order_no"],
        desk.pack["no"],
    )
    assert (told["player_id"], told["staff_id"], told["method"]) == (desk.player["id"], desk.agent.id, "wechat_pay")
    rejected = desk.settle(desk.ask_back(desk.paid()).json, "reject", boss, reason="已使用").json
    assert [fact.type for fact in desk.facts(rejected["id"])] == ["return.requested.v1", "return.rejected.v1"]


def test_items_come_back_at_their_share_of_the_price(desk: Desk):
    order = desk.paid()
    line = {"item_id": order["lines"][0]["item_id"], "quantity": 3}
    found = desk.ask_back(order, lines=[line]).json
    assert (found["amount"], [one["quantity"] for one in found["lines"]]) == (money("24.00"), [3])
    assert code(desk.ask_back(order, quantity=1)) == (409, "more_than_sold")
    assert code(desk.ask_back(order, lines=[{**line, "quantity": 8}])) == (409, "more_than_sold")
    wrong = desk.ask_back(order, lines=[{"item_id": new_id(), "quantity": 1}])
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/lines/0/item_id")
    assert desk.ask_back(order, quantity=1, lines=[line]).status_code == 422
    rest = desk.ask_back(order).json
    assert (rest["amount"], [one["quantity"] for one in rest["lines"]]) == (money("76.00"), [7, 5])


def test_returns_together_never_exceed_what_was_paid(desk: Desk, boss: Person):
    order = desk.paid()
    first = desk.ask_back(order, amount=money("60.00")).json
    refused = desk.ask_back(order, amount=money("40.01"))
    assert (*code(refused), refused.json["left"]) == (409, "more_than_paid", money("40.00"))
    assert desk.settle(first, "reject", boss, reason="不行").status_code == 200
    assert desk.ask_back(order, amount=money("100.00")).status_code == 201
    assert code(desk.ask_back(order, amount=money("0.01"))) == (409, "nothing_left_to_return")
    assert desk.ask_back(order, amount={"amount": "1.00", "currency": "USD"}).status_code == 422


def test_only_what_was_paid_is_returned_and_a_part_paid_order_is_cancelled_first(desk: Desk, boss: Person):
    assert code(desk.ask_back(desk.order().json)) == (409, "nothing_paid")
    order = desk.paid("40.00")
    assert code(desk.ask_back(order)) == (409, "cancel_first")
    order = desk.step(order, "cancel", {"reason": "玩家反悔"}).json
    found = desk.ask_back(order).json
    assert (found["rule"], found["amount"], found["lines"]) == ("called_off", money("40.00"), [])
    found = desk.refund(desk.settle(found, "approve", boss).json, boss).json
    assert desk.agent.get(f"/orders/{order['id']}").json["refunded_total"] == money("40.00")


def test_the_verdict_asked_for_beforehand_is_that_of_the_request(desk: Desk):
    def verdict(order: dict) -> dict:
        return desk.agent.get(f"/orders/{order['id']}/returnable").json

    order = desk.paid()
    assert verdict(order) == {
        "order_id": order["id"], "allowed": True, "rule": "not_handed_out", "days": 15, "until": None,
        "left": money("100.00"),
    }  # fmt: skip
    order = desk.step(order, "ship").json
    assert (verdict(order)["allowed"], verdict(order)["rule"]) == (True, "within_days")
    with desk.work() as work:
        long_ago = utc_now() - timedelta(days=16)
        work.session.execute(update(Order).where(Order.id == order["id"]).values(shipped_at=long_ago))
    late = desk.ask_back(order)
    assert (*code(late), late.json["days"]) == (409, "return_too_late", 15)
    found = verdict(order)
    assert (found["allowed"], found["rule"], found["until"]) == (False, "return_too_late", late.json["until"])
    assert (verdict(desk.order().json)["rule"], verdict(desk.paid("1.00"))["rule"]) == ("nothing_paid", "cancel_first")


def test_nobody_approves_what_they_asked_for_or_sold(desk: Desk, boss: Person):
    seller = desk.someone(READ, RETURN, GRANT, staff_id=desk.agent.id)
    mine = desk.ask_back(desk.paid(), boss).json
    assert code(desk.settle(mine, "approve", boss)) == (409, "own_return")
    assert code(desk.settle(mine, "approve", seller)) == (409, "own_return")
    other = desk.service.person(GRANT, scope="all")
    assert desk.settle(mine, "approve", other).status_code == 200
    assert code(desk.settle({**mine, "version": 2}, "reject", other, reason="不行")) == (409, "return_not_open")
    assert desk.settle(desk.ask_back(desk.paid(), boss).json, "reject", boss, reason="看错了").status_code == 200


def test_money_goes_back_only_when_granted_and_once(desk: Desk, boss: Person):
    found = desk.ask_back(desk.paid()).json
    assert code(desk.refund(found, boss)) == (409, "return_not_approved")
    found, outside = desk.settle(found, "approve", boss).json, new_id()
    assert desk.refund(found, boss, external_no=outside).status_code == 200
    assert code(desk.refund(found, boss)) == (409, "already_refunded")
    assert code(desk.refund(granted(desk, boss), boss, external_no=outside)) == (409, "refund_known")
    assert desk.refund(granted(desk, boss), boss, external_no=outside, method="alipay").status_code == 200


def test_money_moves_under_a_key_and_a_repeated_request_moves_it_once(desk: Desk, boss: Person):
    order, key = desk.paid(), new_id()
    path, body = f"/orders/{order['id']}/returns", {"reason": "玩家反悔", "amount": money("10.00")}
    assert code(desk.agent.post(path, body)) == (428, "idempotency_key_required")
    first, again = (desk.agent.post(path, body, key=key) for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)
    found = desk.settle(first.json, "approve", boss).json
    path, body = f"/returns/{found['id']}/refund", {"method": "alipay"}
    assert code(boss.post(path, body)) == (428, "idempotency_key_required")
    stale = boss.post(path, body, key=new_id(), version=9)
    assert (stale.status_code, stale.json["current"]["id"]) == (412, found["id"])
    first, again = (boss.post(path, body, key=key) for _ in range(2))
    assert (again.status_code, again.json) == (200, first.json)
    assert boss.get(f"/orders/{order['id']}").json["refunded_total"] == money("10.00")


def test_deciding_needs_the_version_one_has_seen(desk: Desk, boss: Person):
    found = desk.ask_back(desk.paid()).json
    path = f"/returns/{found['id']}/approve"
    assert boss.post(path, {}).status_code == 428
    stale = boss.post(path, {}, version=7)
    assert (stale.status_code, stale.json["current"]) == (412, found)


def test_an_order_is_not_shipped_while_its_money_is_asked_back(desk: Desk, boss: Person):
    found = desk.ask_back(desk.paid(), amount=money("10.00")).json
    order = desk.agent.get(f"/orders/{found['order_id']}").json
    assert code(desk.step(order, "ship")) == (409, "order_in_return")
    desk.settle(found, "reject", boss, reason="不退")
    assert desk.step(desk.agent.get(f"/orders/{order['id']}").json, "ship").status_code == 200


def test_rights_and_scope(desk: Desk, boss: Person):
    order = desk.paid()
    assert desk.ask_back(order, desk.service.person(READ, scope="all")).status_code == 403
    assert desk.ask_back(order, desk.service.person(RETURN)).status_code == 404
    found = desk.ask_back(order).json
    assert desk.settle(found, "approve", desk.service.person(READ, RETURN, REFUND, scope="all")).status_code == 403
    assert desk.settle(found, "approve", desk.service.person(GRANT)).status_code == 404
    assert desk.refund(found, desk.service.person(GRANT, scope="all")).status_code == 403
    assert desk.refund(found, desk.service.person(REFUND)).status_code == 404
    stranger = desk.service.person(READ)
    assert stranger.get(f"/returns/{found['id']}").status_code == 404
    assert stranger.get(f"/orders/{order['id']}/returnable").status_code == 404
    assert stranger.get("/returns").json["items"] == []


def test_the_list_is_filtered_newest_first_and_page_by_page(desk: Desk, boss: Person):
    order = desk.paid()
    made = [desk.ask_back(order, amount=money(f"{n}.00")).json for n in (1, 2, 3)]
    desk.settle(made[0], "approve", boss)

    def amounts(query: str) -> list[str]:
        return [one["amount"]["amount"] for one in desk.agent.get(f"/returns?{query}").json["items"]]

    assert amounts("") == ["3.00", "2.00", "1.00"]
    assert amounts("state=approved") == ["1.00"]
    assert amounts("state=requested,approved&sort=requested_at") == ["1.00", "2.00", "3.00"]
    assert amounts(f"order_id={order['id']}&limit=1") == ["3.00"]
    assert amounts(f"order_id={new_id()}") == amounts("created_at[gte]=2100-01-01T00:00:00Z") == []
    page = desk.agent.get("/returns?limit=2").json
    assert amounts(f"limit=2&cursor={page['next_cursor']}") == ["1.00"]
    assert desk.agent.get("/returns?colour=red").status_code == 400


def test_figures_are_less_what_was_refunded(desk: Desk, boss: Person):
    desk.paid()
    desk.refund(granted(desk, boss, "30.00"), boss)
    desk.ask_back(desk.paid())  # asked for, but not back yet
    found = desk.summary()
    assert (found["month_total"], found["month_orders"]) == (money("270.00"), 3)
    counted = desk.agent.get("/sales-counters").json
    assert (counted["month_total"], counted["sold_today"]) == (money("270.00"), money("270.00"))
    rows = [(one["total"], one["refunded_total"]) for one in desk.agent.get("/orders").json["items"]]
    assert sorted(rows, key=str) == sorted(
        [(money("100.00"), money("0.00"))] * 2 + [(money("100.00"), money("30.00"))], key=str
    )


def test_what_was_written_of_a_player_who_is_erased_goes(desk: Desk, boss: Person):
    found = desk.ask_back(desk.paid(), reason="家里老人用 13800138000 误买").json
    assert "13800138000" not in desk.facts(found["id"])[0].data["reason"]
    desk.settle(found, "reject", boss, reason="查过他家的情况")
    with desk.work() as work:
        erase_texts(work, [desk.player["id"]])
    blank = "（已抹除）"
    kept = desk.agent.get(f"/returns/{found['id']}").json
    assert (kept["reason"], kept["decision"], kept["amount"]) == (blank, blank, found["amount"])
    assert {fact.data["reason"] for fact in desk.facts(found["id"])} == {blank}


def refunds_of(desk: Desk, order_id: str) -> Sequence[Return]:
    with desk.service.runtime.database.read_session() as session:
        return session.scalars(select(Return).where(Return.order_id == order_id, Return.state == "refunded")).all()


def test_fifty_refunds_of_one_return_at_once_are_exactly_one(desk: Desk, boss: Person):
    found = granted(desk, boss)
    answers = at_once(50, lambda _number: desk.refund(found, boss))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"already_refunded"}
    assert boss.get(f"/orders/{found['order_id']}").json["refunded_total"] == money("100.00")
    assert [fact.type for fact in desk.facts(found["id"])].count("return.refunded.v1") == 1


def test_fifty_who_ask_for_all_of_it_at_once_are_exactly_one(desk: Desk):
    order = desk.paid()
    answers = at_once(50, lambda _number: desk.ask_back(order, amount=money("100.00")))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"nothing_left_to_return"}


def test_asking_deciding_and_refunding_at_once_never_gives_back_more_than_came_in(desk: Desk, boss: Person):
    order = desk.paid()
    known = [desk.ask_back(order, amount=money("15.00")).json for _ in range(6)]

    def act(number: int):
        found = known[number % 6]
        if number < 12:
            desk.settle(found, "approve" if number % 3 else "reject", boss, reason="好")
        if number < 24:
            return desk.refund(found, boss)
        return desk.ask_back(order, amount=money("15.00"))

    answers = at_once(36, act)
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    shown = boss.get(f"/orders/{order['id']}").json
    back = sum(found.amount for found in refunds_of(desk, order["id"]))
    assert money(f"{back:.2f}") == shown["refunded_total"]
    standing = boss.get(f"/returns?order_id={order['id']}&state=requested,approved,refunded").json["items"]
    assert back <= sum(float(one["amount"]["amount"]) for one in standing) <= 100


def test_the_same_refund_outside_twenty_times_at_once_is_recorded_once(desk: Desk, boss: Person):
    found, outside = [granted(desk, boss) for _ in range(20)], new_id()
    answers = at_once(20, lambda number: desk.refund(found[number], boss, external_no=outside))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"refund_known"}
