"""Every route of tickets: what it answers when all is well, and each way it refuses."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.clock import new_id
from tests.support.statements import statements_of
from tests.ticket.desk import Desk

SHOWN = {
    "id", "no", "player_id", "player", "question", "solution", "category", "priority", "status", "waiting", "line",
    "assignee_id", "department_id", "session_id", "order_id", "cause_id", "merged_into_id", "reopen_count", "due_at",
    "overdue", "deadlines", "created_by", "created_at", "updated_at", "started_at", "completed_at", "version",
}  # fmt: skip


def test_writing_a_ticket_answers_201_with_the_whole_ticket(desk: Desk):
    desk.agent.references = {"player": [desk.player]}
    answer = desk.agent.post("/tickets", {"player_id": desk.player["id"], "question": " 礼包没到账\r\n "})
    ticket = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/tickets/{ticket['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert ticket.keys() == SHOWN
    assert re.fullmatch(r"T\d{8}-\d{4,}", ticket["no"])
    assert (ticket["question"], ticket["solution"], ticket["status"]) == ("礼包没到账", "", "pending")
    assert (ticket["category"], ticket["priority"], ticket["line"]) == ("other", "normal", 1)
    assert (ticket["assignee_id"], ticket["created_by"], ticket["department_id"]) == (
        desk.agent.id, desk.agent.id, desk.department
    )  # fmt: skip
    brief = {k: desk.player[k] for k in ("id", "nickname", "wechat_id", "wechat_name", "vip_tier")}
    assert ticket["player"] == {**brief, "merged_into_id": None}
    assert ticket["due_at"].endswith("Z")
    assert desk.agent.get(answer.headers["Location"].removeprefix("/api/v1")).json == ticket


def test_everything_that_can_be_given_is_kept(desk: Desk):
    given = {"category": "complaint", "priority": "urgent", "session_id": desk.session()["id"], "order_id": new_id()}
    ticket = desk.write(assignee_id=desk.colleague.id, **given)
    assert given.items() <= ticket.items()
    assert ticket["assignee_id"] == desk.colleague.id


def test_a_player_made_a_moment_ago_can_be_used_at_once_and_a_newer_copy_is_taken(desk: Desk):
    fresh = desk.new_player(desk.agent)
    assert desk.write(player=fresh)["player"]["nickname"] == "半盏清茶"
    assert desk.write(player=fresh | {"version": 3, "nickname": "新名"})["player"]["nickname"] == "新名"
    assert desk.write(player=fresh | {"version": 2, "nickname": "旧名"})["player"]["nickname"] == "新名"


def test_a_ticket_for_a_player_nobody_told_us_of_is_404(desk: Desk):
    answer = desk.agent.post("/tickets", {"player_id": new_id(), "question": "x"})
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_a_ticket_for_a_deleted_player_is_404(desk: Desk):
    desk.agent.references = {"player": [desk.new_player(desk.agent, deleted=True)]}
    player_id = desk.agent.references["player"][0]["id"]
    assert desk.agent.post("/tickets", {"player_id": player_id, "question": "x"}).status_code == 404


@pytest.mark.parametrize("state", ["in_service", "left"])
def test_a_ticket_for_somebody_unknown_is_404_and_for_somebody_gone_409(desk: Desk, state):
    gone = desk.person(())
    if state == "left":
        desk.know(gone, state="left")
    desk.agent.references = {"player": [desk.player]}
    body = {"player_id": desk.player["id"], "question": "x", "assignee_id": gone.id}
    assert desk.agent.post("/tickets", body).status_code == (409 if state == "left" else 404)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"question": None}, "/question", "null"),
        ({"question": "  "}, "/question", "blank"),
        ({"question": "x" * 5001}, "/question", "too_long"),
        ({"question": 5}, "/question", "wrong_type"),
        ({"question": "a\x00"}, "/question", "not_text"),
        ({"player_id": "x"}, "/player_id", "not_an_id"),
        ({"player_id": None}, "/player_id", "null"),
        ({"category": "joke"}, "/category", "not_a_choice"),
        ({"priority": 1}, "/priority", "wrong_type"),
        ({"session_id": "S1"}, "/session_id", "not_an_id"),
        ({"status": "done"}, "/status", "unknown_field"),
        ({"no": "T1"}, "/no", "unknown_field"),
        ({"created_by": "me"}, "/created_by", "unknown_field"),
        ({"line": 2}, "/line", "unknown_field"),
        ({"version": 7}, "/version", "unknown_field"),
    ],
)
def test_each_wrong_field_is_422_and_named(desk: Desk, change, pointer, code):
    answer = desk.agent.post("/tickets", {"player_id": desk.player["id"], "question": "x", **change})
    assert (answer.status_code, answer.json["code"]) == (422, "wrong_fields")
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(pointer, code)]


def test_missing_fields_are_named_all_at_once(desk: Desk):
    answer = desk.agent.post("/tickets", {"colour": 1})
    found = {(error["pointer"], error["code"]) for error in answer.json["errors"]}
    assert found == {("/player_id", "required"), ("/question", "required"), ("/colour", "unknown_field")}


@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [("zh-CN", "有字段填写有误", "必填"), ("en", "Some fields are wrong", "Required")],
)
def test_errors_are_in_the_callers_language(desk: Desk, language, title, detail):
    body = {"player_id": desk.player["id"]}
    answer = desk.agent.post("/tickets", body, headers={"Accept-Language": language})
    assert (answer.json["title"], answer.json["errors"][0]["detail"]) == (title, detail)


@pytest.mark.parametrize(
    ("language", "title"),
    [("zh", "还没有写解决方案，不能完成"), ("en", "A ticket cannot be done without a solution")],
)
def test_rules_speak_the_callers_language(desk: Desk, language, title):
    ticket = desk.move(desk.write(), "start")
    answer = desk.agent.post(
        f"/tickets/{ticket['id']}/complete", {}, version=ticket["version"], headers={"Accept-Language": language}
    )
    assert (answer.status_code, answer.json["code"], answer.json["title"]) == (409, "solution_missing", title)


def test_the_whole_way_of_a_ticket(desk: Desk):
    ticket = desk.move(desk.write(), "start")
    assert (ticket["status"], ticket["version"]) == ("in_progress", 2)
    ticket = desk.move(ticket, "complete")
    assert (ticket["status"], ticket["solution"], ticket["version"]) == ("done", "已补发", 3)
    assert ticket["completed_at"]
    ticket = desk.move(ticket, "reopen")
    assert (ticket["status"], ticket["reopen_count"], ticket["completed_at"]) == ("in_progress", 1, None)
    assert desk.move(ticket, "complete", solution="再次补发")["solution"] == "再次补发"


@pytest.mark.parametrize(
    ("steps", "move", "body", "code"),
    [
        (("start",), "start", None, "not_pending"),
        ((), "complete", {"solution": "x"}, "not_in_progress"),
        ((), "reopen", {"reason": "x"}, "not_done"),
        (("start", "complete"), "start", None, "not_pending"),
        (("start", "complete"), "complete", {"solution": "x"}, "not_in_progress"),
    ],
)
def test_a_move_from_the_wrong_status_is_409_and_changes_nothing(desk: Desk, steps, move, body, code):
    ticket = desk.move(desk.write(), *steps)
    answer = desk.agent.post(f"/tickets/{ticket['id']}/{move}", body, version=ticket["version"])
    assert (answer.status_code, answer.json["code"]) == (409, code)
    assert desk.agent.get(f"/tickets/{ticket['id']}").json == ticket


def test_reopening_needs_a_reason(desk: Desk):
    ticket = desk.move(desk.write(), "start", "complete")
    for body in ({}, {"reason": ""}, {"reason": "  "}):
        answer = desk.agent.post(f"/tickets/{ticket['id']}/reopen", body, version=ticket["version"])
        assert answer.status_code == 422


CHANGES = [
    ("PATCH", "", {"question": "y"}),
    ("POST", "/start", None),
    ("POST", "/complete", {"solution": "x"}),
    ("POST", "/reopen", {"reason": "x"}),
    ("POST", "/transfers", {"reason": "x", "department_id": new_id()}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES, ids=[path or "edit" for _, path, _ in CHANGES])
def test_every_change_needs_the_version_it_was_made_from(desk: Desk, method, path, body):
    ticket = desk.write()
    where = f"/tickets/{ticket['id']}{path}"
    missing = desk.agent.request(method, where, json=body)
    assert (missing.status_code, missing.json["code"]) == (428, "if_match_required")
    stale = desk.agent.request(method, where, json=body, version=99)
    assert (stale.status_code, stale.json["code"]) == (412, "stale")
    assert stale.json["current"]["id"] == ticket["id"]
    assert desk.agent.get(f"/tickets/{ticket['id']}").json == ticket


def test_a_stale_edit_shows_what_the_supervisor_has_changed(desk: Desk):
    """Step 4 of the main job."""
    ticket = desk.write()
    desk.supervisor.patch(f"/tickets/{ticket['id']}", {"priority": "urgent"}, version=1)
    answer = desk.agent.patch(f"/tickets/{ticket['id']}", {"question": "她的改动"}, version=1)
    assert answer.status_code == 412
    assert (answer.json["current"]["priority"], answer.json["current"]["version"]) == ("urgent", 2)


def test_an_edit_changes_what_it_names_and_nothing_else(desk: Desk):
    ticket = desk.write()
    body = {"solution": "草稿", "category": "recharge", "priority": "high", "waiting": True}
    answer = desk.agent.patch(f"/tickets/{ticket['id']}", body, version=1)
    differ = {name for name in SHOWN if answer.json[name] != ticket[name]}
    assert answer.headers["ETag"] == '"2"'
    assert differ == {*body, "due_at", "deadlines", "updated_at", "version"}


def test_an_edit_that_changes_nothing_keeps_the_version_and_says_nothing(desk: Desk):
    ticket = desk.write()
    answer = desk.agent.patch(f"/tickets/{ticket['id']}", {"question": ticket["question"]}, version=1)
    assert (answer.status_code, answer.json) == (200, ticket)
    assert len(desk.facts(ticket["id"])) == 1


@pytest.mark.parametrize(
    "field", ["status", "no", "player_id", "created_by", "reopen_count", "due_at", "line", "version"]
)
def test_what_has_its_own_ways_is_not_edited(desk: Desk, field):
    ticket = desk.write()
    answer = desk.agent.patch(f"/tickets/{ticket['id']}", {field: ticket[field]}, version=1)
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(f"/{field}", "unknown_field")]


def test_assigning_moves_it_to_the_department_of_the_assignee(desk: Desk):
    ticket = desk.write()
    answer = desk.agent.patch(f"/tickets/{ticket['id']}", {"assignee_id": desk.stranger.id}, version=1)
    assert (answer.json["assignee_id"], answer.json["department_id"]) == (desk.stranger.id, desk.other_department)
    back = desk.stranger.patch(f"/tickets/{ticket['id']}", {"assignee_id": None}, version=2)
    assert (back.json["assignee_id"], back.json["department_id"]) == (None, desk.other_department)


def test_a_done_ticket_may_be_edited_but_keeps_a_solution(desk: Desk):
    ticket = desk.move(desk.write(), "start", "complete")
    edited = desk.agent.patch(f"/tickets/{ticket['id']}", {"solution": "更详细"}, version=3)
    assert edited.status_code == 200
    emptied = desk.agent.patch(f"/tickets/{ticket['id']}", {"solution": " "}, version=4)
    assert (emptied.status_code, emptied.json["code"]) == (409, "solution_missing")


def test_a_repeated_key_writes_one_ticket_and_starts_it_once(desk: Desk):
    desk.agent.references = {"player": [desk.player]}
    body = {"player_id": desk.player["id"], "question": "x"}
    first, again = (desk.agent.post("/tickets", body, key="k1") for _ in range(2))
    assert first.data == again.data
    path = f"/tickets/{first.json['id']}/start"
    assert desk.agent.post(path, version=1, key="k2").data == desk.agent.post(path, version=1, key="k2").data
    assert [f.type for f in desk.facts(first.json["id"])] == ["ticket.created.v1", "ticket.started.v1"]


def test_of_many_who_start_it_at_once_one_does(desk: Desk):
    """R27."""
    ticket = desk.write()
    people = [desk.person(("ticket.update",), scope="all") for _ in range(50)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda who: who.post(f"/tickets/{ticket['id']}/start", version=1), people))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 49}
    assert len(desk.facts(ticket["id"])) == 2


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("POST", "/tickets", "ticket.create"),
        ("GET", "/tickets", "ticket.read"),
        ("GET", "/tickets/{id}", "ticket.read"),
        ("PATCH", "/tickets/{id}", "ticket.update"),
        ("POST", "/tickets/{id}/start", "ticket.update"),
        ("POST", "/tickets/{id}/complete", "ticket.update"),
        ("POST", "/tickets/{id}/reopen", "ticket.update"),
        ("GET", "/tickets/{id}/timeline", "ticket.read"),
        ("POST", "/tickets/{id}/transfers", "ticket.transfer"),
        ("POST", "/transfers/{id}/accept", "ticket.transfer"),
        ("POST", "/transfers/{id}/return", "ticket.transfer"),
        ("GET", "/ticket-summary?player_id={id}", "ticket.read"),
        ("GET", "/ticket-counters", "ticket.read"),
    ],
)
def test_each_action_without_its_permission_is_403_before_anything_is_looked_at(desk: Desk, method, path, action):
    actions = {"ticket.read", "ticket.create", "ticket.update", "ticket.transfer"}
    without = desk.person(tuple(actions - {action}), scope="all")
    answer = without.request(
        method, path.format(id=desk.write()["id"]), json={"nonsense": 1} if method != "GET" else None
    )
    assert (answer.status_code, answer.json["code"], answer.json["action"]) == (403, "forbidden", action)


def test_numbers_count_up_and_are_never_given_twice(desk: Desk):
    with ThreadPoolExecutor(8) as pool:
        people = [desk.person(("ticket.create",), scope="all") for _ in range(40)]
        numbers = list(pool.map(lambda who: desk.write(who)["no"], people))
    assert len(set(numbers)) == 40


def test_there_is_no_way_to_delete_a_ticket(desk: Desk):
    assert desk.agent.delete(f"/tickets/{desk.write()['id']}", version=1).status_code == 405


def test_writing_a_ticket_takes_few_journeys_to_the_database(desk: Desk):
    """B1: the lock and the key, the player, the number, the ticket, and its fact with the kept answer."""
    desk.write()
    with statements_of(desk.service.runtime.database.engine) as statements:
        answer = desk.agent.post("/tickets", {"player_id": desk.player["id"], "question": "x"}, key="few")
    assert answer.status_code == 201
    # policies and their calendars are read once a second
    each_time = [one for one in statements if "FROM deadline_policies" not in one]
    assert len(each_time) == 6, statements
