"""Which touches, orders, money back, campaigns and players a caller reaches; compiled into the SQL of every read and write."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from chassis.callers import Caller
from chassis.data.copies import players_reached, players_within, within_scope
from sales.domain.campaign import Campaign
from sales.domain.claims import Claim
from sales.domain.copies import PlayerCopy, StaffCopy
from sales.domain.money_back import MoneyBack
from sales.domain.order import Order
from sales.domain.returns import Return
from sales.domain.touch import Touch


def touches_of(caller: Caller) -> ColumnElement[bool]:
    """One's own: logged by me, or my player's; a department's likewise."""
    return _of(caller, Touch)


def orders_of(caller: Caller) -> ColumnElement[bool]:
    """One's own: placed by me, or my player's; a department's likewise."""
    return _of(caller, Order)


def returns_of(caller: Caller) -> ColumnElement[bool]:
    """Those of the orders one reaches."""
    return _of(caller, Return)


def claims_of(caller: Caller) -> ColumnElement[bool]:
    """Those of the orders one reaches."""
    return _of(caller, Claim)


def campaigns_of(caller: Caller) -> ColumnElement[bool]:
    """Those of the whole company, of one's own department, and of the departments one reaches."""
    departments = {*caller.scope.departments, caller.department_id} - {None}
    return or_(Campaign.department_id.is_(None), Campaign.department_id.in_(departments))


def _of(caller: Caller, kind: type[Touch] | type[Order] | type[MoneyBack]) -> ColumnElement[bool]:
    reached = within_scope(caller, StaffCopy)
    players = players_reached(caller, PlayerCopy, StaffCopy)
    return or_(reached(kind.staff_id), kind.player_id.in_(players))


def players_of(caller: Caller) -> ColumnElement[bool]:
    """Players whose agent is reached; those without an agent are seen by whoever sees a department."""
    return players_within(caller, PlayerCopy, StaffCopy)


SCOPES = {
    Touch: touches_of,
    Order: orders_of,
    Return: returns_of,
    Claim: claims_of,
    Campaign: campaigns_of,
    PlayerCopy: players_of,
}
