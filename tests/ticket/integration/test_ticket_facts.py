"""The facts of tickets, exactly as events.md says; and what the service makes of others' facts."""

from __future__ import annotations

from datetime import datetime

import jsonschema_rs
import orjson
import pytest

from chassis.clock import new_id
from chassis.facts.bus import DONE, Delivery
from chassis.facts.event import facts_of, schema_of
from chassis.facts.inbox import Inbox
from tests.ticket.desk import Desk
from ticket.messaging.consumers import SUBSCRIPTIONS

STATE = {
    "no", "player_id", "question", "solution", "category", "priority", "status", "waiting", "line", "assignee_id",
    "department_id", "session_id", "order_id", "reopen_count", "due_at", "created_by", "created_at", "started_at",
    "completed_at", "cause_id", "merged_into_id", "changed",
}  # fmt: skip


def test_each_change_is_one_fact_with_the_new_state_and_what_changed(desk: Desk):
    ticket = desk.write(category="complaint")
    ticket = desk.agent.patch(f"/tickets/{ticket['id']}", {"waiting": True}, version=1).json
    ticket = desk.move(ticket, "start", "complete", "reopen")
    facts = desk.facts(ticket["id"])
    told = [(f.type, f.entity_version, f.data["status"], set(f.data["changed"])) for f in facts]
    assert told == [
        ("ticket.created.v1", 1, "pending", set()),
        ("ticket.updated.v1", 2, "pending", {"waiting"}),
        ("ticket.started.v1", 3, "in_progress", {"status", "started_at"}),
        ("ticket.completed.v1", 4, "done", {"status", "solution", "waiting", "completed_at"}),
        ("ticket.reopened.v1", 5, "in_progress", {"status", "reopen_count", "completed_at", "due_at"}),
    ]
    assert all(f.data.keys() >= STATE for f in facts)
    assert facts[4].data["reason"] == "又没到账"
    last = desk.agent.get(f"/tickets/{ticket['id']}").json
    assert {name: facts[4].data[name] for name in STATE - {"changed"}} == {
        name: last[name] for name in STATE - {"changed"}
    }


def test_each_fact_fits_its_committed_schema(desk: Desk):
    ticket = desk.move(desk.write(), "start", "complete", "reopen")
    desk.agent.post(
        f"/tickets/{ticket['id']}/transfers", {"staff_id": desk.colleague.id, "reason": "x"}, version=ticket["version"]
    )
    kinds = facts_of(("ticket.",))
    facts = desk.facts(ticket["id"])
    clock = {"ticket.deadline_warned.v1", "ticket.deadline_missed.v1", "ticket.escalated.v1"}
    others = {"ticket.updated.v1", "ticket.merged.v1", "ticket.unmerged.v1"} | clock
    assert {f.type for f in facts} == set(kinds) - others
    for fact in facts:
        jsonschema_rs.validate(schema_of(kinds[fact.type]), fact.data)


def test_no_phone_number_goes_out_in_a_fact(desk: Desk):
    """S27."""
    ticket = desk.write(question="我的手机13800138000没收到")
    desk.move(desk.move(ticket, "start"), "complete", solution="已回电 +86 138-0013-8000")
    told = orjson.dumps([f.data for f in desk.facts(ticket["id"])]).decode()
    assert "138****8000" in told
    assert "13800138000" not in told.replace("-", "").replace(" ", "")


def test_a_refused_change_tells_nothing(desk: Desk):
    ticket = desk.write()
    desk.agent.post(f"/tickets/{ticket['id']}/complete", {"solution": "x"}, version=1)
    desk.agent.patch(f"/tickets/{ticket['id']}", {"question": "y"}, version=9)
    desk.stranger.post(f"/tickets/{ticket['id']}/start", version=1)
    assert [f.type for f in desk.facts(ticket["id"])] == ["ticket.created.v1"]


def heard(desk: Desk, key: str, subject: str, version: int, **data: object) -> None:
    """Let the service hear a fact of another service."""
    event_id = new_id()
    event = {
        "specversion": "1.0", "id": event_id, "type": f"playdesk.{key}", "source": "/playdesk/x", "subject": subject,
        "entityversion": version, "sequence": 1, "data": data,
    }  # fmt: skip
    box = Inbox("ticket", SUBSCRIPTIONS[0], desk.service.runtime.work)
    assert box.handle([Delivery(event_id, key, orjson.dumps(event))]) == [DONE]


def test_a_players_fact_is_taken_so_that_tickets_show_and_find_the_player(desk: Desk):
    player = desk.new_player(desk.agent)
    state = {k: v for k, v in player.items() if k not in ("id", "version")}
    heard(desk, "player.created.v1", player["id"], 1, **state)
    ticket = desk.agent.post("/tickets", {"player_id": player["id"], "question": "x"})
    assert ticket.status_code == 201
    heard(desk, "player.updated.v1", player["id"], 3, **state | {"nickname": "新名"})
    heard(desk, "player.tagged.v1", player["id"], 2, **state | {"nickname": "旧名"})
    assert desk.agent.get(f"/tickets/{ticket.json['id']}").json["player"]["nickname"] == "新名"
    heard(desk, "player.deleted.v1", player["id"], 4, **state | {"deleted": True})
    assert desk.agent.get(f"/ticket-summary?player_id={player['id']}").status_code == 404


@pytest.mark.parametrize(("state", "status"), [("in_service", 200), ("left", 409)])
def test_a_fact_of_staff_decides_who_can_be_assigned_and_whose_department_sees_it(desk: Desk, state, status):
    person = desk.person(("ticket.read",))
    heard(
        desk, "staff.joined.v1", person.id, 1, no="A009", name="新人", department_id=desk.other_department, state=state
    )
    ticket = desk.write()
    answer = desk.agent.patch(f"/tickets/{ticket['id']}", {"assignee_id": person.id}, version=1)
    assert answer.status_code == status
    if status == 200:
        assert answer.json["department_id"] == desk.other_department


def test_facts_are_stamped_with_who_and_when(desk: Desk):
    from sqlalchemy import select

    from chassis.data.tables import outbox

    ticket = desk.write()
    with desk.service.runtime.database.reading.connect() as connection:
        row = connection.execute(select(outbox).where(outbox.c.subject == ticket["id"])).one()
    assert row.actor == desk.agent.id
    assert row.correlation_id
    assert row.traceparent.startswith("00-")
    assert isinstance(row.occurred_at, datetime)
