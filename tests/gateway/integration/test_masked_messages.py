"""What is masked in a message is nowhere but before an inspector's eyes, and the audit log knows it was there (T31)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.gateway.integration.test_api_clients import caller
from tests.gateway.integration.test_jobs import exported
from tests.support.suite_in_process import Api, InProcessSuite

NUMBER = "13912340987"
_COLUMNS = text(
    "SELECT table_name, column_name FROM information_schema.columns "
    "JOIN information_schema.tables USING (table_schema, table_name) "
    "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
)


@pytest.fixture
def canary(suite: InProcessSuite) -> str:
    """A word of the list that nobody else says."""
    word = f"金丝雀{uuid4().hex[:10]}"
    suite.api("M001").made("/sensitive-words", {"word": word, "kind": "abusive"})
    return word


@pytest.fixture
def said(suite: InProcessSuite, canary: str) -> dict[str, Any]:
    """A session of A001's in which the player says it, with a phone number, and is known by it."""
    agent = suite.api("A001")
    player = agent.made("/players", {"wechat_id": f"wx_{uuid4().hex[:12]}"})
    session = agent.made("/sessions", {"player_id": player["id"], "channel": "wechat", "contact": f"那个{canary}"})
    body = {"author": "player", "text": f"你们这些{canary[:4]} {canary[4:]}，打 {NUMBER}"}
    message = agent.made(f"/sessions/{session['id']}/messages", body, key=f"key-{uuid4()}")
    suite.pump()
    return {"player": player, "session": agent.get(f"/sessions/{session['id']}").json, "message": message}


def everything_seen(suite: InProcessSuite, api: Api, said: dict[str, Any]) -> str:
    """All that somebody is shown of it: lists, details, search, pages and exports."""
    session, message = said["session"], said["message"]
    paths = (
        "/sessions",
        f"/sessions/{session['id']}",
        f"/sessions/{session['id']}/messages",
        f"/search?q={session['no']}",
    )
    shown = [message, *(api.get(path).json for path in paths)]
    if api.id in (suite.staff["M001"].id, suite.staff["admin"].id):
        shown += [exported(suite, api, "/sessions/exports"), api.get(f"/players/{said['player']['id']}/export").json]
        shown += [api.get("/events", query_string={"types": "message.*.v1,session.*.v1", "limit": 200}).json]
        shown += [api.get("/audit", query_string={"subject_id": message["id"]}).json]
    return str(shown)


@pytest.mark.parametrize("no", ["A001", "M001", "S001", "Q001", "admin"])
def test_a_word_of_the_list_is_in_nothing_that_anybody_is_shown(suite, said, canary, no):
    seen = everything_seen(suite, suite.api(no), said)
    assert "***" in seen
    for secret in (canary, canary[4:], NUMBER):
        assert secret not in seen


def test_it_stands_nowhere_in_plain_neither_in_a_table_nor_in_the_log(suite: InProcessSuite, said, canary: str):
    inspector = suite.api("Q001")
    reveal = f"/messages/{said['message']['id']}/unmask"
    assert inspector.post(reveal, {"reason": "抽查"}, headers={"Idempotency-Key": f"k-{uuid4()}"}).status_code == 200
    suite.pump()
    secrets = (canary[4:], NUMBER)
    for name in suite.runtimes():
        with suite.raw(name) as connection:
            for table, column in connection.execute(_COLUMNS).all():
                if (table, column) in {("sensitive_words", "word"), ("sensitive_words", "folded")}:
                    continue
                for secret in secrets:
                    find = f'SELECT count(*) FROM "{table}" WHERE position(:secret in "{column}"::text) > 0'
                    assert not connection.scalar(text(find), {"secret": secret}), (name, table, column, secret)
    assert not [line for line in suite.log_lines if any(secret in line for secret in secrets)]


def test_an_inspector_reads_it_for_a_reason_and_the_audit_log_says_so(suite: InProcessSuite, said, canary: str):
    inspector, path = suite.api("Q001"), f"/messages/{said['message']['id']}/unmask"
    assert inspector.post(path, {}).status_code == 422
    key = {"Idempotency-Key": f"k-{uuid4()}"}
    read = inspector.post(path, {"reason": f"玩家投诉，电话 {NUMBER}"}, headers=key)
    assert canary[4:] in read.json["text"]
    assert (NUMBER in read.json["text"], "139****0987" in read.json["text"]) == (False, True)
    assert inspector.post(path, {"reason": f"玩家投诉，电话 {NUMBER}"}, headers=key).json == read.json
    suite.pump()
    found = suite.api("admin").get("/audit", query_string={"subject_id": said["message"]["id"]}).json["items"]
    [entry] = [one for one in found if one["action"] == "message.unmasked.v1"]
    assert entry["actor"]["no"] == "Q001"
    assert "玩家投诉" in str(entry)


@pytest.mark.parametrize("no", ["A001", "M001", "S001", "admin"])
def test_nobody_else_may(suite: InProcessSuite, said, no: str):
    answer = suite.api(no).post(f"/messages/{said['message']['id']}/unmask", {"reason": "?"})
    assert answer.status_code == 403


def test_what_hit_is_told_by_its_rule_and_not_by_its_word(suite: InProcessSuite, said, canary: str):
    facts = suite.api("admin").get("/events", query_string={"types": "message.masked.v1", "limit": 200}).json["items"]
    [fact] = [one for one in facts if one["subject"] == said["message"]["id"]]
    words = suite.api("M001").everything("/sensitive-words")
    [word] = [one for one in words if one["word"] == canary]
    hits = {(hit["kind"], hit["word_id"]) for hit in fact["data"]["hits"]}
    assert hits == {("abusive", word["id"]), ("phone", None)}
    assert "text" not in fact["data"]


def test_the_list_has_a_word_once_and_counts_from_the_next_message_on(suite: InProcessSuite, said, canary: str):
    supervisor, agent = suite.api("M001"), suite.api("A001")
    again = supervisor.post("/sensitive-words", {"word": f"{canary[:4]} {canary[4:].upper()}", "kind": "sensitive"})
    assert (again.status_code, again.json["code"]) == (409, "word_taken")
    [word] = [one for one in supervisor.everything("/sensitive-words") if one["word"] == canary]
    assert supervisor.request("DELETE", f"/sensitive-words/{word['id']}", version=word["version"]).status_code == 204
    path = f"/sessions/{said['session']['id']}/messages"
    assert agent.made(path, {"author": "agent", "text": canary})["text"] == canary
    assert agent.get(path).json["items"][0]["masked"]
    blank = supervisor.post("/sensitive-words", {"word": "。。", "kind": "sensitive"})
    assert (blank.status_code, blank.json["errors"][0]["code"]) == (422, "blank")


def test_a_channels_client_writes_with_a_scope_of_its_own_and_no_more(suite: InProcessSuite, said):
    client = caller(suite, "session:write")
    opened = client.post("/sessions", {"channel": "web_chat", "contact": "访客 1"})
    assert opened.status_code == 201, opened.text
    path = f"/sessions/{opened.json['id']}/messages"
    body = {"author": "player", "text": "礼包没到账", "external_id": f"web-{uuid4()}", "at": "2026-11-20T08:00:00Z"}
    first, second = (client.post(path, body) for _ in range(2))
    assert (first.status_code, first.json["id"]) == (201, second.json["id"])
    assert {client.get(at).status_code for at in (path, "/sessions", "/tickets", "/players")} == {403}
