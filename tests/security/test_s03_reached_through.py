"""S3 for rows that are reached through another: what hangs on a record out of reach is out of reach by itself too."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from chassis.callers import Caller, Scope
from sales.domain.circulation import Circulation
from sales.domain.pool import Pool, PoolRule
from tests.security.test_s01_further_checks import straight
from tests.security.test_s03_sums import a_cause_of_two_departments, their_pool
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite
from ticket.domain.message import Message
from ticket.domain.session import ServiceSession
from ticket.domain.survey import Survey
from ticket.domain.ticket import Ticket
from ticket.domain.transfer import Transfer

HANGS_ON = {
    "ticket": ((Transfer, "ticket_id", Ticket), (Survey, "ticket_id", Ticket), (Message, "session_id", ServiceSession)),
    "sales": ((PoolRule, "pool_id", Pool), (Circulation, "pool_id", Pool)),
}
BEGINNINGS = {"/tickets": {"question": "还在吗"}, "/sessions": {"channel": "wechat"}}


def test_what_hangs_on_a_record_is_reached_with_it_alone(suite: InProcessSuite, rows: Rows):
    ran = suite.api("admin").post(f"/pools/{their_pool(suite)['id']}/circulations", {})
    assert ran.status_code == 200, ran.text
    member = suite.staff["A001"]
    one = Caller(id=member.id, permissions=frozenset(), scope=Scope("self"), department_id=member.department_id)
    for name, kinds in HANGS_ON.items():
        runtime = suite.services[name].runtime
        for kind, through, on in kinds:
            with (everybody := runtime.work()).session, (work := runtime.work(one)).session:
                there = set(everybody.session.scalars(everybody.select(on).with_only_columns(on.id)))
                reached = set(work.session.scalars(work.select(on).with_only_columns(on.id)))
                hung = set(work.session.scalars(work.select(kind).with_only_columns(getattr(kind, through))))
                every = set(everybody.session.scalars(everybody.select(kind).with_only_columns(getattr(kind, through))))
            assert there > reached > set(), on
            assert hung <= reached, kind
            assert every - reached, f"{kind}: nothing hangs on what is out of reach"


def test_a_timeline_tells_of_the_merged_tickets_within_reach_alone(suite: InProcessSuite, rows: Rows):
    other = suite.api("A002")  # a player of its own: that of the rows has no ticket that A001 may see
    player = other.made("/players", {"wechat_id": f"wx_{uuid4().hex[:8]}", "agent_id": other.id})["id"]
    suite.pump()
    theirs = [other.made("/tickets", {"player_id": player, "question": f"{word} 没到账"}) for word in ("前", "后")]
    given = {"assignee_id": suite.staff["A001"].id}
    kept = suite.api("M001").patch(f"/tickets/{theirs[0]['id']}", given, version=theirs[0]["version"])
    assert kept.status_code == 200, kept.text
    other.made(f"/tickets/{theirs[1]['id']}/merge", {"into_id": theirs[0]["id"]}, version=theirs[1]["version"])
    for no, numbers in (("M001", {theirs[0]["no"], theirs[1]["no"]}), ("A001", {theirs[0]["no"]})):
        lines = suite.api(no).get(f"/tickets/{theirs[0]['id']}/timeline").json["items"]
        assert {line["ticket_no"] for line in lines} == numbers, no


def test_a_fix_is_taken_back_for_the_tickets_within_reach_alone(suite: InProcessSuite, rows: Rows):
    cause = a_cause_of_two_departments(suite, rows)
    admin = suite.api("admin")
    path = f"/causes/{cause['id']}"
    version = admin.get(path).json["version"]
    fixed = straight(suite, "ticket", "POST", f"{path}/fix", {"solution": "补发了"}, "cause.fix", version=version)
    assert (fixed.status, json.loads(fixed.data)["moved"]) == (200, 2), fixed.data
    back = suite.api("M001").post(f"{path}/unfix", {"reason": "发错了"}, version=admin.get(path).json["version"])
    assert (back.status_code, back.json["moved"]) == (200, 1), back.text
    found = admin.get("/tickets", query_string={"cause_id": cause["id"]}).json["items"]
    assert sorted(ticket["status"] for ticket in found) == ["done", "in_progress"]


def test_the_campaigns_one_can_name_are_of_ones_own_department(suite: InProcessSuite, rows: Rows):
    admin, running = suite.api("admin"), {}
    for department in ("一部", "二部"):
        plan: dict[str, Any] = {
            "name": f"{department} {uuid4().hex[:6]}",
            "department_id": suite.departments[department],
        }
        campaign = admin.made("/campaigns", plan | {"budget": {"amount": "9.00", "currency": "CNY"}})
        admin.made(f"/campaigns/{campaign['id']}/start", None, version=campaign["version"])
        running[department] = campaign["id"]
    player = {"player_id": rows.of["A001"]["player"]["id"]}
    named = {one["id"] for one in suite.api("A001").get("/sales-summary", query_string=player).json["campaigns"]}
    assert running["一部"] in named
    assert running["二部"] not in named


@pytest.mark.parametrize("path", BEGINNINGS)
def test_of_a_player_who_was_deleted_nothing_is_begun(suite: InProcessSuite, path: str):
    admin = suite.api("admin")
    player = admin.made("/players", {"wechat_id": f"wx_{uuid4().hex[:8]}"})
    suite.pump()
    permissions = ("ticket.create", "session.create", "session.write", "ticket.read")
    body = {"player_id": player["id"], **BEGINNINGS[path]}
    begun = straight(suite, "ticket", "POST", path, body, *permissions)
    assert begun.status == 201, begun.data
    assert admin.delete(f"/players/{player['id']}", version=player["version"]).status_code == 204
    suite.pump()
    refused = straight(suite, "ticket", "POST", path, body, *permissions)
    assert (refused.status, json.loads(refused.data)["code"]) == (404, "not_found")


def merged(suite: InProcessSuite, gone: dict[str, Any], into: dict[str, Any], *, undo: bool) -> None:
    """Merge one player into another; with `undo` it is taken back."""
    admin = suite.api("admin")
    version = admin.get(f"/players/{gone['id']}").json["version"]
    done = admin.made(f"/players/{gone['id']}/merge", {"into_id": into["id"]}, version=version)
    if undo:
        admin.made(f"/players/{gone['id']}/unmerge", {"reason": "看错了"}, version=done["version"])


def test_a_merge_that_was_taken_back_names_nobody_out_of_reach(suite: InProcessSuite, rows: Rows):
    admin, agents = suite.api("admin"), [suite.api(no) for no in ("A001", "B001")]
    one, other = (agent.made("/players", {"wechat_id": f"wx_part_{uuid4().hex[:8]}"}) for agent in agents)

    merged(suite, one, other, undo=True)
    merged(suite, other, one, undo=True)
    for no, own, theirs in (("M001", one, other), ("A001", one, other), ("B001", other, one)):
        told = [suite.api(no).get(f"/players/{own['id']}/merges")]
        told += [suite.api(no).get(f"/players/{own['id']}/export")] if no == "M001" else []
        for answer in told:
            assert answer.status_code == 200, answer.text
            assert (own["wechat_id"] in answer.text, theirs["wechat_id"] in answer.text) == (True, False), no
            assert (own["id"] in answer.text, theirs["id"] in answer.text) == (True, False), no
        items = told[0].json["items"]
        assert [sorted((bool(item["player"]), bool(item["into"]))) for item in items] == [[False, True]] * 2, no
    page = suite.pages("M001").get(f"/players/{one['id']}")
    assert (page.status_code, "看错了" in page.text or "已撤销" in page.text) == (200, True)
    assert other["wechat_id"] not in page.text
    every = admin.get(f"/players/{one['id']}/merges").json["items"]
    assert {item[end]["id"] for item in every for end in ("player", "into")} == {one["id"], other["id"]}


def test_a_merge_names_whoever_is_reached_through_the_survivor_alone(suite: InProcessSuite, rows: Rows):
    agents = [suite.api(no) for no in ("A001", "A001", "B001", "B001")]
    gone, own, other, into = (one.made("/players", {"wechat_id": f"wx_via_{uuid4().hex[:8]}"}) for one in agents)
    for partner in (own, other):
        merged(suite, gone, partner, undo=True)
    merged(suite, gone, into, undo=False)
    for no, read, named in (("A001", own, False), ("B001", other, True)):
        [item] = suite.api(no).get(f"/players/{read['id']}/merges").json["items"]
        assert ((item["player"] or {}).get("id") == gone["id"], item["into"]["id"]) == (named, read["id"]), no
