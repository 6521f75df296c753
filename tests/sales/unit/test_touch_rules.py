"""What a touch must and may not say (S1, S2)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.rules import WrongFields
from sales.domain.errors import TouchHasOrder
from tests.sales.builders import NOON, a_pack, a_touch, an_order


def errors_of(caught: pytest.ExceptionInfo[WrongFields]) -> list[tuple[str, str]]:
    return [(pointer, code.partition(":")[0]) for pointer, code in caught.value.errors]


def test_a_refusal_needs_a_reason():
    with pytest.raises(WrongFields) as caught:
        a_touch(outcome="refused").log(at=NOON)
    assert errors_of(caught) == [("/lost_reason", "needed_with")]


def test_the_reason_other_needs_a_note():
    with pytest.raises(WrongFields) as caught:
        a_touch(outcome="refused", lost_reason="other", note="  ").log(at=NOON)
    assert errors_of(caught) == [("/note", "needed_with")]
    a_touch(outcome="refused", lost_reason="other", note="要搬家").log(at=NOON)


def test_a_sale_has_no_lost_reason():
    with pytest.raises(WrongFields) as caught:
        a_touch(outcome="sold", lost_reason="bad_timing").log(at=NOON)
    assert errors_of(caught) == [("/lost_reason", "not_together")]
    a_touch(outcome="sold").log(at=NOON)


def test_the_next_date_lies_not_more_than_a_minute_in_the_past():
    a_touch(next_at=NOON - timedelta(minutes=1)).log(at=NOON)
    with pytest.raises(WrongFields) as caught:
        a_touch(next_at=NOON - timedelta(seconds=61)).log(at=NOON)
    assert errors_of(caught) == [("/next_at", "in_the_past")]


def test_a_touch_keeps_the_price_of_the_moment_when_the_pack_becomes_cheaper():
    pack, touch = a_pack(price="648.00"), a_touch()
    touch.concern(pack)
    touch.log(at=NOON)
    pack.price = Decimal("328.00")
    assert (touch.pack_no, touch.pack_price) == ("P1024", Decimal("648.00"))


def test_a_change_says_what_is_new_and_raises_the_version():
    touch = a_touch()
    touch.log(at=NOON)
    (fact,) = touch.change({"note": "月底再谈", "channel": "wechat"}, None, at=NOON)
    assert (fact.changed, fact.entity_version, fact.note) == (("note",), 2, "月底再谈")


def test_a_change_to_what_is_there_already_is_no_change():
    touch = a_touch(note="再想想")
    touch.log(at=NOON)
    assert touch.change({"note": "再想想"}, None, at=NOON) == []
    assert touch.version == 1


def test_a_refusal_that_becomes_a_sale_loses_its_reason():
    touch = a_touch(outcome="refused", lost_reason="too_expensive")
    touch.log(at=NOON)
    (fact,) = touch.change({"outcome": "sold"}, None, at=NOON)
    assert (fact.outcome, fact.lost_reason, fact.changed) == ("sold", None, ("outcome", "lost_reason"))


def test_a_touch_that_ended_in_an_order_stays_sold_with_that_orders_pack():
    pack, touch = a_pack(), a_touch(outcome="refused", lost_reason="too_expensive")
    touch.log(at=NOON)
    order = an_order(pack, player_id=touch.player_id)
    touch.sell(order, pack, at=NOON)
    assert (touch.outcome, touch.lost_reason, touch.order_id) == ("sold", None, order.id)
    for fields in ({"outcome": "considering"}, {"pack_no": None}, {"lost_reason": "unhappy"}):
        with pytest.raises(TouchHasOrder):
            touch.change(fields, None, at=NOON)
    with pytest.raises(TouchHasOrder):
        touch.sell(an_order(), pack, at=NOON)
    assert touch.change({"note": "已发"}, None, at=NOON)
