"""What is done with pools and their rules: made, changed and removed by whoever rules them (S13, S14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from sales.domain.circulation import Circulation
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity
from sales.domain.pool import COMPANY_POOL, ONE_POOL, ONE_RULE, Pool, PoolRule
from sales.domain.pool_errors import DuplicatePool, DuplicateRule, PoolInUse, PoolOfOthers


def governed(uow: UnitOfWork, pool: Pool) -> Pool:
    """The pool, where the caller's scope holds its department, or everything. Raises PoolOfOthers."""
    scope = uow.caller.scope
    if scope.kind != "all" and pool.department_id not in scope.departments:
        raise PoolOfOthers()
    return pool


def create_pool(uow: UnitOfWork, fields: Mapping[str, Any]) -> Pool:
    """A pool for a department. Raises PoolOfOthers, DuplicatePool."""
    pool = Pool(id=new_id(), version=1, name=fields["name"], department_id=fields["department_id"])
    pool.created_at = pool.updated_at = uow.now()
    return _added(uow, governed(uow, pool))


def rename_pool(uow: UnitOfWork, pool_id: str, fields: Mapping[str, Any], *, version: int) -> Pool:
    """Call it otherwise. Raises NotFound, StaleRecord, PoolOfOthers."""
    pool = governed(uow, uow.for_update(Pool, pool_id, version))
    if fields.get("name", pool.name) != pool.name:
        pool.name = fields["name"]
        pool.changed(uow.now())
    return pool


def remove_pool(uow: UnitOfWork, pool_id: str, *, version: int) -> None:
    """Remove an empty pool that has never been run over, with its rules; its people are under the company's then.

    Raises NotFound, StaleRecord, PoolOfOthers, PoolInUse.
    """
    pool = governed(uow, uow.for_update(Pool, pool_id, version))
    used = [exists().where(kind.pool_id == pool.id) for kind in (Lead, Opportunity, Circulation)]
    if pool.id == COMPANY_POOL or any(uow.session.scalars(select(one)).one() for one in used):
        raise PoolInUse()
    for rule in uow.session.scalars(select(PoolRule).where(PoolRule.pool_id == pool.id)):
        uow.session.delete(rule)
    uow.session.flush()
    uow.session.delete(pool)


def create_rule(uow: UnitOfWork, fields: Mapping[str, Any]) -> PoolRule:
    """Limits of a pool for leads or for opportunities. Raises NotFound, PoolOfOthers, DuplicateRule."""
    governed(uow, uow.get(Pool, fields["pool_id"]))
    rule = PoolRule(id=new_id(), version=1, **{"warn_days": 0, "protect_days": 0, **fields})
    rule.created_at = rule.updated_at = uow.now()
    return _added(uow, rule)


def edit_rule(uow: UnitOfWork, rule_id: str, fields: Mapping[str, Any], *, version: int) -> PoolRule:
    """Change limits. Raises NotFound, StaleRecord, PoolOfOthers."""
    rule = uow.for_update(PoolRule, rule_id, version)
    governed(uow, uow.get(Pool, rule.pool_id))
    changed = [name for name, value in fields.items() if getattr(rule, name) != value]
    for name in changed:
        setattr(rule, name, fields[name])
    if changed:
        rule.changed(uow.now())
    return rule


def remove_rule(uow: UnitOfWork, rule_id: str, *, version: int) -> None:
    """Nothing is limited or taken back any more. Raises NotFound, StaleRecord, PoolOfOthers."""
    rule = uow.for_update(PoolRule, rule_id, version)
    governed(uow, uow.get(Pool, rule.pool_id))
    uow.session.delete(rule)


def _added(uow: UnitOfWork, record: Any) -> Any:
    try:
        return uow.add(record)
    except IntegrityError as error:
        refusals = {ONE_POOL: DuplicatePool, ONE_RULE: DuplicateRule}
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        raise refusals[constraint]() if constraint in refusals else error from error
