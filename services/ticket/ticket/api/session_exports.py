"""Sessions as a file: the list as the caller sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.jobs.exporting import Column, Export, add_export, moment, of
from ticket.api.session_schemas import SessionQuery, SessionShown
from ticket.api.session_views import session_view
from ticket.domain.codes import CHANNEL_LIST
from ticket.domain.copies import StaffCopy
from ticket.persistence.sessions import find_sessions

routes = Routes("session-exports", "Sessions as files")

STATE_WORDS = {"open": ("进行中", "Open"), "ended": ("已结束", "Ended")}
CHANNEL_WORDS = {
    "wechat": ("微信", "WeChat"),
    "in_game": ("游戏内", "In the game"),
    "web_chat": ("网页", "Web"),
    "phone": ("电话", "Phone"),
    "portal": ("自助", "Self-service"),
}

COLUMNS = (
    Column("no", "服务单号", "Number", of("no")),
    Column("state", "状态", "State", of("state"), STATE_WORDS),
    Column("channel", "方式", "Channel", of("channel"), CHANNEL_WORDS, CHANNEL_LIST),
    Column("player", "玩家", "Player", of("player", "nickname")),
    Column("wechat_id", "微信ID", "WeChat ID", of("player", "wechat_id")),
    Column("contact", "联系方式", "Contact", of("contact")),
    Column("agent", "客服", "Agent", of("agent")),
    Column("messages", "消息数", "Messages", of("messages")),
    Column("masked_messages", "屏蔽的消息数", "Masked messages", of("masked_messages")),
    Column("first_response_seconds", "首次响应（秒）", "First response (s)", of("first_response_seconds")),
    Column("average_response_seconds", "平均响应（秒）", "Average response (s)", of("average_response_seconds")),
    Column("handling_seconds", "接待时长（秒）", "Handling time (s)", of("handling_seconds")),
    Column("opened_at", "开始时间", "Opened", moment("opened_at")),
    Column("answered_at", "首次回复时间", "First answered", moment("answered_at")),
    Column("ended_at", "结束时间", "Ended", moment("ended_at")),
    Column("id", "ID", "ID", of("id")),
)


def _page(uow: UnitOfWork, query: Mapping[str, Any], _settings: Any) -> Page:
    return find_sessions(uow, query)


def _shown(rows: Sequence[Any], uow: UnitOfWork, _settings: Any) -> list[dict[str, Any]]:
    """The JSON of the list, and whose number instead of an ID."""
    ids = {session.agent_id for session in rows if session.agent_id}
    numbers = dict(uow.session.execute(select(StaffCopy.id, StaffCopy.no).where(StaffCopy.id.in_(ids))).tuples().all())
    return [{**session_view(session), "agent": numbers.get(session.agent_id)} for session in rows]


SESSIONS = Export("sessions", "session.export", SessionQuery, _page, _shown, COLUMNS, SessionShown)
add_export(routes, SESSIONS)
