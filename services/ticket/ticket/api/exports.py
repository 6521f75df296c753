"""Tickets as a file: the list as the caller sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.jobs.exporting import Column, Export, add_export, moment, of
from ticket.api.schemas import TicketQuery, TicketShown
from ticket.api.views import ticket_view
from ticket.domain.codes import CATEGORY_LIST
from ticket.domain.copies import StaffCopy
from ticket.persistence import queries

routes = Routes("ticket-exports", "Tickets as files")

STATUS_WORDS = {"pending": ("待处理", "Pending"), "in_progress": ("处理中", "In progress"), "done": ("完成", "Done")}
PRIORITY_WORDS = {
    "low": ("低", "Low"),
    "normal": ("普通", "Normal"),
    "high": ("高", "High"),
    "urgent": ("紧急", "Urgent"),
}
CATEGORY_WORDS = {
    "complaint": ("投诉", "Complaint"),
    "recharge": ("充值", "Recharge"),
    "account": ("账号", "Account"),
    "gameplay": ("玩法", "Gameplay"),
    "bug": ("故障", "Bug"),
    "refund": ("退款", "Refund"),
    "suggestion": ("建议", "Suggestion"),
    "other": ("其他", "Other"),
}

COLUMNS = (
    Column("no", "工单号", "Number", of("no")),
    Column("status", "状态", "Status", of("status"), STATUS_WORDS),
    Column("player", "玩家", "Player", of("player", "nickname")),
    Column("wechat_id", "微信ID", "WeChat ID", of("player", "wechat_id")),
    Column("category", "类型", "Category", of("category"), CATEGORY_WORDS, CATEGORY_LIST),
    Column("priority", "优先级", "Priority", of("priority"), PRIORITY_WORDS),
    Column("question", "问题详情", "Question", of("question")),
    Column("solution", "解决方案", "Solution", of("solution")),
    Column("assignee", "负责人", "Assignee", of("assignee")),
    Column("line", "几线", "Line", of("line")),
    Column("waiting", "等玩家回复", "Waiting for the player", of("waiting")),
    Column("overdue", "超时", "Overdue", of("overdue")),
    Column("reopen_count", "重开次数", "Reopened", of("reopen_count")),
    Column("due_at", "时限", "Due", moment("due_at")),
    Column("created_at", "建立时间", "Created", moment("created_at")),
    Column("started_at", "开始时间", "Started", moment("started_at")),
    Column("completed_at", "完成时间", "Completed", moment("completed_at")),
    Column("id", "ID", "ID", of("id")),
)


def _page(uow: UnitOfWork, query: Mapping[str, Any], _settings: Any) -> Page:
    return queries.find_tickets(uow, query)


def _shown(rows: Sequence[Any], uow: UnitOfWork, _settings: Any) -> list[dict[str, Any]]:
    """The JSON of the list, and whose number instead of an ID."""
    ids = {ticket.assignee_id for ticket in rows if ticket.assignee_id}
    numbers = dict(uow.session.execute(select(StaffCopy.id, StaffCopy.no).where(StaffCopy.id.in_(ids))).tuples().all())
    return [{**ticket_view(ticket, uow.caller), "assignee": numbers.get(ticket.assignee_id)} for ticket in rows]


TICKETS = Export("tickets", "ticket.export", TicketQuery, _page, _shown, COLUMNS, TicketShown)
add_export(routes, TICKETS, references={"phone": "player_by_phone"})
