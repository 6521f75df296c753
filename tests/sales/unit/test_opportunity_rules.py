"""The ways of an opportunity: any stage to any other while it is open, one end, and back with a reason (S11)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.clock import new_id
from chassis.rules import RuleBroken, WrongFields
from sales.domain.opportunity import Opportunity
from sales.domain.pool_errors import (
    LeadFirst,
    NotHeld,
    NotInPool,
    OpportunityClosed,
    OpportunityOpen,
    OrderCalledOff,
    OrderOfOther,
    StageIsAnEnd,
)
from tests.sales.builders import NOON, a_player, an_opportunity, an_order

STEPS: dict[str, Callable[[Opportunity], object]] = {
    "interested": lambda one: one.move("interested", at=NOON),
    "own_stage": lambda one: one.move("demo_shown", at=NOON),
    "to_won": lambda one: one.move("won", at=NOON),
    "win": lambda one: one.win(None, at=NOON),
    "lose": lambda one: one.lose("too_expensive", None, at=NOON),
    "lose_other": lambda one: one.lose("other", " ", at=NOON),
    "reopen": lambda one: one.reopen("还有戏", at=NOON),
    "claim": lambda one: one.claim(by="a", at=NOON),
    "release": lambda one: one.release("pool", at=NOON),
    "recycle": lambda one: one.recycle("pool", at=NOON),
    "give": lambda one: one.give("b", "assigned", at=NOON),
    "touch": lambda one: one.touched(None, at=NOON),
    "warn": lambda one: one.warn(NOON, at=NOON),
}


@settings(max_examples=300)
@given(st.booleans(), st.lists(st.sampled_from(sorted(STEPS)), max_size=20))
def test_no_sequence_of_steps_leaves_an_opportunity_half_done(owned: bool, steps: list[str]):
    one = an_opportunity(owner="a" if owned else None)
    for step in steps:
        before, version = (one.stage, one.owner_id), one.version
        try:
            facts = STEPS[step](one)
        except (RuleBroken, WrongFields):
            assert (before, version) == ((one.stage, one.owner_id), one.version), "a refused step changes nothing"
            continue
        assert one.version == version + len(facts), "one change, one fact"
        assert [fact.entity_version for fact in facts] == [one.version] * len(facts)
    assert (one.owner_id is None) != (one.pool_id is None)
    assert (one.closed_at is not None) == (one.stage in ("won", "lost"))
    assert (one.lost_reason is not None) == (one.stage == "lost")
    assert (one.held_since is not None) == (one.owner_id is not None)


def test_won_and_lost_are_no_stages_one_moves_to():
    with pytest.raises(StageIsAnEnd):
        an_opportunity().move("won", at=NOON)
    with pytest.raises(StageIsAnEnd):
        an_opportunity(stage="lost")


def test_what_is_over_stays_over_until_it_is_reopened_at_the_stage_it_had():
    one = an_opportunity(stage="negotiating")
    one.lose("bad_timing", "下个月再说", at=NOON)
    for step in ("interested", "win", "lose", "claim", "release", "give"):
        with pytest.raises(OpportunityClosed):
            STEPS[step](one)
    (fact,) = one.reopen("他回来了", at=NOON)
    assert (one.stage, one.lost_reason, fact.key, fact.reason) == (
        "negotiating", None, "opportunity.moved.v1", "他回来了",
    )  # fmt: skip
    with pytest.raises(OpportunityOpen):
        one.reopen("再来", at=NOON)


def test_a_loss_for_another_reason_says_which():
    with pytest.raises(WrongFields):
        an_opportunity().lose("other", None, at=NOON)
    one = an_opportunity()
    one.lose("other", "换了游戏", at=NOON)
    assert (one.stage, one.reason) == ("lost", "换了游戏")


def test_it_is_won_by_an_order_of_its_own_person_only():
    kept = a_player()
    gone = a_player(merged_into_id=kept.id)
    one = an_opportunity(player=kept)
    for player, error in ((a_player(), OrderOfOther), (kept, OrderCalledOff)):
        order = an_order(player_id=player.id)
        order.player = player
        order.cancel("不要了", at=NOON)
        with pytest.raises(error):
            one.win(order, at=NOON)
    order = an_order(player_id=gone.id)
    order.player = gone
    one.win(order, at=NOON)
    assert (one.stage, one.order_id, one.order_no) == ("won", order.id, order.no)


def test_a_lead_is_converted_before_its_opportunity_is_won():
    one = an_opportunity(player=None, lead_id=new_id())
    with pytest.raises(LeadFirst):
        one.win(None, at=NOON)


def test_only_what_lies_in_the_pool_is_claimed_and_only_what_is_held_is_given_back():
    one = an_opportunity(owner="a")
    with pytest.raises(NotInPool):
        one.claim(by="b", at=NOON)
    one.release("pool", at=NOON)
    with pytest.raises(NotHeld):
        one.release("pool", at=NOON)
    (fact,) = one.claim(by="b", at=NOON)
    assert (fact.key, fact.owner_id, fact.pool_id, one.held_since) == ("opportunity.claimed.v1", "b", None, NOON)
