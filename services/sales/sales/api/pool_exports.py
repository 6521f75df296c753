"""Opportunities and leads as files: the lists as the caller sees them; phone numbers masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.jobs.exporting import Column, Export, add_export, moment, money, of
from sales.api.exports import PLAYER, REASON_WORDS, listed_by, shown_by
from sales.api.lead_schemas import LeadQuery, LeadShown
from sales.api.opportunity_schemas import OpportunityQuery, OpportunityShown
from sales.api.pool_views import kept_lead_view, opportunity_view
from sales.domain.codes import LOST_REASON_LIST
from sales.domain.pool_codes import SOURCE_LIST, STAGE_LIST
from sales.persistence.leads import find_leads
from sales.persistence.opportunities import find_opportunities

routes = Routes("pool-exports", "Opportunities and leads as files")

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


def _leads(uow: UnitOfWork, query: Mapping[str, Any], settings: Any) -> Page:
    return find_leads(uow, query, phones=settings.phones)


ALL = (
    Export(
        "opportunities", "sales.export", OpportunityQuery, listed_by(find_opportunities),
        shown_by(opportunity_view, "owner_id"), OPPORTUNITY_COLUMNS, OpportunityShown,
    ),
    Export("leads", "sales.export", LeadQuery, _leads, shown_by(kept_lead_view, "owner_id"), LEAD_COLUMNS, LeadShown),
)  # fmt: skip
for export in ALL:
    add_export(routes, export)
