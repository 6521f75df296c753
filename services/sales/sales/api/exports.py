"""Touches, orders, returns and claims as files: the lists as the caller sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.jobs.exporting import Column, Export, add_export, moment, money, of
from sales.api.claim_schemas import ClaimQuery, ClaimShown
from sales.api.claims import claim_view
from sales.api.return_schemas import ReturnQuery, ReturnShown
from sales.api.returns import return_view
from sales.api.schemas import OrderQuery, OrderShown, TouchQuery, TouchShown
from sales.api.views import order_view, touch_view
from sales.domain.codes import CHANNEL_LIST, LOST_REASON_LIST, METHOD_LIST
from sales.domain.copies import StaffCopy
from sales.persistence import queries

routes = Routes("sales-exports", "Touches, orders, returns and claims as files")

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
METHOD_WORDS = {
    "wechat_pay": ("微信支付", "WeChat Pay"),
    "alipay": ("支付宝", "Alipay"),
    "bank_transfer": ("银行转账", "Bank transfer"),
    "in_game": ("游戏内", "In game"),
    "other": ("其他", "Other"),
}
BACK_WORDS = {
    "requested": ("待审批", "Awaiting approval"),
    "approved": ("已批准", "Approved"),
    "rejected": ("已驳回", "Rejected"),
    "refunded": ("已退款", "Refunded"),
    "paid": ("已赔付", "Paid"),
    "withdrawn": ("已撤回", "Withdrawn"),
}
KIND_WORDS = {"compensation": ("补偿", "Compensation"), "price_difference": ("贵就赔", "Price difference")}

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
BACK = (
    Column("state", "状态", "State", of("state"), BACK_WORDS),
    Column("order_no", "订单号", "Order", of("order_no")),
    *PLAYER,
    Column("pack_no", "礼包编号", "Pack number", of("pack", "no")),
    Column("pack", "礼包", "Pack", of("pack", "name")),
    Column("amount", "金额", "Amount", money("amount")),
    Column("reason", "原因", "Reason", of("reason")),
    Column("requested_at", "申请时间", "Requested", moment("requested_at")),
    Column("decision", "审批意见", "Decision", of("decision")),
    Column("decided_at", "审批时间", "Decided", moment("decided_at")),
    Column("method", "方式", "Method", of("method"), METHOD_WORDS, METHOD_LIST),
    Column("external_no", "流水号", "Outside number", of("external_no")),
)
RETURN_COLUMNS = (
    Column("no", "退货单", "Number", of("no")),
    *BACK,
    Column("refunded_at", "退款时间", "Refunded", moment("refunded_at")),
    Column("id", "ID", "ID", of("id")),
)
CLAIM_COLUMNS = (
    Column("no", "理赔单", "Number", of("no")),
    Column("kind", "种类", "Kind", of("kind"), KIND_WORDS),
    *BACK,
    Column("lower_price", "后来的低价", "Lower price", money("difference", "lower_price")),
    Column("lower_at", "低价时间", "Lower since", moment("difference", "lower_at")),
    Column("paid_at", "赔付时间", "Paid", moment("paid_at")),
    Column("id", "ID", "ID", of("id")),
)

Shown = Callable[[Sequence[Any], UnitOfWork, Any], list[dict[str, Any]]]


def listed_by(find: Callable[[UnitOfWork, Mapping[str, Any]], Page]) -> Callable[..., Page]:
    """The list's own read, which needs no settings."""
    return lambda uow, query, _settings: find(uow, query)


def shown_by(view: Callable[..., dict[str, Any]], whose: str = "staff_id") -> Shown:
    """The JSON of the list, and the number of whose it is instead of an ID."""

    def shown(rows: Sequence[Any], uow: UnitOfWork, _settings: Any) -> list[dict[str, Any]]:
        ids = {staff_id for row in rows if (staff_id := getattr(row, whose))}
        known = select(StaffCopy.id, StaffCopy.no).where(StaffCopy.id.in_(ids))
        numbers = dict(uow.session.execute(known).tuples().all())
        return [{**view(row, uow.caller), "staff": numbers.get(getattr(row, whose))} for row in rows]

    return shown


def _export(
    name: str, query: Any, find: Any, view: Callable[..., dict[str, Any]], columns: tuple[Column, ...], answer: Any
) -> Export:
    return Export(name, "sales.export", query, listed_by(find), shown_by(view), columns, answer)


ALL = (
    _export("touches", TouchQuery, queries.find_touches, touch_view, TOUCH_COLUMNS, TouchShown),
    _export("orders", OrderQuery, queries.find_orders, order_view, ORDER_COLUMNS, OrderShown),
    _export("returns", ReturnQuery, queries.find_returns, return_view, RETURN_COLUMNS, ReturnShown),
    _export("claims", ClaimQuery, queries.find_claims, claim_view, CLAIM_COLUMNS, ClaimShown),
)
for export in ALL:
    add_export(routes, export)
