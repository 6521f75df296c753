"""What the home page shows of a player's tickets, and the agent's own counters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.support.statements import statements_of
from tests.ticket.desk import Desk

NOON_IN_SHANGHAI = datetime(2026, 11, 22, 4, tzinfo=UTC)


def summary(desk: Desk) -> dict:
    """The summary of the desk's player."""
    answer = desk.agent.get(f"/ticket-summary?player_id={desk.player['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_open_tickets_come_first_then_the_newest_and_ten_at_most(desk: Desk):
    tickets = [desk.write(question=str(n)) for n in range(12)]
    for ticket in tickets[6:]:
        desk.move(ticket, "start", "complete")
    shown = summary(desk)
    assert [t["question"] for t in shown["items"]] == ["5", "4", "3", "2", "1", "0", "11", "10", "9", "8"]
    assert shown["counts"] == {"pending": 6, "in_progress": 0, "done": 6, "overdue": 0}
    assert shown["player_id"] == desk.player["id"]


def test_it_is_found_by_wechat_id_too(desk: Desk):
    desk.write()
    by_wechat = desk.agent.get(f"/ticket-summary?wechat_id={desk.player['wechat_id']}").json
    assert by_wechat == summary(desk)


@pytest.mark.parametrize(
    "query", ["", "player_id=x", "wechat_id=", "player_id=01a202d0-1d2f-7768-b4ff-4c329e300ad4&wechat_id=a"]
)
def test_it_needs_one_of_the_two(desk: Desk, query):
    assert desk.agent.get(f"/ticket-summary?{query}").status_code in (400, 404)


def test_a_player_with_no_tickets_has_an_empty_summary(desk: Desk):
    other = desk.new_player(desk.agent)
    desk.agent.references = {"player": [other]}
    ticket = desk.write(player=other)
    desk.move(ticket, "start", "complete")
    shown = desk.agent.get(f"/ticket-summary?player_id={other['id']}").json
    assert shown["guards"] == []
    assert shown["counts"]["done"] == 1


def test_an_open_complaint_guards_until_it_is_done(desk: Desk):
    """先处理再销售."""
    complaint = desk.write(category="complaint")
    [guard] = summary(desk)["guards"]
    assert guard == {
        "code": "open_complaint", "ticket_id": complaint["id"], "ticket_no": complaint["no"], "since": complaint["created_at"]
    }  # fmt: skip
    desk.move(complaint, "start", "complete")
    assert summary(desk)["guards"] == []


def test_an_overdue_ticket_guards_and_is_counted(desk: Desk):
    with time_machine.travel(datetime.now(UTC) - timedelta(days=3), tick=True):
        late = desk.write()
    shown = summary(desk)
    assert [(g["code"], g["ticket_id"], g["since"]) for g in shown["guards"]] == [
        ("overdue_ticket", late["id"], late["due_at"])
    ]
    assert shown["counts"]["overdue"] == 1
    assert shown["items"][0]["overdue"] is True
    assert desk.agent.get("/tickets?overdue=true").json["items"][0]["id"] == late["id"]


def test_the_counters_are_those_of_ones_own_work(desk: Desk):
    desk.write()
    desk.move(desk.write(), "start")
    desk.move(desk.write(), "start", "complete")
    desk.write(assignee_id=desk.colleague.id)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=23, minutes=45), tick=True):
        desk.write()
    with time_machine.travel(datetime.now(UTC) - timedelta(days=2), tick=True):
        desk.write()
    assert desk.agent.get("/ticket-counters").json == {
        "pending": 3, "in_progress": 1, "overdue": 1, "overdue_soon": 1, "done_today": 1
    }  # fmt: skip
    assert desk.stranger.get("/ticket-counters").json["pending"] == 0


def test_today_is_the_studios_day_and_old_tickets_done_today_count(desk: Desk):
    with time_machine.travel(NOON_IN_SHANGHAI - timedelta(days=90), tick=True):
        old = desk.write()
    with time_machine.travel(datetime(2026, 11, 21, 15, 30, tzinfo=UTC), tick=True):
        desk.move(desk.write(), "start", "complete")  # 23:30 the day before in Shanghai
    with time_machine.travel(datetime(2026, 11, 21, 16, 30, tzinfo=UTC), tick=True):
        desk.move(desk.write(), "start", "complete")  # half past midnight in Shanghai
    with time_machine.travel(NOON_IN_SHANGHAI, tick=True):
        desk.move(old, "start", "complete")
        assert desk.agent.get("/ticket-counters").json["done_today"] == 2


def test_the_summary_takes_the_same_few_queries_however_many_tickets_there_are(desk: Desk):
    counted = []
    for size in (1, 15):
        for _ in range(size):
            desk.write()
        with statements_of(desk.service.runtime.database.engine) as statements:
            summary(desk)
        counted.append(len(statements))
    assert counted == [3, 3]
