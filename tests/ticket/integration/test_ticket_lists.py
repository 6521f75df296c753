"""The list of tickets: each filter, search as one types, paging, the timeline, and how few queries a page takes."""

from __future__ import annotations

import pytest

from chassis.clock import new_id
from tests.support.statements import statements_of
from tests.ticket.desk import Desk
from ticket.persistence import queries


def found(desk: Desk, query: str) -> set[str]:
    """The questions of this player's tickets that a query finds."""
    answer = desk.agent.get(f"/tickets?player_id={desk.player['id']}&{query}")
    assert answer.status_code == 200, answer.text
    return {row["question"] for row in answer.json["items"]}


@pytest.fixture
def some(desk: Desk) -> Desk:
    """Tickets in each status."""
    desk.write(question="甲 礼包没到账", category="complaint", priority="urgent")
    desk.move(desk.write(question="乙 充值失败", category="recharge"), "start")
    desk.move(desk.write(question="丙 怎么玩", category="gameplay", assignee_id=desk.colleague.id), "start", "complete")
    return desk


@pytest.mark.parametrize(
    ("query", "firsts"),
    [
        ("", "甲乙丙"),
        ("status=pending", "甲"),
        ("status=pending,done", "甲丙"),
        ("status=pending, in_progress", "甲乙"),
        ("category=complaint,recharge", "甲乙"),
        ("priority=urgent", "甲"),
        ("line=1", "甲乙丙"),
        ("line=2", ""),
        ("waiting=false", "甲乙丙"),
        ("overdue=true", ""),
        ("overdue=false", "甲乙丙"),
        ("created_at[gte]=2026-01-01T00:00:00Z", "甲乙丙"),
        ("created_at[gte]=2099-01-01T00:00:00%2B08:00", ""),
        ("created_at[lt]=2099-01-01T00:00:00Z", "甲乙丙"),
        ("q=礼包", "甲"),
        ("q=充值 失败", "乙"),
        ("q=补发", "丙"),
        ("q=%25", ""),
        ("q=T2", "甲乙丙"),
        ("q=没有这个词", ""),
    ],
)
def test_each_filter_finds_what_it_says(some: Desk, query, firsts):
    assert {question[0] for question in found(some, query)} == set(firsts)


def test_filters_by_people(some: Desk):
    assert {q[0] for q in found(some, f"assignee_id={some.colleague.id}")} == {"丙"}
    assert {q[0] for q in found(some, f"assignee_id={some.agent.id}")} == {"甲", "乙"}
    assert {q[0] for q in found(some, f"department_id={some.department}")} == {"甲", "乙", "丙"}
    assert found(some, f"department_id={new_id()}") == set()
    rows = some.agent.get(f"/tickets?wechat_id={some.player['wechat_id']}").json["items"]
    assert len(rows) == 3


def test_a_number_finds_its_ticket_as_far_as_it_is_typed(some: Desk):
    number = some.write(question="丁")["no"]
    for typed in (number, number.lower(), number[:-1]):
        assert "丁" in found(some, f"q={typed}")


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("status=open", "status", "not_a_choice"),
        ("status=", "status", "not_a_choice"),
        ("line=3", "line", "out_of_range"),
        ("overdue=1", "overdue", "wrong_type"),
        ("player_id=x", "player_id", "not_an_id"),
        ("created_at[gte]=yesterday", "created_at[gte]", "not_a_time"),
        ("colour=red", "colour", "unknown_parameter"),
        ("sort=question", "sort", "not_a_choice"),
        ("limit=0", "limit", "out_of_range"),
        ("q=" + "x" * 101, "q", "too_long"),
        ("status=done&status=pending", "status", "duplicate"),
    ],
)
def test_a_wrong_query_is_400_and_names_the_parameter(desk: Desk, query, name, code):
    answer = desk.agent.get(f"/tickets?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "wrong_fields")
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(name, code)]


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "updated_at", "-updated_at", "due_at", "-due_at"])
def test_pages_put_together_are_the_sorted_list(desk: Desk, sort):
    for n in range(7):
        desk.write(priority=("low", "high", "urgent")[n % 3])
    whole = desk.agent.get(f"/tickets?player_id={desk.player['id']}&sort={sort}&limit=200").json["items"]
    rows, cursor = [], ""
    while cursor is not None:
        page = desk.agent.get(f"/tickets?player_id={desk.player['id']}&sort={sort}&limit=2&cursor={cursor}").json
        rows, cursor = rows + page["items"], page["next_cursor"]
    assert rows == whole
    keys = [(row[sort.strip("-")], row["id"]) for row in whole]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


def test_the_total_counts_what_the_filters_find(some: Desk):
    page = some.agent.get(f"/tickets?player_id={some.player['id']}&status=pending,done&limit=1&count=true").json
    assert (page["total"], len(page["items"])) == (2, 1)


@pytest.mark.parametrize("rows", [5, 60])
def test_a_page_takes_one_query_however_long_it_is(desk: Desk, rows):
    """B7: the same number of queries at any length."""
    for _ in range(rows):
        desk.write()
    with statements_of(desk.service.runtime.database.engine) as statements:
        answer = desk.agent.get(f"/tickets?player_id={desk.player['id']}&limit=100")
    assert len(answer.json["items"]) == rows
    assert len(statements) == 1, statements


def test_the_timeline_tells_every_change_who_and_when(desk: Desk):
    ticket = desk.write()
    desk.supervisor.patch(f"/tickets/{ticket['id']}", {"priority": "urgent"}, version=1)
    ticket = desk.move(ticket | {"version": 2}, "start", "complete", "reopen")
    answer = desk.agent.get(f"/tickets/{ticket['id']}/timeline")
    lines = answer.json["items"]
    assert answer.json["next_cursor"] is None
    assert [line["kind"] for line in lines] == ["created", "updated", "started", "completed", "reopened"]
    assert [line["actor_id"] for line in lines][:2] == [desk.agent.id, desk.supervisor.id]
    assert lines[1]["changes"]["priority"] == {"before": "normal", "after": "urgent"}
    assert lines[1]["changes"]["due_at"]["before"].endswith("Z")
    assert lines[3]["changes"]["solution"] == {"before": "", "after": "已补发"}
    assert lines[4]["reason"] == "又没到账"
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


@pytest.mark.parametrize("common", [0, 1_000_000])
@pytest.mark.parametrize("sort", ["created_at", "-created_at", "due_at", "-updated_at"])
def test_what_words_find_is_the_same_sorted_list_however_common_they_are(desk: Desk, monkeypatch, common, sort):
    """Rare words are found first and sorted then; common ones are met along the order of time."""
    monkeypatch.setattr(queries, "COMMON", common)
    monkeypatch.setattr(queries, "COMMON_TO_ONE", common)
    wanted = {desk.write(question=f"{'礼包' if n % 2 else '充值'} 第 {n} 次")["id"] for n in range(14) if n % 2}
    for person in (desk.agent, desk.supervisor):
        seen, cursor = [], ""
        while cursor is not None:
            after = f"&cursor={cursor}" if cursor else ""
            page = person.get(f"/tickets?q=礼包&limit=3&sort={sort}&player_id={desk.player['id']}{after}").json
            seen += page["items"]
            cursor = page["next_cursor"]
        assert {ticket["id"] for ticket in seen} == wanted
        keys = [(ticket[sort.lstrip("-")], ticket["id"]) for ticket in seen]
        assert keys == sorted(keys, reverse=sort.startswith("-"))
