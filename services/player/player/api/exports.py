"""Players as a file: the list as the caller sees it, phone numbers through the same mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.jobs.exporting import Column, Export, add_export, moment, money, of
from player.api.schemas import PlayerQuery, PlayerShown
from player.api.views import shown_player
from player.domain.codes import SOURCE_LIST, SOURCE_WORDS, TIER_WORDS
from player.domain.copies import StaffCopy
from player.persistence import queries

routes = Routes("player-exports", "Players as files")


COLUMNS = (
    Column("nickname", "昵称", "Nickname", of("nickname")),
    Column("phone", "手机号", "Phone", of("phone")),
    Column("wechat_id", "微信ID", "WeChat ID", of("wechat_id")),
    Column("wechat_name", "微信名", "WeChat name", of("wechat_name")),
    Column("agent", "所属客服", "Agent", of("agent")),
    Column("vip_tier", "等级", "VIP tier", of("vip_tier"), TIER_WORDS),
    Column("source", "来源", "Source", of("source"), SOURCE_WORDS, SOURCE_LIST),
    Column("tags", "标签", "Tags", of("tags")),
    Column("note", "备注", "Note", of("note")),
    Column("registered", "已注册", "Registered", of("registered")),
    Column("game_uid", "玩家UID", "Game UID", of("game", "uid")),
    Column("server", "区服", "Server", of("game", "server")),
    Column("level", "游戏等级", "Level", of("game", "level")),
    Column("total_spend", "累计充值", "Total spend", money("game", "total_spend")),
    Column("last_login_at", "最近登录", "Last login", moment("game", "last_login_at")),
    Column("last_contact_at", "最近接触", "Last contact", moment("last_contact_at")),
    Column("created_at", "建档时间", "Created", moment("created_at")),
    Column("id", "ID", "ID", of("id")),
)


def _page(uow: UnitOfWork, query: Mapping[str, Any], settings: Any) -> Page:
    return queries.find_players(uow, query, phones=settings.phones)


def _shown(rows: Sequence[Any], uow: UnitOfWork, settings: Any) -> list[dict[str, Any]]:
    """The JSON of the list, and whose number instead of an ID."""
    ids = {player.agent_id for player in rows if player.agent_id}
    numbers = dict(uow.session.execute(select(StaffCopy.id, StaffCopy.no).where(StaffCopy.id.in_(ids))).tuples().all())
    return [
        {**shown_player(player, uow.caller, settings.phones), "agent": numbers.get(player.agent_id)} for player in rows
    ]


PLAYERS = Export("players", "player.export", PlayerQuery, _page, _shown, COLUMNS, PlayerShown)
add_export(routes, PLAYERS)
