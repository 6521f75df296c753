"""Money moves once: payments over HTTP, repeated, doubled, too large, and all at the same moment (S4, R28, R29)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from chassis.clock import new_id
from sales.domain.order import Order
from sales.domain.payment import Payment
from tests.sales.desk import ORDER, PAY, READ, Desk, money

WECHAT = {"method": "wechat_pay"}


def at_once(times: int, work: Callable[[int], TestResponse]) -> list[TestResponse]:
    """Do the work in so many threads that all begin together; whoever finds no connection free asks again."""
    gate = Barrier(times)

    def run(number: int) -> TestResponse:
        gate.wait()
        answer = work(number)
        for _ in range(20):
            if answer.status_code != 503:
                break
            answer = work(number)
        return answer

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def counted(desk: Desk, kind: type, *conditions: Any) -> int:
    with desk.service.runtime.database.read_session() as session:
        return session.scalar(select(func.count()).select_from(kind).where(*conditions)) or 0


def test_amount_method_time_and_outside_number_are_kept(desk: Desk):
    order = desk.order().json
    outside, paid_at = new_id(), "2026-11-20T08:00:00.000Z"
    answer = desk.pay(order, "40.00", method="alipay", external_no=outside, paid_at=paid_at)
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"2"'
    (payment,) = answer.json["payments"]
    del payment["id"]
    assert payment == {"method": "alipay", "amount": money("40.00"), "paid_at": paid_at, "external_no": outside}
    assert (answer.json["state"], answer.json["paid_total"]) == ("part_paid", money("40.00"))


def test_parts_add_up_and_the_last_one_pays_the_order(desk: Desk):
    order = desk.order().json
    states = [desk.pay(order, amount).json["state"] for amount in ("33.33", "33.33", "33.34")]
    assert states == ["part_paid", "part_paid", "paid"]
    paid = desk.agent.get(f"/orders/{order['id']}").json
    facts = desk.facts(order["id"], *(payment["id"] for payment in paid["payments"]))
    received = "payment.received.v1"
    assert [fact.type for fact in facts] == ["order.placed.v1", received, received, received, "order.paid.v1"]
    assert [fact.data["paid_total"]["amount"] for fact in facts[1:4]] == ["33.33", "66.66", "100.00"]
    assert [fact.data["order_state"] for fact in facts[1:4]] == states
    assert facts[1].data["order_no"] == order["no"]
    assert [payment["amount"] for payment in facts[-1].data["payments"]] == [p["amount"] for p in paid["payments"]]


def test_more_than_what_is_due_is_refused_and_the_due_is_named(desk: Desk):
    order = desk.pay(desk.order().json, "60.00").json
    answer = desk.pay(order, "40.01")
    assert (answer.status_code, answer.json["code"], answer.json["due"]) == (409, "overpaid", money("40.00"))
    assert desk.agent.get(f"/orders/{order['id']}").json == order


def test_the_same_payment_outside_is_taken_once(desk: Desk):
    order, outside = desk.order().json, new_id()
    assert desk.pay(order, "10.00", external_no=outside).status_code == 201
    again = desk.pay(order, "10.00", external_no=outside)
    assert (again.status_code, again.json["code"]) == (409, "payment_known")
    other = desk.pay(desk.order().json, "10.00", external_no=outside)
    assert (other.status_code, other.json["code"]) == (409, "payment_known")
    assert desk.pay(order, "10.00", external_no=outside, method="alipay").status_code == 201
    twice = [{**WECHAT, "amount": money("1.00"), "external_no": "twice"}] * 2
    doubled = desk.order(key=new_id(), payments=twice)
    assert (doubled.status_code, doubled.json["code"]) == (409, "payment_known")


def test_a_payment_needs_a_key(desk: Desk):
    order = desk.order().json
    answer = desk.agent.post(f"/orders/{order['id']}/payments", {**WECHAT, "amount": money("1.00")})
    assert (answer.status_code, answer.json["code"]) == (428, "idempotency_key_required")
    assert desk.agent.get(f"/orders/{order['id']}").json == order


def test_a_payment_with_a_version_needs_the_right_one(desk: Desk):
    order = desk.order().json
    path, body = f"/orders/{order['id']}/payments", {**WECHAT, "amount": money("1.00")}
    stale = desk.agent.post(path, body, version=5, key=new_id())
    assert (stale.status_code, stale.json["current"]["id"]) == (412, order["id"])
    assert desk.agent.post(path, body, version=1, key=new_id()).status_code == 201


def test_a_repeated_payment_moves_money_once(desk: Desk):
    order, key = desk.order().json, new_id()
    path, body = f"/orders/{order['id']}/payments", {**WECHAT, "amount": money("30.00")}
    first, again = (desk.agent.post(path, body, key=key) for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)
    assert desk.agent.post(path, {**body, "amount": money("31.00")}, key=key).status_code == 422
    assert desk.agent.get(f"/orders/{order['id']}").json["paid_total"] == money("30.00")


def test_paying_needs_the_right_and_the_scope(desk: Desk):
    order = desk.order().json
    assert desk.pay(order, "1.00", desk.service.person(READ, ORDER, scope="all")).status_code == 403
    assert desk.pay(order, "1.00", desk.service.person(PAY)).status_code == 404
    assert desk.pay(order, "0.00").status_code == 422
    assert desk.pay(order, "1.00", colour="red").status_code == 422


def test_a_sale_is_placed_and_paid_in_one_request(desk: Desk):
    payments = [{**WECHAT, "amount": money("60.00")}, {"method": "alipay", "amount": money("40.00")}]
    order = desk.order(key=new_id(), payments=payments).json
    assert (order["state"], order["version"], len(order["payments"])) == ("paid", 3, 2)
    facts = desk.facts(order["id"])
    assert [(fact.type, fact.entity_version) for fact in facts] == [("order.placed.v1", 1), ("order.paid.v1", 3)]
    assert facts[0].data["payments"] == []


def test_an_order_with_payments_needs_a_key_and_the_right_to_take_money(desk: Desk):
    payments = [{**WECHAT, "amount": money("60.00")}]
    answer = desk.order(payments=payments)
    assert (answer.status_code, answer.json["code"]) == (428, "idempotency_key_required")
    seller = desk.someone(ORDER, staff_id=desk.agent.id)
    assert desk.order(seller, payments=payments, key=new_id()).status_code == 403
    assert desk.order(seller, payments=[]).status_code == 201
    assert len(desk.agent.get("/orders").json["items"]) == 1


@pytest.mark.parametrize(
    ("price", "amount", "code"), [("100.00", "100.01", "overpaid"), ("70.00", "70.00", "not_payable")]
)
def test_an_order_whose_payments_cannot_be_taken_is_not_placed(desk: Desk, price: str, amount: str, code: str):
    payments = [{**WECHAT, "amount": money(amount)}]
    answer = desk.order(key=new_id(), price=money(price), payments=payments)
    assert (answer.status_code, answer.json["code"]) == (409, code)
    assert desk.agent.get("/orders").json["items"] == desk.agent.get("/touches").json["items"] == []


def test_twenty_who_pay_the_last_amount_at_once_pay_it_once(desk: Desk):
    order = desk.pay(desk.order().json, "60.00").json

    def pay(_number: int) -> TestResponse:
        return desk.pay(order, "40.00", desk.service.person(PAY, scope="all"))

    answers = at_once(20, pay)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"overpaid"}
    paid = desk.agent.get(f"/orders/{order['id']}").json
    assert (paid["state"], paid["paid_total"], len(paid["payments"])) == ("paid", money("100.00"), 2)
    assert [fact.type for fact in desk.facts(order["id"])].count("order.paid.v1") == 1


def test_twenty_who_record_the_same_payment_outside_at_once_record_it_once(desk: Desk):
    orders, outside = [desk.order().json for _ in range(20)], new_id()
    answers = at_once(20, lambda number: desk.pay(orders[number], "10.00", external_no=outside))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    assert counted(desk, Payment, Payment.external_no == outside) == 1


def test_the_same_key_twenty_times_at_once_makes_one_order(desk: Desk):
    key, payments = new_id(), [{**WECHAT, "amount": money("100.00")}]
    answers = at_once(20, lambda _number: desk.order(key=key, payments=payments))
    codes = Counter(answer.status_code for answer in answers)
    assert set(codes) <= {201, 409}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} <= {"request_in_progress"}
    assert counted(desk, Order, Order.player_id == desk.player["id"]) == 1
    assert desk.order(key=key, payments=payments).headers["Idempotency-Replayed"] == "true"


def test_twenty_orders_at_once_have_twenty_numbers_and_one_touch_is_sold_once(desk: Desk):
    desk.order()  # the day's first number takes a connection of its own
    answers = at_once(20, lambda _number: desk.order())
    assert len({answer.json["no"] for answer in answers}) == 20
    touch = desk.touch().json
    answers = at_once(20, lambda _number: desk.order(touch_id=touch["id"]))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
