"""The next best pack: never what was refused at that price, always with its reason (mission.md, 3)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from sales.domain.suggestions import History, Offer, PastOrder, PastTouch, suggest
from tests.sales.builders import NOON

COOLDOWN = timedelta(days=30)


def offer(no: str = "P1", price: str = "100.00", **fields: Any) -> Offer:
    return Offer(no, f"礼包 {no}", Decimal(price), **fields)


def touch(
    no: str = "P1", price: str = "100.00", *, days: int = 1, reason: str | None = None, **fields: Any
) -> PastTouch:
    outcome = fields.pop("outcome", "refused" if reason else "considering")
    return PastTouch(new_id(), NOON - timedelta(days=days), outcome, reason, no, Decimal(price), **fields)


def order(no: str = "P1", price: str = "100.00", *, days: int = 1) -> PastOrder:
    return PastOrder(new_id(), NOON - timedelta(days=days), no, Decimal(price))


def history(*past: PastTouch | PastOrder) -> History:
    touches = [one for one in past if isinstance(one, PastTouch)]
    return History(touches, [one for one in past if isinstance(one, PastOrder)], NOON, COOLDOWN)


def codes(offers: list[Offer], past: History) -> dict[str, list[str]]:
    return {found.offer.no: [reason.code for reason in found.reasons] for found in suggest(offers, past)}


def test_a_pack_refused_as_too_expensive_is_not_offered_at_that_price():
    past = history(touch(reason="too_expensive"), order("P2"))
    assert codes([offer("P1"), offer("P2")], past) == {"P2": ["repurchase", "fits_spend"]}


def test_nor_when_it_has_become_dearer():
    assert codes([offer(price="120.00")], history(touch(reason="too_expensive"), order("P9", "110.00"))) == {}


def test_a_pack_that_has_become_cheaper_is_offered_and_cites_the_refusal():
    refusal = touch(reason="too_expensive")
    (found,) = suggest([offer(price="80.00")], history(refusal))
    (reason,) = found.reasons
    assert (reason.code, reason.touch_id) == ("price_dropped", refusal.id)
    assert reason.text_zh == "2026-11-21 嫌 ¥100.00 太贵，现价 ¥80.00"
    assert reason.text_en == "Too expensive at ¥100.00 on 2026-11-21, now ¥80.00"


def test_the_lowest_price_refused_counts():
    past = history(touch(price="100.00", reason="too_expensive"), touch(price="70.00", days=5, reason="too_expensive"))
    assert codes([offer(price="80.00")], past) == {}
    assert codes([offer(price="69.99")], past) == {"P1": ["price_dropped"]}


def test_the_cool_down_ends():
    past = history(touch(days=30, reason="too_expensive"), order("P9"))
    assert codes([offer()], past) == {}
    past = history(touch(days=31, reason="too_expensive"), order("P9"))
    assert codes([offer()], past) == {"P1": ["fits_spend"]}


def test_what_is_not_needed_or_there_already_is_left_alone_at_any_price():
    for reason in ("not_needed", "already_has"):
        assert codes([offer(price="1.00", sold=99)], history(touch(reason=reason))) == {}


def test_other_reasons_do_not_bar_a_pack():
    past = history(touch(reason="bad_timing"), touch(outcome="considering", days=2))
    assert codes([offer()], past) == {"P1": ["considered"]}


def test_a_pack_once_bought_is_no_longer_being_considered():
    past = history(touch(outcome="considering", days=9), order(days=3))
    assert codes([offer()], past) == {"P1": ["repurchase", "fits_spend"]}


def test_a_price_near_the_usual_one_fits():
    past = history(order("P8", "90.00"), order("P9", "100.00"), order("P9", "5000.00"))
    found = codes([offer("P1", "80.00"), offer("P2", "79.99"), offer("P3", "120.00"), offer("P4", "120.01")], past)
    assert found == {"P1": ["fits_spend"], "P3": ["fits_spend"]}


def test_the_weightier_reasons_come_first_and_three_are_enough():
    past = history(touch("P1", "200.00", reason="too_expensive"), touch("P2", days=3), order("P3"), order("P4"))
    offers = [offer("P5"), offer("P4"), offer("P3"), offer("P2"), offer("P1", "150.00")]
    assert list(codes(offers, past)) == ["P1", "P3", "P4"]


def test_best_sellers_are_offered_where_the_past_says_nothing():
    found = codes([offer("P1", sold=3), offer("P2", sold=9), offer("P3")], history())
    assert found == {"P2": ["popular"], "P1": ["popular"]}


def test_a_touch_out_of_sight_bars_a_pack_but_is_not_cited():
    assert codes([offer(sold=1)], history(touch(reason="too_expensive", shown=False))) == {}
    assert codes([offer(price="80.00", sold=1)], history(touch(reason="too_expensive", shown=False))) == {
        "P1": ["popular"]
    }


numbers = st.sampled_from(["P1", "P2", "P3", "P4"])
prices = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("300.00"), places=2)
ages = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90))
touches = st.builds(
    lambda no, price, age, said: PastTouch(new_id(), NOON - age, *said, no, price),
    numbers,
    prices,
    ages,
    st.sampled_from(
        [
            ("refused", "too_expensive"),
            ("refused", "not_needed"),
            ("refused", "bad_timing"),
            ("considering", None),
            ("considering", "too_expensive"),
            ("sold", None),
            ("no_answer", None),
        ]
    ),
)
orders = st.builds(lambda no, price, age: PastOrder(new_id(), NOON - age, no, price), numbers, prices, ages)
offers = st.lists(
    st.builds(lambda no, price, sold: Offer(no, no, price, "CNY", sold), numbers, prices, st.integers(0, 9)),
    max_size=8,
    unique_by=lambda one: one.no,
)
pasts = st.builds(
    lambda t, o, days: History(t, o, NOON, timedelta(days=days)),
    st.lists(touches, max_size=12),
    st.lists(orders, max_size=6),
    st.integers(0, 60),
)


@given(offers, pasts)
def test_a_pack_is_never_offered_again_at_that_price_within_the_cool_down(packs: list[Offer], past: History):
    for found in suggest(packs, past):
        for one in past.touches:
            if one.pack_no == found.offer.no and one.lost_reason == "too_expensive" and NOON - one.at <= past.cooldown:
                assert found.offer.price < one.price


@given(offers, pasts)
def test_every_suggestion_is_on_offer_has_reasons_and_cites_what_it_comes_from(packs: list[Offer], past: History):
    found = suggest(packs, past)
    cited = {one.id for one in past.touches} | {one.touch_id for one in past.orders}
    assert len(found) <= 3
    assert len({one.offer.no for one in found}) == len(found)
    for one in found:
        assert one.offer in packs
        assert one.reasons
        assert all(reason.touch_id in cited for reason in one.reasons if reason.code != "popular")


@given(offers, pasts, st.randoms())
def test_the_order_in_which_packs_are_read_makes_no_difference(packs: list[Offer], past: History, chance: Any):
    shuffled = list(packs)
    chance.shuffle(shuffled)
    assert suggest(shuffled, past) == suggest(packs, past)
