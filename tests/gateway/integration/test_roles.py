"""Roles: made, changed, given and removed; refused where they are no roles (G4 to G8)."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest

from gateway.policies import ROLES
from tests.support.suite_in_process import Api, InProcessSuite, new_member, rows_of

READS = ["player.read", "ticket.read", "sales.read", "staff.read"]


@pytest.fixture
def admin(suite: InProcessSuite) -> Api:
    return suite.api("admin")


def a_role(admin: Api, **fields: Any) -> dict[str, Any]:
    blank = {"code": f"r_{uuid4().hex[:8]}", "zh": "试用角色", "en": "Trial", "scope": "self", "actions": READS}
    return admin.made("/roles", {**blank, **fields})


def somebody(suite: InProcessSuite, role: dict[str, Any], department: str | None = "一部") -> Api:
    return suite.api(new_member(suite, role["code"], department).no, fresh=True)


def test_the_delivered_roles_are_there_as_the_table_says(admin: Api):
    shown = {role["code"]: role for role in admin.get("/roles").json["items"] if role["built_in"]}
    assert {code: (frozenset(role["actions"]), role["scope"]) for code, role in shown.items()} == {
        code: (role.actions, role.scope) for code, role in ROLES.items()
    }
    assert shown["agent"]["members"] >= 3


def test_a_role_of_ones_own_is_made_given_changed_and_counts_within_two_seconds(suite: InProcessSuite, admin: Api):
    role = a_role(admin, actions=["player.read"])
    person = somebody(suite, role)
    assert person.get("/me").json["permissions"] == ["own", "player.read"]
    assert person.get("/tickets").status_code == 403
    changed = admin.patch(f"/roles/{role['id']}", {"actions": ["player.read", "ticket.read"]}, version=role["version"])
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    started = monotonic()
    while person.get("/tickets").status_code == 403:
        assert monotonic() - started < 2
        sleep(0.05)
    suite.pump()
    facts = [
        row[0]
        for row in rows_of(
            suite,
            "gateway",
            "SELECT data->'actions' FROM event_log WHERE subject = :id ORDER BY entity_version",
            id=role["id"],
        )
    ]
    assert facts == [["player.read"], ["player.read", "ticket.read"]]
    audited = admin.get("/audit", query_string={"subject_kind": "role", "limit": 200}).json["items"]
    assert [entry["changed"] for entry in audited if entry["subject"]["id"] == role["id"]] == [
        ["actions"],
        ["actions", "scope"],
    ]


def test_a_person_without_a_department_reaches_only_their_own_by_it(suite: InProcessSuite, admin: Api):
    for scope in ("department", "department_and_below"):
        assert somebody(suite, a_role(admin, scope=scope), None).get("/me").json["scope"]["kind"] == "self"


def test_a_role_that_needs_two_steps_leads_there_first(suite: InProcessSuite, admin: Api):
    person = somebody(suite, a_role(admin, requires_second_factor=True))
    answer = person.get("/players")
    assert (answer.status_code, answer.json["code"]) == (403, "second_factor_required")


def test_rules_for_fields_are_kept_told_and_shown_to_whoever_has_them(suite: InProcessSuite, admin: Api):
    asked = {
        "player.note": {"access": "hidden", "mask": "none"},
        "player.wechat_id": {"access": "edit", "mask": "lists"},
    }
    role = a_role(admin, field_rules={**asked, "player.tags": {"access": "edit"}})
    kept = {"player.note": {"access": "hidden"}, "player.wechat_id": {"mask": "lists"}}
    assert role["field_rules"] == kept, "what is open is left out"
    assert somebody(suite, role).get("/me").json["field_rules"] == kept
    told = [
        fact
        for fact in admin.get("/events?types=role.changed.v1&limit=500").json["items"]
        if fact["subject"] == role["id"]
    ]
    assert told[-1]["data"]["field_rules"] == kept


def test_nobody_opens_a_field_they_do_not_see_themselves(suite: InProcessSuite, admin: Api):
    acts = [*READS, "role.write", "staff.write"]
    rules = {"player.note": {"access": "hidden"}, "player.wechat_id": {"mask": "everywhere"}}
    boss = somebody(suite, a_role(admin, scope="all", actions=acts, field_rules=rules))
    body = {"code": f"r_{uuid4().hex[:8]}", "zh": "新", "en": "New", "scope": "self", "actions": READS}
    for wider in ({}, {"player.note": {"access": "read"}}, {**rules, "player.wechat_id": {"mask": "lists"}}):
        answer = boss.post("/roles", {**body, "field_rules": wider})
        assert (answer.status_code, answer.json["code"], answer.json["missing"]) == (403, "not_held", ["field_rules"])
    made = boss.made("/roles", {**body, "field_rules": {**rules, "player.wechat_id": {"access": "hidden"}}})
    opened = boss.patch(f"/roles/{made['id']}", {"field_rules": {}}, version=made["version"])
    assert (opened.status_code, opened.json["code"]) == (403, "not_held")
    renamed = boss.patch(f"/roles/{made['id']}", {"zh": "改名"}, version=made["version"])
    assert renamed.status_code == 200
    open_one = a_role(admin)
    given = boss.post("/staff", {"no": f"N{uuid4().hex[:8]}", "name": "谁", "role": open_one["code"]})
    assert (given.status_code, given.json["code"]) == (403, "not_held")


def test_a_stricter_rule_counts_for_tokens_that_are_out_already(suite: InProcessSuite, admin: Api):
    role = a_role(admin)
    member = new_member(suite, role["code"])
    before = suite.api(member.no, fresh=True).get("/me").json["staff"]["version"]
    stricter = {"field_rules": {"player.note": {"access": "hidden"}}}
    role = admin.patch(f"/roles/{role['id']}", stricter, version=role["version"]).json
    assert admin.get(f"/staff/{member.id}").json["version"] == before + 1
    admin.patch(f"/roles/{role['id']}", {"field_rules": {}}, version=role["version"])
    assert admin.get(f"/staff/{member.id}").json["version"] == before + 1, "a wider one need not hurry"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"code": "Große"}, "/code"),
        ({"scope": "galaxy"}, "/scope"),
        ({"scope": "departments"}, "/departments"),
        ({"departments": ["01890000-0000-7000-8000-000000000000"]}, "/departments"),
        ({"scope": "departments", "departments": ["01890000-0000-7000-8000-000000000000"]}, "/departments"),
        ({"actions": ["player.fly"]}, "/actions/0"),
        ({"actions": ["own"]}, "/actions/0"),
        ({"built_in": True}, "/built_in"),
        ({"field_rules": {"player.soul": {"access": "hidden"}}}, "/field_rules"),
        ({"field_rules": {"player.note": {"access": "gone"}}}, "/field_rules"),
        ({"field_rules": {"player.note": {"mask": "lists"}}}, "/field_rules"),
        ({"field_rules": {"player.game": {"access": "read"}}}, "/field_rules"),
        ({"field_rules": {"order.price": {"access": "hidden"}}}, "/field_rules"),
        ({"field_rules": {"player.note": {"why": "so"}}}, "/field_rules"),
        ({"field_rules": ["player.note"]}, "/field_rules"),
    ],
)
def test_what_is_no_role_is_refused_with_the_field_that_is_wrong(admin: Api, wrong: dict[str, Any], pointer: str):
    body = {"code": f"r_{uuid4().hex[:8]}", "zh": "错", "en": "Wrong", "scope": "self", "actions": READS, **wrong}
    answer = admin.post("/roles", body)
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


def test_codes_differ_and_staff_need_a_role_that_is_there(admin: Api):
    role = a_role(admin)
    again = admin.post("/roles", {"code": role["code"], "zh": "再", "en": "Again", "scope": "self", "actions": []})
    assert (again.status_code, again.json["code"]) == (409, "duplicate_role")
    nobody = admin.post("/staff", {"no": f"N{uuid4().hex[:8]}", "name": "谁", "role": "owner"})
    assert (nobody.status_code, nobody.json["errors"][0]["pointer"]) == (422, "/role")


def test_only_a_role_nobody_has_or_had_is_removed(suite: InProcessSuite, admin: Api):
    used, free = a_role(admin), a_role(admin)
    new_member(suite, used["code"])
    refused = admin.delete(f"/roles/{used['id']}", version=used["version"])
    assert (refused.status_code, refused.json["code"]) == (409, "role_in_use")
    built_in = next(role for role in admin.get("/roles").json["items"] if role["code"] == "inspector")
    kept = admin.delete(f"/roles/{built_in['id']}", version=built_in["version"])
    assert (kept.status_code, kept.json["code"]) == (409, "built_in_role")
    assert admin.delete(f"/roles/{free['id']}", version=free["version"]).status_code == 204
    assert admin.get(f"/roles/{free['id']}").status_code == 404


@pytest.fixture
def inspector(admin: Api) -> Iterator[dict[str, Any]]:
    """A built-in role, put back afterwards."""
    role = next(role for role in admin.get("/roles").json["items"] if role["code"] == "inspector")
    yield role
    now = admin.get(f"/roles/{role['id']}").json
    back = {name: role[name] for name in ("zh", "en", "scope", "departments", "actions", "requires_second_factor")}
    assert admin.patch(f"/roles/{role['id']}", back, version=now["version"]).status_code == 200


def test_a_built_in_role_is_changed_and_a_stale_change_is_refused(admin: Api, inspector: dict[str, Any]):
    fewer = [action for action in inspector["actions"] if action != "sales.read"]
    path = f"/roles/{inspector['id']}"
    changed = admin.patch(path, {"actions": fewer, "zh": "质检员"}, version=inspector["version"])
    assert (changed.json["actions"], changed.json["zh"]) == (fewer, "质检员")
    stale = admin.patch(path, {"zh": "谁"}, version=inspector["version"])
    assert (stale.status_code, stale.json["current"]["zh"]) == (412, "质检员")
    assert admin.patch(path, {"zh": "谁"}).status_code == 428


def test_the_pages_make_change_copy_and_remove_a_role(suite: InProcessSuite, admin: Api):
    pages, code = suite.pages("admin"), f"p_{uuid4().hex[:8]}"
    form = {
        "code": code,
        "zh": "大R专员",
        "en": "VIP agent",
        "scope": "departments",
        "actions": ["player.read", "ticket.read"],
    }
    made = pages.post("/settings/roles", {**form, "departments": [suite.departments["二部"]]})
    assert made.status_code == 303
    role = next(role for role in admin.get("/roles").json["items"] if role["code"] == code)
    assert role["departments"] == [suite.departments["二部"]]
    assert "大R专员" in pages.get("/settings/roles").text
    copied = pages.get("/settings/roles/new", query_string={"like": role["id"]}).text
    assert 'value="ticket.read" checked' in copied
    saved = {
        "zh": "大R专员",
        "en": "VIP agent",
        "scope": "self",
        "actions": ["player.read"],
        "version": role["version"],
    }
    assert pages.post(f"/settings/roles/{role['id']}", saved).status_code == 303
    now = admin.get(f"/roles/{role['id']}").json
    assert (now["scope"], now["departments"], now["actions"]) == ("self", [], ["player.read"])
    column = {"scope": "department", "actions": ["player.read", "ticket.read"], "version": now["version"]}
    assert pages.post(f"/settings/roles/{role['id']}/column", column).status_code == 303
    now = admin.get(f"/roles/{role['id']}").json
    assert (now["scope"], now["actions"], now["zh"]) == ("department", ["player.read", "ticket.read"], "大R专员")
    undone = {"scope": "self", "actions": "player.read", "version": now["version"]}
    assert pages.post(f"/settings/roles/{role['id']}/column", undone).status_code == 303
    now = admin.get(f"/roles/{role['id']}").json
    assert (now["scope"], now["actions"]) == ("self", ["player.read"])
    member = new_member(suite, code)
    assert "大R专员" in pages.get("/settings/staff", query_string={"q": member.no}).text
    refused = pages.post(f"/settings/roles/{role['id']}/remove", {"version": now["version"]})
    assert "还有员工" in refused.text
