"""What comes of sales in the demo: two campaigns that some of them are of, a few returns and a few claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chassis.callers import Caller
from chassis.money import Money
from deploy.local.demo.desk import Desk
from deploy.local.demo.history import SaleStory

DAY = timedelta(days=1)
ONE_IN = 3  # of the contacts while a campaign runs
PLANS = (
    ("老友回归", "三个月没登录的大R，先微信问近况，再谈回归礼包；三天没回的打一次电话。", 45, 20, 8_000),
    ("双旦预热", "先给上月买过的老玩家看礼包，月底前谈完第一轮。", 12, -18, 20_000),
)
RETURNS = ("买重了，还没有用", "孩子用大人手机买的", "以为是另一个区的礼包")
CLAIMS = (
    ("掉线三小时，活动没赶上", "客诉截图，后台查到当晚断线"),
    ("礼包发晚了一天", "发放记录"),
    ("物品显示错误", "玩家录屏"),
)
OUTCOMES = ("refund", "approve", "reject", "request")


@dataclass(frozen=True)
class Run:
    """A campaign and the time in which it runs."""

    id: str
    since: datetime
    until: datetime


def campaigns(desk: Desk, by: dict[str, Caller], packs: Sequence[dict[str, Any]], now: datetime) -> list[Run]:
    """Two, planned and begun: one is over by now, one runs."""
    from sales.application import campaigns as use

    found = []
    for place, (name, plan, began, ends, budget) in enumerate(PLANS):
        since, until = now - began * DAY, now - ends * DAY
        fields = {"name": name, "plan": plan, "budget": Money(Decimal(budget)), "ends_at": until}
        target = {"tags": [], "vip_tiers": [3, 4] if place == 0 else [2, 3, 4], "segment": plan.partition("，")[0]}
        offered = [pack["no"] for pack in packs[place * 3 : place * 3 + 3]]
        made = desk.do(by["M001"], since - 2 * DAY, use.plan_campaign, {**fields, "target": target, "packs": offered})
        desk.do(by["M001"], since, use.start_campaign, made.id, version=made.version)
        found.append(Run(made.id, since, until))
    return found


def campaign_of(runs: Sequence[Run], story: SaleStory, number: int) -> str | None:
    """The campaign that a contact is counted for."""
    return next((run.id for run in runs if run.since <= story.at < run.until and number % ONE_IN == 0), None)


def end_campaigns(desk: Desk, by: dict[str, Caller], runs: Sequence[Run], now: datetime) -> None:
    """Those that are over by now; what they came to is known."""
    from sales.application import campaigns as use

    for run in runs:
        if run.until < now:
            cost = {"cost": Money(Decimal("6480.50"))}
            ended = desk.do(by["M001"], run.until, use.end_campaign, run.id, version=2)
            desk.do(by["M001"], run.until + DAY, use.change_campaign, run.id, cost, version=ended.version)


def come_back(desk: Desk, by: dict[str, Caller], order: Any, story: SaleStory, number: int, now: datetime) -> None:
    """Of one completed order in some forty money is asked back, as a return or as a claim."""
    at = story.at + DAY
    if number % 40 or at + 2 * DAY > now:
        return
    outcome, agent, boss = OUTCOMES[number // 80 % len(OUTCOMES)], by[story.agent_no], by["M001"]
    if number % 80:
        _claim(desk, agent, boss, order.id, outcome, at, number)
    else:
        _return(desk, agent, boss, order.id, outcome, at, number)


def _return(desk: Desk, agent: Caller, boss: Caller, order_id: str, outcome: str, at: datetime, number: int) -> None:
    from sales.application import returns as use

    wanted = {"reason": RETURNS[number // 80 % len(RETURNS)], "quantity": 1}
    terms, zone = desk.settings.return_terms, desk.settings.timezone
    found = desk.do(agent, at, use.request_return, order_id, wanted, terms=terms, timezone=zone)
    if outcome == "reject":
        desk.do(boss, at + DAY / 2, use.reject_return, found.id, "查过日志，已经用掉了", version=1)
    if outcome in ("approve", "refund"):
        desk.do(boss, at + DAY / 2, use.approve_return, found.id, None, version=1)
    if outcome == "refund":
        desk.do(boss, at + DAY, use.record_refund, found.id, {"method": "wechat_pay"})


def _claim(desk: Desk, agent: Caller, boss: Caller, order_id: str, outcome: str, at: datetime, number: int) -> None:
    from sales.application import claims as use

    reason, evidence = CLAIMS[number // 80 % len(CLAIMS)]
    wanted = {
        "kind": "compensation",
        "reason": reason,
        "evidence": [{"text": evidence}],
        "amount": Money(Decimal("0.50")),
    }
    terms, zone = desk.settings.claim_terms, desk.settings.timezone
    found = desk.do(agent, at, use.request_claim, order_id, wanted, terms=terms, timezone=zone)
    if outcome == "reject":
        desk.do(boss, at + DAY / 2, use.reject_claim, found.id, "日志里当时已经到账", version=1)
    if outcome in ("approve", "refund"):
        desk.do(boss, at + DAY / 2, use.approve_claim, found.id, None, version=1)
    if outcome == "refund":
        desk.do(boss, at + DAY, use.pay_claim, found.id, {"method": "wechat_pay"})
