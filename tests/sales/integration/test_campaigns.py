"""Campaigns over HTTP and by the clock: planned, started, counted for, ended; every figure opens its rows (S7, S8)."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from chassis.clock import new_id, utc_now
from chassis.ops.worker import Worker
from chassis.service import Timer
from sales.application.campaigns import keep_to_the_clock
from sales.domain.campaign import Campaign
from tests.sales.desk import GRANT, READ, REFUND, RETURN, Desk, money
from tests.sales.integration.test_payments import at_once
from tests.sales.integration.test_returns import code
from tests.support.services import Person

WRITE = "campaign.write"


@pytest.fixture
def boss(desk: Desk) -> Person:
    """Who plans campaigns of the whole company, decides on returns, and sees everything."""
    return desk.service.person(READ, WRITE, RETURN, GRANT, REFUND, scope="all")


def planned(boss: Person, **fields: Any) -> dict:
    answer = boss.post("/campaigns", {"name": "双旦大促", "budget": money("1000.00"), **fields})
    assert answer.status_code == 201, answer.text
    return answer.json


def step(by: Person, found: dict, name: str, **fields: Any):
    return by.post(f"/campaigns/{found['id']}/{name}", fields or None, version=found["version"])


def running(boss: Person, **fields: Any) -> dict:
    return step(boss, planned(boss, **fields), "start").json


def results(by: Person, found: dict) -> dict:
    return by.get(f"/campaigns/{found['id']}/results").json


def test_a_campaign_goes_its_way(desk: Desk, boss: Person):
    desk.know(packs=(desk.pack,))
    target = {"tags": ["老玩家"], "vip_tiers": [3, 4], "segment": "30 天没买过的大R"}
    packs = [desk.pack["no"].lower(), desk.pack["no"]]
    found = planned(boss, plan="先电话，再微信", packs=packs, target=target)
    assert (found["state"], found["packs"], found["target"], found["no"][0]) == (
        "draft",
        [desk.pack["no"]],
        target,
        "M",
    )
    assert (found["department_id"], found["cost"], found["planned_by"]) == (None, None, boss.id)
    found = boss.patch(f"/campaigns/{found['id']}", {"cost": money("900.00")}, version=found["version"]).json
    found = step(boss, found, "start").json
    assert (found["state"], found["version"]) == ("running", 3)
    assert code(step(boss, found, "start")) == (409, "campaign_not_draft")
    fixed = boss.patch(f"/campaigns/{found['id']}", {"starts_at": "2030-01-01T00:00:00Z"}, version=3)
    assert (*code(fixed), fixed.json["fields"]) == (409, "campaign_fixed", ["starts_at"])
    found = step(boss, found, "end").json
    assert boss.get(f"/campaigns/{found['id']}").json == found
    assert [fact.type for fact in desk.facts(found["id"])] == [
        "campaign.planned.v1", "campaign.planned.v1", "campaign.started.v1", "campaign.ended.v1",
    ]  # fmt: skip
    assert code(step(boss, found, "cancel", reason="不办了")) == (409, "campaign_not_open")


def test_a_draft_is_removed_and_a_running_one_called_off(desk: Desk, boss: Person):
    found = planned(boss)
    assert boss.delete(f"/campaigns/{found['id']}", version=9).status_code == 412
    assert boss.delete(f"/campaigns/{found['id']}", version=1).status_code == 204
    assert boss.get(f"/campaigns/{found['id']}").status_code == 404
    assert desk.facts(found["id"])[-1].type == "campaign.removed.v1"
    found = running(boss)
    assert code(boss.delete(f"/campaigns/{found['id']}", version=found["version"])) == (409, "campaign_not_draft")
    found = step(boss, found, "cancel", reason="服务器出事").json
    assert (found["state"], found["reason"]) == ("cancelled", "服务器出事")


def test_what_is_refused_says_where(desk: Desk, boss: Person):
    for fields, pointer in (
        ({"packs": ["P99999999"]}, "/packs/0"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "/ends_at"),
        ({"starts_at": "2090-01-01T00:00:00Z", "ends_at": "2089-01-01T00:00:00Z"}, "/ends_at"),
        ({"target": {"vip_tiers": [99]}}, "/target/vip_tiers/0"),
        ({"budget": money("-1.00")}, "/budget"),
        ({"name": " "}, "/name"),
    ):
        answer = boss.post("/campaigns", {"name": "双旦", "budget": money("1.00"), **fields})
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer), answer.text


def test_touches_and_orders_name_a_campaign_only_while_it_runs(desk: Desk, boss: Person):
    draft = planned(boss)
    assert code(desk.touch(campaign_id=draft["id"])) == (409, "campaign_not_running")
    assert code(desk.order(campaign_id=draft["id"])) == (409, "campaign_not_running")
    assert desk.touch(campaign_id=new_id()).status_code == 404
    found = step(boss, draft, "start").json
    touch = desk.touch(campaign_id=found["id"]).json
    assert touch["campaign_id"] == found["id"]
    assert desk.order(touch_id=touch["id"]).json["campaign_id"] == found["id"], "an order is its touch's campaign's"
    order = desk.order(campaign_id=found["id"]).json
    assert desk.agent.get(f"/touches/{order['touch_id']}").json["campaign_id"] == found["id"]
    assert desk.facts(order["id"])[0].data["campaign_id"] == found["id"]
    assert [one["id"] for one in desk.summary()["campaigns"]][:1] == [found["id"]]
    step(boss, found, "end")
    assert code(desk.order(campaign_id=found["id"])) == (409, "campaign_not_running")
    other = desk.touch().json
    edit = desk.agent.patch(f"/touches/{other['id']}", {"campaign_id": found["id"]}, version=1)
    assert code(edit) == (409, "campaign_not_running")
    kept = desk.agent.patch(f"/touches/{touch['id']}", {"note": "记一笔"}, version=2)
    assert (kept.status_code, kept.json["campaign_id"]) == (200, found["id"])
    assert found["id"] not in [one["id"] for one in desk.summary()["campaigns"]]


def test_every_figure_opens_the_rows_it_counts(desk: Desk, boss: Person):
    found = running(boss)
    named = {"campaign_id": found["id"]}
    desk.touch(**named)
    desk.touch(outcome="no_answer", **named)
    for reason in ("too_expensive", "too_expensive", "not_needed"):
        desk.refuse(lost_reason=reason, **named)
    sold = desk.pay(desk.order(quantity=20, **named).json, "2000.00").json
    desk.step(desk.order(**named).json, "cancel", {"reason": "玩家反悔"})
    back = desk.ask_back(sold, amount=money("500.00")).json
    desk.refund(desk.settle(back, "approve", boss).json, boss)
    desk.order()  # of no campaign
    told = results(boss, found)
    counts = {
        name: told[name]["count"] for name in ("contacted", "considering", "no_answer", "refused", "sold", "orders")
    }
    assert counts == {"contacted": 7, "considering": 1, "no_answer": 1, "refused": 3, "sold": 2, "orders": 1}
    assert [(one["lost_reason"], one["count"]) for one in told["lost_reasons"]] == [
        ("too_expensive", 2),
        ("not_needed", 1),
    ]
    assert (told["players"], told["revenue"], told["spent"], told["roi"]) == (
        1, money("1500.00"), money("1000.00"), "0.5000",
    )  # fmt: skip
    for figure in (*(told[name] for name in counts), *told["lost_reasons"]):
        rows = boss.get(figure["rows"].removeprefix("/api/v1")).json["items"]
        assert len(rows) == figure["count"], figure
    rows = boss.get(told["orders"]["rows"].removeprefix("/api/v1")).json["items"]
    net = sum(float(row["total"]["amount"]) - float(row["refunded_total"]["amount"]) for row in rows)
    assert f"{net:.2f}" == told["revenue"]["amount"]


def test_figures_are_of_the_rows_the_caller_reaches(desk: Desk, boss: Person):
    found = running(boss)
    desk.touch(campaign_id=found["id"])
    assert results(desk.agent, found)["contacted"]["count"] == 1
    assert results(desk.service.person(READ), found)["contacted"]["count"] == 0


def test_rights_and_scope(desk: Desk, boss: Person):
    ours, theirs = new_id(), new_id()
    mine = desk.service.person(READ, WRITE, scope="departments", departments=(ours,), department_id=ours)
    body = {"name": "部门活动", "budget": money("1.00")}
    assert desk.agent.post("/campaigns", body).status_code == 403
    assert desk.service.person(READ, WRITE).post("/campaigns", body).status_code == 404
    found = mine.post("/campaigns", body).json
    assert found["department_id"] == ours
    assert mine.post("/campaigns", {**body, "department_id": theirs}).status_code == 404
    assert mine.patch(f"/campaigns/{found['id']}", {"department_id": None}, version=1).status_code == 404
    colleague = desk.service.person(READ, department_id=ours)
    stranger = desk.service.person(READ, WRITE, scope="departments", departments=(theirs,), department_id=theirs)
    assert colleague.get(f"/campaigns/{found['id']}").status_code == 200
    for path in (f"/campaigns/{found['id']}", f"/campaigns/{found['id']}/results"):
        assert stranger.get(path).status_code == 404
    for name in ("start", "end"):
        assert step(stranger, found, name).status_code == 404
    assert found["id"] not in [one["id"] for one in stranger.get("/campaigns?limit=200").json["items"]]
    whole = planned(boss)
    assert mine.get(f"/campaigns/{whole['id']}").status_code == 200
    assert step(mine, whole, "start").status_code == 403


def test_the_list_is_filtered(desk: Desk, boss: Person):
    desk.know(packs=(desk.pack,))
    found = planned(boss, name=f"召回{desk.pack['no']}", packs=[desk.pack["no"]])

    def seen(query: str) -> list[str]:
        return [one["id"] for one in boss.get(f"/campaigns?{query}").json["items"]]

    assert (
        seen(f"pack_no={desk.pack['no'].lower()}") == seen(f"q=回{desk.pack['no']}") == seen(f"q={found['no'].lower()}")
    )
    assert seen(f"pack_no={desk.pack['no']}&state=running,ended") == seen("q=%25_%25") == []
    assert boss.get("/campaigns?colour=red").status_code == 400


def due(desk: Desk, boss: Person, **moments: Any) -> dict:
    """A campaign whose moments are set, past ones too, as if time had gone by."""
    found = planned(boss)
    with desk.work() as work:
        work.session.execute(update(Campaign).where(Campaign.id == found["id"]).values(**moments))
    return found


def told(desk: Desk, found: dict) -> list[str]:
    return [fact.type.split(".")[1] for fact in desk.facts(found["id"])]


def test_two_workers_tell_each_moment_once(desk: Desk, boss: Person):
    now = utc_now()
    begun = [due(desk, boss, starts_at=now - timedelta(seconds=1)) for _ in range(20)]
    gone_by = [due(desk, boss, starts_at=now - timedelta(2), ends_at=now - timedelta(1)) for _ in range(20)]
    waiting = due(desk, boss, starts_at=now + timedelta(hours=1))
    workers = [Worker(desk.service.runtime, only={"timers"}) for _ in range(2)]
    timer = Timer("campaigns", timedelta(milliseconds=5), keep_to_the_clock)
    with ThreadPoolExecutor(2) as pool:
        ticking = [pool.submit(worker._tick, timer) for worker in workers]
        while told(desk, gone_by[-1])[-1] != "ended" or told(desk, begun[-1])[-1] != "started":
            assert not any(tick.done() for tick in ticking)
            assert utc_now() < now + timedelta(seconds=30)
        for worker in workers:
            worker.stop.set()
    assert [tick.result() for tick in ticking] == [None, None]
    assert {tuple(told(desk, one)) for one in begun} == {("planned", "started")}
    assert {tuple(told(desk, one)) for one in gone_by} == {("planned", "started", "ended")}
    assert told(desk, waiting) == ["planned"]


def test_what_the_clock_has_not_committed_is_done_after_a_restart(desk: Desk, boss: Person):
    found = due(desk, boss, starts_at=utc_now() - timedelta(seconds=1))
    work = desk.service.runtime.work()
    with work.session:
        keep_to_the_clock(work)  # and then the process is gone: nothing is committed
        work.session.rollback()
    assert told(desk, found) == ["planned"]
    for _ in range(2):
        work = desk.service.runtime.work()
        with work.session:
            keep_to_the_clock(work)
            work.commit()
    assert told(desk, found) == ["planned", "started"]


def test_fifty_who_start_it_at_once_while_the_clock_does_start_it_once(desk: Desk, boss: Person):
    found = due(desk, boss, starts_at=utc_now() - timedelta(seconds=1))

    def act(number: int):
        if number == 0:
            with (work := desk.service.runtime.work()).session:
                keep_to_the_clock(work)
                work.commit()
        return step(boss, found, "start")

    answers = at_once(50, act)
    assert Counter(answer.status_code for answer in answers)[200] <= 1
    assert {answer.status_code for answer in answers} <= {200, 409, 412}
    assert told(desk, found) == ["planned", "started"]
