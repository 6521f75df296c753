"""Which touches, orders, money back, campaigns, opportunities and players a caller reaches; compiled into the SQL of reads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_, select

from chassis.callers import Caller
from chassis.data.copies import players_reached, players_within, within_scope
from sales.domain.campaign import Campaign
from sales.domain.circulation import Circulation
from sales.domain.claims import Claim
from sales.domain.copies import PlayerCopy, StaffCopy
from sales.domain.lead import Lead
from sales.domain.money_back import MoneyBack
from sales.domain.opportunity import Opportunity
from sales.domain.order import Order
from sales.domain.pool import Pool, PoolRule
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


def opportunities_of(caller: Caller) -> ColumnElement[bool]:
    """One's own: mine, or my player's; a department's likewise; and what lies in the pools one may claim from."""
    return _pooled(caller, Opportunity)


def leads_of(caller: Caller) -> ColumnElement[bool]:
    """The same as of opportunities."""
    return _pooled(caller, Lead)


def _pooled(caller: Caller, kind: type[Opportunity] | type[Lead]) -> ColumnElement[bool]:
    reached = within_scope(caller, StaffCopy)
    players = players_reached(caller, PlayerCopy, StaffCopy)
    return or_(reached(kind.owner_id), kind.player_id.in_(players), _in_pool(caller, kind.pool_id))


def pools_of(caller: Caller) -> ColumnElement[bool]:
    """The company's, and those of one's own department and of the departments one sees."""
    departments = caller.scope.departments or (caller.department_id,)
    return or_(Pool.department_id.is_(None), Pool.department_id.in_(departments))


def pool_rules_of(caller: Caller) -> ColumnElement[bool]:
    """Those of the pools one sees."""
    return _in_pool(caller, PoolRule.pool_id)


def circulations_of(caller: Caller) -> ColumnElement[bool]:
    """Those over the pools one sees."""
    return _in_pool(caller, Circulation.pool_id)


def _in_pool(caller: Caller, pool_id: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = pool_id.in_(select(Pool.id).where(pools_of(caller)))
    return found


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
    Opportunity: opportunities_of,
    Lead: leads_of,
    Pool: pools_of,
    PoolRule: pool_rules_of,
    Circulation: circulations_of,
}
