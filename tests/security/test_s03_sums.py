"""S3 for sums, boards and limits: what lies out of reach is in no figure, and others' pools and budgets are not governed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from chassis.callers import Caller, Scope
from chassis.clock import new_id
from tests.security.test_s03_others_ids import NOBODYS
from tests.security.test_s09_s10_tokens import POOL
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite


def test_an_agents_figures_of_surveys_are_of_their_own(suite: InProcessSuite, rows: Rows):
    def made(no: str) -> int:
        answer = suite.api(no).get("/survey-figures", query_string={"group_by": "agent"})
        assert answer.status_code == 200, answer.text
        return sum(row["made"] for row in answer.json["items"])

    def listed(no: str) -> int:
        return len(suite.api(no).everything("/surveys"))

    assert made("S001") == listed("S001") > made("M001") == listed("M001") > 0


def test_the_heads_of_a_board_count_what_is_on_it(suite: InProcessSuite, rows: Rows):
    for no in ("A001", "B001", "M001"):
        there = suite.api(no).everything("/opportunities")
        totals = suite.api(no).get("/opportunities/totals").json["items"]
        assert sum(row["count"] for row in totals) == len(there) > 0, no


def a_cause_of_two_departments(suite: InProcessSuite, rows: Rows) -> dict[str, Any]:
    """A cause with an open ticket of A001's and one of B001's."""
    cause = suite.api("M001").made("/causes", {"title": f"充值未到 {uuid4().hex[:6]}"})
    for no in ("A001", "B001"):
        player = rows.of[no]["player"]["id"]
        ticket = suite.api(no).made("/tickets", {"player_id": player, "question": "没到账"})
        under = suite.api(no).patch(f"/tickets/{ticket['id']}", {"cause_id": cause["id"]}, version=ticket["version"])
        assert under.status_code == 200, under.text
    return cause


def test_a_cause_is_fixed_for_the_tickets_within_reach_alone(suite: InProcessSuite, rows: Rows):
    cause = a_cause_of_two_departments(suite, rows)
    supervisor = suite.api("M001")
    cause = supervisor.get(f"/causes/{cause['id']}").json
    assert (cause["open_tickets"], cause["outside_tickets"]) == (1, 1)
    fixed = supervisor.post(f"/causes/{cause['id']}/fix", {"solution": "补发了"}, version=cause["version"])
    assert fixed.status_code in (200, 202), fixed.text
    found = suite.api("admin").get("/tickets", query_string={"cause_id": cause["id"]}).json["items"]
    assert sorted(ticket["status"] for ticket in found) == ["done", "pending"]


def test_an_article_is_looked_for_by_the_tickets_of_ones_own(suite: InProcessSuite, rows: Rows):
    for owner, status in (("A001", 200), ("B001", 404)):
        query = {"ticket_id": rows.of[owner]["ticket"]["id"]}
        assert suite.api("A001").get("/articles", query_string=query).status_code == status


def test_what_came_of_the_whole_companys_campaign_is_counted_within_reach(suite: InProcessSuite, rows: Rows):
    admin, pack_no = suite.api("admin"), rows.shared["pack_on_sale"]["no"]
    plan = {"name": f"全公司 {uuid4().hex[:6]}", "budget": {"amount": "9.00", "currency": "CNY"}}
    campaign = admin.made("/campaigns", plan)
    admin.made(f"/campaigns/{campaign['id']}/start", None, version=campaign["version"])
    for no in ("A001", "B001"):
        named = {"player_id": rows.of[no]["player"]["id"], "campaign_id": campaign["id"]}
        suite.api(no).made("/touches", {**named, "channel": "phone", "outcome": "considering"})
        suite.api(no).made("/orders", {**named, "pack_no": pack_no}, key=f"sum-{uuid4().hex}")
    for no, count in (("A001", 1), ("admin", 2)):
        found = suite.api(no).get(f"/campaigns/{campaign['id']}/results").json
        assert [found[name]["count"] for name in ("considering", "orders")] == [count, count], no


def test_what_is_not_published_is_read_by_who_writes_alone(suite: InProcessSuite, rows: Rows):
    draft = suite.api("admin").made("/articles", {"title": f"草稿 {uuid4().hex[:6]}", "body": "还没有写完"})
    assert suite.api("admin").get(f"/articles/{draft['id']}").status_code == 200
    assert suite.api("A001").get(f"/articles/{draft['id']}").status_code == 404
    assert draft["id"] not in {article["id"] for article in suite.api("A001").everything("/articles")}


def their_pool(suite: InProcessSuite) -> dict[str, Any]:
    """The pool of the second department, with a rule."""
    admin, other = suite.api("admin"), suite.departments["二部"]
    pools = [pool for pool in admin.everything("/pools") if pool["department_id"] == other]
    pool = pools[0] if pools else admin.made("/pools", {"name": "二部公海", "department_id": other})
    if not admin.get("/pool-rules", query_string={"pool_id": pool["id"]}).json["items"]:
        admin.made("/pool-rules", {"pool_id": pool["id"], "kind": "opportunity", "idle_days": 30})
    return pool


def test_who_governs_a_department_governs_no_other_ones_pools_and_budgets(suite: InProcessSuite, rows: Rows):
    supervisor, other = suite.api("M001"), suite.departments["二部"]
    refused = supervisor.post("/pools", {"name": f"二部公海 {uuid4().hex[:6]}", "department_id": other})
    assert (refused.status_code, refused.json["code"]) == (403, "pool_of_others")
    pool = their_pool(suite)
    assert other not in {pool["department_id"] for pool in supervisor.everything("/pools")}
    assert pool["id"] not in {rule["pool_id"] for rule in supervisor.everything("/pool-rules")}
    for pool_id in (pool["id"], NOBODYS):
        rule = {"pool_id": pool_id, "kind": "lead", "idle_days": 30}
        assert supervisor.post("/pool-rules", rule).status_code == 404
    budget = {"name": "二部活动", "budget": {"amount": "1.00", "currency": "CNY"}, "department_id": other}
    assert supervisor.post("/campaigns", budget).status_code == 404


def test_nobody_and_nothing_is_put_where_nobody_is(suite: InProcessSuite, rows: Rows):
    admin, word = suite.api("admin"), uuid4().hex[:6]
    assert admin.post("/departments", {"name": f"空中 {word}", "parent_id": NOBODYS}).status_code == 404
    made = admin.made("/departments", {"name": f"地上 {word}"})
    assert admin.patch(f"/departments/{made['id']}", {"parent_id": NOBODYS}, version=1).status_code == 404
    assert admin.post("/staff", _somebody(word, NOBODYS)).status_code == 404
    there = admin.made("/staff", _somebody(word, None))
    assert admin.patch(f"/staff/{there['id']}", {"department_id": NOBODYS}, version=1).status_code == 404
    handed_over = {"rule": "person", "to_id": NOBODYS}
    assert admin.post(f"/staff/{there['id']}/leave", handed_over, version=1).status_code == 404


def _somebody(word: str, department_id: str | None) -> dict[str, Any]:
    return {"no": f"T{word}", "name": "新人", "department_id": department_id, "password": f"Correct-{word}-Horse"}


def test_facts_are_sent_again_to_a_subscription_that_is_there(suite: InProcessSuite, rows: Rows):
    asked = {"subscription": "nobody-listens", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    assert suite.api("admin").post("/event-replays", asked).status_code == 404


def test_numbers_are_revealed_so_often_a_day_and_no_more(suite: InProcessSuite, rows: Rows):
    service = suite.services["player"]
    limit = service.runtime.settings.phone_reveals_a_day
    may = frozenset({"player.read", "player.phone.reveal"})
    token = suite.minter().token(Caller(id=new_id(), permissions=may, scope=Scope("all")), "player")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"{service.served.url}/api/v1/players/{rows.of['A001']['player']['id']}/phone-reveals"
    answers = [POOL.request("POST", url, body=b'{"reason": "check"}', headers=headers).status for _ in range(limit + 1)]
    assert answers == [201] * limit + [429]
