"""O1: what a leaver had goes where the fact says, each once, resumed where a worker died; the history names it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from chassis.clock import new_id
from chassis.facts.bus import Message, open_bus
from chassis.jobs import handover, running
from tests.support.suite_in_process import InProcessSuite, Member, new_member, rows_of


def belongings(suite: InProcessSuite, member: Member, count: int = 4) -> tuple[list[str], list[str]]:
    """Players and open tickets of somebody."""
    person = suite.api(member.no, fresh=True)
    players = [person.made("/players", {"wechat_id": f"wx_{new_id()[-10:]}"})["id"] for _ in range(count)]
    tickets = [person.made("/tickets", {"player_id": one, "question": "怎么充值"})["id"] for one in players]
    suite.pump()
    return players, tickets


def leaves(suite: InProcessSuite, member: Member, rule: str, *to: str) -> None:
    """Tell the services that somebody left, and to whom what they had goes; twice, as it may come."""
    data = {"no": member.no, "name": "走了", "role": member.role, "line": 1, "department_id": member.department_id}
    data |= {"wechat_id": None, "wechat_name": None, "state": "left", "changed": ["state"]}
    fact = {
        "specversion": "1.0",
        "id": new_id(),
        "type": "playdesk.staff.left.v1",
        "source": "/test",
        "subject": member.id,
        "time": "2026-11-27T10:00:00Z",
        "sequence": 1,
        "entityversion": 99,
        "actor": suite.api("admin").id,
        "data": {**data, "handover": {"rule": rule, "to": list(to)}},
    }
    publisher = open_bus(suite.gateway_runtime.settings.bus_url).publisher()
    publisher.publish([Message(fact["id"], "staff.left.v1", orjson.dumps(fact))] * 2)
    publisher.close()
    suite.pump()


def work_off(suite: InProcessSuite, *names: str) -> None:
    """Do every job of these services."""
    for name in names:
        while running.work_off(suite.services[name].runtime):
            pass


def owners(suite: InProcessSuite, players: list[str], tickets: list[str]) -> tuple[list[Any], list[Any]]:
    """Whose they are now."""
    admin = suite.api("admin")
    return (
        [admin.get(f"/players/{one}").json["agent_id"] for one in players],
        [admin.get(f"/tickets/{one}").json["assignee_id"] for one in tickets],
    )


@pytest.mark.parametrize("rule", ["person", "department", "pool"])
def test_players_and_open_tickets_go_where_the_fact_says_and_the_history_names_it(suite: InProcessSuite, rule):
    member, first, second = (new_member(suite, department="二线") for _ in range(3))
    players, tickets = belongings(suite, member)
    takers = {"person": [first.id], "department": [first.id, second.id], "pool": []}[rule]
    leaves(suite, member, rule, *takers)
    work_off(suite, "player", "ticket")
    agents, assignees = owners(suite, players, tickets)
    expected = sorted((takers or [None]) * (4 // max(len(takers), 1)), key=str)
    assert (sorted(agents, key=str), sorted(assignees, key=str)) == (expected, expected)
    admin = suite.api("admin")
    history = admin.get(f"/players/{players[0]}/bindings").json["items"]
    assert [span["agent_id"] for span in history] == [agents[0], member.id]
    assert member.no in history[0]["reason"]
    assert history[0]["by"] == admin.id
    lines = admin.get(f"/tickets/{tickets[0]}/timeline").json["items"]
    assert [line for line in lines if line["kind"] == "handed_over" and member.no in line["reason"]]
    shown = [
        job for job in admin.get("/jobs").json["items"] if job["kind"] in ("players.handover", "tickets.handover")
    ][:2]
    assert {(job["state"], job["done"], job["total"]) for job in shown} == {("done", 4, 4)}


def test_open_sessions_go_with_the_tickets_and_those_that_are_over_stay(suite: InProcessSuite):
    member, taker = (new_member(suite, department="二线") for _ in range(2))
    person, admin = suite.api(member.no, fresh=True), suite.api("admin")
    player = person.made("/players", {"wechat_id": f"wx_{new_id()[-10:]}"})
    going, over = (person.made("/sessions", {"player_id": player["id"], "channel": "wechat"}) for _ in range(2))
    person.made(f"/sessions/{over['id']}/end", {}, version=over["version"])
    suite.pump()
    assert admin.get(f"/staff/{member.id}/belongings").json["sessions"] == 1
    leaves(suite, member, "person", taker.id)
    work_off(suite, "player", "ticket")
    agents = [admin.get(f"/sessions/{one['id']}").json["agent_id"] for one in (going, over)]
    assert agents == [taker.id, member.id]


def test_a_hand_over_whose_worker_dies_in_the_middle_is_taken_up_again(suite: InProcessSuite, monkeypatch):
    monkeypatch.setattr(handover, "AT_ONCE", 1)
    member, steps, begun = new_member(suite), iter(range(3)), running.Run.step
    players, tickets = belongings(suite, member)
    leaves(suite, member, "pool")

    def step(run: Any, **values: Any) -> Any:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return begun(run, **values)

    runtime = suite.services["player"].runtime
    monkeypatch.setattr(running.Run, "step", step)
    with pytest.raises(KeyboardInterrupt):
        running.work_off(runtime)
    monkeypatch.setattr(running.Run, "step", begun)
    assert set(owners(suite, players, tickets)[0]) == {None, member.id}, "killed in the middle"
    with runtime.database.session() as session:
        session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running'"))
        session.commit()
    work_off(suite, "player", "ticket")
    assert owners(suite, players, tickets) == ([None] * 4, [None] * 4)
    spans = rows_of(suite, "player", "SELECT count(*) FROM bindings WHERE player_id = ANY(:ids)", ids=players)
    assert spans[0][0] == 8, "each player once"


@pytest.mark.parametrize("rule", ["person", "pool"])
def test_open_leads_and_opportunities_go_along_and_the_closed_keep_whose_they_were(suite: InProcessSuite, rule):
    member, taker = (new_member(suite, department="二线") for _ in range(2))
    person, admin = suite.api(member.no, fresh=True), suite.api("admin")
    player = person.made("/players", {"wechat_id": f"wx_{new_id()[-10:]}"})
    lead = person.made("/leads", {"wechat_id": f"wx_{new_id()[-10:]}"})
    still, over = (person.made("/opportunities", {"player_id": player["id"], "title": "礼包"}) for _ in range(2))
    person.made(f"/opportunities/{over['id']}/win", {}, version=1)
    suite.pump()
    left = admin.get(f"/staff/{member.id}/belongings").json
    assert (left["leads"], left["opportunities"]) == (1, 1)
    leaves(suite, member, rule, *([taker.id] if rule == "person" else []))
    work_off(suite, "player", "ticket", "sales")
    now = [admin.get(path).json for path in (f"/leads/{lead['id']}", f"/opportunities/{still['id']}")]
    assert {one["owner_id"] for one in now} == {taker.id if rule == "person" else None}
    assert all((one["pool_id"] is None) == (rule == "person") for one in now)
    step = admin.get(f"/opportunities/{still['id']}/history").json["items"][0]
    assert (step["how"], member.no in step["reason"]) == ("handed_over", True)
    assert admin.get(f"/opportunities/{over['id']}").json["owner_id"] == member.id
