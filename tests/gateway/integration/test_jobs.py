"""Long work through the gateway: exports under scope and mask, imports row by row, jobs found wherever they are done."""

from __future__ import annotations

import csv
import io
import re
import threading
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import new_id
from chassis.jobs.running import work_off
from chassis.ops import faultpoints
from tests.security.test_s07_roles import a_role
from tests.support.suite_in_process import Api, InProcessSuite, new_member


def run_jobs(suite: InProcessSuite) -> None:
    """Let every service do what it was asked for."""
    for one in suite.services.values():
        while work_off(one.runtime, threading.Event()):
            pass


def exported(
    suite: InProcessSuite, api: Api, path: str, form: str = "csv", language: str = "zh", **filters: str
) -> list[dict[str, str]]:
    """The rows of a csv export."""
    job = api.made(path, {"format": form}, query_string=filters, headers={"Accept-Language": language})
    run_jobs(suite)
    job = api.get(f"/jobs/{job['id']}").json
    assert job["state"] == "done", job
    answer = api.get(f"/jobs/{job['id']}/result")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    return table(answer.data)


def table(data: bytes) -> list[dict[str, str]]:
    """The rows of a csv file as Excel would read them."""
    assert data.startswith(b"\xef\xbb\xbf"), "Excel knows UTF-8 by its mark"
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def player(suite: InProcessSuite, no: str, **fields: Any) -> dict[str, Any]:
    """A player of this agent's."""
    return suite.api(no).made("/players", {"wechat_id": f"wx_{new_id()[-12:]}", **fields})


def imported(suite: InProcessSuite, api: Api, lines: list[str], **query: str) -> dict[str, Any]:
    """The job that took these csv lines."""
    data = "\n".join(lines).encode()
    answer = api.request("POST", "/players/imports", data=data, content_type="text/csv", query_string=query)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json['id']}"
    run_jobs(suite)
    found: dict[str, Any] = api.get(f"/jobs/{answer.json['id']}").json
    return found


def test_a_supervisor_exports_exactly_the_department_and_nobody_elses_row(suite: InProcessSuite):
    tag = f"导出{new_id()[-6:]}"
    mine, theirs = player(suite, "A001", tags=[tag], nickname="甲"), player(suite, "B001", tags=[tag])
    rows = exported(suite, suite.api("M001"), "/players/exports", tag=tag)
    assert [row["ID"] for row in rows] == [mine["id"]]
    assert (rows[0]["昵称"], rows[0]["所属客服"]) == ("甲", "A001")
    everybody = exported(suite, suite.api("admin"), "/players/exports", tag=tag)
    assert {row["ID"] for row in everybody} == {mine["id"], theirs["id"]}


def test_what_was_fetched_by_whom_is_in_the_audit_log(suite: InProcessSuite):
    tag = f"审计{new_id()[-6:]}"
    player(suite, "A001", tags=[tag])
    exported(suite, suite.api("M001"), "/players/exports", tag=tag, phone="13800008000")
    entries = suite.api("admin").get("/audit", query_string={"action": "export.fetched", "limit": 200}).json["items"]
    found = [entry for entry in entries if entry["details"].get("filters", {}).get("tag") == tag]
    assert [(entry["actor"]["no"], entry["details"]["kind"], entry["details"]["rows"]) for entry in found] == [
        ("M001", "players.export", 0)
    ]
    assert found[0]["details"]["filters"]["phone"] == "138****8000"


def test_an_agent_exports_nothing(suite: InProcessSuite):
    for path in ("/players/exports", "/tickets/exports", "/touches/exports", "/orders/exports"):
        assert suite.api("A001").post(path, {}).status_code == 403


@pytest.mark.parametrize("path", ["/tickets/exports", "/touches/exports"])
def test_what_hangs_on_players_is_exported_too(suite: InProcessSuite, path: str):
    agent = suite.api("A001")
    one = player(suite, "A001", nickname="乙")
    if path.startswith("/tickets"):
        made = agent.made("/tickets", {"player_id": one["id"], "question": "=cmd|' /C calc'!A0"})
    else:
        made = agent.made("/touches", {"player_id": one["id"], "channel": "wechat", "outcome": "considering"})
    rows = exported(suite, suite.api("M001"), path, player_id=one["id"])
    assert [row["ID"] for row in rows] == [made["id"]]
    assert rows[0]["玩家"] == "乙"


def test_jobs_of_all_services_are_one_list_newest_first_and_only_ones_own(suite: InProcessSuite):
    boss = new_member(suite, "supervisor")
    api = suite.api(boss.no)
    made = [api.made(path, {})["id"] for path in ("/players/exports", "/tickets/exports", "/orders/exports")]
    first = api.get("/jobs", query_string={"limit": 2}).json
    second = api.get("/jobs", query_string={"limit": 2, "cursor": first["next_cursor"]}).json
    assert [job["id"] for job in first["items"] + second["items"]] == made[::-1]
    assert (second["next_cursor"], first["unavailable"]) == (None, [])
    assert suite.api("admin").get(f"/jobs/{made[0]}").status_code == 404
    assert suite.api("admin").post(f"/jobs/{made[0]}/cancel").status_code == 404
    run_jobs(suite)


def test_a_job_that_waits_is_cancelled_and_has_no_file(suite: InProcessSuite):
    api = suite.api("M001")
    job = api.made("/players/exports", {})
    assert api.post(f"/jobs/{job['id']}/cancel").json["state"] == "cancelled"
    run_jobs(suite)
    assert api.get(f"/jobs/{job['id']}/result").json["code"] == "file_not_there"
    assert api.post(f"/jobs/{job['id']}/cancel").json["code"] == "job_over"


def test_what_a_leaver_asked_for_is_not_done(suite: InProcessSuite):
    boss = new_member(suite, "supervisor")
    job = suite.api(boss.no).made("/players/exports", {})
    staff = suite.api("admin").get(f"/staff/{boss.id}").json
    assert suite.api("admin").patch(f"/staff/{boss.id}", {"state": "left"}, version=staff["version"]).status_code == 200
    suite.pump(1)
    run_jobs(suite)
    with suite.raw("player") as connection:
        row = connection.execute(text("SELECT state, error FROM jobs WHERE id = :id"), {"id": job["id"]}).one()
        files = connection.scalar(text("SELECT count(*) FROM job_files WHERE job_id = :id"), {"id": job["id"]})
    assert (row.state, row.error["code"], files) == ("cancelled", "owner_gone", 0)


def test_a_file_is_not_handed_out_to_somebody_who_may_see_less_by_now(suite: InProcessSuite):
    boss = new_member(suite, "supervisor")
    api = suite.api(boss.no)
    job = api.made("/players/exports", {})
    run_jobs(suite)
    assert api.get(f"/jobs/{job['id']}/result").status_code == 200
    staff = suite.api("admin").get(f"/staff/{boss.id}").json
    suite.api("admin").patch(f"/staff/{boss.id}", {"role": "agent"}, version=staff["version"])
    answer = suite.api(boss.no, fresh=True).get(f"/jobs/{job['id']}/result")
    assert (answer.status_code, answer.json["code"]) == (409, "reach_changed")


def test_a_file_of_before_a_field_was_masked_or_hidden_is_not_handed_out_any_more(suite: InProcessSuite):
    admin, actions = suite.api("admin"), ["player.read", "player.export", "player.phone.see"]
    for rule in ({"player.phone": {"mask": "everywhere"}}, {"player.note": {"access": "hidden"}}):
        role = a_role(admin, scope="all", actions=actions)
        api = suite.api(new_member(suite, role["code"]).no, fresh=True)
        job = api.made("/players/exports", {})
        run_jobs(suite)
        assert api.get(f"/jobs/{job['id']}/result").status_code == 200
        stricter = admin.patch(f"/roles/{role['id']}", {"field_rules": rule}, version=role["version"])
        assert stricter.status_code == 200, stricter.text
        suite.gateway.extensions["playdesk_sessions"]._known.clear()
        answer = api.get(f"/jobs/{job['id']}/result")
        assert (answer.status_code, answer.json["code"]) == (409, "reach_changed"), rule


def test_rows_that_are_right_become_players_and_the_others_come_back_to_be_mended(suite: InProcessSuite):
    word = new_id()[-8:]
    there = player(suite, "A001")
    job = imported(
        suite,
        suite.api("M001"),
        [
            "手机号,微信ID,昵称,标签,客服工号",
            f"13977712301,wx_{word}_1,丙,大R、老客,A001",
            f"123,wx_{word}_2,,,",
            f",{there['wechat_id'].upper()},,,",
            f",wx_{word}_1,,,",
            f",wx_{word}_3,,,X999",
            ",,没有联系方式,,",
            f",wx_{word}_4,丁,,",
        ],
    )
    assert (job["state"], job["done"], job["failed"]) == ("done", 7, 5)
    assert job["outcome"] == {"taken": 2, "refused": 5}
    made = suite.api("A001").get("/players", query_string={"wechat_id": f"wx_{word}_1"}).json["items"]
    assert [(one["nickname"], one["tags"], one["phone"]) for one in made] == [("丙", ["大R", "老客"], "139****2301")]
    answer = suite.api("M001").get(f"/jobs/{job['id']}/errors")
    rows = table(answer.data)
    why = {row["原文件行号"]: row["出错原因"] for row in rows}
    assert set(why) == {"3", "4", "5", "6", "7"}
    words = {"3": "不是有效的手机号", "4": "已经有这位玩家", "5": "与第 2 行重复", "6": "X999", "7": "phone wechat_id"}
    assert [row for row, word in words.items() if word not in why[row]] == []
    assert rows[0]["手机号"] == "123"
    with suite.raw("player") as connection:
        facts = connection.scalar(
            text("SELECT count(*) FROM outbox WHERE type = 'player.created.v1' AND data->>'wechat_id' LIKE :like"),
            {"like": f"wx_{word}_%"},
        )
        plain = connection.scalar(text("SELECT count(*) FROM job_files WHERE data LIKE '%13977712301%'::bytea"))
    assert (facts, plain) == (2, 0)


def test_a_dry_run_writes_nothing_and_its_file_is_then_taken_without_sending_it_again(suite: InProcessSuite):
    word, api = new_id()[-8:], suite.api("M001")
    job = imported(suite, api, ["微信ID,昵称", f"wx_{word}_1,一", f"wx_{word}_1,二"], dry_run="true")
    assert (job["dry_run"], job["outcome"]) == (True, {"taken": 1, "refused": 1})
    assert api.get("/players", query_string={"wechat_id": f"wx_{word}_1"}).json["items"] == []
    again = api.post("/players/imports", query_string={"of": job["id"]})
    assert again.status_code == 202, again.text
    run_jobs(suite)
    assert api.get("/players", query_string={"wechat_id": f"wx_{word}_1"}).json["items"][0]["nickname"] == "一"


def test_unknown_headings_are_named(suite: InProcessSuite):
    job = imported(suite, suite.api("M001"), ["微信ID,生日", "wx_a,1990"])
    assert (job["state"], job["error"]["code"]) == ("failed", "wrong_headings")
    assert "生日" in job["error"]["title"]


class Killed(BaseException):
    """The worker is gone in the middle of its work."""


def test_an_import_whose_worker_dies_is_taken_up_again_and_no_row_is_taken_twice(suite: InProcessSuite, monkeypatch):
    word, api, count = new_id()[-8:], suite.api("M001"), 900
    lines = ["微信ID,手机号", *(f"wx_{word}_{n},{'' if n % 100 else 'x'}" for n in range(count))]
    answer = api.request("POST", "/players/imports", data="\n".join(lines).encode(), content_type="text/csv")
    runtime, batches = suite.services["player"].runtime, iter(range(100))

    def die(place: str) -> None:
        if place == "import.after_batch" and next(batches) in (1, 2):
            raise Killed()

    monkeypatch.setattr(faultpoints, "reach", die)
    for done in (400, 600):
        with pytest.raises(Killed):
            work_off(runtime)
        assert api.get(f"/jobs/{answer.json['id']}").json["done"] == done
        assert not work_off(runtime), "as long as the lease lasts, nobody else takes it"
        with runtime.database.session() as session:
            session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running'"))
            session.commit()
    assert work_off(runtime)
    job = api.get(f"/jobs/{answer.json['id']}").json
    assert (job["state"], job["done"], job["failed"]) == ("done", count, 9)
    with suite.raw("player") as connection:
        like = {"like": f"wx_{word}_%"}
        made = connection.scalar(text("SELECT count(*) FROM players WHERE wechat_id LIKE :like"), like)
        facts = connection.scalar(text("SELECT count(*) FROM outbox WHERE data->>'wechat_id' LIKE :like"), like)
        jobs = connection.scalar(text("SELECT count(*) FROM job_errors WHERE job_id = :id"), {"id": job["id"]})
    assert (made, facts, jobs) == (count - 9, count - 9, 9 + 1)


def test_a_cancelled_import_stops_at_its_next_batch_and_keeps_what_is_written(suite: InProcessSuite, monkeypatch):
    word, api = new_id()[-8:], suite.api("M001")
    lines = ["微信ID", *(f"wx_{word}_{n}" for n in range(600))]
    job_id = api.request("POST", "/players/imports", data="\n".join(lines).encode(), content_type="text/csv").json["id"]
    monkeypatch.setattr(
        faultpoints, "reach", lambda place: place.startswith("import") and api.post(f"/jobs/{job_id}/cancel")
    )
    run_jobs(suite)
    job = api.get(f"/jobs/{job_id}").json
    with suite.raw("player") as connection:
        made = connection.scalar(
            text("SELECT count(*) FROM players WHERE wechat_id LIKE :like"), {"like": f"wx_{word}_%"}
        )
    assert (job["state"], job["done"], made) == ("cancelled", 200, 200)


def test_the_page_of_a_list_exports_what_its_filters_show_and_the_jobs_page_has_the_file(suite: InProcessSuite):
    boss, tag = new_member(suite, "supervisor"), f"页面{new_id()[-6:]}"
    one = player(suite, "A001", tags=[tag])
    pages = suite.pages(boss.no)
    assert "导出 Excel" in pages.get("/players").text
    answer = pages.post(f"/players/exports?tab=all&tag={tag}", {"format": "csv"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/jobs")
    waiting = pages.get("/jobs").text
    assert "every 2s" in waiting
    run_jobs(suite)
    shown = pages.get("/jobs").text
    assert "every 2s" not in shown
    address = re.search(r'href="(/api/v1/jobs/[^"]+/result)"', shown)
    assert address
    assert [row["ID"] for row in table(pages.get(address[1]).data)] == [one["id"]]


def test_the_import_page_tries_a_file_first_and_imports_it_without_choosing_it_again(suite: InProcessSuite):
    pages, word = suite.pages("admin"), new_id()[-8:]
    blank = f"{' ' * 40_000},\n" * 30  # more than the forms of other pages may bring
    file = (io.BytesIO(f"微信ID,手机号\nwx_{word}_a,\nwx_{word}_b,12\n{blank}".encode()), "玩家.csv", "text/csv")
    answer = pages.post("/players/imports", {"file": file, "run": "trial"}, content_type="multipart/form-data")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/jobs"), answer.text[:500]
    run_jobs(suite)
    shown = pages.get("/jobs").text
    assert "1 行可以导入，1 行有误" in shown
    address = re.search(r'action="(/jobs/[^"]+/import)"', shown)
    assert address
    assert pages.post(address[1]).status_code == 303
    run_jobs(suite)
    assert "已导入 1 行" in pages.get("/jobs").text
    assert len(suite.api("admin").get("/players", query_string={"wechat_id": f"wx_{word}_a"}).json["items"]) == 1


def test_a_file_that_is_no_table_is_refused_on_the_page_in_words(suite: InProcessSuite):
    file = (io.BytesIO(b"\x89PNG\r\n"), "玩家.csv", "text/csv")
    answer = suite.pages("admin").post("/players/imports", {"file": file}, content_type="multipart/form-data")
    assert answer.status_code == 415
    assert "只接受 xlsx 和 csv" in answer.text
    assert "<html" in answer.text
