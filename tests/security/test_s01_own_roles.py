"""S1 for roles of the company's own: each reach holds in lists, counts, search, home and single records (G4 to G8)."""

from __future__ import annotations

import pytest

from tests.gateway.integration.test_roles import a_role
from tests.support.rows_in_suite import OWNERS, Rows
from tests.support.suite_in_process import InProcessSuite, new_member


@pytest.mark.parametrize(
    ("scope", "named", "reached"),
    [
        ("self", [], set()),
        ("department", [], {"A001", "A002"}),
        ("department_and_below", [], {"A001", "A002"}),
        ("departments", ["二部"], {"B001"}),
        ("departments", ["一部", "二部"], {"A001", "A002", "B001"}),
        ("all", [], {"A001", "A002", "B001"}),
    ],
)
def test_a_reach_holds_wherever_rows_are_shown(
    suite: InProcessSuite, rows: Rows, scope: str, named: list[str], reached: set[str]
):
    role = a_role(suite.api("admin"), scope=scope, departments=[suite.departments[name] for name in named])
    person = suite.api(new_member(suite, role["code"]).no, fresh=True)
    for owner in OWNERS:
        own, there = rows.of[owner], owner in reached
        for kind, path in (("player", "players"), ("ticket", "tickets"), ("touch", "touches"), ("order", "orders")):
            status = person.get(f"/{path}/{own[kind]['id']}").status_code
            assert status == (200 if there else 404), (owner, path)
            assert (own[kind]["id"] in {row["id"] for row in person.everything(f"/{path}")}) is there, (owner, path)
            counted = person.get(f"/{path}", query_string={"limit": 1, "count": "true"}).json["total"]
            assert bool(counted) is bool(reached), (owner, path)
        found = person.get("/search", query_string={"q": own["player"]["wechat_id"]}).json["players"]
        assert [one["id"] for one in found] == ([own["player"]["id"]] if there else [])
        home = person.get("/home", query_string={"player_id": own["player"]["id"]})
        assert home.status_code == (200 if there else 404)
