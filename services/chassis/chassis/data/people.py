"""Players among a service's copies, and who is one person with whom since they were merged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    any_,
    bindparam,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from chassis.data.database import Id
from chassis.data.unit_of_work import Reach, UnitOfWork
from chassis.rules import NotFound


@dataclass(frozen=True)
class People:
    """The players in `copies`.

    Records keep the player they were written for. Of a player they are shown with those of everybody merged into them;
    of somebody who was merged, named by ID, theirs alone.
    """

    copies: Any

    def is_of(self, column: Any, players: Iterable[str]) -> ColumnElement[bool]:
        """Whether a record's player is one of these, or was merged into one of them."""
        given = list(players)
        merged = self._merged_into(bindparam(None, given, type_=ARRAY(Id)))
        return column == any_(_array(_unnested(given), merged))

    def is_of_handle(self, column: Any, wechat_id: str) -> ColumnElement[bool]:
        """Whether a record's player has this WeChat ID, or is one person with whoever has it."""
        row = aliased(self.copies)
        found = select(func.coalesce(row.merged_into_id, row.id).label("id")).where(row.wechat_id == wechat_id)
        return column == any_(_array(found, self._merged_into(_array(found))))

    def _merged_into(self, players: ColumnElement[Any]) -> Select[Any]:
        row = aliased(self.copies)
        return select(row.id).where(row.merged_into_id == any_(players))

    def by_id(self, uow: UnitOfWork, player_id: str) -> tuple[Any, list[str]]:
        """The copy of a living player the caller reaches, and the IDs of the whole person. Raises NotFound."""
        return self._one(uow, self._by_id, player_id)

    def by_handle(self, uow: UnitOfWork, wechat_id: str) -> tuple[Any, list[str]]:
        """The same by WeChat ID; that of a merged player leads to the survivor. Raises NotFound."""
        return self._one(uow, self._by_handle, wechat_id)

    def _one(self, uow: UnitOfWork, build: Any, named: str) -> tuple[Any, list[str]]:
        found = uow.session.execute(uow.kept(build), {"named": named}).first()
        if found is None:
            raise NotFound()
        return found[0], [found[0].id, *found[1]]

    def _by_id(self, visible: Reach) -> Select[Any]:
        return self._living(visible).where(self.copies.id == bindparam("named", type_=Id))

    def _by_handle(self, visible: Reach) -> Select[Any]:
        row = aliased(self.copies)
        leads_here = self.copies.id == func.coalesce(row.merged_into_id, row.id)
        return self._living(visible).join(row, leads_here).where(row.wechat_id == bindparam("named"))

    def _living(self, visible: Reach) -> Select[Any]:
        copies, row = self.copies, aliased(self.copies)
        merged = select(row.id).where(row.merged_into_id == copies.id).correlate(copies).scalar_subquery()
        living = select(copies, func.array(merged, type_=ARRAY(Id)))
        return living.where(visible(copies), copies.deleted.is_(False)).limit(1)


def _array(*queries: Select[Any]) -> ColumnElement[Any]:
    """All that the queries find, as an array that is made once: whoever compares with it has an index looked into."""
    found = queries[0] if len(queries) == 1 else union_all(*queries)
    return func.array(found.scalar_subquery(), type_=ARRAY(Id))


def _unnested(ids: list[str]) -> Select[Any]:
    return select(func.unnest(bindparam(None, ids, type_=ARRAY(Id))))


def of_players(column: Any) -> ColumnElement[bool]:
    """Whether a record's player is among the bindparam `players`: the IDs of one person."""
    return column == any_(bindparam("players", type_=ARRAY(Id)))
