"""Opportunities over HTTP: opened, moved, ended and reopened, claimed by one of many within limits (S11, S13–S17, R29)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from werkzeug.test import TestResponse

from chassis.clock import new_id
from sales.domain.pool import COMPANY_POOL, PoolRule
from tests.sales.desk import MANAGE, OPPORTUNITY, READ, Desk, money
from tests.sales.integration.test_payments import at_once
from tests.support.services import Person


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def told(desk: Desk, found: dict[str, Any]) -> list[str]:
    return [fact.type.removeprefix("opportunity.").removesuffix(".v1") for fact in desk.facts(found["id"])]


def rule(desk: Desk, pool_id: str, **limits: Any) -> None:
    """Limits of a pool for opportunities, straight into the table."""
    with desk.work() as work:
        moments = {"created_at": work.now(), "updated_at": work.now()}
        work.add(PoolRule(id=new_id(), pool_id=pool_id, kind="opportunity", **{**moments, **limits}))


@pytest.fixture
def team(desk: Desk) -> tuple[str, str]:
    """A department with a pool of its own: (department's ID, pool's ID)."""
    return desk.a_pool()


def member(desk: Desk, department: str, *permissions: str) -> Person:
    """Somebody of the department, whom the service knows."""
    who = desk.someone(*(permissions or (READ, OPPORTUNITY)), department_id=department)
    desk.know(staff=(desk.a_colleague(who, department),))
    return who


def test_an_opportunity_goes_from_first_contact_to_won_by_an_order(desk: Desk):
    answer = desk.opportunity(pack_no=desk.pack["no"], next_at="2026-12-01T02:00:00Z", note="喜欢皮肤")
    found = answer.json
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/opportunities/{found['id']}")
    assert (found["stage"], found["owner_id"], found["pool_id"]) == ("first_contact", desk.agent.id, None)
    assert (found["amount"], found["pack"]) == (money("100.00"), {"no": desk.pack["no"], "name": "周末礼包"})
    found = desk.go(found, "move", stage="offered").json
    order = desk.order().json
    found = desk.go(found, "win", order_id=order["id"]).json
    assert (found["stage"], found["order_no"], found["closed_at"]) == ("won", order["no"], found["updated_at"])
    assert told(desk, found) == ["opened", "moved", "won"]
    history = desk.agent.get(f"/opportunities/{found['id']}/history").json["items"]
    assert [(step["how"], step["stage"], step["owner_id"]) for step in history] == [
        ("won", "won", desk.agent.id), ("moved", "offered", desk.agent.id), ("opened", "first_contact", desk.agent.id),
    ]  # fmt: skip
    assert code(desk.go(found, "move", stage="offered")) == (409, "opportunity_closed")


def test_a_loss_names_a_coded_reason_and_is_taken_back_with_one(desk: Desk):
    found = desk.go(desk.opportunity().json, "move", stage="negotiating").json
    assert desk.go(found, "lose").status_code == 422
    assert desk.go(found, "lose", reason="other").status_code == 422
    assert desk.go(found, "lose", reason="just_because").status_code == 422
    found = desk.go(found, "lose", reason="other", note="换了游戏").json
    assert (found["stage"], found["lost_reason"], found["reason"]) == ("lost", "other", "换了游戏")
    assert desk.go(found, "reopen").status_code == 422
    found = desk.go(found, "reopen", reason="他回来了").json
    assert (found["stage"], found["lost_reason"], found["closed_at"]) == ("negotiating", None, None)
    assert told(desk, found) == ["opened", "moved", "lost", "moved"]
    assert code(desk.go(found, "move", stage="won")) == (409, "stage_is_an_end")


def test_another_players_order_wins_nothing(desk: Desk):
    other = desk.a_player()
    desk.know(players=(other,), packs=(desk.pack,))
    order = desk.order(player_id=other["id"]).json
    assert code(desk.go(desk.opportunity().json, "win", order_id=order["id"])) == (409, "order_of_other_player")


def test_a_step_needs_the_version_seen(desk: Desk):
    found = desk.opportunity().json
    path = f"/opportunities/{found['id']}"
    assert desk.agent.post(f"{path}/move", {"stage": "offered"}).status_code == 428
    desk.go(found, "move", stage="offered")
    stale = desk.go(found, "move", stage="interested")
    assert (stale.status_code, stale.json["current"]["stage"]) == (412, "offered")
    assert desk.agent.patch(path, {"title": "大礼包", "amount": money("648.00")}, version=2).json["title"] == "大礼包"


def test_a_touch_that_names_it_says_when_to_go_on(desk: Desk):
    found = desk.opportunity().json
    assert desk.touch(opportunity_id=found["id"], next_at="2026-12-24T02:00:00Z").status_code == 201
    now = desk.agent.get(f"/opportunities/{found['id']}").json
    assert (now["next_at"], now["version"]) == ("2026-12-24T02:00:00.000Z", 2)
    assert now["active_at"] > found["active_at"]
    assert desk.touch(opportunity_id=new_id()).status_code == 404


def test_what_is_given_back_lies_in_the_pool_of_the_department_for_its_people_only(desk: Desk, team: tuple[str, str]):
    department, pool = team
    desk.know(staff=(desk.a_colleague(desk.agent, department),))
    found = desk.opportunity().json
    colleague, stranger = member(desk, department), member(desk, new_id())
    assert colleague.get(f"/opportunities/{found['id']}").status_code == 404, "owned: nobody else's"
    found = desk.go(found, "release", reason="休假").json
    assert (found["owner_id"], found["pool_id"], found["held_since"]) == (None, pool, None)
    assert colleague.get(f"/opportunities?pool_id={pool}").json["items"] == [found]
    assert stranger.get(f"/opportunities/{found['id']}").status_code == 404
    assert desk.go(found, "claim", by=stranger).status_code == 404
    claimed = desk.go(found, "claim", by=colleague).json
    assert (claimed["owner_id"], claimed["pool_id"]) == (colleague.id, None)
    assert told(desk, found) == ["opened", "released", "claimed"]
    assert code(desk.go(claimed, "claim", by=colleague)) == (409, "not_in_pool")


def test_others_are_not_given_back_unless_one_assigns(desk: Desk):
    found = desk.opportunity().json
    other = desk.someone(READ, OPPORTUNITY, scope="all")
    assert code(desk.go(found, "release", by=other)) == (409, "not_yours")
    boss = desk.someone(READ, OPPORTUNITY, MANAGE, scope="all")
    given = desk.go(found, "assign", by=boss, staff_id=desk.known().id, reason="换人跟").json
    assert given["owner_id"] != desk.agent.id
    assert desk.go(given, "release", by=boss).json["pool_id"] == COMPANY_POOL


def test_of_fifty_at_once_exactly_one_claims_it(desk: Desk, team: tuple[str, str]):
    department, pool = team
    found = desk.opportunity(pool_id=pool, by=desk.someone(OPPORTUNITY, scope="all")).json
    people = [member(desk, department) for _ in range(50)]
    answers = at_once(50, lambda number: desk.go(found, "claim", by=people[number]))
    counted = Counter(answer.status_code for answer in answers)
    assert (counted[200], counted[404] + counted[412]) == (1, 49), (
        "for the others it is out of reach by then, or changed"
    )
    (winner,) = [person.id for person, answer in zip(people, answers, strict=True) if answer.status_code == 200]
    now = people[0].get(f"/opportunities/{found['id']}")
    assert now.status_code == (200 if winner == people[0].id else 404)
    assert told(desk, found) == ["opened", "claimed"]


@pytest.mark.parametrize(
    ("limits", "refusal"), [({"max_held": 3}, "holds_too_many"), ({"claims_a_day": 3}, "claimed_too_many")]
)
def test_limits_hold_however_many_are_claimed_at_once(desk: Desk, team: tuple[str, str], limits, refusal):
    department, pool = team
    rule(desk, pool, **limits)
    who = member(desk, department)
    boss = desk.someone(OPPORTUNITY, scope="all")
    there = [desk.opportunity(pool_id=pool, by=boss).json for _ in range(10)]
    answers = at_once(10, lambda number: desk.go(there[number], "claim", by=who))
    assert Counter(answer.status_code for answer in answers) == {200: 3, 409: 7}
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert (refused.json["code"], refused.json["limit"]) == (refusal, 3)


def test_the_board_counts_by_stage_what_one_reaches(desk: Desk):
    desk.opportunity(amount=money("30.00"))
    desk.go(desk.opportunity(amount=money("648.00")).json, "move", stage="offered")
    desk.opportunity(by=desk.someone(READ, OPPORTUNITY, scope="all"), amount=money("9.00"))
    totals = desk.agent.get(f"/opportunities/totals?owner_id={desk.agent.id}").json["items"]
    assert {(one["stage"], one["count"], one["amount"]["amount"]) for one in totals} == {
        ("first_contact", 1, "30.00"), ("offered", 1, "648.00"),
    }  # fmt: skip


def test_the_list_is_filtered_and_sorted_by_what_comes_next(desk: Desk):
    late = desk.opportunity(next_at="2026-12-24T02:00:00Z").json
    soon = desk.opportunity(next_at="2026-12-01T02:00:00Z").json
    never = desk.opportunity().json
    lost = desk.go(desk.opportunity().json, "lose", reason="unhappy").json
    path = f"/opportunities?player_id={desk.player['id']}"
    shown = [one["id"] for one in desk.agent.get(f"{path}&open=true&sort=next_at").json["items"]]
    assert shown == [soon["id"], late["id"], never["id"]]
    assert [one["id"] for one in desk.agent.get(f"{path}&stage=lost,won").json["items"]] == [lost["id"]]
    due = desk.agent.get(f"{path}&next_at[lte]=2026-12-02T00:00:00Z").json["items"]
    assert [one["id"] for one in due] == [soon["id"]]
    assert desk.agent.get(f"{path}&warned=true&in_pool=false").json["items"] == []


def test_those_of_a_merged_player_are_shown_with_the_survivor(desk: Desk):
    gone = desk.a_player()
    desk.know(players=(gone, desk.player))
    found = desk.opportunity(player_id=gone["id"]).json
    desk.know(players=({**gone, "version": 2, "merged_into_id": desk.player["id"]},))
    shown = desk.agent.get(f"/opportunities?player_id={desk.player['id']}").json["items"]
    assert [one["id"] for one in shown] == [found["id"]]


def test_credit_stays_with_the_department_of_that_day(desk: Desk, team: tuple[str, str]):
    department, _ = team
    desk.know(staff=(desk.a_colleague(desk.agent, department),))
    found = desk.opportunity().json
    elsewhere = new_id()
    desk.know(staff=(desk.a_colleague(desk.agent, elsewhere, version=2),))
    found = desk.go(found, "win").json
    steps = desk.agent.get(f"/opportunities/{found['id']}/history").json["items"]
    assert [(step["how"], step["department_id"]) for step in steps] == [("won", elsewhere), ("opened", department)]
