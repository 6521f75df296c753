"""Reviews by their rules: who is drawn, how points become a score, and whose word counts (T35)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from ticket.domain.errors import AppealedAlready, NotReviewed, OwnAppeal, OwnReviewed, WrongAnswers
from ticket.domain.lots import is_drawn, sample
from ticket.domain.review import Marks, Review
from ticket.domain.sampling_rule import LOW_SURVEY, REOPENED, SHARE, DoneTicket, SamplingRule, drawn
from ticket.domain.scorecard import Scorecard, numbered, questions_of, score_of

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
IDS = st.lists(st.uuids().map(str), unique=True, max_size=60)
SHARES = st.decimals(0, 1, places=3)
QUESTION = st.fixed_dictionaries({"text": st.just("?"), "points": st.integers(1, 100)})
SECTION = st.fixed_dictionaries({"title": st.just("!"), "questions": st.lists(QUESTION, min_size=1, max_size=5)})
SECTIONS = st.lists(SECTION, min_size=1, max_size=4).map(numbered)


@given(IDS, SHARES, st.booleans(), st.randoms())
def test_who_draws_again_in_any_order_draws_the_same(ids: list[str], share: Decimal, complete: bool, random: Any):
    shuffled = random.sample(ids, len(ids))
    assert sample("x", ids, share, complete=complete) == sample("x", shuffled * 2, share, complete=complete)


@given(IDS, SHARES)
def test_of_a_week_that_is_over_at_least_the_share_is_drawn_and_none_for_a_share_of_none(
    ids: list[str], share: Decimal
):
    found = sample("x", ids, share, complete=True)
    assert ceil(share * len(ids)) <= len(found) <= len(ids)
    assert found <= set(ids)
    assert sample("x", ids, Decimal(0), complete=True) == set()
    assert sample("x", ids, Decimal(1), complete=False) == set(ids)


@given(IDS, IDS, SHARES)
def test_who_is_drawn_while_a_week_grows_is_drawn_when_it_is_over(before: list[str], after: list[str], share: Decimal):
    early = sample("x", before, share, complete=False)
    assert (
        early <= sample("x", before + after, share, complete=False) <= sample("x", before + after, share, complete=True)
    )


@given(IDS, SHARES, SHARES)
def test_a_greater_share_holds_a_smaller_one(ids: list[str], one: Decimal, other: Decimal):
    small, great = sorted((one, other))
    assert sample("x", ids, small, complete=True) <= sample("x", ids, great, complete=True)


def test_over_many_the_share_is_what_was_asked_for_and_each_purpose_draws_its_own():
    ids = [new_id() for _ in range(20_000)]
    drawn_ones = sum(is_drawn("survey", one, Decimal("0.1")) for one in ids)
    both = sum(is_drawn("survey", one, Decimal("0.1")) and is_drawn("review", one, Decimal("0.1")) for one in ids)
    assert 1800 < drawn_ones < 2200
    assert both < 300


def rule(kind: str, share: str = "0", **fields: Any) -> SamplingRule:
    return SamplingRule(kind=kind, share=Decimal(share), **{"department_id": None, **fields})


@given(st.lists(st.tuples(st.uuids().map(str), st.booleans(), st.booleans()), unique_by=lambda one: one[0]), SHARES)
def test_low_scores_and_reopened_tickets_are_always_drawn(rows: list[tuple[str, bool, bool]], share: Decimal):
    tickets = [DoneTicket(ticket_id, "d", reopened, low) for ticket_id, reopened, low in rows]
    rules = [rule(SHARE, str(share)), rule(REOPENED), rule(LOW_SURVEY)]
    why = drawn(rules, tickets, complete=True)
    assert {one.id for one in tickets if one.low} == {one for one, kind in why.items() if kind == LOW_SURVEY}
    assert {one.id for one in tickets if one.reopened} <= why.keys()
    assert drawn(rules[::-1], tickets, complete=True) == why


def test_a_department_s_rule_leaves_the_others_alone():
    tickets = [DoneTicket("a", "mine", True), DoneTicket("b", "theirs", True)]
    assert drawn([rule(REOPENED, department_id="mine")], tickets, complete=True) == {"a": REOPENED}


@given(SECTIONS, st.data())
def test_a_score_is_what_was_given_of_a_hundred(sections: list[dict[str, Any]], data: st.DataObject):
    most = {one["id"]: one["points"] for one in questions_of(sections)}
    points = {one: data.draw(st.integers(0, limit)) for one, limit in most.items()}
    score = score_of(sections, points, fatal=False)
    assert Decimal(0) <= score <= Decimal(100)
    assert abs(score - Decimal(100) * sum(points.values()) / sum(most.values())) <= Decimal("0.005")
    assert score_of(sections, most, fatal=False) == Decimal(100)
    assert score_of(sections, dict.fromkeys(most, 0), fatal=False) == 0
    assert score_of(sections, points, fatal=True) == 0
    better = {**points, **dict(list(most.items())[:1])}
    assert score_of(sections, better, fatal=False) >= score


@given(SECTIONS, st.data())
def test_every_question_needs_points_within_its_bounds(sections: list[dict[str, Any]], data: st.DataObject):
    most = {one["id"]: one["points"] for one in questions_of(sections)}
    one = data.draw(st.sampled_from(sorted(most)))
    for wrong in ({**most, one: most[one] + 1}, {**most, one: -1}, {**most, "9.9.9": 1}, most.keys() - {one}):
        points = wrong if isinstance(wrong, dict) else {name: most[name] for name in wrong}
        for fatal in (False, True):
            with pytest.raises(WrongAnswers):
                score_of(sections, points, fatal=fatal)


def a_card() -> Scorecard:
    sections = numbered([{"title": "!", "questions": [{"text": "?", "points": 10}]}])
    return Scorecard(id=new_id(), version=1, name="质检", sections=sections, revision=1, active=True)


def a_review(**fields: Any) -> Review:
    values = {
        "id": new_id(),
        "version": 1,
        "ticket_id": new_id(),
        "ticket_no": "T1",
        "agent_id": "agent",
        "state": "waiting",
    }
    texts = {"comment": "", "appeal": "", "decision": "", "fatal": False, "created_at": NOON, "updated_at": NOON}
    return Review(**{**values, **texts, "cause": "share", **fields})


def marks(points: int) -> Marks:
    return Marks({"1.1": points}, {"1.1": "打 13800138000"}, fatal=False)


def test_nobody_reviews_their_own_ticket_or_leaves_it_out():
    for act in (
        lambda review: review.finish(a_card(), marks(5), "", by="agent", at=NOON),
        lambda review: review.skip("?", by="agent", at=NOON),
    ):
        with pytest.raises(OwnReviewed):
            act(a_review())


def test_the_agent_alone_appeals_and_once():
    review = a_review()
    with pytest.raises(NotReviewed):
        review.ask_again("?", by="agent", at=NOON)
    review.finish(a_card(), marks(5), "", by="inspector", at=NOON)
    with pytest.raises(NotReviewed):
        review.ask_again("?", by="colleague", at=NOON)
    review.ask_again("不公平", by="agent", at=NOON)
    with pytest.raises(AppealedAlready):
        review.ask_again("?", by="agent", at=NOON)


@given(st.sampled_from(["agent", "inspector", "supervisor"]), st.booleans(), st.integers(0, 10))
def test_an_appeal_is_decided_by_neither_side_and_told_once_more(by: str, changes: bool, points: int):
    review = a_review()
    [first] = review.finish(a_card(), marks(5), "", by="inspector", at=NOON)
    review.ask_again("不公平", by="agent", at=NOON)
    new = marks(points) if changes else None
    if by != "supervisor":
        with pytest.raises(OwnAppeal):
            review.decide(new, "看过录像", by=by, at=NOON)
        assert review.state == "appealed"
        return
    [told] = review.decide(new, "看过录像", by=by, at=NOON)
    assert told.entity_version > first.entity_version
    assert (told.verdict, told.score) == (("changed", Decimal(10 * points)) if changes else ("upheld", Decimal(50)))
    assert "13800138000" not in str(review.answers)
