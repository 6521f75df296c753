"""S7: nobody gives themselves or others what they do not hold, and the last administrator cannot be taken away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.support.suite_in_process import Api, InProcessSuite, new_member

CLERK = ["staff.read", "staff.write", "role.write", "player.read", "department.read"]


def a_role(admin: Api, **fields: Any) -> dict[str, Any]:
    blank = {"code": f"s_{uuid4().hex[:8]}", "zh": "人事", "en": "Clerk", "scope": "all", "actions": CLERK}
    return admin.made("/roles", {**blank, **fields})


def a_clerk(suite: InProcessSuite) -> Api:
    """Somebody who manages staff and roles, and holds little else."""
    return suite.api(new_member(suite, a_role(suite.api("admin"))["code"]).no, fresh=True)


@pytest.fixture
def clerk(suite: InProcessSuite) -> Api:
    return a_clerk(suite)


def not_held(answer: Any) -> list[str]:
    assert (answer.status_code, answer.json["code"]) == (403, "not_held"), answer.text
    missing: list[str] = answer.json["missing"]
    return missing


def test_nobody_grants_what_they_do_not_hold(suite: InProcessSuite, clerk: Api, figure):
    admin, tried = suite.api("admin"), 0
    body = {
        "code": f"t_{uuid4().hex[:8]}",
        "zh": "偷",
        "en": "Thief",
        "scope": "self",
        "actions": [*CLERK, "player.phone.see"],
    }
    assert not_held(clerk.post("/roles", body)) == ["player.phone.see"]
    mine = clerk.made("/roles", {**body, "actions": ["player.read"]})
    for more in (["player.read", "role.grant"], ["player.read", "audit.read", "player.erase"]):
        tried += 1
        missing = not_held(clerk.patch(f"/roles/{mine['id']}", {"actions": more}, version=mine["version"]))
        assert missing == sorted(set(more) - {"player.read"})
    for role in ("admin", "supervisor", "agent", "specialist"):
        tried += 2
        assert not_held(clerk.post("/staff", {"no": f"T{uuid4().hex[:8]}", "name": "新", "role": role}))
        member = new_member(suite, mine["code"])
        version = clerk.get(f"/staff/{member.id}").json["version"]
        assert not_held(clerk.patch(f"/staff/{member.id}", {"role": role}, version=version))
    boss = admin.get(f"/staff/{suite.staff['M001'].id}").json
    assert not_held(clerk.patch(f"/staff/{boss['id']}", {"state": "left"}, version=boss["version"]))
    me = clerk.get(f"/staff/{clerk.id}").json
    own = clerk.patch(f"/staff/{clerk.id}", {"role": mine["code"]}, version=me["version"])
    assert (own.status_code, own.json["code"]) == (409, "own_role")
    figure("S7 grants", tried=tried + 3, granted=0)


def test_nobody_widens_a_reach_beyond_their_own(suite: InProcessSuite):
    admin, actions = suite.api("admin"), ["staff.read", "staff.write", "role.write", "player.read"]
    narrow = a_role(admin, scope="departments", departments=[suite.departments["一部"]], actions=actions)
    clerk = suite.api(new_member(suite, narrow["code"]).no, fresh=True)
    body = {"zh": "宽", "en": "Wide", "actions": ["player.read"]}
    for reach in (
        {"scope": "all"},
        {"scope": "department"},
        {"scope": "department_and_below"},
        {"scope": "departments", "departments": [suite.departments["二部"]]},
    ):
        assert not_held(clerk.post("/roles", {**body, **reach, "code": f"w_{uuid4().hex[:8]}"}))
    within = {"scope": "departments", "departments": [suite.departments["一部"]]}
    mine = clerk.made("/roles", {**body, **within, "code": f"w_{uuid4().hex[:8]}"})
    assert not_held(clerk.patch(f"/roles/{mine['id']}", {"scope": "all", "departments": []}, version=1))


def test_who_holds_more_is_neither_signed_in_as_nor_disarmed(suite: InProcessSuite, clerk: Api):
    theirs, word = suite.staff["admin"].id, uuid4().hex[:8]
    boss = clerk.get(f"/staff/{theirs}").json
    assert not_held(clerk.patch(f"/staff/{theirs}", {"password": f"Correct-{word}-Horse"}, version=boss["version"]))
    for path in ("second-factor", "identities", "sessions", f"sessions/{uuid4()}"):
        assert not_held(clerk.delete(f"/staff/{theirs}/{path}")), path
    mine = clerk.get(f"/staff/{clerk.id}").json
    own = clerk.patch(f"/staff/{clerk.id}", {"password": f"Correct-{word}-Horse"}, version=mine["version"])
    assert (own.status_code, own.json["code"]) == (409, "own_password")
    poor = new_member(suite, a_role(suite.api("admin"), actions=["player.read"])["code"])
    version = clerk.get(f"/staff/{poor.id}").json["version"]
    given = clerk.patch(f"/staff/{poor.id}", {"password": f"Correct-{word}-Horse"}, version=version)
    assert given.status_code == 200, given.text
    assert clerk.delete(f"/staff/{poor.id}/sessions").status_code == 204
    told = suite.api("admin").get("/audit", query_string={"action": "password.changed", "limit": 20}).json["items"]
    assert (clerk.id, poor.id) in {(entry["actor"]["id"], entry["subject"]["id"]) for entry in told}


def test_nobody_moves_themselves_or_a_department_to_reach_more(suite: InProcessSuite):
    admin = suite.api("admin")
    role = a_role(admin, scope="department_and_below", actions=[*CLERK, "department.write"])
    narrow = suite.api(new_member(suite, role["code"]).no, fresh=True)
    me, other = narrow.get(f"/staff/{narrow.id}").json, suite.departments["二部"]
    assert not_held(narrow.patch(f"/staff/{narrow.id}", {"department_id": other}, version=me["version"])) == [
        "department_and_below"
    ]
    theirs = narrow.get(f"/departments/{other}").json
    below = {"parent_id": narrow.made("/departments", {"name": f"口袋 {uuid4().hex[:6]}", "parent_id": None})["id"]}
    assert not_held(narrow.patch(f"/departments/{other}", below, version=theirs["version"])) == ["all"]
    made = admin.made("/departments", {"name": f"搬家 {uuid4().hex[:6]}"})
    assert admin.patch(f"/departments/{made['id']}", below, version=1).status_code == 200


def test_a_role_is_changed_by_who_holds_all_of_it_before_and_after(suite: InProcessSuite):
    admin = suite.api("admin")
    seeing = a_role(
        admin, scope="departments", departments=[suite.departments["一部"]], actions=[*CLERK, "player.phone.see"]
    )
    narrow = suite.api(new_member(suite, seeing["code"]).no, fresh=True)
    wide = a_role(admin, scope="all", actions=["player.read"])
    more = narrow.patch(f"/roles/{wide['id']}", {"actions": ["player.read", "player.phone.see"]}, version=1)
    assert not_held(more) == ["all"]
    assert not_held(narrow.patch(f"/roles/{wide['id']}", {"scope": "self"}, version=1)) == ["all"], "nor made narrower"
    poor = suite.api(new_member(suite, a_role(admin)["code"]).no, fresh=True)
    rich = a_role(admin, scope="self", actions=["player.read", "player.erase"], requires_second_factor=True)
    for change in ({"scope": "all"}, {"actions": ["player.read"]}, {"requires_second_factor": False}):
        assert not_held(poor.patch(f"/roles/{rich['id']}", change, version=rich["version"])) == ["player.erase"], change
    assert poor.patch(f"/roles/{rich['id']}", {"zh": "只改名"}, version=rich["version"]).status_code == 200


def test_nobody_makes_or_becomes_a_client_that_holds_more_than_they_do(suite: InProcessSuite):
    admin, here = suite.api("admin"), suite.departments["一部"]
    actions = ["api_client.read", "api_client.write", "player.read", "option.read"]
    within = [here, suite.departments["一组"]]  # what lies below is reached with it, by a client too
    role = a_role(admin, scope="departments", departments=within, actions=actions)
    maker = suite.api(new_member(suite, role["code"]).no, fresh=True)

    def client(name: str, scopes: list[str], department_id: str | None = here) -> dict[str, Any]:
        return {"name": f"{name} {uuid4().hex[:8]}", "scopes": scopes, "department_id": department_id}

    assert not_held(maker.post("/api-clients", client("whole numbers", ["player:pii"]))) == ["player.phone.see"]
    for elsewhere in (None, suite.departments["二部"]):
        assert not_held(maker.post("/api-clients", client("elsewhere", ["player:read"], elsewhere))) == ["all"]
    mine = maker.made("/api-clients", client("mine", ["player:read"]))
    for more in ({"scopes": ["player:read", "player:pii"]}, {"department_id": None}):
        assert not_held(maker.patch(f"/api-clients/{mine['id']}", more, version=mine["version"]))
    theirs = admin.made("/api-clients", client("theirs", ["player:pii"], None))
    assert not_held(maker.post(f"/api-clients/{theirs['id']}/secrets", {}))
    for change in ({"addresses": []}, {"scopes": ["player:read"], "department_id": here}):
        assert not_held(maker.patch(f"/api-clients/{theirs['id']}", change, version=theirs["version"])), change
    veiled = a_role(admin, scope="all", actions=actions, field_rules={"player.note": {"access": "hidden"}})
    blind = suite.api(new_member(suite, veiled["code"]).no, fresh=True)
    assert not_held(blind.post("/api-clients", client("sees", ["player:read"], None))) == ["field_rules"]


@pytest.fixture
def alone(suite: InProcessSuite) -> Iterator[tuple[Api, dict[str, Any]]]:
    """The one administrator there is, and their role; others are agents meanwhile."""
    admin = suite.api("admin")
    with suite.raw("gateway") as connection:
        others = connection.exec_driver_sql(
            f"UPDATE staff SET role = 'agent' WHERE role = 'admin' AND id <> '{admin.id}' RETURNING id"
        ).fetchall()
    yield admin, next(role for role in admin.get("/roles").json["items"] if role["code"] == "admin")
    with suite.raw("gateway") as connection:
        for (staff_id,) in others:
            connection.exec_driver_sql(f"UPDATE staff SET role = 'admin' WHERE id = '{staff_id}'")


def test_the_role_of_the_last_administrator_keeps_what_an_administrator_needs(alone: tuple[Api, dict[str, Any]]):
    admin, role = alone
    for change in (
        *(
            {"actions": [a for a in role["actions"] if a != needed]}
            for needed in ("role.grant", "role.write", "staff.write")
        ),
        {"scope": "self"},
        {"actions": []},
    ):
        answer = admin.patch(f"/roles/{role['id']}", change, version=role["version"])
        assert (answer.status_code, answer.json["code"]) == (409, "last_administrator"), change
    assert admin.get(f"/roles/{role['id']}").json["version"] == role["version"]


def test_two_administrators_cannot_take_each_other_away_one_by_staff_one_by_role(
    suite: InProcessSuite, alone: tuple[Api, dict[str, Any]], figure
):
    """One has a role of the company's own that administers; while it is narrowed, its holder makes the other an agent."""
    admin, role = alone
    rounds, left = 6, []
    for _ in range(rounds):
        own = a_role(admin, actions=role["actions"])
        member = new_member(suite, own["code"])
        other, start = suite.api(member.no, fresh=True), threading.Barrier(2)
        mine = other.get(f"/staff/{admin.id}").json

        def narrow(own: dict = own, start: threading.Barrier = start) -> int:
            start.wait()
            return admin.patch(f"/roles/{own['id']}", {"actions": ["player.read"]}, version=own["version"]).status_code

        def demote(other: Api = other, mine: dict = mine, start: threading.Barrier = start) -> int:
            start.wait()
            return other.patch(f"/staff/{admin.id}", {"role": "agent"}, version=mine["version"]).status_code

        with ThreadPoolExecutor(2) as threads:
            statuses = [future.result() for future in (threads.submit(narrow), threads.submit(demote))]
        with suite.raw("gateway") as connection:
            still = connection.exec_driver_sql(
                f"SELECT (SELECT role = 'admin' FROM staff WHERE id = '{admin.id}'), "
                f"(SELECT granted @> ARRAY['role.grant']::varchar[] FROM roles WHERE id = '{own['id']}')"
            ).one()
            left.append(any(still))
            connection.exec_driver_sql(f"UPDATE staff SET role = 'admin' WHERE id = '{admin.id}'")
            connection.exec_driver_sql(f"UPDATE staff SET role = 'agent' WHERE id = '{member.id}'")
        suite.gateway.extensions["playdesk_sessions"]._known.clear()
        assert statuses.count(200) <= 1 + (not all(still)), statuses
    figure("S7 last administrator", rounds=rounds, without_one=left.count(False))
    assert all(left)


def test_a_refused_grant_is_in_the_audit_log(suite: InProcessSuite, clerk: Api):
    body = {"code": f"t_{uuid4().hex[:8]}", "zh": "偷", "en": "Thief", "scope": "all", "actions": ["player.erase"]}
    request_id = f"req-{uuid4().hex}"
    not_held(clerk.post("/roles", body, headers={"X-Request-Id": request_id}))
    found = suite.api("admin").get("/audit", query_string={"request_id": request_id}).json["items"]
    assert ("access.denied", clerk.id) in {(entry["action"], entry["actor"]["id"]) for entry in found}
