"""How far a price may go down: alone, with approval, or not at all (S28)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.domain.errors import (
    PackExpired,
    PackForOtherPlayer,
    PackNotOnSale,
    PriceAbovePack,
    PriceNotAllowed,
)
from sales.domain.pricing import PriceLimits, needs_approval, share_off
from tests.sales.builders import LIMITS, NOON, a_pack, a_player, an_order

CENT = Decimal("0.01")
prices = st.decimals(min_value=CENT, max_value=Decimal("99999999.99"), places=2)
shares = st.decimals(min_value=0, max_value=1, places=4)


@pytest.mark.parametrize(
    ("price", "state"),
    [
        ("100", "awaiting_payment"),
        ("90.00", "awaiting_payment"),
        ("89.99", "awaiting_approval"),
        ("60", "awaiting_approval"),
    ],
)
def test_a_price_at_the_limit_passes_it(price: str, state: str):
    assert an_order(price=price).state == state


def test_a_price_below_what_can_be_approved_is_refused_and_the_lowest_is_named():
    with pytest.raises(PriceNotAllowed) as caught:
        an_order(price="59.99")
    assert caught.value.members == {"lowest": {"amount": "60.00", "currency": "CNY"}}


def test_a_price_above_the_packs_is_refused():
    with pytest.raises(PriceAbovePack):
        an_order(price="100.01")


def test_the_packs_own_price_is_taken_where_none_is_given():
    order = an_order(a_pack(price="648.00", sum=Decimal("720.00")), quantity=3)
    assert (order.price, order.total, order.discount) == (Decimal("648.00"), Decimal("1944.00"), Decimal("0.1000"))


def test_a_limit_is_compared_exactly_never_rounded():
    assert needs_approval(Decimal("89.99"), Decimal("99.99"), LIMITS)  # 90 % is 89.991
    assert not needs_approval(Decimal("90.00"), Decimal("99.99"), LIMITS)


@given(price=prices, pack_price=prices, free=shares, approval=shares)
def test_each_price_has_one_verdict_and_the_named_lowest_passes(
    price: Decimal, pack_price: Decimal, free: Decimal, approval: Decimal
):
    limits = PriceLimits(min(free, approval), max(free, approval))
    try:
        asked = needs_approval(price, pack_price, limits)
    except PriceAbovePack:
        assert price > pack_price
    except PriceNotAllowed as refusal:
        lowest = Decimal(refusal.members["lowest"]["amount"])
        assert price < lowest <= pack_price
        needs_approval(lowest, pack_price, limits)
        if lowest - CENT > 0:
            with pytest.raises(PriceNotAllowed):
                needs_approval(lowest - CENT, pack_price, limits)
    else:
        share = (pack_price - price) / pack_price
        assert share <= limits.approval
        assert asked == (price < pack_price * (1 - limits.free))


@given(price=prices, list_sum=prices)
def test_the_discount_shown_is_the_share_off_the_sum(price: Decimal, list_sum: Decimal):
    shown = share_off(price, list_sum)
    assert abs(shown - (1 - price / list_sum)) <= Decimal("0.00005")


def test_a_pack_without_a_sum_has_no_discount():
    assert share_off(Decimal("1.00"), Decimal(0)) == 0


@pytest.mark.parametrize("state", ["draft", "awaiting_approval", "withdrawn"])
def test_only_a_pack_on_sale_is_sold(state: str):
    with pytest.raises(PackNotOnSale):
        an_order(a_pack(state=state))


def test_a_pack_is_sold_until_it_expires():
    an_order(a_pack(valid_until=NOON + timedelta(seconds=1)))
    with pytest.raises(PackExpired):
        an_order(a_pack(valid_until=NOON))


def test_a_pack_made_for_a_player_is_sold_to_that_player_only():
    player = a_player()
    an_order(a_pack(player_id=player.id), player_id=player.id)
    with pytest.raises(PackForOtherPlayer):
        an_order(a_pack(player_id=player.id))


def test_what_was_agreed_stays_when_the_pack_changes():
    pack = a_pack()
    order = an_order(pack)
    pack.price, pack.name, pack.revision, pack.lines = Decimal("1.00"), "别的", 2, []
    assert (order.price, order.pack_name, order.pack_revision, len(order.lines)) == (
        Decimal("100.00"),
        "周末礼包",
        1,
        2,
    )
    assert set(order.lines[0]) == {"item_id", "no", "name", "quantity", "unit_price"}
