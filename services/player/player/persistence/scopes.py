"""Which players a caller reaches; compiled into the SQL of every read and write."""

from sqlalchemy import ColumnElement, and_, literal_column, select, union_all

from chassis.callers import Caller
from chassis.data.copies import within_scope
from chassis.data.database import Id
from player.domain.copies import StaffCopy
from player.domain.player import NOBODY, OWNER, Player


def players_of(caller: Caller) -> ColumnElement[bool]:
    """One's own; a department's, and those without an agent for whoever sees a department."""
    return and_(_owned(caller), Player.deleted.is_(False))


def _owned(caller: Caller) -> ColumnElement[bool]:
    if caller.scope.kind != "departments":
        return within_scope(caller, StaffCopy)(OWNER)
    reached = select(StaffCopy.id).where(StaffCopy.department_id.in_(caller.scope.departments))
    return OWNER.in_(union_all(reached, select(literal_column(f"'{NOBODY}'::uuid", Id))))


SCOPES = {Player: players_of}
