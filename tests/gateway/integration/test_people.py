"""Staff, departments and WeChat accounts over the API, with their rules and facts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.support.suite_in_process import PASSWORD, Api, InProcessSuite, Member, new_member, rows_of


@pytest.fixture
def admin(suite: InProcessSuite):
    return suite.api("admin")


def word() -> str:
    return uuid4().hex[:8]


def facts(suite: InProcessSuite, subject: str) -> list[str]:
    query = (
        "SELECT type FROM (SELECT * FROM outbox UNION ALL SELECT NULL, id, type, subject, entity_version, data, actor, "
    )
    query += "correlation_id, traceparent, occurred_at FROM event_log) f WHERE subject = :s ORDER BY entity_version"
    return [row[0] for row in rows_of(suite, "gateway", query, s=subject)]


def test_somebody_new_is_a_plain_agent_who_can_sign_in(suite: InProcessSuite, admin):
    no = f"N{word()}"
    answer = admin.post(
        "/staff", {"no": no, "name": "新人", "password": PASSWORD, "wechat_accounts": [{"wechat_id": f"w{no}"}]}
    )
    assert (answer.status_code, answer.json["role"], answer.json["state"]) == (201, "agent", "in_service")
    assert answer.headers["Location"] == f"/api/v1/staff/{answer.json['id']}"
    assert "password" not in answer.text
    assert suite.nobody().post("/login", {"staff_no": no.lower(), "password": PASSWORD}).status_code == 200
    assert facts(suite, answer.json["id"]) == ["staff.joined.v1"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"no": "a001", "name": "同号"}, 409, "duplicate_staff"),
        ({"no": "Z1", "name": "弱", "password": "1234567890"}, 409, "weak_password"),
        ({"no": "Z2", "name": "弱", "password": "short"}, 409, "weak_password"),
        ({"no": "Z34567", "name": "弱", "password": "xxz34567xx"}, 409, "weak_password"),
        ({"no": "Z4", "name": "号", "wechat_accounts": [{"wechat_id": "pd_a001"}]}, 409, "wechat_account_taken"),
        ({"no": "Z5", "name": "部", "department_id": "01890000-0000-7000-8000-000000000000"}, 404, "not_found"),
        ({"no": "Z6", "name": "角", "role": "owner"}, 422, "wrong_fields"),
        ({"no": "", "name": "空"}, 422, "wrong_fields"),
        ({"no": "Z7"}, 422, "wrong_fields"),
        ({"no": "Z8", "name": "长" * 65}, 422, "wrong_fields"),
    ],
)
def test_what_is_wrong_with_somebody_new_is_said_and_nobody_is_made(suite, admin, body, status, code):
    answer = admin.post("/staff", body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert not rows_of(suite, "gateway", "SELECT 1 FROM staff WHERE no = :no AND no != 'A001'", no=body["no"])


def test_an_edit_needs_the_version_it_was_made_from(suite: InProcessSuite, admin):
    member = new_member(suite)
    assert admin.patch(f"/staff/{member.id}", {"name": "改"}).status_code == 428
    stale = admin.patch(f"/staff/{member.id}", {"name": "改"}, version=99)
    assert (stale.status_code, stale.json["current"]["no"]) == (412, member.no)
    done = admin.patch(f"/staff/{member.id}", {"name": "改"}, version=stale.json["current"]["version"])
    assert (done.status_code, done.json["name"], done.headers["ETag"]) == (200, "改", f'"{done.json["version"]}"')
    assert facts(suite, member.id) == ["staff.joined.v1", "staff.changed.v1"]


def test_whoever_leaves_is_out_and_says_so(suite: InProcessSuite, admin):
    member = new_member(suite)
    api = suite.api(member.no, fresh=True)
    version = admin.get(f"/staff/{member.id}").json["version"]
    assert admin.patch(f"/staff/{member.id}", {"state": "left"}, version=version).status_code == 200
    assert api.get("/me").status_code == 401
    assert suite.nobody().post("/login", {"staff_no": member.no, "password": PASSWORD}).status_code == 401
    assert facts(suite, member.id)[-1] == "staff.left.v1"


def test_nobody_changes_their_own_role(suite: InProcessSuite, admin):
    me = admin.get("/me").json["staff"]
    answer = admin.patch(f"/staff/{me['id']}", {"role": "agent"}, version=me["version"])
    assert (answer.status_code, answer.json["code"]) == (409, "own_role")


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls come to when all are made in the same moment."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(call) for call in calls]]


def test_two_administrators_cannot_remove_one_another_at_once(suite: InProcessSuite):
    """Ten times: each of the two takes the other's role in the same moment; one administrator is always left."""
    others = [m for m in suite.staff.values() if m.role == "admin"]
    versions = {m.id: suite.api("admin").get(f"/staff/{m.id}").json["version"] for m in others}
    one, two = new_member(suite, "admin"), new_member(suite, "admin")
    apis = {one.id: suite.api(one.no), two.id: suite.api(two.no)}
    with suite.raw("gateway") as connection:
        connection.exec_driver_sql("UPDATE staff SET role = 'inspector' WHERE role = 'admin' AND no NOT LIKE 'X%%'")
        for _ in range(10):
            found = {m.id: apis[m.id].get(f"/staff/{m.id}").json["version"] for m in (one, two)}
            answers = at_once(
                lambda: apis[one.id].patch(f"/staff/{two.id}", {"role": "agent"}, version=found[two.id]),  # noqa: B023
                lambda: apis[two.id].patch(f"/staff/{one.id}", {"role": "agent"}, version=found[one.id]),  # noqa: B023
            )
            left = connection.exec_driver_sql(
                "SELECT count(*) FROM staff WHERE role = 'admin' AND state = 'in_service'"
            ).scalar()
            assert left is not None
            assert left >= 1, [answer.text for answer in answers]
            assert {answer.status_code for answer in answers} <= {200, 403, 409}
            connection.exec_driver_sql(f"UPDATE staff SET role = 'admin' WHERE id IN ('{one.id}', '{two.id}')")
            suite.gateway.extensions["playdesk_sessions"]._known.clear()
        connection.exec_driver_sql(f"UPDATE staff SET role = 'agent' WHERE id IN ('{one.id}', '{two.id}')")
        for member_id in versions:
            connection.exec_driver_sql(f"UPDATE staff SET role = 'admin' WHERE id = '{member_id}'")
    suite.gateway.extensions["playdesk_sessions"]._known.clear()


def test_a_department_cannot_be_moved_below_itself_even_by_two_at_once(suite: InProcessSuite, admin):
    made = [admin.made("/departments", {"name": f"部{word()}"}) for _ in range(2)]
    below = admin.made("/departments", {"name": f"下{word()}", "parent_id": made[0]["id"]})
    loop = admin.patch(f"/departments/{made[0]['id']}", {"parent_id": below["id"]}, version=1)
    assert (loop.status_code, loop.json["code"]) == (409, "department_loop")
    answers = at_once(
        lambda: admin.patch(f"/departments/{made[0]['id']}", {"parent_id": made[1]["id"]}, version=1),
        lambda: admin.patch(f"/departments/{made[1]['id']}", {"parent_id": made[0]["id"]}, version=1),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_an_account_that_was_given_up_is_free_again(suite: InProcessSuite, admin):
    member, other, account = new_member(suite), new_member(suite), {"wechat_id": f"w{word()}"}
    first = admin.get(f"/staff/{member.id}").json
    had = admin.patch(f"/staff/{member.id}", {"wechat_accounts": [account]}, version=first["version"])
    version = admin.get(f"/staff/{other.id}").json["version"]
    assert admin.patch(f"/staff/{other.id}", {"wechat_accounts": [account]}, version=version).status_code == 409
    admin.patch(f"/staff/{member.id}", {"wechat_accounts": []}, version=had.json["version"])
    assert admin.patch(f"/staff/{other.id}", {"wechat_accounts": [account]}, version=version).status_code == 200
    held = next(one for one in admin.everything("/wechat-accounts") if one["wechat_id"] == account["wechat_id"])
    assert held == admin.get(f"/wechat-accounts/{held['id']}").json
    spans = admin.get(f"/wechat-accounts/{held['id']}/holders").json["items"]
    assert [span["staff"]["no"] for span in spans] == [other.no, member.no], "whose it was is kept, the newest first"
    assert [span["until_at"] is None for span in spans] == [True, False]
    assert all(span["by"] == admin.id for span in spans)
    assert spans[1]["from_at"] < spans[1]["until_at"] <= spans[0]["from_at"]


def test_a_leavers_accounts_go_on_with_the_players_and_their_history_says_so(suite: InProcessSuite, admin: Api):
    leaver, taker = new_member(suite), new_member(suite)
    account = admin.get("/wechat-accounts", query_string={"staff_id": leaver.id}).json["items"][0]
    version = admin.get(f"/staff/{leaver.id}").json["version"]
    admin.made(f"/staff/{leaver.id}/leave", {"rule": "person", "to_id": taker.id}, version=version)
    assert admin.get(f"/wechat-accounts/{account['id']}").json["staff_id"] == taker.id
    spans = admin.get(f"/wechat-accounts/{account['id']}/holders").json["items"]
    assert [span["staff"]["no"] for span in spans] == [taker.no, leaver.no]


def test_two_who_take_one_account_at_once_leave_it_with_one(suite: InProcessSuite, admin: Api):
    members = [new_member(suite) for _ in range(8)]
    account = {"wechat_id": f"w{members[0].no}_shared"}
    versions = {member.id: admin.get(f"/staff/{member.id}").json["version"] for member in members}

    def take(member: Member) -> int:
        body = {"wechat_accounts": [account]}
        return suite.api("admin").patch(f"/staff/{member.id}", body, version=versions[member.id]).status_code

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(take, members))
    assert answers == [200] + [409] * 7
    held = next(one for one in admin.everything("/wechat-accounts") if one["wechat_id"] == account["wechat_id"])
    assert len(admin.get(f"/wechat-accounts/{held['id']}/holders").json["items"]) == 1


def test_staff_are_found_by_number_name_and_department(suite: InProcessSuite, admin):
    found = [s["no"] for s in admin.get("/staff", query_string={"q": "b00"}).json["items"]]
    assert "B001" in found
    assert [no for no in found if "b00" not in no.lower()] == []
    there = admin.get("/staff", query_string={"department_id": suite.departments["二线"]}).json["items"]
    assert "S001" in {s["no"] for s in there}
    assert {s["department_id"] for s in there} == {suite.departments["二线"]}
