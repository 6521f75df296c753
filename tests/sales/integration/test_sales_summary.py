"""What the home page shows of a player's sales, and the caller's own figures (S5, G3, mission.md 3 and 4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chassis.clock import new_id, rfc3339, utc_now
from sales.application.bestsellers import count_best_sellers
from sales.application.touches import log_touch
from sales.domain.days import day_start
from tests.sales.desk import READ, TOUCH, Desk, money
from tests.support.statements import statements_of

ZONE = "Asia/Shanghai"


def test_a_player_without_history_has_an_empty_summary(desk: Desk):
    desk.know(players=(desk.player,))
    found = desk.agent.get(f"/sales-summary?wechat_id={desk.player['wechat_id']}").json
    assert (found["player_id"], found["touches"], found["orders"]) == (desk.player["id"], [], [])
    assert (found["month_total"], found["month_orders"], found["month_touches"]) == (money("0.00"), 0, 0)
    assert found["resume"] is None


def test_the_newest_ten_touches_and_orders_come_with_the_months_figures(desk: Desk):
    orders = [desk.order().json for _ in range(11)]
    cancelled = desk.step(orders[0], "cancel", {"reason": "错"}).json
    found = desk.summary()
    assert [one["id"] for one in found["orders"]] == [one["id"] for one in reversed(orders[1:])]
    assert cancelled["id"] not in {one["id"] for one in found["orders"]}
    assert len(found["touches"]) == 10
    assert (found["month_total"], found["month_orders"], found["month_touches"]) == (money("1000.00"), 10, 11)
    assert found["orders"][0] == orders[-1]


def test_we_resume_where_we_stopped_with_the_price_then_and_now(desk: Desk):
    next_at = rfc3339(utc_now() + timedelta(days=2))
    touch = desk.refuse(note="贵", next_at=next_at).json
    desk.know(packs=({**desk.pack, "version": 2, "price": money("80.00")},))
    resume = desk.summary()["resume"]
    assert resume == {
        "touch_id": touch["id"],
        "at": touch["at"],
        "channel": "wechat",
        "outcome": "refused",
        "lost_reason": "too_expensive",
        "note": "贵",
        "pack_no": desk.pack["no"],
        "pack_name": "周末礼包",
        "price_then": money("100.00"),
        "price_now": money("80.00"),
        "next_at": next_at,
    }
    desk.know(packs=({**desk.pack, "version": 3, "state": "withdrawn"},))
    assert desk.summary()["resume"]["price_now"] is None


def test_what_was_sold_since_is_not_where_we_stopped(desk: Desk):
    earlier = desk.touch(note="别的礼包").json
    desk.refuse()
    desk.order()
    assert desk.summary()["resume"]["touch_id"] == earlier["id"]


def test_a_refused_price_is_not_suggested_again_until_it_drops(desk: Desk):
    touch = desk.refuse().json
    assert desk.pack["no"] not in {one["pack_no"] for one in desk.summary()["suggestions"]}
    desk.know(packs=({**desk.pack, "version": 2, "price": money("99.99")},))
    first = desk.summary()["suggestions"][0]
    (reason,) = first["reasons"]
    assert (first["pack_no"], first["price"]) == (desk.pack["no"], money("99.99"))
    assert (reason["code"], reason["touch_id"]) == ("price_dropped", touch["id"])
    assert "¥99.99" in reason["text_zh"]
    assert "¥99.99" in reason["text_en"]


def test_a_refusal_after_many_other_touches_still_counts(desk: Desk):
    desk.refuse()
    with desk.work() as work:
        for _ in range(101):
            log_touch(work, {"player_id": desk.player["id"], "channel": "wechat", "outcome": "no_answer"})
    desk.order(pack_no=desk.pack["no"], by=desk.agent)
    assert desk.pack["no"] not in {one["pack_no"] for one in desk.summary()["suggestions"]}


def test_what_was_bought_is_suggested_and_cites_its_touch(desk: Desk):
    order = desk.order().json
    found = {one["pack_no"]: one for one in desk.summary()["suggestions"]}
    reasons = {reason["code"]: reason["touch_id"] for reason in found[desk.pack["no"]]["reasons"]}
    assert reasons == {"repurchase": order["touch_id"], "fits_spend": order["touch_id"]}


def test_a_pack_that_cannot_be_bought_is_never_suggested(desk: Desk):
    desk.order()
    for version, change in enumerate(
        ({"state": "withdrawn"}, {"valid_until": "2026-01-01T00:00:00Z"}, {"player_id": new_id()}), 2
    ):
        desk.know(packs=({**desk.pack, **change, "version": version},))
        assert desk.pack["no"] not in {one["pack_no"] for one in desk.summary()["suggestions"]}, change


def test_best_sellers_are_suggested_to_a_player_without_history(desk: Desk):
    other = Desk(desk.service)
    for _ in range(3):
        other.order(quantity=999)
    other.step(other.order(quantity=999).json, "cancel", {"reason": "错"})
    with desk.work() as work:
        count_best_sellers(work)
    desk.know(players=(desk.player,))
    first = desk.summary()["suggestions"][0]
    assert first["pack_no"] == other.pack["no"]
    (reason,) = first["reasons"]
    assert (reason["code"], reason["text_zh"]) == ("popular", "近 30 天卖出 2997 份")
    with desk.work(now=utc_now() + timedelta(days=31)) as work:
        count_best_sellers(work)
    assert desk.summary()["suggestions"] == []


def test_the_summary_takes_eight_statements_however_much_there_is(desk: Desk):
    for number in range(12):
        desk.touch(pack_no=desk.pack["no"])
        order = desk.order().json
        if number % 2:
            desk.pay(order, "10.00")
    with statements_of(desk.service.runtime.database.engine) as seen:
        desk.summary()
    assert len(seen) <= 8, "\n".join(seen)


def test_the_summary_needs_the_right_the_scope_and_one_name(desk: Desk):
    desk.touch()
    path = f"/sales-summary?player_id={desk.player['id']}"
    assert desk.service.person(TOUCH, scope="all").get(path).status_code == 403
    assert desk.service.person(READ).get(path).status_code == 404
    assert desk.service.person(READ, scope="all").get(path).status_code == 200
    for query in ("", f"?player_id={new_id()}&wechat_id=x", "?player_id=x", "?name=x"):
        assert desk.agent.get(f"/sales-summary{query}").status_code == 400
    assert desk.agent.get("/sales-summary?wechat_id=nobody").status_code == 404


def test_a_touch_of_a_colleague_elsewhere_is_not_shown_but_its_refusal_counts(desk: Desk):
    department = new_id()
    desk.refuse()
    desk.know(players=({**desk.player, "version": 2, "agent_id": None},))
    boss = desk.service.person(READ, scope="departments", departments=(department,))
    found = desk.summary(boss)
    assert (found["touches"], found["resume"]) == ([], None)
    assert desk.pack["no"] not in {one["pack_no"] for one in found["suggestions"]}


def test_the_counters_are_the_callers_own_day_and_month(desk: Desk):
    today, tomorrow = (day_start(utc_now(), ZONE, days) for days in (0, 1))
    last = tomorrow - timedelta(seconds=1)
    desk.touch(next_at=rfc3339(last))
    desk.touch(next_at=rfc3339(tomorrow))
    desk.order(quantity=3)
    desk.step(desk.order().json, "cancel", {"reason": "错"})
    with desk.work(now=today - timedelta(seconds=1)) as work:
        log_touch(work, {"player_id": desk.player["id"], "channel": "phone", "outcome": "no_answer"})
    Desk(desk.service).order()
    found = desk.agent.get("/sales-counters").json
    assert found == {
        "due_today": 1,
        "touches_today": 4,
        "orders_today": 1,
        "sold_today": money("300.00"),
        "month_total": money("300.00"),
    }
    assert desk.service.person(TOUCH).get("/sales-counters").status_code == 403


@pytest.mark.parametrize(("moment", "counted"), [((2026, 10, 31, 15, 59), 0), ((2026, 10, 31, 16), 1)])
def test_the_month_begins_at_midnight_in_the_studios_zone(desk: Desk, moment: tuple[int, ...], counted: int):
    from sales.application.orders import place_order
    from sales.persistence.queries import counters

    desk.know(players=(desk.player,), packs=(desk.pack,))
    with desk.work(now=datetime(*moment, tzinfo=UTC)) as work:
        place_order(work, {"player_id": desk.player["id"], "pack_no": desk.pack["no"]}, timezone=ZONE)
    with desk.work(now=datetime(2026, 11, 15, tzinfo=UTC)) as work:
        assert counters(work, zone=ZONE)["month_total"] == 100 * counted
