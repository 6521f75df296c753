"""Reads: the list of players, by filters and by whatever was typed into the search box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import array

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.phones import Phones
from chassis.data.unit_of_work import UnitOfWork
from player.domain.names import handle_key
from player.domain.player import OWNER, SILENT_SINCE, Player
from player.persistence import search

SORTS = {
    "created_at": Sort(Player.created_at, "created_at"),
    "updated_at": Sort(Player.updated_at, "updated_at"),
    "last_contact_at": Sort(SILENT_SINCE, "silent_since"),
}
BEST_FIRST = "-relevance"


def find_players(uow: UnitOfWork, query: Mapping[str, Any], *, phones: Phones) -> Page:
    """One page of the living players the caller reaches, survivors for those merged; with `q`, each with its `match`."""
    conditions = _conditions(query, phones) + _moments(query, uow)
    conditions += [Player.deleted.is_(False), Player.merged_into_id.is_(None), uow.visible(Player)]
    if query.get("q"):
        return _search(uow, query, conditions, phones)
    statement = select(Player).where(*conditions)
    asked = {**query, "sort": query["sort"] or "-created_at"}
    return paginate(uow.session, statement, sorts=SORTS, id_column=Player.id, query=asked)


def _conditions(query: Mapping[str, Any], phones: Phones) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.get("agent_id"):
        found.append(OWNER == query["agent_id"])  # noqa: SIM300  (a column)
    if query.get("registered") is not None:
        found.append(Player.registered.is_(query["registered"]))
    if query.get("phone"):
        found.append(Player.id.in_(search.whose(search.Row.phone_index.in_(phones.indexes(query["phone"])))))
    if query.get("wechat_id"):
        found.append(Player.id.in_(search.whose(search.Row.wechat_key == handle_key(query["wechat_id"]))))
    if query.get("vip_tier"):
        found.append(Player.vip_tier.in_([int(tier) for tier in query["vip_tier"]]))
    if query.get("source"):
        found.append(Player.source.in_(query["source"]))
    if query.get("tag"):
        found.append(Player.tags.overlap(array(query["tag"], type_=Player.tags.type.item_type)))  # type: ignore[attr-defined]
    return found


def _moments(query: Mapping[str, Any], uow: UnitOfWork) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.get("silent_days_gte") is not None:
        found.append(uow.now() - timedelta(days=query["silent_days_gte"]) >= SILENT_SINCE)
    if query.get("created_at_gte"):
        found.append(Player.created_at >= query["created_at_gte"])
    if query.get("created_at_lt"):
        found.append(Player.created_at < query["created_at_lt"])
    return found


def _search(uow: UnitOfWork, query: Mapping[str, Any], conditions: list[ColumnElement[bool]], phones: Phones) -> Page:
    """The IDs, each kind of them from its own index, and their rows, the best first."""
    looked = search.look_at(query["q"], uow.caller)
    ids = search.candidates(uow.session, looked, conditions, phones)
    if ids is None:
        return Page([], None, 0 if query.get("count") else None)
    statement = select(Player).where(Player.id.in_(ids))
    if query["sort"]:
        page = paginate(uow.session, statement, sorts=SORTS, id_column=Player.id, query=query)
    else:
        page = _best_first(uow, statement, query, looked, phones)
    for player in page.items:
        player.match = search.match_of(player, looked, phones)
    return page


def _best_first(
    uow: UnitOfWork, statement: Select, query: Mapping[str, Any], looked: search.Looked, phones: Phones
) -> Page:
    score = search.relevance(looked, phones)

    def rows(result: Any) -> Sequence[Player]:
        found = []
        for player, value in result:
            player.relevance = value
            found.append(player)
        return found

    return paginate(
        uow.session,
        statement.add_columns(score),
        sorts={"relevance": Sort(score, "relevance")},
        id_column=Player.id,
        query={**query, "sort": BEST_FIRST},
        rows=rows,
    )
