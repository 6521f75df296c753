"""Reads of campaigns: the list, and what came of one in figures, each counted over rows that a list shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from sales.domain.campaign import Campaign
from sales.domain.codes import CANCELLED, ORDER_STATES, REFUSED
from sales.domain.order import Order
from sales.domain.touch import Touch

CAMPAIGN_SORTS = {"created_at": Sort(Campaign.created_at, "created_at")}
SOLD_STATES = tuple(state for state in ORDER_STATES if state != CANCELLED)


@dataclass
class Results:
    """What came of a campaign, as far as the caller reaches: touches by outcome and lost reason, players, orders."""

    campaign: Campaign
    players: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    lost_reasons: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    revenue: Decimal = Decimal("0.00")

    @property
    def contacted(self) -> int:
        """All touches."""
        return sum(self.outcomes.values())

    @property
    def roi(self) -> Decimal | None:
        """What was earned beyond what was spent, as a share of that, four places; None where nothing was spent."""
        spent = self.campaign.spent
        return ((self.revenue - spent) / spent).quantize(Decimal("0.0001"), ROUND_HALF_UP) if spent else None


def find_campaigns(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the campaigns the caller reaches, filtered as the query says."""
    conditions: list[ColumnElement[bool]] = []
    if query.get("state"):
        conditions.append(Campaign.state.in_(query["state"]))
    if query.get("department_id"):
        conditions.append(Campaign.department_id == query["department_id"])
    if query.get("pack_no"):
        conditions.append(Campaign.packs.contains([query["pack_no"].upper()]))
    if query.get("q"):
        typed = query["q"].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        conditions.append(or_(Campaign.name.ilike(f"%{typed}%"), Campaign.no == query["q"].upper()))
    statement = uow.select(Campaign).where(*conditions)
    return paginate(uow.session, statement, sorts=CAMPAIGN_SORTS, id_column=Campaign.id, query=query)


def results_of(uow: UnitOfWork, campaign_id: str) -> Results:
    """What came of a campaign. Orders that were called off do not count; of the others counts the total less what was
    refunded. Raises NotFound."""
    found = Results(uow.get(Campaign, campaign_id))
    touches = (Touch.campaign_id == campaign_id, uow.visible(Touch))
    for outcome, reason, count in uow.session.execute(
        select(Touch.outcome, Touch.lost_reason, func.count())
        .where(*touches)
        .group_by(Touch.outcome, Touch.lost_reason)
    ):
        found.outcomes[outcome] = found.outcomes.get(outcome, 0) + count
        if outcome == REFUSED and reason is not None:
            found.lost_reasons[reason] = count
    found.players = uow.session.scalar(select(func.count(Touch.player_id.distinct())).where(*touches)) or 0
    revenue = func.coalesce(func.sum(Order.total - Order.refunded_total), Decimal("0.00"))
    sold = (Order.campaign_id == campaign_id, uow.visible(Order), Order.state != CANCELLED)
    found.orders, found.revenue = uow.session.execute(select(func.count(), revenue).where(*sold)).one()
    return found
