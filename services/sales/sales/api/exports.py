"""Touches, orders, opportunities and leads as files: the lists as the caller sees them; phone numbers masked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.jobs.exporting import Column, Export, add_export, moment, money, of
from sales.api.lead_schemas import LeadQuery, LeadShown
from sales.api.opportunity_schemas import OpportunityQuery, OpportunityShown
from sales.api.pool_views import kept_lead_view, opportunity_view
from sales.api.schemas import OrderQuery, OrderShown, TouchQuery, TouchShown
from sales.api.views import order_view, touch_view
from sales.domain.codes import CHANNEL_LIST, LOST_REASON_LIST
from sales.domain.copies import StaffCopy
from sales.domain.pool_codes import SOURCE_LIST, STAGE_LIST
from sales.domain.pooled import Pooled
from sales.persistence import queries
from sales.persistence.leads import find_leads
from sales.persistence.opportunities import find_opportunities

routes = Routes("sales-exports", "Lists of sales as files")

CHANNEL_WORDS = {
    "wechat": ("微信", "WeChat"),
    "in_game": ("游戏内", "In game"),
    "web_chat": ("网页", "Web chat"),
    "phone": ("电话", "Phone"),
    "portal": ("自助", "Portal"),
}
OUTCOME_WORDS = {
    "sold": ("成交", "Sold"),
    "considering": ("考虑中", "Considering"),
    "refused": ("未成交", "Refused"),
    "no_answer": ("没回应", "No answer"),
}
REASON_WORDS = {
    "too_expensive": ("觉得贵", "Too expensive"),
    "not_needed": ("不需要", "Not needed"),
    "already_has": ("已有同类", "Already has one"),
    "no_money_now": ("手头紧", "No money now"),
    "bad_timing": ("不方便", "Bad timing"),
    "unhappy": ("有不满", "Unhappy"),
    "other": ("其他", "Other"),
}
STATE_WORDS = {
    "awaiting_approval": ("待审批", "Awaiting approval"),
    "awaiting_payment": ("待付款", "Awaiting payment"),
    "part_paid": ("部分付款", "Part paid"),
    "paid": ("已付款", "Paid"),
    "shipped": ("已发放", "Shipped"),
    "completed": ("已完成", "Completed"),
    "cancelled": ("已取消", "Cancelled"),
}
STAGE_WORDS = {
    "first_contact": ("初次接触", "First contact"),
    "interested": ("有意向", "Interested"),
    "offered": ("已报价", "Offered"),
    "negotiating": ("谈价", "Negotiating"),
    "won": ("赢单", "Won"),
    "lost": ("输单", "Lost"),
}
LEAD_WORDS = {
    "new": ("待领取", "New"),
    "assigned": ("跟进中", "Assigned"),
    "converted": ("已转化", "Converted"),
    "discarded": ("已放弃", "Discarded"),
}
SOURCE_WORDS = {
    "in_game_guide": ("游戏内引导", "In-game guide"),
    "campaign": ("市场活动", "Campaign"),
    "referral": ("老玩家介绍", "Referral"),
    "other": ("其他", "Other"),
}

PLAYER = (
    Column("player", "玩家", "Player", of("player", "nickname")),
    Column("wechat_id", "微信ID", "WeChat ID", of("player", "wechat_id")),
    Column("staff", "客服", "Agent", of("staff")),
)
TOUCH_COLUMNS = (
    Column("at", "时间", "Time", moment("at")),
    *PLAYER,
    Column("channel", "方式", "Channel", of("channel"), CHANNEL_WORDS, CHANNEL_LIST),
    Column("outcome", "结果", "Outcome", of("outcome"), OUTCOME_WORDS),
    Column("lost_reason", "未成功原因", "Lost reason", of("lost_reason"), REASON_WORDS, LOST_REASON_LIST),
    Column("pack_no", "礼包编号", "Pack number", of("pack_no")),
    Column("pack", "礼包", "Pack", of("pack", "name")),
    Column("pack_price", "礼包价", "Pack price", money("pack", "price")),
    Column("note", "备注", "Note", of("note")),
    Column("next_at", "下次跟进", "Next contact", moment("next_at")),
    Column("id", "ID", "ID", of("id")),
)
ORDER_COLUMNS = (
    Column("no", "订单号", "Number", of("no")),
    Column("state", "状态", "State", of("state"), STATE_WORDS),
    *PLAYER,
    Column("pack_no", "礼包编号", "Pack number", of("pack", "no")),
    Column("pack", "礼包", "Pack", of("pack", "name")),
    Column("quantity", "数量", "Quantity", of("quantity")),
    Column("pack_price", "礼包价", "Pack price", money("pack_price")),
    Column("price", "成交价", "Price", money("price")),
    Column("total", "金额", "Total", money("total")),
    Column("paid_total", "已付", "Paid", money("paid_total")),
    Column("refunded_total", "已退", "Refunded", money("refunded_total")),
    Column("note", "备注", "Note", of("note")),
    Column("placed_at", "下单时间", "Placed", moment("placed_at")),
    Column("paid_at", "付清时间", "Paid at", moment("paid_at")),
    Column("shipped_at", "发放时间", "Shipped", moment("shipped_at")),
    Column("completed_at", "完成时间", "Completed", moment("completed_at")),
    Column("cancelled_at", "取消时间", "Cancelled", moment("cancelled_at")),
    Column("id", "ID", "ID", of("id")),
)

Shown = Callable[[Sequence[Any], UnitOfWork, Any], list[dict[str, Any]]]


def _touches(uow: UnitOfWork, query: Mapping[str, Any], _settings: Any) -> Page:
    return queries.find_touches(uow, query)


def _orders(uow: UnitOfWork, query: Mapping[str, Any], _settings: Any) -> Page:
    return queries.find_orders(uow, query)


def _opportunities(uow: UnitOfWork, query: Mapping[str, Any], _settings: Any) -> Page:
    return find_opportunities(uow, query)


def _leads(uow: UnitOfWork, query: Mapping[str, Any], settings: Any) -> Page:
    return find_leads(uow, query, phones=settings.phones)


def _shown_by(view: Callable[..., dict[str, Any]]) -> Shown:
    """The JSON of the list, and whose number instead of an ID."""

    def shown(rows: Sequence[Any], uow: UnitOfWork, _settings: Any) -> list[dict[str, Any]]:
        ids = {staff_id for row in rows if (staff_id := _whose(row))}
        known = select(StaffCopy.id, StaffCopy.no).where(StaffCopy.id.in_(ids))
        numbers = dict(uow.session.execute(known).tuples().all())
        return [{**view(row, uow.caller), "staff": numbers.get(_whose(row) or "")} for row in rows]

    return shown


OPPORTUNITY_COLUMNS = (
    Column("title", "标题", "Title", of("title")),
    Column("stage", "阶段", "Stage", of("stage"), STAGE_WORDS, STAGE_LIST),
    *PLAYER,
    Column("amount", "预计金额", "Expected", money("amount")),
    Column("pack_no", "礼包编号", "Pack number", of("pack_no")),
    Column("lost_reason", "未成功原因", "Lost reason", of("lost_reason"), REASON_WORDS, LOST_REASON_LIST),
    Column("order_no", "订单号", "Order", of("order_no")),
    Column("note", "备注", "Note", of("note")),
    Column("next_at", "下次跟进", "Next contact", moment("next_at")),
    Column("created_at", "新建时间", "Opened", moment("created_at")),
    Column("closed_at", "结束时间", "Closed", moment("closed_at")),
    Column("id", "ID", "ID", of("id")),
)
LEAD_COLUMNS = (
    Column("name", "称呼", "Name", of("name")),
    Column("phone", "手机号", "Phone", of("phone")),
    Column("wechat_id", "微信ID", "WeChat ID", of("wechat_id")),
    Column("state", "状态", "State", of("state"), LEAD_WORDS),
    Column("source", "来源", "Source", of("source"), SOURCE_WORDS, SOURCE_LIST),
    Column("staff", "客服", "Agent", of("staff")),
    Column("note", "备注", "Note", of("note")),
    Column("created_at", "新建时间", "Written down", moment("created_at")),
    Column("closed_at", "结束时间", "Closed", moment("closed_at")),
    Column("id", "ID", "ID", of("id")),
)


def _whose(row: Any) -> str | None:
    """Who sold, or who has it."""
    found: str | None = row.owner_id if isinstance(row, Pooled) else row.staff_id
    return found


TOUCHES = Export("touches", "sales.export", TouchQuery, _touches, _shown_by(touch_view), TOUCH_COLUMNS, TouchShown)
ORDERS = Export("orders", "sales.export", OrderQuery, _orders, _shown_by(order_view), ORDER_COLUMNS, OrderShown)
OPPORTUNITIES = Export(
    "opportunities", "sales.export", OpportunityQuery, _opportunities, _shown_by(opportunity_view), OPPORTUNITY_COLUMNS,
    OpportunityShown,
)  # fmt: skip
LEADS = Export("leads", "sales.export", LeadQuery, _leads, _shown_by(kept_lead_view), LEAD_COLUMNS, LeadShown)
EXPORTS = (TOUCHES, ORDERS, OPPORTUNITIES, LEADS)
for export in EXPORTS:
    add_export(routes, export)
