"""The way of a pack: draft, approval, sale, revision, withdrawal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.domain.codes import MAX_DISCOUNT
from catalog.domain.errors import (
    AlreadyWithdrawn,
    DiscountNotAllowed,
    NotAwaitingApproval,
    NotDraft,
    OwnPack,
    PackExpired,
)
from catalog.domain.events import PackDrafted, PackPublished, PackWithdrawn
from catalog.domain.pack import Pack
from catalog.domain.pricing import Line, Quote, Rule, judge

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULE = Rule("r", "D-01", "折扣", MAX_DISCOUNT, Decimal("0.10"), Decimal("0.40"))
MAKER, OTHER = "maker", "other"


def quote(price: str, unit: str = "100.00") -> Quote:
    lines = (Line("i", "I1001", "玄铁", "材料", 1, Decimal(unit)),)
    return Quote(lines, judge(lines, [RULE], price=Decimal(price)))


def a_draft(price: str = "95.00", **fields) -> Pack:
    pack = Pack(id="p", no="P1001", name="周末礼包", note="", **fields)
    (fact,) = pack.draft(quote(price), by=MAKER, at=NOON)
    assert isinstance(fact, PackDrafted)
    return pack


def a_pack_on_sale() -> Pack:
    pack = a_draft()
    pack.publish(quote("95.00"), at=NOON)
    return pack


def a_pack_that_awaits_approval() -> Pack:
    pack = a_draft("80.00")
    pack.publish(quote("80.00"), at=NOON)
    return pack


def test_a_blocked_price_is_not_even_drafted_and_the_rule_is_named():
    with pytest.raises(DiscountNotAllowed) as refused:
        a_draft("59.99")
    assert refused.value.members["verdict"]["rule"]["code"] == "D-01"
    assert "D-01" in refused.value.detail("zh")


def test_what_is_allowed_alone_goes_on_sale_at_once():
    pack = a_draft()
    (fact,) = pack.publish(quote("95.00"), at=NOON)
    assert isinstance(fact, PackPublished)
    assert (pack.state, pack.revision, pack.published_revision, fact.changed) == ("on_sale", 1, 1, ("state",))


def test_what_needs_approval_is_handed_in():
    pack = a_draft("80.00")
    (fact,) = pack.publish(quote("80.00"), at=NOON)
    assert isinstance(fact, PackDrafted)
    assert (fact.state, pack.published_revision) == ("awaiting_approval", None)


def test_publishing_takes_the_item_prices_of_now():
    pack = a_draft()
    (fact,) = pack.publish(quote("95.00", unit="130.00"), at=NOON)
    assert (pack.sum, pack.price, pack.state) == (Decimal("130.00"), Decimal("95.00"), "awaiting_approval")
    assert {"lines", "sum", "discount", "state"} == set(fact.changed)


def test_another_person_approves():
    pack = a_pack_that_awaits_approval()
    (fact,) = pack.approve(quote("80.00").verdict, by=OTHER, at=NOON)
    assert isinstance(fact, PackPublished)
    assert (pack.state, pack.approved_by) == ("on_sale", OTHER)


def test_nobody_approves_the_own_pack_or_the_own_price():
    pack = a_pack_that_awaits_approval()
    with pytest.raises(OwnPack):
        pack.approve(quote("80.00").verdict, by=MAKER, at=NOON)
    pack.edit({}, quote("70.00"), priced_by=OTHER, at=NOON)
    with pytest.raises(OwnPack):
        pack.approve(quote("70.00").verdict, by=OTHER, at=NOON)


def test_what_has_come_to_be_forbidden_is_not_approved():
    with pytest.raises(DiscountNotAllowed):
        a_pack_that_awaits_approval().approve(quote("50.00").verdict, by=OTHER, at=NOON)


@pytest.mark.parametrize("pack", [a_draft(), a_pack_on_sale()])
def test_only_what_awaits_approval_is_approved(pack):
    with pytest.raises(NotAwaitingApproval):
        pack.approve(quote("95.00").verdict, by=OTHER, at=NOON)


@pytest.mark.parametrize("pack", [a_pack_on_sale(), a_pack_that_awaits_approval()])
def test_only_drafts_and_withdrawn_packs_are_published(pack):
    with pytest.raises(NotDraft):
        pack.publish(quote("95.00"), at=NOON)


def test_a_change_of_a_pack_on_sale_is_its_next_revision():
    pack = a_pack_on_sale()
    (fact,) = pack.edit({"name": "新名"}, quote("92.00"), priced_by=OTHER, at=NOON)
    assert isinstance(fact, PackPublished)
    assert (pack.state, pack.revision, pack.published_revision) == ("on_sale", 2, 2)


def test_a_change_beyond_the_rule_awaits_approval_and_is_one_revision_however_often_it_is_changed():
    pack = a_pack_on_sale()
    for price in ("80.00", "79.00"):
        (fact,) = pack.edit({}, quote(price), priced_by=MAKER, at=NOON)
        assert (fact.state, pack.revision, pack.published_revision) == ("awaiting_approval", 2, 1)


def test_what_was_handed_in_goes_on_sale_when_its_new_price_is_allowed_alone():
    pack = a_pack_that_awaits_approval()
    (fact,) = pack.edit({}, quote("90.00"), priced_by=MAKER, at=NOON)
    assert isinstance(fact, PackPublished)


def test_an_edit_that_changes_nothing_is_no_edit():
    pack = a_pack_on_sale()
    assert pack.edit({"name": "周末礼包"}, quote("95.00"), priced_by=OTHER, at=NOON) == []
    assert (pack.revision, pack.version, pack.priced_by) == (1, 2, MAKER)


def test_an_approval_does_not_hold_for_the_next_revision():
    pack = a_pack_that_awaits_approval()
    pack.approve(quote("80.00").verdict, by=OTHER, at=NOON)
    pack.edit({}, quote("95.00"), priced_by=MAKER, at=NOON)
    assert (pack.state, pack.approved_by) == ("on_sale", None)


def test_a_pack_is_withdrawn_once_and_comes_back_as_its_next_revision():
    pack = a_pack_on_sale()
    (fact,) = pack.withdraw(NOON)
    assert isinstance(fact, PackWithdrawn)
    with pytest.raises(AlreadyWithdrawn):
        pack.withdraw(NOON)
    pack.publish(quote("95.00"), at=NOON)
    assert (pack.state, pack.revision) == ("on_sale", 2)


def test_a_withdrawn_pack_that_is_changed_is_a_draft_again():
    pack = a_pack_on_sale()
    pack.withdraw(NOON)
    (fact,) = pack.edit({"name": "新名"}, quote("95.00"), priced_by=None, at=NOON)
    assert isinstance(fact, PackDrafted)
    assert (pack.state, pack.revision) == ("draft", 2)


def test_what_has_expired_does_not_go_on_sale():
    pack = a_draft(valid_until=NOON + timedelta(hours=1))
    with pytest.raises(PackExpired):
        pack.publish(quote("95.00"), at=NOON + timedelta(hours=1))
