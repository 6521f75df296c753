"""The copies that several services keep: of staff, whose department decides what is seen, and of players."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, String, exists, or_, select, union_all
from sqlalchemy.orm import Mapped, aliased, mapped_column

from chassis.callers import Caller
from chassis.data.database import Id
from chassis.rules import NotFound, RuleBroken


class StaffHasLeft(RuleBroken):
    """Nothing new is given to somebody who has left (O1)."""

    code = "staff_left"
    zh = "这位员工已离职，不能再接手"
    en = "This person has left and takes on nothing new"


class StaffCopyColumns:
    """Columns of a service's `staff_copies`."""

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    no: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(64))
    department_id: Mapped[str | None] = mapped_column(Id, index=True)
    state: Mapped[str] = mapped_column(String(16))


class PlayerCopyColumns:
    """Columns of a service's `player_copies`; no phone number is ever among them."""

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    nickname: Mapped[str | None] = mapped_column(String(64))
    wechat_id: Mapped[str | None] = mapped_column(String(64), index=True)
    wechat_name: Mapped[str | None] = mapped_column(String(64))
    agent_id: Mapped[str | None] = mapped_column(Id, index=True)
    vip_tier: Mapped[int] = mapped_column(default=0)
    deleted: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[str | None] = mapped_column(Id)


@dataclass(frozen=True)
class StaffState:
    """What a service reads of a staff fact."""

    no: str
    name: str
    department_id: str | None
    state: str


@dataclass(frozen=True)
class PlayerState:
    """What a service reads of a player fact."""

    nickname: str | None
    wechat_id: str | None
    wechat_name: str | None
    agent_id: str | None
    vip_tier: int
    deleted: bool
    merged_into_id: str | None = None


def staff_columns(state: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a staff copy out of a fact or a reference."""
    return {name: state[name] for name in ("no", "name", "department_id", "state")}


def player_columns(state: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a player copy out of a fact or a reference; facts from before players could be merged say nothing of it."""
    names = ("nickname", "wechat_id", "wechat_name", "agent_id", "vip_tier", "deleted")
    return {**{name: state[name] for name in names}, "merged_into_id": state.get("merged_into_id")}


def player_brief(copy: Any) -> dict[str, Any] | None:
    """A player as other records show it."""
    if copy is None:
        return None
    return {
        "id": copy.id,
        "nickname": copy.nickname,
        "wechat_id": copy.wechat_id,
        "wechat_name": copy.wechat_name,
        "vip_tier": copy.vip_tier,
        "merged_into_id": copy.merged_into_id,
    }


def must_be_in_service(staff: Any) -> None:
    """Raise NotFound where there is no such copy, StaffHasLeft where the person is gone."""
    if staff is None:
        raise NotFound()
    if staff.state != "in_service":
        raise StaffHasLeft()


def within_scope(caller: Caller, staff_copies: Any) -> Callable[..., ColumnElement[bool]]:
    """A function of staff columns: whether any of them is somebody the caller's scope reaches."""
    if caller.scope.kind == "departments":
        reached = select(staff_copies.id).where(staff_copies.department_id.in_(caller.scope.departments))
        return lambda *columns: or_(*(column.in_(reached) for column in columns))
    return lambda *columns: or_(*(column == caller.id for column in columns))


def players_within(caller: Caller, player_copies: Any, staff_copies: Any) -> ColumnElement[bool]:
    """Whether a player copy is within the caller's scope: by the agent, of a merged player by the survivor's.

    Players without an agent are seen by whoever sees a department.
    """
    survivor = aliased(player_copies)
    theirs = exists().where(
        survivor.id == player_copies.merged_into_id, _owned(caller, survivor.agent_id, staff_copies)
    )
    own = player_copies.merged_into_id.is_(None) & _owned(caller, player_copies.agent_id, staff_copies)
    return or_(own, player_copies.merged_into_id.is_not(None) & theirs)


def _owned(caller: Caller, agent: Any, staff_copies: Any) -> ColumnElement[bool]:
    mine = within_scope(caller, staff_copies)(agent)
    return or_(mine, agent.is_(None)) if caller.scope.kind == "departments" else mine


def players_reached(caller: Caller, player_copies: Any, staff_copies: Any) -> CompoundSelect[Any]:
    """The IDs of players whose agent is reached, and of those who were merged into them: an index for each of the two."""
    reached, survivor = within_scope(caller, staff_copies), aliased(player_copies)
    own = select(player_copies.id).where(player_copies.merged_into_id.is_(None), reached(player_copies.agent_id))
    merged = select(player_copies.id).join(survivor, survivor.id == player_copies.merged_into_id)
    return union_all(own, merged.where(player_copies.merged_into_id.is_not(None), reached(survivor.agent_id)))
