"""Surveys by HTTP: made when a ticket is done, answered once by a link, counted, looked after (T36)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import new_id
from tests.ticket.desk import Desk
from ticket.application.erasure import erase_texts
from ticket.domain.survey import hash_of


@contextmanager
def settings(desk: Desk, **changes: Any) -> Iterator[None]:
    """Other settings for a while."""
    runtime, kept = desk.service.runtime, desk.service.runtime.settings
    runtime.settings = replace(kept, **changes)
    try:
        yield
    finally:
        runtime.settings = kept


def age(desk: Desk, survey: dict[str, Any], **moments: timedelta) -> None:
    """Let these moments of a survey lie so much earlier."""
    with desk.service.runtime.database.engine.begin() as connection:
        for name, by in moments.items():
            statement = text(f"UPDATE surveys SET {name} = {name} - CAST(:by AS interval) WHERE id = :id")
            connection.execute(statement, {"by": by, "id": survey["id"]})


def surveys_of(desk: Desk, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.agent.get("/surveys", query_string={"ticket_id": ticket["id"]}).json["items"]
    return found


def test_a_done_ticket_is_asked_about_and_the_player_answers_by_a_link(desk: Desk):
    ticket = desk.done()
    survey = desk.survey(ticket)
    assert (survey["state"], survey["agent_id"], survey["open"]) == ("made", desk.agent.id, True)
    token = desk.link(survey)
    form = desk.visitor.post("/survey-links/visit", {"token": token}).json
    assert form == {"ticket_no": ticket["no"], "score": None, "comment": "", "answered_at": None, "version": 2}
    assert desk.score(token, 5, "很快，电话 13800138000").json["comment"] == "很快，电话 138****8000"
    answered = desk.survey(ticket)
    assert (answered["state"], answered["score"], answered["follow_up"]) == ("answered", 5, None)


def test_the_fact_tells_score_agent_and_department_and_no_word_of_the_player(desk: Desk):
    survey = desk.survey()
    desk.score(desk.link(survey), 2, "等太久")
    [fact] = desk.facts(survey["id"])
    assert fact.type.endswith("survey.answered.v1")
    expected = {
        "score": 2,
        "agent_id": desk.agent.id,
        "department_id": desk.department,
        "ticket_no": survey["ticket_no"],
    }
    assert expected.items() <= fact.data.items()
    assert "等太久" not in str(fact.data)


def test_a_ticket_that_is_not_done_or_was_not_drawn_has_no_survey(desk: Desk):
    assert surveys_of(desk, desk.write(player=desk.new_player(desk.agent))) == []
    for off in ({"surveys": False}, {"survey_share": Decimal(0)}):
        with settings(desk, **off):
            assert surveys_of(desk, desk.done()) == []


def test_a_player_is_not_asked_twice_within_the_quiet_days(desk: Desk):
    player = desk.new_player(desk.agent)
    first, second = (desk.move(desk.write(player=player), "start", "complete") for _ in range(2))
    assert len(surveys_of(desk, first)) == 1
    assert surveys_of(desk, second) == []
    age(desk, desk.survey(first), created_at=timedelta(days=8))
    third = desk.move(desk.write(player=player), "start", "complete")
    assert len(surveys_of(desk, third)) == 1


def test_of_tickets_of_one_player_that_are_done_at_once_one_is_asked_about(desk: Desk):
    player = desk.new_player(desk.agent)
    tickets = [desk.move(desk.write(player=player), "start") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda ticket: desk.move(ticket, "complete"), tickets))
    assert sum(len(surveys_of(desk, ticket)) for ticket in tickets) == 1


def test_a_ticket_done_once_more_is_asked_about_anew_while_nobody_has_answered(desk: Desk):
    ticket = desk.done()
    survey = desk.survey(ticket)
    age(desk, survey, expires_at=timedelta(days=30))
    assert desk.survey(ticket)["open"] is False
    desk.move(desk.move(ticket, "reopen"), "complete")
    again = desk.survey(ticket)
    assert (again["id"], again["open"]) == (survey["id"], True)


def test_every_ticket_a_cause_completes_is_asked_about(desk: Desk):
    tickets = [desk.write(player=desk.new_player(desk.agent)) for _ in range(3)]
    cause = desk.cause(*tickets)
    desk.specialist.post(f"/causes/{cause['id']}/fix", {"solution": "已补发"}, version=cause["version"])
    assert [len(surveys_of(desk, ticket)) for ticket in tickets] == [1, 1, 1]


def test_a_link_that_is_wrong_guessed_expired_or_used_up_leads_to_the_same_answer(desk: Desk):
    expired, used = desk.survey(), desk.survey()
    tokens = {"wrong": "x", "guessed": "A" * 43, "expired": desk.link(expired), "used": desk.link(used)}
    assert desk.score(tokens["used"], 4).status_code == 200
    age(desk, expired, expires_at=timedelta(days=8))
    age(desk, used, answered_at=timedelta(hours=25))
    tokens["the hash"] = hash_of(tokens["used"])
    answers = set()
    for token in tokens.values():
        for answer in (desk.visitor.post("/survey-links/visit", {"token": token}), desk.score(token, 5, version=3)):
            said = {name: answer.json[name] for name in ("type", "title", "status", "code")}
            answers.add((answer.status_code, str(sorted(said.items()))))
    assert len(answers) == 1
    assert desk.agent.request("PUT", f"/surveys/{expired['id']}/link").json["code"] == "survey_closed"


def test_nobody_but_the_gateway_reads_or_answers_by_a_token(desk: Desk):
    token = desk.link(desk.survey())
    for path, body in (("visit", {}), ("answer", {"score": 5})):
        answer = desk.agent.post(f"/survey-links/{path}", {"token": token, **body}, version=2)
        assert answer.status_code == 403


def test_an_answer_is_changed_within_a_day_and_the_low_score_is_not_low_any_more(desk: Desk):
    survey = desk.survey()
    token = desk.link(survey)
    low = desk.score(token, 1, "没人理").json
    assert desk.agent.get(f"/surveys/{survey['id']}").json["follow_up"] == "needed"
    assert desk.score(token, 4, "后来解决了", version=low["version"]).status_code == 200
    now = desk.agent.get(f"/surveys/{survey['id']}").json
    assert (now["score"], now["comment"], now["follow_up"]) == (4, "后来解决了", None)
    assert [fact.data["score"] for fact in desk.facts(survey["id"])] == [1, 4]


def test_of_twenty_who_answer_at_once_one_does(desk: Desk):
    survey = desk.survey()
    token, start = desk.link(survey), threading.Barrier(20)

    def one(score: int) -> int:
        start.wait()
        return int(desk.score(token, score % 5 + 1).status_code)

    with ThreadPoolExecutor(20) as pool:
        answers = Counter(pool.map(one, range(20)))
    assert answers == {200: 1, 412: 19}
    assert len(desk.facts(survey["id"])) == 1


def test_of_many_links_the_newest_ten_lead_there_and_no_token_is_kept(desk: Desk):
    survey = desk.survey()
    tokens = [desk.link(survey) for _ in range(12)]
    found = [desk.visitor.post("/survey-links/visit", {"token": token}).status_code for token in tokens]
    assert found == [404, 404, *[200] * 10]
    with desk.service.runtime.database.reading.connect() as connection:
        kept = set(connection.execute(text("SELECT token_hash FROM survey_links")).scalars())
    assert not kept & set(tokens)
    assert {hash_of(token) for token in tokens[2:]} <= kept


def test_a_low_score_is_looked_after_by_somebody_else_once(desk: Desk):
    survey = desk.survey()
    desk.score(desk.link(survey), 2)
    path, note = f"/surveys/{survey['id']}/follow-up", {"note": "已打电话道歉"}
    own = desk.person(("survey.read", "survey.follow_up"), staff_id=desk.agent.id)
    assert own.post(path, note, version=3).json["code"] == "own_follow_up"
    done = desk.head.post(path, note, version=3).json
    assert (done["follow_up"], done["follow_up_note"], done["followed_up_by"]) == ("done", "已打电话道歉", desk.head.id)
    assert desk.head.post(path, note, version=4).json["code"] == "nothing_to_follow_up"
    fine = desk.survey()
    desk.score(desk.link(fine), 3)
    refused = desk.head.post(f"/surveys/{fine['id']}/follow-up", note, version=3)
    assert refused.json["code"] == "nothing_to_follow_up"


def test_what_lies_outside_the_scope_is_not_found(desk: Desk):
    survey = desk.survey()
    path = f"/surveys/{survey['id']}"
    assert desk.stranger.get(path).status_code == desk.stranger.request("PUT", f"{path}/link").status_code == 404
    assert desk.stranger.get(f"/surveys/{new_id()}").json.keys() == desk.stranger.get(path).json.keys()
    foreign = desk.person(("survey.read", "survey.follow_up"), scope="departments", departments=(new_id(),))
    assert foreign.post(f"{path}/follow-up", {"note": "?"}, version=1).status_code == 404
    listed = desk.stranger.get("/surveys", query_string={"ticket_id": survey["ticket_id"]}).json["items"]
    counted = desk.stranger.get("/survey-figures", query_string={"agent_id": desk.agent.id}).json["items"]
    assert (listed, counted) == ([], [])
    assert desk.supervisor.get(path).status_code == 200


@pytest.mark.parametrize("group_by", ["agent", "department"])
def test_each_figure_is_of_the_rows_that_its_filter_opens(desk: Desk, group_by: str):
    for score in (5, 4, 2, None, None):
        survey = desk.survey()
        if score is not None:
            desk.score(desk.link(survey), score)
    desk.link(survey)
    [figure] = desk.supervisor.get("/survey-figures", query_string={"group_by": group_by}).json["items"]
    shares = {"average": "3.67", "good_share": "0.67", "answer_rate": "0.75"}
    assert {"made": 5, "sent": 4, "answered": 3, **shares}.items() <= figure.items()
    for name, state in (("made", None), ("sent", "sent,answered"), ("answered", "answered")):
        query = {f"{group_by}_id": figure["key"], "state": state, "count": "true"}
        rows = desk.supervisor.get("/surveys", query_string={k: v for k, v in query.items() if v})
        assert rows.json["total"] == figure[name]
    low = desk.supervisor.get("/surveys", query_string={"score": "1,2", "agent_id": desk.agent.id}).json["items"]
    assert [one["score"] for one in low] == [2]


def test_a_comment_of_an_erased_player_is_blank(desk: Desk):
    survey = desk.survey()
    desk.score(desk.link(survey), 2, "我是王小明")
    desk.head.post(f"/surveys/{survey['id']}/follow-up", {"note": "给王小明打了电话"}, version=3)
    work = desk.service.runtime.work()
    with work.session:
        erase_texts(work, [survey["player_id"]])
        work.commit()
    with desk.service.runtime.database.reading.connect() as connection:
        row = connection.execute(text("SELECT s::text FROM surveys s WHERE id = :id"), {"id": survey["id"]}).scalar()
    assert "王小明" not in str(row)
