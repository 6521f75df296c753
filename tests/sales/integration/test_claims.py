"""Claims over HTTP: made by one, granted by another, paid once; differences out of the price history (S27, R28, R29)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from chassis.clock import new_id, utc_now
from sales.application.erasure import erase_texts
from sales.domain.copies import PackPrice
from sales.domain.order import Order
from tests.sales.desk import CLAIM, GRANT_CLAIM, PAY_CLAIM, READ, Desk, money
from tests.sales.integration.test_payments import at_once
from tests.sales.integration.test_returns import code
from tests.support.services import Person


@pytest.fixture
def boss(desk: Desk) -> Person:
    """Who may decide on claims and record that they were paid, and sees everything."""
    return desk.service.person(READ, CLAIM, GRANT_CLAIM, PAY_CLAIM, scope="all")


def granted(desk: Desk, boss: Person, amount: str = "100.00") -> dict:
    return desk.answer(desk.claim(desk.paid(), amount=money(amount)).json, "approve", boss).json


def cheaper(desk: Desk, price: str = "80.00", **fields) -> dict:
    """An order of two packs that was paid two days ago, and the price the pack has had since yesterday."""
    order = desk.paid("200.00", quantity=2)
    with desk.work() as work:
        then = utc_now() - timedelta(days=2)
        work.session.execute(update(Order).where(Order.id == order["id"]).values(created_at=then))
    desk.hear_price(price, utc_now() - timedelta(days=1), **fields)
    return order


def preview(desk: Desk, order: dict, by: Person | None = None, **fields) -> dict:
    body = {"order_id": order["id"], "kind": "price_difference", **fields}
    answer = (by or desk.agent).post("/claims/preview", body)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_compensation_goes_its_way_from_the_request_to_the_payment(desk: Desk, boss: Person):
    order = desk.paid()
    evidence = [{"text": "客诉截图"}, {"link": "https://kf.example.com/t/1"}]
    answer = desk.claim(order, amount=money("30.00"), evidence=evidence)
    found = answer.json
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/claims/{found['id']}")
    assert (found["state"], found["kind"], found["rule"], found["no"][0]) == ("requested", *["compensation"] * 2, "C")
    assert found["evidence"] == [{"text": "客诉截图", "link": None}, {"text": "", "link": evidence[1]["link"]}]
    found = desk.answer(found, "approve", boss, reason="同意").json
    assert (found["state"], found["decided_by"], found["decision"]) == ("approved", boss.id, "同意")
    out = "2026-11-20T08:00:00.000Z"
    found = desk.pay_claim(found, boss, method="alipay", external_no=new_id(), paid_at=out).json
    assert (found["state"], found["method"], found["paid_at"], found["paid_by"]) == ("paid", "alipay", out, boss.id)
    assert desk.agent.get(f"/claims/{found['id']}").json == found
    order = desk.agent.get(f"/orders/{order['id']}").json
    assert (order["state"], order["paid_total"], order["refunded_total"]) == ("paid", money("100.00"), money("30.00"))


def test_each_step_is_a_fact_with_the_whole_state_and_the_sums_of_the_order(desk: Desk, boss: Person):
    paid = desk.pay_claim(granted(desk, boss, "30.00"), boss).json
    facts = desk.facts(paid["id"])
    assert [fact.type for fact in facts] == ["claim.requested.v1", "claim.approved.v1", "claim.paid.v1"]
    assert [fact.entity_version for fact in facts] == [1, 2, 3]
    told = facts[-1].data
    assert (told["amount"], told["refunded_total"], told["paid_total"]) == tuple(
        money(amount) for amount in ("30.00", "30.00", "100.00")
    )
    assert (told["order_no"], told["pack_no"], told["kind"]) == (paid["order_no"], desk.pack["no"], "compensation")
    rejected = desk.answer(desk.claim(desk.paid()).json, "reject", boss, reason="无据").json
    assert desk.facts(rejected["id"])[-1].type == "claim.rejected.v1"
    withdrawn = desk.answer(desk.claim(desk.paid()).json, "withdraw", desk.agent).json
    assert (withdrawn["state"], desk.facts(withdrawn["id"])[-1].type) == ("withdrawn", "claim.withdrawn.v1")


def test_a_price_difference_is_worked_out_and_says_which_price_at_which_time(desk: Desk):
    order = cheaper(desk)
    found = desk.claim(order, kind="price_difference").json
    assert (found["amount"], found["rule"], found["evidence"]) == (money("40.00"), "sold_cheaper", [])
    told = found["difference"]
    assert (told["price"], told["lower_price"], told["quantity"]) == (money("100.00"), money("80.00"), 2)
    assert told["lower_at"][:10] == (utc_now() - timedelta(days=1)).date().isoformat()
    again = desk.claim(order, kind="price_difference")
    assert code(again) == (409, "difference_claimed")
    desk.hear_price("70.00", utc_now())
    further = desk.claim(order, kind="price_difference").json
    assert (further["amount"], further["difference"]["claimed"]) == (money("20.00"), money("40.00"))
    assert desk.facts(found["id"])[0].data["difference"] == told


def test_the_verdict_heard_beforehand_is_that_of_the_request(desk: Desk, boss: Person):
    order = cheaper(desk)
    heard = preview(desk, order)
    assert (heard["allowed"], heard["rule"], heard["amount"], heard["days"]) == (
        True,
        "sold_cheaper",
        money("40.00"),
        7,
    )
    saved = desk.claim(order, kind="price_difference").json
    assert {name: heard[name] for name in ("rule", "amount", "difference")} == {
        name: saved[name] for name in ("rule", "amount", "difference")
    }
    for kind, fields in (("price_difference", {}), ("compensation", {"amount": money("160.01")})):
        heard, refused = preview(desk, order, kind=kind, **fields), desk.claim(order, kind=kind, **fields)
        assert (heard["allowed"], heard["rule"]) == (False, refused.json["code"])
    heard = preview(desk, order, kind="compensation", amount=money("160.00"))
    assert (heard["allowed"], heard["left"], heard["difference"]) == (True, money("160.00"), None)
    unpaid = desk.order().json
    assert (preview(desk, unpaid)["rule"], code(desk.claim(unpaid))[1]) == ("order_not_paid", "order_not_paid")
    dear = desk.paid("70.00" if desk.pack["price"]["amount"] == "70.00" else "80.00")
    assert (preview(desk, dear)["rule"], code(desk.claim(dear, kind="price_difference"))[1]) == (
        "no_cheaper_price",
    ) * 2


def test_a_price_for_another_player_is_no_difference_and_the_history_is_only_added_to(desk: Desk):
    order = cheaper(desk, player_id=new_id())
    assert preview(desk, order)["rule"] == "no_cheaper_price"
    with desk.work() as work, pytest.raises(DBAPIError, match="append-only"):
        work.session.execute(delete(PackPrice).where(PackPrice.pack_id == desk.pack["id"]))


def test_what_is_refused_says_where(desk: Desk):
    order = desk.paid()
    for fields, pointer in (
        ({"evidence": []}, "/evidence"),
        ({"evidence": [{}]}, "/evidence/0"),
        ({"evidence": [{"link": "javascript:alert(1)"}]}, "/evidence/0/link"),
        ({"evidence": [{"link": "https://user@bank.example/"}]}, "/evidence/0/link"),
        ({"amount": None}, "/amount"),
        ({"kind": "price_difference", "amount": money("1.00")}, "/amount"),
        ({"kind": "gift"}, "/kind"),
        ({"reason": " "}, "/reason"),
    ):
        answer = desk.claim(order, **fields)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer), answer.text
    body = {"kind": "compensation", "reason": "没收到", "evidence": [{"text": "截图"}]}
    answer = desk.agent.post(f"/orders/{order['id']}/claims", body, key=new_id())
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/amount")


def test_claims_and_returns_share_what_was_paid(desk: Desk, boss: Person):
    order = desk.paid()
    first = desk.ask_back(order, amount=money("60.00"))
    refused = desk.claim(order, amount=money("40.01"))
    assert (first.status_code, *code(refused), refused.json["left"]) == (201, 409, "more_than_paid", money("40.00"))
    found = desk.claim(order, amount=money("40.00")).json
    assert code(desk.ask_back(order, amount=money("0.01"))) == (409, "nothing_left_to_return")
    assert desk.answer(found, "reject", boss, reason="无据").status_code == 200
    assert desk.ask_back(order, amount=money("40.00")).status_code == 201


def test_nobody_approves_what_they_claimed_or_sold_and_only_they_take_it_back(desk: Desk, boss: Person):
    seller = desk.someone(READ, CLAIM, GRANT_CLAIM, staff_id=desk.agent.id)
    mine = desk.claim(desk.paid(), boss).json
    assert code(desk.answer(mine, "approve", boss)) == (409, "own_claim")
    assert code(desk.answer(mine, "approve", seller)) == (409, "own_claim")
    assert code(desk.answer(mine, "withdraw", seller)) == (409, "not_own_claim")
    other = desk.service.person(GRANT_CLAIM, scope="all")
    assert desk.answer(mine, "approve", other).status_code == 200
    assert code(desk.answer({**mine, "version": 2}, "reject", other, reason="不行")) == (409, "claim_not_open")
    assert code(desk.answer({**mine, "version": 2}, "withdraw", boss)) == (409, "claim_not_open")


def test_money_is_paid_only_when_granted_and_once(desk: Desk, boss: Person):
    found = desk.claim(desk.paid()).json
    assert code(desk.pay_claim(found, boss)) == (409, "claim_not_approved")
    found, outside = desk.answer(found, "approve", boss).json, new_id()
    assert desk.pay_claim(found, boss, external_no=outside).status_code == 200
    assert code(desk.pay_claim(found, boss)) == (409, "claim_paid_already")
    assert code(desk.pay_claim(granted(desk, boss), boss, external_no=outside)) == (409, "claim_payment_known")


def test_money_moves_under_a_key_and_a_repeated_request_moves_it_once(desk: Desk, boss: Person):
    order, key = desk.paid(), new_id()
    path, body = f"/orders/{order['id']}/claims", {"kind": "compensation", "reason": "没收到", "amount": money("10.00")}
    body["evidence"] = [{"text": "截图"}]
    assert code(desk.agent.post(path, body)) == (428, "idempotency_key_required")
    first, again = (desk.agent.post(path, body, key=key) for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)
    stale = boss.post(f"/claims/{first.json['id']}/approve", {}, version=7)
    assert (stale.status_code, stale.json["current"]) == (412, first.json)
    found = desk.answer(first.json, "approve", boss).json
    path, body = f"/claims/{found['id']}/pay", {"method": "alipay"}
    assert code(boss.post(path, body)) == (428, "idempotency_key_required")
    assert boss.post(path, body, key=new_id(), version=9).status_code == 412
    first, again = (boss.post(path, body, key=key) for _ in range(2))
    assert (again.status_code, again.json) == (200, first.json)


def test_rights_and_scope(desk: Desk, boss: Person):
    order = desk.paid()
    body = {"order_id": order["id"], "kind": "price_difference"}
    assert desk.claim(order, desk.service.person(READ, scope="all")).status_code == 403
    assert desk.claim(order, desk.service.person(CLAIM)).status_code == 404
    assert desk.service.person(CLAIM).post("/claims/preview", body).status_code == 404
    found = desk.claim(order).json
    assert desk.answer(found, "approve", desk.service.person(READ, CLAIM, PAY_CLAIM, scope="all")).status_code == 403
    assert desk.answer(found, "approve", desk.service.person(GRANT_CLAIM)).status_code == 404
    assert desk.answer(found, "withdraw", desk.service.person(CLAIM)).status_code == 404
    assert desk.pay_claim(found, desk.service.person(GRANT_CLAIM, scope="all")).status_code == 403
    assert desk.pay_claim(found, desk.service.person(PAY_CLAIM)).status_code == 404
    stranger = desk.service.person(READ)
    assert stranger.get(f"/claims/{found['id']}").status_code == 404
    assert stranger.get("/claims").json["items"] == []


def test_the_list_is_filtered_newest_first_and_page_by_page(desk: Desk, boss: Person):
    order = desk.paid()
    made = [desk.claim(order, amount=money(f"{n}.00")).json for n in (1, 2, 3)]
    desk.answer(made[0], "approve", boss)

    def amounts(query: str) -> list[str]:
        return [one["amount"]["amount"] for one in desk.agent.get(f"/claims?{query}").json["items"]]

    assert amounts("") == ["3.00", "2.00", "1.00"]
    assert amounts("state=approved&kind=compensation") == ["1.00"]
    assert amounts(f"order_id={order['id']}&limit=1&sort=requested_at") == ["1.00"]
    assert amounts("kind=price_difference") == amounts("created_at[gte]=2100-01-01T00:00:00Z") == []
    page = desk.agent.get("/claims?limit=2").json
    assert amounts(f"limit=2&cursor={page['next_cursor']}") == ["1.00"]
    assert desk.agent.get("/claims?colour=red").status_code == 400


def test_figures_are_less_what_was_paid_for_claims(desk: Desk, boss: Person):
    desk.paid()
    desk.pay_claim(granted(desk, boss, "30.00"), boss)
    desk.claim(desk.paid())
    assert (desk.summary()["month_total"], desk.summary()["month_orders"]) == (money("270.00"), 3)


def test_what_was_written_of_a_player_who_is_erased_goes(desk: Desk, boss: Person):
    evidence = [{"text": "他妈妈 13800138000 来电", "link": "https://kf.example.com/13800138000"}]
    found = desk.claim(desk.paid(), reason="老人误买", evidence=evidence).json
    assert "13800138000" not in str(desk.facts(found["id"])[0].data)
    with desk.work() as work:
        erase_texts(work, [desk.player["id"]])
    kept = desk.agent.get(f"/claims/{found['id']}").json
    assert (kept["reason"], kept["evidence"], kept["amount"]) == ("（已抹除）", [], found["amount"])
    assert [fact.data["evidence"] for fact in desk.facts(found["id"])] == [[]]


def test_fifty_payments_of_one_claim_at_once_are_exactly_one(desk: Desk, boss: Person):
    found = granted(desk, boss)
    answers = at_once(50, lambda _number: desk.pay_claim(found, boss))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"claim_paid_already"}
    assert boss.get(f"/orders/{found['order_id']}").json["refunded_total"] == money("100.00")


def test_fifty_claims_and_returns_at_once_never_exceed_what_was_paid(desk: Desk, boss: Person):
    order = desk.paid()
    ask = (desk.claim, desk.ask_back)
    answers = at_once(50, lambda number: ask[number % 2](order, amount=money("15.00")))
    assert Counter(answer.status_code for answer in answers) == {201: 6, 409: 44}
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"more_than_paid"}


def test_fifty_who_claim_the_same_difference_at_once_are_exactly_one(desk: Desk):
    order = cheaper(desk)
    answers = at_once(50, lambda _number: desk.claim(order, kind="price_difference"))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"difference_claimed"}
