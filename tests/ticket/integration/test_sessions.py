"""Service sessions by HTTP: opened, spoken in, answered once, ended with figures that can be worked out again."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chassis.clock import new_id, rfc3339, utc_now
from tests.ticket.desk import Desk
from ticket.application.erasure import erase_texts
from ticket.domain.figures import figures
from ticket.domain.session import ServiceSession
from ticket.persistence.sessions import said_in


def ago(seconds: int) -> str:
    return rfc3339(utc_now() - timedelta(seconds=seconds))


def recomputed(desk: Desk, session_id: str):
    """The figures of a session, out of its messages alone."""
    work = desk.service.runtime.work()
    with work.session:
        session = work.session.get(ServiceSession, session_id)
        return figures(session.opened_at, said_in(work, session_id), session.ended_at), session


def test_a_session_has_a_number_of_the_day_and_belongs_to_whoever_opens_it(desk: Desk):
    session = desk.session()
    assert re.fullmatch(r"S20\d{6}-\d{4,}", session["no"])
    assert (session["state"], session["agent_id"], session["messages"]) == ("open", desk.agent.id, 0)
    assert session["player"]["nickname"] == "半盏清茶"
    (opened,) = desk.facts(session["id"])
    assert (opened.type, opened.data["no"]) == ("session.opened.v1", session["no"])


def test_somebody_not_known_yet_has_a_contact_and_gets_their_player_once(desk: Desk):
    answer = desk.agent.post("/sessions", {"channel": "web_chat", "contact": "访客 13800138000"})
    session = answer.json
    assert (session["player"], session["contact"]) == (None, "访客 138****8000")
    path = f"/sessions/{session['id']}"
    desk.agent.references = {"player": [desk.player]}
    known = desk.agent.patch(path, {"player_id": desk.player["id"]}, version=1)
    assert (known.status_code, known.json["player"]["nickname"]) == (200, "半盏清茶")
    other = desk.new_player(desk.agent)
    desk.agent.references = {"player": [other]}
    refused = desk.agent.patch(path, {"player_id": other["id"]}, version=2)
    assert (refused.status_code, refused.json["code"]) == (409, "session_has_player")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"channel": "wechat"}, "", "at_least_one_of"),
        ({"channel": "pigeon", "contact": "x"}, "/channel", "not_a_choice"),
        ({"contact": "x"}, "/channel", "required"),
        ({"channel": "phone", "contact": "x", "state": "ended"}, "/state", "unknown_field"),
    ],
)
def test_what_a_session_cannot_be_opened_with(desk: Desk, body, pointer, code):
    answer = desk.agent.post("/sessions", body)
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


def test_the_first_answer_of_an_agent_is_told_once_with_what_the_player_waited(desk: Desk):
    channel, player = desk.system(), desk.player
    session = desk.session(channel, at=ago(100), agent_id=desk.agent.id)
    desk.say(session, "在吗", channel, author="player", at=ago(90))
    desk.say(session, "我是机器人", channel, author="bot", at=ago(89))
    desk.say(session, "在的", channel, staff_id=desk.agent.id, at=ago(60))
    desk.say(session, "您说", channel, staff_id=desk.agent.id, at=ago(50))
    now = desk.agent.get(f"/sessions/{session['id']}").json
    assert (now["first_response_seconds"], now["messages"], now["handling_seconds"]) == (30, 4, None)
    told = [fact for fact in desk.facts(session["id"]) if fact.type == "session.answered.v1"]
    assert [fact.data["first_response_seconds"] for fact in told] == [30]
    assert told[0].data["player_id"] == player["id"]


def test_the_end_has_all_figures_and_they_can_be_worked_out_again(desk: Desk):
    channel = desk.system()
    session = desk.session(channel, at=ago(500), agent_id=desk.agent.id)
    for seconds, author in ((490, "player"), (470, "agent"), (400, "player"), (390, "player"), (350, "agent")):
        desk.say(session, "话", channel, author=author, at=ago(seconds))
    path = f"/sessions/{session['id']}"
    answer = channel.post(f"{path}/end", {"at": ago(100)}, version=6)
    assert answer.status_code == 200, answer.text
    ended = answer.json
    assert (ended["state"], ended["ended_by"]) == ("ended", channel.id)
    shown = [ended[f"{name}_seconds"] for name in ("first_response", "average_response", "handling")]
    assert shown == [20, 35, 400]
    found, kept = recomputed(desk, session["id"])
    assert (found.messages, found.answers) == (kept.messages, 2)
    assert [getattr(found, f"{n}_seconds") for n in ("first_response", "average_response", "handling")] == shown
    (fact,) = [fact for fact in desk.facts(session["id"]) if fact.type == "session.ended.v1"]
    assert fact.data["average_response_seconds"] == 35
    again = channel.post(f"{path}/end", version=7)
    assert (again.status_code, again.json["code"]) == (409, "session_ended")
    late = channel.post(f"{path}/messages", {"author": "player", "text": "还在吗"})
    assert (late.status_code, late.json["code"]) == (409, "session_ended")


def test_whoever_ends_has_read_what_was_said_last(desk: Desk):
    session = desk.session()
    desk.say(session, "在吗", author="player")
    stale = desk.agent.post(f"/sessions/{session['id']}/end", version=session["version"])
    assert (stale.status_code, stale.json["current"]["messages"]) == (412, 1)


@pytest.mark.parametrize(
    "body", [{"author": "bot"}, {"at": "2026-01-01T00:00:00Z"}, {"staff_id": new_id()}, {"external_id": "m1"}]
)
def test_a_person_writes_in_their_own_name_and_now(desk: Desk, body):
    session = desk.session()
    answer = desk.agent.post(f"/sessions/{session['id']}/messages", {"author": "agent", "text": "好", **body})
    assert (answer.status_code, answer.json["code"]) == (409, "only_channels")
    assert desk.agent.get(f"/sessions/{session['id']}").json["messages"] == 0


def test_a_channels_clock_that_runs_ahead_is_set_back(desk: Desk):
    channel = desk.system()
    session = desk.session(channel)
    said = desk.say(session, "在吗", channel, author="player", at=rfc3339(utc_now() + timedelta(hours=1)))
    assert said["at"] <= rfc3339(utc_now())


def test_the_same_message_of_a_channel_is_one_however_often_and_at_once_it_comes(desk: Desk):
    channel = desk.system()
    session = desk.session(channel)
    body = {"author": "player", "text": "礼包没到账", "external_id": f"wx-{new_id()}"}
    path = f"/sessions/{session['id']}/messages"

    def send(_: int):
        one = desk.system()
        return one.post(path, body)

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(send, range(20)))
    assert Counter(answer.status_code for answer in answers) == {201: 20}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert channel.get(f"/sessions/{session['id']}").json["messages"] == 1
    assert len(desk.facts(answers[0].json["id"])) == 1
    other = desk.session(channel)
    elsewhere = channel.post(f"/sessions/{other['id']}/messages", body)
    assert (elsewhere.status_code, elsewhere.json["code"]) == (409, "external_id_taken")


def test_a_message_that_comes_to_two_sessions_at_once_is_in_one(desk: Desk):
    channel = desk.system()
    sessions = [desk.session(channel) for _ in range(10)]
    body = {"author": "player", "text": "礼包没到账", "external_id": f"wx-{new_id()}"}

    def send(session):
        return desk.system().post(f"/sessions/{session['id']}/messages", body).status_code

    with ThreadPoolExecutor(10) as threads:
        assert Counter(threads.map(send, sessions)) == {201: 1, 409: 9}


def test_twenty_who_answer_at_once_are_one_answer(desk: Desk):
    session = desk.session()
    desk.say(session, "在吗", author="player")
    path = f"/sessions/{session['id']}/messages"

    def answer(_: int) -> int:
        one = desk.person(("session.read", "session.write"), scope="all")
        return one.post(path, {"author": "agent", "text": "在的"}).status_code

    with ThreadPoolExecutor(20) as threads:
        assert Counter(threads.map(answer, range(20))) == {201: 20}
    kinds = Counter(fact.type for fact in desk.facts(session["id"]))
    assert kinds == {"session.opened.v1": 1, "session.answered.v1": 1}
    assert desk.agent.get(f"/sessions/{session['id']}").json["messages"] == 21


def test_what_a_channel_opens_is_the_players_agents(desk: Desk):
    session = desk.session(desk.system())
    assert (session["agent_id"], session["department_id"]) == (desk.agent.id, desk.department)


def test_sessions_are_seen_within_the_scope_and_nobodys_by_whoever_sees_a_department(desk: Desk):
    mine, nobodys = desk.session(), desk.system().post("/sessions", {"channel": "web_chat", "contact": "访客"}).json
    for who, sees in ((desk.agent, {mine["id"]}), (desk.supervisor, {mine["id"], nobodys["id"]})):
        items = who.get("/sessions", query_string={"limit": 200}).json["items"]
        assert {one["id"] for one in items} & {mine["id"], nobodys["id"]} == sees
    for path in ("", "/messages"):
        assert desk.stranger.get(f"/sessions/{mine['id']}{path}").status_code == 404
        assert desk.inspector.get(f"/sessions/{mine['id']}{path}").status_code == 200
    writes = (("/messages", {"author": "agent", "text": "好"}, None), ("/end", None, 1))
    for path, body, version in writes:
        assert desk.stranger.post(f"/sessions/{mine['id']}{path}", body, version=version).status_code == 404
        assert desk.inspector.post(f"/sessions/{mine['id']}{path}", body, version=version).status_code == 403
    given = desk.supervisor.patch(f"/sessions/{nobodys['id']}", {"agent_id": desk.agent.id}, version=1).json
    assert (given["agent_id"], given["department_id"]) == (desk.agent.id, desk.department)
    assert desk.agent.get(f"/sessions/{nobodys['id']}").status_code == 200


def test_the_list_is_filtered_as_asked(desk: Desk):
    first, second = desk.session(), desk.session(channel="phone", order_id=new_id())
    desk.say(first, "你好")

    def found(**query: str) -> set[str]:
        items = desk.agent.get("/sessions", query_string={"player_id": desk.player["id"], **query}).json["items"]
        return {one["id"] for one in items}

    assert found() == {first["id"], second["id"]}
    assert (
        found(channel="phone,web_chat")
        == found(order_id=second["order_id"])
        == found(answered="false")
        == {second["id"]}
    )
    assert found(q=first["no"].lower()) == found(answered="true") == {first["id"]}
    assert found(state="ended") == found(masked="true") == set()


def test_messages_come_oldest_first_page_after_page(desk: Desk):
    session = desk.session()
    for number in range(5):
        desk.say(session, f"第 {number} 句")
    texts: list[str] = []
    cursor = ""
    while cursor is not None:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = desk.agent.get(f"/sessions/{session['id']}/messages", query_string=query).json
        texts += [one["text"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert texts == [f"第 {number} 句" for number in range(5)]


def test_a_ticket_comes_of_a_session_that_the_writer_reaches(desk: Desk):
    session = desk.session()
    ticket = desk.write(session_id=session["id"])
    items = desk.agent.get("/tickets", query_string={"session_id": session["id"]}).json["items"]
    assert [one["id"] for one in items] == [ticket["id"]]
    foreign = desk.session(desk.stranger, player=desk.new_player(desk.stranger))
    desk.agent.references = {"player": [desk.player]}
    for named in (foreign["id"], new_id()):
        body = {"player_id": desk.player["id"], "question": "?", "session_id": named}
        assert desk.agent.post("/tickets", body).status_code == 404


def test_what_was_said_with_a_player_who_is_erased_goes_with_them(desk: Desk):
    session = desk.session()
    said = desk.say(session, "我叫王小明，电话 13800138000，你们这群傻逼", author="player")
    work = desk.service.runtime.work()
    with work.session:
        erase_texts(work, [desk.player["id"]])
        work.commit()
    (left,) = desk.inspector.get(f"/sessions/{session['id']}/messages").json["items"]
    assert (left["text"], left["masked"]) == ("（已抹除）", False)
    assert desk.inspector.post(f"/messages/{said['id']}/unmask", {"reason": "x"}).json["code"] == "nothing_masked"
    assert "王小明" not in str([fact.data for fact in desk.service.facts() if fact.subject == said["id"]])
