"""Sessions: listed to their owner, ended by the owner one by one or all others, and by an administrator for anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from chassis.clock import utc_now
from tests.support.suite_in_process import InProcessSuite, Member, new_member, rows_of

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.fixture
def member(suite: InProcessSuite) -> Member:
    return new_member(suite)


def test_one_sees_where_one_is_signed_in_and_which_is_this_one(suite: InProcessSuite, member: Member):
    browser = suite.pages()
    browser.sign_in(member.no, headers={"User-Agent": CHROME}, environ_base={"REMOTE_ADDR": "192.0.2.77"})
    api = suite.api(member.no, fresh=True)
    found = api.get("/me/sessions").json["items"]
    assert sorted((one["kind"], one["current"]) for one in found) == [("api", True), ("web", False)]
    web = next(one for one in found if one["kind"] == "web")
    assert (web["device"], web["address"], web["way"]) == ("Chrome · Windows", "192.0.2.77", "password")
    page = browser.get("/account", headers={"User-Agent": CHROME}).text
    assert "Chrome · Windows" in page
    assert "192.0.2.77" in page
    assert "就是这里" in page


def test_the_owner_ends_one_and_then_all_others(suite: InProcessSuite, member: Member):
    own, lost, others = suite.pages(member.no), suite.api(member.no, fresh=True), suite.pages(member.no)
    id_of_lost = next(one["id"] for one in lost.get("/me/sessions").json["items"] if one["current"])
    assert own.post(f"/account/sessions/{id_of_lost}/end").status_code == 303
    assert lost.get("/me").status_code == 401
    assert others.get("/account").status_code == 200
    assert own.post("/account/sessions/end").status_code == 303
    assert others.get("/account").status_code in (302, 303)
    assert own.get("/account").status_code == 200


def test_a_strangers_session_is_not_ended_and_nothing_is_told(suite: InProcessSuite, member: Member):
    api, victim = suite.api(member.no, fresh=True), suite.api("A002", fresh=True)
    theirs = next(one["id"] for one in victim.get("/me/sessions").json["items"] if one["current"])
    assert api.delete(f"/me/sessions/{theirs}").status_code == 204
    assert victim.get("/me").status_code == 200
    assert api.get(f"/staff/{victim.id}/sessions").status_code == 403


def test_an_administrator_ends_one_or_all_of_somebody(suite: InProcessSuite, member: Member):
    admin, one, two = suite.api("admin"), suite.api(member.no, fresh=True), suite.pages(member.no)
    listed = admin.get(f"/staff/{member.id}/sessions").json["items"]
    assert len(listed) == 2
    first = next(session["id"] for session in listed if session["kind"] == "api")
    assert admin.delete(f"/staff/{member.id}/sessions/{first}").status_code == 204
    assert one.get("/me").status_code == 401
    page = suite.pages("admin")
    assert member.no in page.get(f"/settings/staff/{member.id}/logins").text
    assert page.post(f"/settings/staff/{member.id}/sessions/end").status_code == 303
    assert two.get("/account").status_code in (302, 303)
    assert admin.get(f"/staff/{member.id}/sessions").json["items"] == []


def test_the_last_use_is_kept_to_the_minute_and_not_written_with_every_request(suite: InProcessSuite, member: Member):
    api = suite.api(member.no, fresh=True)

    def seen() -> tuple:
        suite.gateway.extensions["playdesk_sessions"].forget_person(member.id)
        assert api.get("/me").status_code == 200
        query = "SELECT xmin::text, last_used_at FROM sessions WHERE staff_id = :id"
        return tuple(rows_of(suite, "gateway", query, id=member.id)[0])

    first = seen()
    assert [seen() for _ in range(5)] == [first] * 5
    with time_machine.travel(utc_now() + timedelta(seconds=90)):
        later = seen()
        assert (later[1] - first[1]).total_seconds() > 80
        assert seen() == later
