"""When a campaign begins and ends, what of it can still be changed, and what it came to (S7, S8)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from chassis.rules import RuleBroken, WrongFields
from sales.domain.campaign import Campaign
from sales.domain.campaign_errors import (
    CampaignFixed,
    CampaignNotDraft,
    CampaignNotOpen,
    CampaignNotRunning,
    CampaignOver,
)
from sales.persistence.campaigns import Results
from tests.sales.builders import NOON

HOUR = timedelta(hours=1)


def a_campaign(**fields: Any) -> Campaign:
    """A draft that was planned at noon."""
    values = {
        "id": new_id(),
        "version": 1,
        "no": "M1",
        "name": "双旦",
        "plan": "",
        "budget": Decimal(1000),
        "cost": None,
    }
    more = {
        "currency": "CNY",
        "packs": [],
        "target": {"tags": [], "vip_tiers": [], "segment": ""},
        "planned_by": "boss",
    }
    times = dict.fromkeys(("starts_at", "ends_at", "started_at", "ended_at", "department_id", "reason"))
    found = Campaign(**{**values, **more, **times, **fields})
    found.draft(at=NOON)
    return found


def keys(facts: list[Any]) -> list[str]:
    return [fact.key for fact in facts]


def test_a_campaign_begins_and_ends_by_hand_and_each_once():
    found = a_campaign()
    with pytest.raises(CampaignNotRunning):
        found.end(at=NOON)
    assert keys(found.start(at=NOON)) == ["campaign.started.v1"]
    with pytest.raises(CampaignNotDraft):
        found.start(at=NOON)
    assert keys(found.end(at=NOON + HOUR)) == ["campaign.ended.v1"]
    assert (found.state, found.started_at, found.ended_at, found.version) == ("ended", NOON, NOON + HOUR, 3)
    for again in (lambda: found.end(at=NOON), found.must_run):
        with pytest.raises(CampaignNotRunning):
            again()
    with pytest.raises(CampaignNotOpen):
        found.cancel("不办了", at=NOON)


def test_the_end_lies_after_the_beginning_and_after_now():
    for fields, code in (
        ({"ends_at": NOON}, "in_the_past"),
        ({"starts_at": NOON + 2 * HOUR, "ends_at": NOON + 2 * HOUR}, "before_its_start"),
    ):
        with pytest.raises(WrongFields) as caught:
            a_campaign(**fields)
        assert caught.value.errors == [("/ends_at", code)]


def test_a_campaign_whose_end_has_gone_by_is_not_started_by_hand():
    with pytest.raises(CampaignOver):
        a_campaign(ends_at=NOON + HOUR).start(at=NOON + HOUR)


def test_what_was_promised_stays():
    found = a_campaign()
    found.edit({"starts_at": NOON + HOUR, "department_id": new_id(), "name": "圣诞"}, at=NOON)
    found.start(at=NOON)
    with pytest.raises(CampaignFixed) as caught:
        found.edit({"starts_at": NOON, "name": "元旦", "department_id": None}, at=NOON)
    assert caught.value.members == {"fields": ["department_id", "starts_at"]}
    assert keys(found.edit({"name": "元旦", "ends_at": NOON + 9 * HOUR}, at=NOON)) == ["campaign.planned.v1"]
    found.end(at=NOON)
    with pytest.raises(CampaignFixed):
        found.edit({"budget": Decimal(1)}, at=NOON)
    assert found.edit({"name": "元旦"}, at=NOON) == []
    assert found.edit({"cost": Decimal(900)}, at=NOON)[0].changed == ("cost",)


def test_only_a_draft_is_removed_and_a_running_one_is_called_off():
    found = a_campaign()
    found.start(at=NOON)
    with pytest.raises(CampaignNotDraft):
        found.remove(at=NOON)
    assert keys(found.cancel("服务器出事", at=NOON)) == ["campaign.cancelled.v1"]
    assert keys(a_campaign().remove(at=NOON)) == ["campaign.removed.v1"]


steps = st.sampled_from(("clock", "start", "end", "cancel"))


@given(
    st.one_of(st.none(), st.integers(-5, 20)),
    st.one_of(st.none(), st.integers(1, 25)),
    st.lists(st.tuples(steps, st.integers(0, 6)), max_size=20),
)
def test_whoever_moves_it_and_whenever_it_begins_once_and_ends_once(
    starts: int | None, ends: int | None, taken: list[tuple[str, int]]
):
    if starts is not None and ends is not None and ends <= starts:
        ends = starts + 1 if starts >= 0 else 1
    moment = lambda hour: None if hour is None else NOON + hour * HOUR  # noqa: E731
    found, told, now = a_campaign(starts_at=moment(starts), ends_at=moment(ends)), list[str](), NOON
    for step, hours in taken:
        now += hours * HOUR
        with suppress(RuleBroken):
            told += keys(moved(found, step, now))
        if step == "clock":
            assert not due(found, now)
    assert told.count("campaign.started.v1") <= 1
    assert told.count("campaign.ended.v1") + told.count("campaign.cancelled.v1") <= 1
    if "campaign.ended.v1" in told:
        assert told.index("campaign.started.v1") < told.index("campaign.ended.v1")


def moved(found: Campaign, step: str, now: datetime) -> list[Any]:
    """One step, by hand or by the clock."""
    if step == "clock":
        return found.keep_to_the_clock(at=now)
    return found.cancel("不办了", at=now) if step == "cancel" else getattr(found, step)(at=now)


def due(found: Campaign, now: datetime) -> bool:
    """Whether its moment has come and nobody has done it."""
    begins = found.state == "draft" and found.starts_at is not None and found.starts_at <= now
    return begins or (found.state == "running" and found.ends_at is not None and found.ends_at <= now)


@pytest.mark.parametrize(
    ("budget", "cost", "revenue", "roi"),
    [
        ("1000", None, "2500.00", "1.5000"),
        ("1000", "2000", "2500.00", "0.2500"),
        ("1000", None, "0.00", "-1.0000"),
        ("3", None, "4.00", "0.3333"),
        ("0", None, "4.00", None),
    ],
)
def test_the_return_is_on_the_cost_or_until_it_is_known_on_the_budget(
    budget: str, cost: str | None, revenue: str, roi: str | None
):
    campaign = a_campaign(budget=Decimal(budget), cost=None if cost is None else Decimal(cost))
    found = Results(campaign, revenue=Decimal(revenue)).roi
    assert found == (None if roi is None else Decimal(roi))
