"""Pools over HTTP: ruled, warned of, dry run and run, undone; every night by itself (S13–S17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from werkzeug.test import TestResponse

from chassis.clock import new_id, rfc3339, utc_now
from sales.application.circulation import next_run, run_nightly, warn_owners
from sales.domain.circulation import due, warning_of
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity
from sales.domain.pool import COMPANY_POOL, Pool, PoolRule
from tests.sales.builders import NOON, an_opportunity
from tests.sales.desk import CIRCULATE, LEAD, MANAGE, OPPORTUNITY, READ, RULE, Desk
from tests.support.services import Person


class Team:
    """A department with a pool, its supervisor, and the desk's agent as one of its people."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.department, self.pool = desk.a_pool()
        desk.know(staff=(desk.a_colleague(desk.agent, self.department),))
        actions = (READ, OPPORTUNITY, LEAD, MANAGE, RULE, CIRCULATE)
        self.boss = desk.someone(*actions, scope="departments", departments=(self.department,))
        self.path = f"/pools/{self.pool}/circulations"

    def rule(self, kind: str = "opportunity", **limits: Any) -> dict[str, Any]:
        """POST /pool-rules of this pool."""
        answer = self.boss.post("/pool-rules", {"pool_id": self.pool, "kind": kind, **limits})
        assert answer.status_code == 201, answer.text
        return answer.json

    def idle(self, found: dict[str, Any], days: int, *, held: int | None = None) -> dict[str, Any]:
        """As if nobody had worked on it for so many days, and its owner had it for `held`."""
        kind = Lead if "phone" in found else Opportunity
        ago = {"active_at": utc_now() - timedelta(days=days), "held_since": utc_now() - timedelta(days=held or days)}
        with self.desk.work() as work:
            work.session.execute(update(kind).where(kind.id == found["id"]).values(ago))
        return found

    def try_it(self, by: Person | None = None, **query: str) -> TestResponse:
        """The dry run."""
        return (by or self.boss).post(f"{self.path}?dry_run=true" + "".join(f"&{n}={v}" for n, v in query.items()), {})


@pytest.fixture
def team(desk: Desk) -> Team:
    """A team of its own."""
    return Team(desk)


@pytest.fixture
def midnight(desk: Desk) -> None:
    """No pool of other tests is run over by the timer of this one."""
    with desk.work() as work:
        work.session.execute(update(Pool).values(circulated_on=utc_now().date() + timedelta(days=2)))


def ids(run: dict[str, Any]) -> set[str]:
    return {loss["record_id"] for loss in run["losses"]}


def test_the_dry_run_says_who_loses_what_and_why_and_changes_nothing(team: Team):
    desk = team.desk
    team.rule(idle_days=14, protect_days=20)
    team.rule("lead", idle_days=7)
    old = team.idle(desk.opportunity(title="放凉的").json, 30)
    lead = team.idle(desk.lead().json, 8)
    team.idle(desk.opportunity(title="刚领的").json, 15, held=15)
    desk.opportunity(title="新的")
    won = desk.opportunity().json
    team.idle(desk.go(won, "win").json, 99)
    run = team.try_it().json
    assert (run["dry_run"], run["id"], run["lost"], ids(run)) == (True, None, 2, {old["id"], lead["id"]})
    loss = next(one for one in run["losses"] if one["record_id"] == old["id"])
    assert (loss["title"], loss["owner_id"], loss["reason"], loss["kind"]) == (
        "放凉的",
        desk.agent.id,
        "idle",
        "opportunity",
    )
    assert team.try_it().json["plan"] == run["plan"]
    assert desk.agent.get(f"/opportunities/{old['id']}").json["owner_id"] == desk.agent.id
    assert ids(team.try_it(at="2020-01-01T00:00:00Z").json) == set()
    tomorrow = rfc3339(utc_now() + timedelta(days=6))
    assert len(ids(team.try_it(at=str(tomorrow)).json)) == 3


def test_the_run_does_just_what_the_dry_run_said_and_can_be_undone(team: Team):
    desk = team.desk
    team.rule(idle_days=14)
    stays, claimed, worked = (team.idle(desk.opportunity().json, 20 + n) for n in range(3))
    tried = team.try_it().json
    run = team.boss.post(team.path, {"plan": tried["plan"]}).json
    assert [one | {"outcome": None} for one in run["losses"]] == tried["losses"]
    assert (run["dry_run"], run["lost"]) == (False, 3)
    back = desk.agent.get(f"/opportunities/{stays['id']}").json
    assert (back["owner_id"], back["pool_id"], back["version"]) == (None, team.pool, 2)
    assert [fact.type for fact in desk.facts(stays["id"])][-1] == "opportunity.recycled.v1"
    assert team.try_it().json["lost"] == 0
    taker = desk.known(team.department)
    assert desk.go(desk.agent.get(f"/opportunities/{claimed['id']}").json, "claim", by=taker).status_code == 200
    desk.agent.patch(f"/opportunities/{worked['id']}", {"note": "他来问过"}, version=2)
    path = f"/circulations/{run['id']}"
    assert team.boss.post(f"{path}/undo").status_code == 428
    undone = team.boss.post(f"{path}/undo", version=1).json
    assert (undone["given_back"], undone["lost"], undone["undone_by"]) == (1, 3, team.boss.id)
    assert {(one["record_id"], one["outcome"]) for one in undone["losses"]} == {
        (stays["id"], "given_back"), (claimed["id"], "gone"), (worked["id"], "gone"),
    }  # fmt: skip
    assert desk.agent.get(f"/opportunities/{stays['id']}").json["owner_id"] == desk.agent.id
    assert team.boss.get(path).json == undone
    again = team.boss.post(f"{path}/undo", version=2)
    assert (again.status_code, again.json["code"]) == (409, "circulation_undone")
    (listed,) = team.boss.get(team.path).json["items"]
    assert (listed["id"], listed["given_back"]) == (run["id"], 1)


def test_a_run_that_would_do_anything_else_than_was_said_does_nothing(team: Team):
    desk = team.desk
    team.rule(idle_days=14)
    found = team.idle(desk.opportunity().json, 20)
    plan = team.try_it().json["plan"]
    desk.touch(opportunity_id=found["id"])
    answer = team.boss.post(team.path, {"plan": plan})
    assert (answer.status_code, answer.json["code"]) == (409, "plan_changed")
    assert team.boss.post(team.path, {}).json["lost"] == 0


def test_whose_owner_has_left_is_not_given_back(team: Team):
    desk = team.desk
    team.rule(idle_days=14)
    found = team.idle(desk.opportunity().json, 20)
    run = team.boss.post(team.path, {}).json
    desk.know(staff=(desk.a_colleague(desk.agent, team.department, version=2, state="left"),))
    assert team.boss.post(f"/circulations/{run['id']}/undo", version=1).json["given_back"] == 0
    assert desk.agent.get(f"/opportunities/{found['id']}").json["pool_id"] == team.pool


def test_a_pool_is_ruled_by_its_own_supervisors_only(team: Team):
    desk, boss = team.desk, team.boss
    for answer in (
        boss.post("/pool-rules", {"pool_id": COMPANY_POOL, "kind": "lead", "max_held": 1}),
        boss.post(f"/pools/{COMPANY_POOL}/circulations", {}),
        boss.post("/pools", {"name": "别人的", "department_id": new_id()}),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "pool_of_others")
    stranger = desk.someone(READ, RULE, CIRCULATE, scope="departments", departments=(new_id(),))
    assert stranger.get(f"/pools/{team.pool}").status_code == 404
    assert team.try_it(by=stranger).status_code == 404
    admin = desk.someone(READ, RULE, scope="all")
    made = admin.post("/pools", {"name": "二部公海", "department_id": (department := new_id())}).json
    twice = admin.post("/pools", {"name": "又一个", "department_id": department})
    assert (twice.status_code, twice.json["code"]) == (409, "duplicate_pool")
    renamed = admin.patch(f"/pools/{made['id']}", {"name": "华东公海"}, version=1).json
    assert (renamed["name"], renamed["version"]) == ("华东公海", 2)
    assert admin.delete(f"/pools/{made['id']}", version=2).status_code == 204
    company = admin.get(f"/pools/{COMPANY_POOL}").json
    kept = admin.delete(f"/pools/{COMPANY_POOL}", version=company["version"])
    assert (kept.status_code, kept.json["code"]) == (409, "pool_in_use")


def test_a_pool_has_one_rule_of_a_kind_which_changes_and_goes(team: Team):
    rule = team.rule(max_held=30, idle_days=14, warn_days=3)
    twice = team.boss.post("/pool-rules", {"pool_id": team.pool, "kind": "opportunity"})
    assert (twice.status_code, twice.json["code"]) == (409, "duplicate_pool_rule")
    path = f"/pool-rules/{rule['id']}"
    changed = team.boss.patch(path, {"max_held": None, "claims_a_day": 5}, version=1).json
    assert (changed["max_held"], changed["claims_a_day"], changed["version"]) == (None, 5, 2)
    assert team.boss.patch(path, {"idle_days": 0}, version=2).status_code == 422
    assert team.desk.agent.get(f"/pool-rules?pool_id={team.pool}").json["items"] == [], "another department's"
    assert team.boss.get(f"/pool-rules?pool_id={team.pool}").json["items"] == [changed]
    assert team.boss.delete(path, version=2).status_code == 204


def test_everybody_reads_where_they_stand(team: Team):
    desk = team.desk
    team.rule(max_held=3, claims_a_day=2)
    who = desk.known(team.department)
    found = desk.opportunity(by=desk.someone(OPPORTUNITY, scope="all"), pool_id=team.pool).json
    desk.go(found, "claim", by=who)
    shown = who.get("/pool-standing").json
    assert (shown["pool_id"], shown["opportunity"]["held"], shown["opportunity"]["claimed_today"]) == (team.pool, 1, 1)
    assert (shown["opportunity"]["rule"]["max_held"], shown["lead"]["rule"]) == (3, None)
    assert datetime.fromisoformat(shown["next_run_at"]) > utc_now()


def test_every_night_what_is_idle_goes_back_once(team: Team, midnight: None):
    desk = team.desk
    team.rule(idle_days=14)
    found = team.idle(desk.opportunity().json, 20)
    night = datetime.now(UTC).replace(hour=20) + timedelta(days=1)  # four in the morning of the studio
    for hours in (-2, 0, 1):
        with desk.work(by=desk.someone(scope="all"), now=night + timedelta(hours=hours)) as work:
            work.session.execute(
                update(Pool).where(Pool.id == team.pool).values(circulated_on=None)
            ) if hours < 1 else None
            run_nightly(work)
        back = desk.agent.get(f"/opportunities/{found['id']}").json
        assert back["pool_id"] == (None if hours == -2 else team.pool)
    assert team.boss.get(team.path).json["items"][0]["lost"] == 1
    assert len(team.boss.get(team.path).json["items"]) == 1


def test_owners_are_warned_before_and_told_when_it_is_over(team: Team):
    desk = team.desk
    rule = team.rule(idle_days=14, warn_days=3)
    found = team.idle(desk.opportunity().json, 12)
    fresh = team.idle(desk.opportunity().json, 10)

    def warn() -> dict[str, Any]:
        with desk.work(by=desk.someone(scope="all")) as work:
            warn_owners(work)
        return desk.agent.get(f"/opportunities/{found['id']}").json

    shown = warn()
    assert shown["back_at"] == rfc3339(datetime.fromisoformat(shown["active_at"]) + timedelta(days=14))
    assert [one["id"] for one in desk.agent.get("/opportunities?warned=true").json["items"]] == [found["id"]]
    assert [fact.type for fact in desk.facts(found["id"])][-1] == "opportunity.warned.v1"
    assert warn()["version"] == shown["version"], "told once"
    assert len(desk.facts(fresh["id"])) == 1
    team.boss.patch(f"/pool-rules/{rule['id']}", {"idle_days": 60}, version=1)
    assert warn()["back_at"] is None
    team.boss.patch(f"/pool-rules/{rule['id']}", {"idle_days": 14}, version=2)
    assert warn()["back_at"] == shown["back_at"]
    desk.touch(opportunity_id=found["id"])
    assert desk.agent.get(f"/opportunities/{found['id']}").json["back_at"] is None


def test_the_night_is_the_studios():
    at = datetime(2026, 11, 22, 18, tzinfo=UTC)  # two in the morning
    assert next_run(at, "Asia/Shanghai", 3) == datetime(2026, 11, 22, 19, tzinfo=UTC)
    assert next_run(at + timedelta(hours=1), "Asia/Shanghai", 3) == datetime(2026, 11, 23, 19, tzinfo=UTC)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 30), st.integers(0, 90), st.integers(0, 90))
def test_nobody_loses_anything_early_or_unwarned(idle: int, protect: int, warn: int, active: int, held: int):
    one = an_opportunity()
    one.active_at, one.held_since = NOON - timedelta(days=active), NOON - timedelta(days=held)
    rule = PoolRule(idle_days=idle, protect_days=protect, warn_days=warn)
    lost = bool(due([one], rule, NOON))
    assert lost == (active >= idle and held >= protect)
    warned = warning_of(one, rule, NOON)
    assert not lost or warned is not None
    assert (warned is not None) == (active + warn >= idle and held + warn >= protect)
