"""The audit log: who did what, when, from where, what it was before and after; by facts, deeds and denials."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.suite_in_process import PASSWORD, Api, InProcessSuite, new_member, rows_of

NUMBER = "13912345678"


@pytest.fixture
def admin(suite: InProcessSuite) -> Api:
    return suite.api("admin")


def entries(api: Api, **query: Any) -> list[dict[str, Any]]:
    answer = api.get("/audit", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


def named(request_id: str) -> dict[str, Any]:
    return {"headers": {"X-Request-Id": request_id, "User-Agent": f"desk/{request_id}"}}


def a_player(agent: Api, **fields: Any) -> dict[str, Any]:
    return agent.made("/players", {"wechat_id": f"wx_{uuid4().hex[:12]}", **fields})


def test_a_write_is_in_the_log_with_what_it_was_before_and_after_and_from_where(suite: InProcessSuite, admin: Api):
    agent, request_id = suite.api("A001"), f"req-{uuid4().hex}"
    player = a_player(agent, nickname="从前")
    changed = agent.patch(
        f"/players/{player['id']}", {"nickname": "如今"}, version=player["version"], **named(request_id)
    )
    assert changed.status_code == 200
    suite.pump()
    [entry] = entries(admin, request_id=request_id)
    assert (entry["kind"], entry["action"]) == ("fact", "player.updated.v1")
    assert (entry["actor"]["no"], entry["actor"]["kind"]) == ("A001", "staff")
    assert entry["subject"] == {"kind": "player", "id": player["id"], "version": changed.json["version"]}
    assert (entry["changed"], entry["before"], entry["after"]) == (
        ["nickname"],
        {"nickname": "从前"},
        {"nickname": "如今"},
    )
    assert entry["origin"] == {"address": "127.0.0.1", "user_agent": f"desk/{request_id}"}
    assert admin.get(f"/audit/{entry['id']}").json["after"] == {"nickname": "如今"}


def test_another_persons_request_under_the_same_id_is_not_taken_for_the_origin(suite: InProcessSuite, admin: Api):
    request_id = f"req-{uuid4().hex}"
    ticket = {"question": "?", "player_id": a_player(suite.api("A001"))["id"]}
    suite.api("A001").made("/tickets", ticket, **named(request_id))
    refused = suite.api("A002").post("/tickets", {**ticket, "question": "!"}, headers={"X-Request-Id": request_id})
    assert refused.status_code == 404
    suite.pump()
    [entry] = entries(admin, request_id=request_id)
    assert entry["origin"]["user_agent"] == f"desk/{request_id}"
    assert len(entries(admin, request_id=request_id, kind="request")) == 2


def test_what_the_gateway_itself_writes_is_in_the_log_too(suite: InProcessSuite, admin: Api):
    made = admin.made("/departments", {"name": f"审计{uuid4().hex[:6]}"})
    suite.pump()
    [entry] = entries(admin, subject_id=made["id"])
    assert (entry["action"], entry["service"], entry["before"]) == ("department.changed.v1", "gateway", None)
    assert entry["after"]["name"] == made["name"]


def test_signing_in_failing_to_and_signing_out_are_in_the_log(suite: InProcessSuite, admin: Api):
    member = new_member(suite)
    assert suite.nobody().post("/login", {"staff_no": member.no, "password": "not this one"}).status_code == 401
    answer = suite.nobody().post("/login", {"staff_no": member.no, "password": PASSWORD})
    Api(suite.gateway.test_client(), answer.json["access_token"]).post("/logout")
    opened = entries(admin, actor_id=member.id, action="session.")
    assert [entry["action"] for entry in opened] == ["session.ended", "session.opened"]
    [refused] = entries(admin, subject_id=member.id, action="session.refused")
    assert (refused["actor"], refused["details"]["staff_no"]) == (None, member.no)


def test_a_password_typed_as_a_number_is_not_kept(suite: InProcessSuite, admin: Api):
    typed = f"hunter2-{uuid4().hex[:8]}"
    suite.nobody().post("/login", {"staff_no": typed, "password": "x"})
    assert not rows_of(suite, "gateway", "SELECT 1 FROM audit_entries e WHERE e::text LIKE :t", t=f"%{typed}%")


def test_a_denial_is_in_the_log_once_and_before_the_answer(suite: InProcessSuite, admin: Api):
    request_id = f"req-{uuid4().hex}"
    assert suite.api("A001").get("/audit", **named(request_id)).status_code == 403
    [entry] = entries(admin, request_id=request_id)
    assert (entry["action"], entry["details"]) == ("access.denied", {"method": "GET", "path": "/api/v1/audit"})
    browser = suite.pages("A001")
    assert browser.get("/settings/staff/new", headers={"X-Request-Id": f"{request_id}-p"}).status_code == 403
    assert len(entries(admin, request_id=f"{request_id}-p")) == 1


def test_a_supervisor_reads_of_the_own_department_and_nobody_else(suite: InProcessSuite, admin: Api):
    for no in ("A001", "B001"):
        a_player(suite.api(no))
    suite.pump()
    supervisor = suite.api("M001")
    seen = {entry["actor"]["no"] for entry in entries(supervisor, limit=200)}
    assert "A001" in seen
    assert not seen & {"B001", "S001", "admin"}
    [theirs, *_] = entries(admin, staff_no="b001")
    assert supervisor.get(f"/audit/{theirs['id']}").status_code == 404
    assert entries(supervisor, staff_no="B001") == []


def test_no_phone_number_is_in_the_log_wherever_it_was_typed(suite: InProcessSuite, admin: Api):
    agent = suite.api("A001")
    player = a_player(agent, phone="13912349999", nickname=f"打 {NUMBER}")
    agent.made("/tickets", {"player_id": player["id"], "question": f"我的号码 {NUMBER} 登不上"})
    agent.post(f"/players/{NUMBER}", {})
    agent.get(f"/audit/{NUMBER}", headers={"User-Agent": NUMBER})
    suite.pump()
    found = rows_of(suite, "gateway", "SELECT e::text FROM audit_entries e WHERE e::text LIKE :n", n=f"%{NUMBER}%")
    assert found == []
    masked = entries(admin, subject_id=player["id"], action="player.created")[0]["after"]
    assert (masked["nickname"], masked["phone"]) == ("打 139****5678", "139****9999")


def test_the_log_is_paged_from_the_newest_without_gap_or_repetition(suite: InProcessSuite, admin: Api):
    player = a_player(suite.api("A001"))
    for number in range(7):
        player = (
            suite.api("A001")
            .patch(f"/players/{player['id']}", {"nickname": f"第{number}"}, version=player["version"])
            .json
        )
    suite.pump()
    found, cursor = [], None
    while True:
        query = {"subject_id": player["id"], "limit": 3, **({"cursor": cursor} if cursor else {})}
        page = admin.get("/audit", query_string=query).json
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    versions = [entry["subject"]["version"] for entry in found if entry["action"] == "player.updated.v1"]
    assert versions == sorted(versions, reverse=True)
    assert len({entry["id"] for entry in found}) == len(found) == 8


def test_a_fact_that_comes_twice_is_one_entry(suite: InProcessSuite, admin: Api):
    player = a_player(suite.api("A001"))
    suite.pump()
    with suite.raw("player") as connection:
        connection.exec_driver_sql("UPDATE relay_state SET published_up_to = published_up_to - 1")
    with suite.raw("gateway") as connection:
        connection.exec_driver_sql("DELETE FROM inbox WHERE consumer = 'gateway.audit'")
    suite.pump()
    assert len(entries(admin, subject_id=player["id"])) == 1


def test_an_entry_is_sealed_by_the_timer(suite: InProcessSuite, admin: Api):
    from gateway.audit.sealing import seal

    player = a_player(suite.api("A001"))
    suite.pump()
    assert [entry["sealed"] for entry in entries(admin, subject_id=player["id"])] == [False]
    with (work := suite.gateway_runtime.work()).session:
        seal(work)
        work.commit()
    assert [entry["sealed"] for entry in entries(admin, subject_id=player["id"])] == [True]


def test_whose_whole_numbers_were_shown_to_whom_is_in_the_log(suite: InProcessSuite, admin: Api):
    supervisor, request_id = suite.api("M001"), f"req-{uuid4().hex}"
    number = f"139{int(uuid4().hex[:6], 16) % 10**8:08d}"
    player = a_player(suite.api("A001"), phone=number)
    assert supervisor.get(f"/players/{player['id']}", **named(request_id)).json["phone"] == f"+86{number}"
    listed = supervisor.get("/players", query_string={"phone": number}, **named(f"{request_id}-list"))
    assert len(listed.json["items"]) == 1
    assert (
        supervisor.get("/home", query_string={"player_id": player["id"]}, **named(f"{request_id}-home")).status_code
        == 200
    )
    assert suite.api("A001").get(f"/players/{player['id']}", **named(f"{request_id}-agent")).status_code == 200
    suite.pump(1)
    for asked in (request_id, f"{request_id}-list", f"{request_id}-home"):
        [entry] = [one for one in entries(admin, request_id=asked) if one["action"] == "phone.shown"]
        assert (entry["actor"]["no"], entry["subject"]["id"]) == ("M001", player["id"]), asked
        assert number not in str(entry)
    assert [one for one in entries(admin, request_id=f"{request_id}-agent") if one["action"] == "phone.shown"] == []


def numbers_shown(suite: InProcessSuite, api: Api, path: str, **query: str) -> tuple[dict[str, Any], list[Any]]:
    """An answer, and what the log says of the numbers in it: (kind of the subject where it is one, details)."""
    request_id = f"req-{uuid4().hex}"
    answer = api.get(path, query_string=query, **named(request_id))
    assert answer.status_code == 200, answer.text
    suite.pump(1)
    shown = [one for one in entries(suite.api("admin"), request_id=request_id) if one["action"] == "phone.shown"]
    return answer.json, [(one["subject"]["kind"], one["details"]) for one in shown]


def test_numbers_of_leads_are_in_the_log_as_those_of_players_are(suite: InProcessSuite, admin: Api):
    agent, supervisor, name = suite.api("A001"), suite.api("M001"), f"线索{uuid4().hex[:8]}"
    number = f"138{int(uuid4().hex[:6], 16) % 10**8:08d}"
    lead = agent.made("/leads", {"name": name, "phone": number})
    one, noted = numbers_shown(suite, supervisor, f"/leads/{lead['id']}")
    assert (one["phone"], noted) == (f"+86{number}", [("lead", {"leads": [lead["id"]]})])
    page, [(_, details)] = numbers_shown(suite, supervisor, "/leads", limit="200")
    whole = [row["id"] for row in page["items"] if row["phone_visible"] and row["phone"]]
    assert lead["id"] in whole
    assert details == {"leads": whole}
    assert numbers_shown(suite, agent, "/leads")[1] == []


def test_numbers_that_lie_deeper_in_an_answer_are_in_the_log(suite: InProcessSuite, admin: Api):
    agent, supervisor = suite.api("A001"), suite.api("M001")
    one, other = (a_player(agent, phone=f"137{int(uuid4().hex[:6], 16) % 10**8:08d}") for _ in range(2))
    preview, noted = numbers_shown(suite, supervisor, f"/players/{one['id']}/merge-preview", into_id=other["id"])
    assert preview["gone"]["phone"].startswith("+86137")
    assert noted == [("", {"players": [one["id"], other["id"]]})]


def test_a_masked_number_is_not_said_to_have_been_shown(suite: InProcessSuite, admin: Api):
    request_id = f"req-{uuid4().hex}"
    player = a_player(suite.api("A001"), phone=f"136{int(uuid4().hex[:6], 16) % 10**8:08d}")
    stale = suite.api("M001").patch(f"/players/{player['id']}", {"note": "?"}, version=99, **named(request_id))
    assert (stale.status_code, "****" in stale.json["current"]["phone"]) == (412, True)
    suite.pump(1)
    assert [one for one in entries(admin, request_id=request_id) if one["action"] == "phone.shown"] == []


def test_a_number_that_goes_from_service_to_service_is_shown_to_nobody(suite: InProcessSuite, admin: Api):
    agent = suite.api("A001")
    lead = agent.made("/leads", {"name": "转化", "phone": f"135{int(uuid4().hex[:6], 16) % 10**8:08d}"})
    pages = suite.pages("A001")
    answer = pages.post(f"/leads/{lead['id']}/convert", {"version": lead["version"]})
    assert answer.status_code in (200, 204, 303), answer.text[:300]
    suite.pump(1)
    shown = entries(admin, action="phone.shown", limit=200)
    assert agent.get(f"/leads/{lead['id']}").json["state"] == "converted"
    assert [one for one in shown if lead["id"] in str(one)] == []
