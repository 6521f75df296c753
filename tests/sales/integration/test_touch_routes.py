"""Touches over HTTP: logged, read, changed, and told of as facts (S1, S2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import new_id, rfc3339, utc_now
from tests.sales.desk import READ, TOUCH, Desk, money


def test_a_touch_is_logged_with_the_packs_price_of_the_moment(desk: Desk):
    next_at = rfc3339(utc_now() + timedelta(days=1))
    answer = desk.refuse(note="等打折", next_at=next_at)
    assert answer.status_code == 201
    touch = answer.json
    assert answer.headers["Location"] == f"/api/v1/touches/{touch['id']}"
    assert answer.headers["ETag"] == '"1"'
    expected = {
        "outcome": "refused",
        "lost_reason": "too_expensive",
        "note": "等打折",
        "next_at": next_at,
        "version": 1,
    }
    assert {name: touch[name] for name in expected} == expected
    assert touch["pack"] == {"no": desk.pack["no"], "name": "周末礼包", "price": money("100.00")}
    assert (touch["staff_id"], touch["player"]["nickname"]) == (desk.agent.id, "半盏清茶")
    assert touch["at"] == touch["created_at"]
    assert desk.agent.get(f"/touches/{touch['id']}").json == touch


def test_the_fact_carries_the_whole_state(desk: Desk):
    touch = desk.refuse(note="13800138000 上聊的").json
    (fact,) = desk.facts(touch["id"])
    assert (fact.type, fact.entity_version, fact.actor) == ("touch.logged.v1", 1, desk.agent.id)
    kept = ("player_id", "staff_id", "channel", "outcome", "lost_reason", "next_at", "pack_no", "pack", "order_id")
    assert {name: fact.data[name] for name in kept} == {name: touch[name] for name in kept}
    assert (fact.data["note"], fact.data["changed"], fact.data["at"]) == ("138****8000 上聊的", [], touch["at"])


def test_a_pack_number_is_understood_in_small_letters(desk: Desk):
    assert desk.touch(pack_no=desk.pack["no"].lower()).json["pack_no"] == desk.pack["no"]


def test_an_unknown_pack_is_not_found(desk: Desk):
    assert desk.touch(pack_no="P1").status_code == 404


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"outcome": "refused"}, "/lost_reason", "needed_with"),
        ({"outcome": "refused", "lost_reason": "other"}, "/note", "needed_with"),
        ({"outcome": "sold", "lost_reason": "unhappy"}, "/lost_reason", "not_together"),
        ({"outcome": "maybe"}, "/outcome", "not_a_choice"),
        ({"outcome": None}, "/outcome", "null"),
        ({"channel": "pigeon"}, "/channel", "not_a_choice"),
        ({"next_at": "2020-01-01T00:00:00Z"}, "/next_at", "in_the_past"),
        ({"next_at": "tomorrow"}, "/next_at", "not_a_time"),
        ({"note": "长" * 2001}, "/note", "too_long"),
        ({"pack_no": ""}, "/pack_no", "blank"),
        ({"player_id": "me"}, "/player_id", "not_an_id"),
        ({"staff_id": new_id()}, "/staff_id", "unknown_field"),
        ({"order_id": new_id()}, "/order_id", "unknown_field"),
        ({"version": 3}, "/version", "unknown_field"),
    ],
)
def test_wrong_fields_are_refused_by_name(desk: Desk, fields: dict[str, Any], pointer: str, code: str):
    answer = desk.touch(**fields)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]
    assert all(error["detail"] != code for error in answer.json["errors"])


def test_a_player_out_of_scope_or_deleted_is_not_found(desk: Desk):
    other = desk.service.person(TOUCH, references=desk.references())
    assert desk.touch(other).status_code == 404
    desk.player.update(deleted=True, version=2)
    assert desk.touch().status_code == 404


def test_only_who_may_logs_and_reads_touches(desk: Desk):
    touch = desk.touch().json
    reader, writer = desk.someone(READ, staff_id=desk.agent.id), desk.someone(TOUCH, staff_id=desk.agent.id)
    assert desk.touch(reader).status_code == 403
    assert reader.patch(f"/touches/{touch['id']}", {"note": "x"}, version=1).status_code == 403
    assert writer.get("/touches").status_code == 403
    assert writer.get(f"/touches/{touch['id']}").status_code == 403


def test_a_touch_is_changed_at_its_version(desk: Desk):
    touch = desk.touch().json
    path = f"/touches/{touch['id']}"
    assert desk.agent.patch(path, {"note": "想好了"}).status_code == 428
    changed = desk.agent.patch(path, {"note": "想好了", "next_at": None}, version=1)
    assert (changed.status_code, changed.json["note"], changed.json["version"]) == (200, "想好了", 2)
    stale = desk.agent.patch(path, {"note": "晚了"}, version=1)
    assert (stale.status_code, stale.json["current"]["note"]) == (412, "想好了")
    facts = desk.facts(touch["id"])
    assert [(fact.entity_version, fact.data["changed"]) for fact in facts] == [(1, []), (2, ["note"])]


def test_a_pack_named_later_is_copied_in_as_it_is_then(desk: Desk):
    touch = desk.touch().json
    changed = desk.agent.patch(f"/touches/{touch['id']}", {"pack_no": desk.pack["no"]}, version=1).json
    assert changed["pack"]["price"] == money("100.00")
    assert desk.agent.patch(f"/touches/{touch['id']}", {"pack_no": "P2"}, version=2).status_code == 404
    assert desk.agent.patch(f"/touches/{touch['id']}", {"pack_no": None}, version=2).json["pack"] is None


def test_a_changed_touch_keeps_to_the_rules(desk: Desk):
    path = f"/touches/{desk.touch().json['id']}"
    assert desk.agent.patch(path, {"outcome": "refused"}, version=1).status_code == 422
    assert desk.agent.patch(path, {"player_id": desk.player["id"]}, version=1).status_code == 422
    refused = desk.agent.patch(path, {"outcome": "refused", "lost_reason": "bad_timing"}, version=1)
    assert refused.status_code == 200
    assert desk.agent.patch(path, {"outcome": "sold"}, version=2).json["lost_reason"] is None


def test_a_touch_is_never_deleted(desk: Desk):
    assert desk.agent.delete(f"/touches/{desk.touch().json['id']}", version=1).status_code == 405


def test_a_touch_of_others_is_not_there(desk: Desk):
    touch = desk.touch().json
    other = desk.service.person(READ, TOUCH)
    for answer in (other.get(f"/touches/{touch['id']}"), other.patch(f"/touches/{touch['id']}", {}, version=1)):
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert other.get(f"/touches/{new_id()}").status_code == 404
    assert other.get("/touches").json["items"] == []


def test_who_logged_a_touch_keeps_it_when_the_player_moves_on(desk: Desk):
    touch = desk.touch().json
    heir = desk.service.person(READ)
    desk.know(players=({**desk.player, "version": 2, "agent_id": heir.id},))
    for person in (desk.service.person(READ, staff_id=desk.agent.id), heir):
        assert [one["id"] for one in person.get("/touches").json["items"]] == [touch["id"]]


def test_a_supervisor_sees_the_departments_touches(desk: Desk):
    touch, department, elsewhere = desk.touch().json, new_id(), new_id()
    agent = {"id": desk.agent.id, "version": 1, "no": "A9", "name": "甲", "state": "in_service"}
    desk.know(staff=({**agent, "department_id": department},))
    inside = desk.service.person(READ, scope="departments", departments=(department,))
    outside = desk.service.person(READ, scope="departments", departments=(elsewhere,))
    assert [one["id"] for one in inside.get("/touches").json["items"]] == [touch["id"]]
    assert outside.get("/touches").json["items"] == []
    assert desk.service.person(READ, scope="all").get(f"/touches/{touch['id']}").status_code == 200


def test_a_list_is_filtered_by_each_of_its_fields(desk: Desk):
    soon, late = (rfc3339(utc_now() + timedelta(days=days)) for days in (1, 9))
    refused = desk.refuse(next_at=soon).json["id"]
    phoned = desk.touch(channel="phone", next_at=late).json["id"]
    silent = desk.touch(outcome="no_answer").json["id"]
    between = rfc3339(utc_now() + timedelta(days=5))
    for query, expected in {
        f"player_id={desk.player['id']}": {refused, phoned, silent},
        f"player_id={new_id()}": set(),
        f"staff_id={desk.agent.id}": {refused, phoned, silent},
        "outcome=refused,no_answer": {refused, silent},
        "lost_reason=too_expensive": {refused},
        "channel=phone": {phoned},
        f"pack_no={desk.pack['no'].lower()}": {refused},
        f"next_at[lte]={between}": {refused},
        f"next_at[gte]={between}": {phoned},
        f"created_at[gte]={between}": set(),
        f"created_at[lt]={between}": {refused, phoned, silent},
    }.items():
        assert {one["id"] for one in desk.agent.get(f"/touches?{query}").json["items"]} == expected, query
    assert desk.agent.get("/touches?count=true&limit=1").json["total"] == 3


@pytest.mark.parametrize(
    "query", ["colour=red", "outcome=maybe", "limit=201", "sort=note", "next_at[lte]=soon", "cursor=x"]
)
def test_a_query_that_is_not_understood_is_malformed(desk: Desk, query: str):
    assert desk.agent.get(f"/touches?{query}").status_code == 400


@pytest.mark.parametrize("sort", ["at", "-at", "next_at", "-next_at"])
def test_pages_of_every_order_meet_without_gap_or_overlap(desk: Desk, sort: str):
    for days in (3, None, 1, 2, None):
        desk.touch(next_at=rfc3339(utc_now() + timedelta(days=days)) if days else None)
    whole = desk.agent.get(f"/touches?sort={sort}").json["items"]
    found, cursor = [], ""
    while True:
        page = desk.agent.get(f"/touches?sort={sort}&limit=2{cursor}").json
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [one["id"] for one in found] == [one["id"] for one in whole]
    dates = [one["next_at"] or "9999" for one in found]
    if "next_at" in sort:
        assert dates == sorted(dates, reverse=sort.startswith("-"))


def test_the_same_key_logs_one_touch(desk: Desk):
    body = {"player_id": desk.player["id"], "channel": "phone", "outcome": "no_answer"}
    first, again = (desk.agent.post("/touches", body, key="k1") for _ in range(2))
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert desk.agent.post("/touches", {**body, "note": "x"}, key="k1").status_code == 422
    assert len(desk.agent.get("/touches").json["items"]) == 1
