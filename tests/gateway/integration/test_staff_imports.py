"""Staff out of a file: tried first, refused rows said one by one, the right ones made, those that are there untouched."""

from __future__ import annotations

import csv
import io
from typing import Any

from chassis.clock import new_id
from chassis.jobs.running import work_off
from tests.support.suite_in_process import InProcessSuite

HEAD = ["工号", "姓名", "角色", "几线", "部门", "微信ID", "技能", "容量"]


def send(suite: InProcessSuite, rows: list[list[str]], who: str = "admin", **query: str) -> dict[str, Any]:
    """Send a csv, have the job done, and return it."""
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *rows])
    data = {"file": (io.BytesIO(text.getvalue().encode()), "staff.csv", "text/csv")}
    api = suite.api(who)
    headers = {"Authorization": f"Bearer {api.token}"}
    answer = api.client.post("/api/v1/staff/imports", data=data, headers=headers, query_string=query)
    assert answer.status_code == 202, answer.text
    while work_off(suite.gateway_runtime):
        pass
    job: dict[str, Any] = api.get(f"/jobs/{answer.json['id']}").json
    return job


def number() -> str:
    return f"I{new_id()[-8:]}"


def test_the_right_rows_become_staff_and_the_others_say_why(suite: InProcessSuite):
    good, twice = number(), number()
    rows = [
        [good, "王小明", "客服", "二线", "一部", f"wx_{good}", "充值、账号", "15"],
        [twice, "李雷", "supervisor", "1", "二部", "", "", ""],
        [twice, "又一个", "", "", "", "", "", ""],
        ["A001", "已经有的", "", "", "", "", "", ""],
        [number(), "", "", "", "", "", "", ""],
        [number(), "没有的部门", "", "", "九部", "", "", ""],
        [number(), "没有的角色", "国王", "", "", "", "", ""],
        [number(), "太多", "", "7", "", "", "", "-3"],
    ]
    job = send(suite, rows)
    assert (job["state"], job["outcome"]) == ("done", {"taken": 2, "refused": 6}), job
    admin = suite.api("admin")
    [made] = admin.get("/staff", query_string={"q": good}).json["items"]
    assert (made["role"], made["line"], made["skills"], made["capacity"]) == ("agent", 2, ["充值", "账号"], 15)
    assert made["department_id"] == suite.departments["一部"]
    refused = admin.get(f"/jobs/{job['id']}/errors").text
    for words in ("与第 3 行重复", "重复", "必填", "只能是"):
        assert words in refused
    untouched = admin.get("/staff", query_string={"q": "A001"}).json["items"][0]
    assert untouched["name"] == "客服一"


def test_a_trial_writes_nothing_and_its_file_is_imported_without_being_sent_again(suite: InProcessSuite):
    no = number()
    trial = send(suite, [[no, "试一试", "", "", "", "", "", ""]], dry_run="true")
    assert (trial["dry_run"], trial["outcome"]["taken"]) == (True, 1)
    admin = suite.api("admin")
    assert admin.get("/staff", query_string={"q": no}).json["items"] == []
    job = admin.post("/staff/imports", query_string={"of": trial["id"]})
    assert job.status_code == 202
    while work_off(suite.gateway_runtime):
        pass
    assert len(admin.get("/staff", query_string={"q": no}).json["items"]) == 1


def test_nobody_imports_a_role_they_could_not_give(suite: InProcessSuite):
    from tests.gateway.integration.test_roles import a_role
    from tests.support.suite_in_process import new_member

    role = a_role(suite.api("admin"), scope="all", actions=["staff.read", "staff.write", "department.read"])
    clerk = new_member(suite, role["code"])
    suite.staff[clerk.no] = clerk
    no = number()
    job = send(suite, [[no, "想当管理员", "admin", "", "", "", "", ""]], who=clerk.no)
    assert job["outcome"] == {"taken": 0, "refused": 1}
    assert suite.api("admin").get("/staff", query_string={"q": no}).json["items"] == []


def test_rows_without_a_role_are_refused_one_by_one_where_the_plain_role_may_not_be_given(suite: InProcessSuite):
    from tests.gateway.integration.test_roles import a_role
    from tests.support.suite_in_process import new_member

    role = a_role(suite.api("admin"), scope="self", actions=["staff.read", "staff.write", "department.read"])
    clerk = new_member(suite, role["code"])
    suite.staff[clerk.no] = clerk
    job = send(suite, [[number(), "新人", "", "", "", "", "", ""] for _ in range(2)], who=clerk.no)
    assert (job["state"], job["outcome"]) == ("done", {"taken": 0, "refused": 2}), job


def test_the_template_has_the_headings_that_are_understood(suite: InProcessSuite):
    answer = suite.api("admin").get("/staff/imports/template", query_string={"format": "csv"})
    assert answer.status_code == 200
    assert answer.data.decode("utf-8-sig").strip().startswith("工号,姓名,角色,几线,部门")


def test_the_audit_log_is_exported_as_it_is_shown(suite: InProcessSuite):
    no = number()
    admin = suite.api("admin")
    person = admin.made("/staff", {"no": no, "name": "要查的人"})
    admin.patch(f"/staff/{person['id']}", {"line": 2}, version=1)
    suite.pump()
    job = admin.made("/audit/exports", {"format": "csv"}, query_string={"subject_id": person["id"]})
    while work_off(suite.gateway_runtime):
        pass
    job = admin.get(f"/jobs/{job['id']}").json
    assert (job["state"], job["outcome"]["rows"] >= 2) == ("done", True), job
    rows = list(csv.DictReader(io.StringIO(admin.get(f"/jobs/{job['id']}/result").data.decode("utf-8-sig"))))
    changed = next(row for row in rows if row["操作"].startswith("staff.changed"))
    assert (changed["之前"], changed["之后"]) == ('{"line":1}', '{"line":2}')
    assert {row["工号"] for row in rows} == {"admin"}
    fetched = admin.get("/audit", query_string={"action": "export.fetched", "subject_id": job["id"]}).json["items"]
    assert fetched, "who fetched it is in the log itself"
    assert suite.api("A001").post("/audit/exports", {"format": "csv"}).status_code == 403
