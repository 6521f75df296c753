"""Reviews by HTTP: drawn by the rules once, scored by somebody else, read by the agent, appealed against (T35)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import new_id
from tests.ticket.desk import Desk, answers
from ticket.application.erasure import erase_texts
from ticket.application.sampling import draw_reviews

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)  # a Wednesday


def draw(desk: Desk, at: datetime) -> None:
    """What the timer does."""
    work = desk.service.runtime.work(now=at)
    with work.session:
        draw_reviews(work)
        work.commit()


def done_at(desk: Desk, at: datetime, count: int = 1) -> list[str]:
    """Tickets of the agent that were done at this time."""
    ids = [desk.done()["id"] for _ in range(count)]
    with desk.service.runtime.database.engine.begin() as connection:
        connection.execute(text("UPDATE tickets SET completed_at = :at WHERE id = ANY(:ids)"), {"at": at, "ids": ids})
    return ids


def drawn(desk: Desk) -> dict[str, str]:
    """{ticket: why} of the agent's reviews."""
    found = desk.reviewer.get("/reviews", query_string={"agent_id": desk.agent.id, "limit": 200}).json["items"]
    return {one["ticket_id"]: one["cause"] for one in found}


@pytest.fixture
def rule(desk: Desk) -> Iterator[Any]:
    """Makes rules for the desk's own department, gone afterwards."""
    made = []

    def make(kind: str, **fields: Any) -> dict[str, Any]:
        body = {"name": "每周抽检", "kind": kind, "department_id": desk.department, **fields}
        desk.reviewer.references = {"department": []}
        answer = desk.reviewer.post("/sampling-rules", body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json)
        return answer.json

    yield make
    for one in made:
        version = desk.reviewer.get(f"/sampling-rules/{one['id']}").json["version"]
        assert desk.reviewer.delete(f"/sampling-rules/{one['id']}", version=version).status_code == 204


def test_of_a_week_that_is_over_the_share_is_drawn_and_drawing_again_changes_nothing(desk: Desk, rule):
    rule("share", share="0.2")
    ids = done_at(desk, NOON, 6)
    draw(desk, NOON + timedelta(hours=1))
    early = drawn(desk)
    draw(desk, NOON + timedelta(days=7))
    found = drawn(desk)
    assert early.items() <= found.items()
    assert found.keys() <= set(ids)
    assert len(found) >= 2
    draw(desk, NOON + timedelta(days=7, hours=3))
    assert drawn(desk) == found


def test_two_workers_that_draw_at_once_draw_each_ticket_once(desk: Desk, rule):
    rule("share", share="1")
    ids = done_at(desk, NOON, 5)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: draw(desk, NOON + timedelta(hours=1)), range(4)))
    found = desk.reviewer.get("/reviews", query_string={"agent_id": desk.agent.id, "limit": 200}).json["items"]
    assert Counter(one["ticket_id"] for one in found) == Counter(ids)


def test_low_scores_and_reopened_tickets_are_drawn_in_any_case(desk: Desk, rule):
    rule("low_survey")
    rule("reopened")
    low, fine, reopened, plain = (desk.done() for _ in range(4))
    for ticket, score in ((low, 2), (fine, 3)):
        desk.score(desk.link(desk.survey(ticket)), score)
    reopened = desk.move(desk.move(reopened, "reopen"), "complete")
    draw(desk, datetime.now(UTC))
    assert drawn(desk) == {low["id"]: "low_survey", reopened["id"]: "reopened"}
    assert plain["id"] not in drawn(desk)


def test_a_rule_out_of_use_or_of_another_department_draws_nothing(desk: Desk, rule):
    off = rule("share", share="1")
    desk.reviewer.patch(f"/sampling-rules/{off['id']}", {"active": False}, version=off["version"])
    rule("share", share="1", department_id=desk.other_department)
    done_at(desk, NOON, 2)
    draw(desk, NOON + timedelta(hours=1))
    assert drawn(desk) == {}


def test_a_share_rule_needs_its_share(desk: Desk):
    answer = desk.reviewer.post("/sampling-rules", {"name": "?", "kind": "share"})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/share")


def test_an_inspector_scores_it_and_the_agent_reads_it(desk: Desk):
    review = desk.review()
    path = f"/reviews/{review['id']}"
    assert desk.agent.get(path).status_code == 404  # not before it is finished
    done = desk.finish(review, 20, 15, 50, comment="耐心一点，13800138000").json
    assert (done["state"], done["score"], done["inspector_id"]) == ("finished", "85.00", desk.reviewer.id)
    read = desk.agent.get(path).json
    given = [one["given"] for section in read["sections"] for one in section["questions"]]
    assert (given, read["comment"]) == ([20, 15, 50], "耐心一点，138****8000")
    assert [one["id"] for one in desk.agent.get("/reviews").json["items"]] == [review["id"]]


def test_the_fact_tells_score_agent_inspector_and_revision_and_no_word(desk: Desk):
    card = desk.scorecard()
    review = desk.review()
    desk.finish(review, 20, 15, 50, card=card, comment="耐心一点")
    [fact] = desk.facts(review["id"])
    told = {"score": "85.00", "agent_id": desk.agent.id, "inspector_id": desk.reviewer.id, "scorecard_revision": 1}
    assert {**told, "scorecard_id": card["id"], "verdict": None}.items() <= fact.data.items()
    assert "耐心" not in str(fact.data)


def test_a_fatal_error_makes_it_nothing(desk: Desk):
    assert desk.finish(desk.review(), 20, 30, 50, fatal=True).json["score"] == "0.00"


@pytest.mark.parametrize("points", [(20, 30), (21, 30, 50), ()])
def test_points_that_do_not_fit_the_scorecard_are_refused(desk: Desk, points: tuple[int, ...]):
    answer = desk.finish(desk.review(), *points)
    assert (answer.status_code, answer.json["code"]) in {(409, "wrong_answers"), (422, "wrong_fields")}


def test_a_scorecard_that_was_changed_meanwhile_is_not_scored_by(desk: Desk):
    card, review = desk.scorecard(), desk.review()
    path = f"/scorecards/{card['id']}"
    sections = [{"title": "全部", "questions": [{"text": "好不好", "points": 10}]}]
    newer = desk.reviewer.patch(path, {"sections": sections}, version=1).json
    assert (newer["revision"], newer["version"]) == (2, 2)
    assert desk.reviewer.patch(path, {"name": "新名字"}, version=2).json["revision"] == 2
    assert desk.finish(review, 20, 30, 50, card=card).json["code"] == "scorecard_changed"
    body = {"scorecard_id": card["id"], "scorecard_revision": 2, "answers": [{"question": "1.1", "points": 9}]}
    assert desk.reviewer.post(f"/reviews/{review['id']}/finish", body, version=1).json["score"] == "90.00"
    desk.reviewer.patch(path, {"active": False}, version=3)
    refused = desk.reviewer.post(f"/reviews/{desk.review()['id']}/finish", body, version=1)
    assert refused.json["code"] == "scorecard_changed"


def test_what_a_score_was_given_for_stays_when_the_scorecard_changes(desk: Desk):
    card, review = desk.scorecard(), desk.review()
    desk.finish(review, 20, 30, 50, card=card)
    sections = [{"title": "全部", "questions": [{"text": "好不好", "points": 10}]}]
    desk.reviewer.patch(f"/scorecards/{card['id']}", {"sections": sections}, version=1)
    read = desk.reviewer.get(f"/reviews/{review['id']}").json
    assert [section["title"] for section in read["sections"]] == ["态度", "解决"]


def test_nobody_reviews_their_own_ticket(desk: Desk):
    own = desk.person(("review.read", "review.oversee", "review.write"), scope="all", staff_id=desk.agent.id)
    review = desk.review()
    assert desk.finish(review, 20, 30, 50, by=own).json["code"] == "own_ticket"
    assert own.post(f"/reviews/{review['id']}/skip", {"reason": "?"}, version=1).json["code"] == "own_ticket"
    assert (
        desk.reviewer.post(f"/reviews/{review['id']}/skip", {"reason": "测试单"}, version=1).json["state"] == "skipped"
    )


def test_only_a_ticket_that_somebody_completed_is_reviewed_and_once(desk: Desk):
    ticket = desk.write(player=desk.new_player(desk.agent))
    body = {"ticket_id": ticket["id"]}
    inspector = desk.person(("ticket.read", "review.read", "review.oversee", "review.write"), scope="all")
    assert inspector.post("/reviews", body).json["code"] == "nobodys_ticket"
    desk.move(ticket, "start", "complete")
    assert inspector.post("/reviews", body).status_code == 201
    assert inspector.post("/reviews", body).json["code"] == "reviewed_already"
    assert inspector.post("/reviews", {"ticket_id": new_id()}).status_code == 404


def test_an_appeal_is_decided_by_somebody_else_and_told_of_as_a_higher_version(desk: Desk):
    review = desk.finish(desk.review(), 20, 0, 50).json
    path = f"/reviews/{review['id']}"
    assert desk.colleague.post(f"{path}/appeal", {"reason": "?"}, version=2).status_code == 404
    appealed = desk.agent.post(f"{path}/appeal", {"reason": "玩家先骂人"}, version=2).json
    assert (appealed["state"], appealed["appeal"]) == ("appealed", "玩家先骂人")
    assert desk.agent.post(f"{path}/appeal", {"reason": "再来"}, version=3).json["code"] == "appealed_already"
    body = {"decision": "录音里确实如此", "answers": answers(20, 30, 50)}
    assert desk.reviewer.post(f"{path}/decide", body, version=3).json["code"] == "own_appeal"
    own = desk.person(("review.read", "review.oversee", "review.decide"), scope="all", staff_id=desk.agent.id)
    assert own.post(f"{path}/decide", body, version=3).json["code"] == "own_appeal"
    decided = desk.other_reviewer.post(f"{path}/decide", body, version=3).json
    assert (decided["state"], decided["verdict"], decided["score"]) == ("decided", "changed", "100.00")
    assert desk.other_reviewer.post(f"{path}/decide", body, version=4).json["code"] == "not_appealed"
    facts = desk.facts(review["id"])
    assert [(fact.data["verdict"], fact.data["score"]) for fact in facts] == [(None, "70.00"), ("changed", "100.00")]
    assert facts[0].entity_version < facts[1].entity_version


def test_an_upheld_review_keeps_its_score(desk: Desk):
    review = desk.finish(desk.review(), 20, 0, 50).json
    path = f"/reviews/{review['id']}"
    desk.agent.post(f"{path}/appeal", {"reason": "不公平"}, version=2)
    decided = desk.other_reviewer.post(f"{path}/decide", {"decision": "维持"}, version=3).json
    assert (decided["verdict"], decided["score"]) == ("upheld", "70.00")


def test_of_many_who_finish_at_once_one_does(desk: Desk):
    review, card = desk.review(), desk.scorecard()
    with ThreadPoolExecutor(8) as pool:
        found = Counter(pool.map(lambda _: desk.finish(review, 20, 30, 50, card=card).status_code, range(8)))
    assert found == {200: 1, 412: 7}
    assert len(desk.facts(review["id"])) == 1


def test_what_lies_outside_the_scope_is_not_found(desk: Desk):
    review = desk.finish(desk.review(), 20, 30, 50).json
    path = f"/reviews/{review['id']}"
    for who in (desk.colleague, desk.stranger, desk.specialist):  # who oversees nobody sees none but the own
        assert who.get(path).status_code == 404
        assert who.get("/reviews").json["items"] == []
    perms = ("review.read", "review.oversee", "review.write", "review.decide")
    near = desk.person(perms, scope="departments", departments=(desk.department,))
    far = desk.person(perms, scope="departments", departments=(new_id(),))
    assert near.get(path).status_code == 200
    assert far.get(path).status_code == 404
    assert far.post(f"{path}/decide", {"decision": "?"}, version=2).status_code == 404
    assert far.get("/review-figures").json["items"] == []
    assert desk.agent.get("/review-figures").status_code == 403


def test_each_figure_is_of_the_rows_that_its_filter_opens(desk: Desk):
    scores = [(20, 30, 50), (10, 30, 50), (20, 30, 50)]
    for number, points in enumerate(scores):
        done = desk.finish(desk.review(), *points, fatal=number == 2).json
    desk.review()
    desk.agent.post(f"/reviews/{done['id']}/appeal", {"reason": "不是致命错误"}, version=2)
    body = {"decision": "不算致命", "answers": answers(20, 30, 50)}
    desk.other_reviewer.post(f"/reviews/{done['id']}/decide", body, version=3)
    query = {"agent_id": desk.agent.id}
    [figure] = desk.reviewer.get("/review-figures", query_string=query).json["items"]
    assert figure == {**query, "reviewed": 3, "average": "96.67", "fatal": 0, "appealed": 1, "changed": 1}
    for name, more in (("reviewed", {"state": "finished,appealed,decided"}), ("changed", {"verdict": "changed"})):
        rows = desk.reviewer.get("/reviews", query_string={**query, **more, "count": "true"}).json
        assert rows["total"] == figure[name]


def test_what_was_written_in_a_review_of_an_erased_player_is_blank(desk: Desk):
    ticket = desk.done()
    review = desk.review(ticket)
    noted = [{**one, "note": "对王小明不耐烦"} for one in answers(20, 30, 50)]
    desk.finish(review, comment="王小明投诉过", answers=noted)
    desk.agent.post(f"/reviews/{review['id']}/appeal", {"reason": "王小明先骂人"}, version=2)
    work = desk.service.runtime.work()
    with work.session:
        erase_texts(work, [ticket["player_id"]])
        work.commit()
    with desk.service.runtime.database.reading.connect() as connection:
        row = connection.execute(text("SELECT r::text FROM reviews r WHERE id = :id"), {"id": review["id"]}).scalar()
    assert "王小明" not in str(row)
