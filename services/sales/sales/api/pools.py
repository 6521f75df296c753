"""The routes of pools, their rules, and the circulation of what lies idle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chassis.clock import rfc3339
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from sales.api import pool_schemas as schemas
from sales.application import circulation, pools
from sales.domain.circulation import Circulation, CirculationLoss
from sales.domain.pool import Pool, PoolRule
from sales.persistence import pools as queries
from sales.persistence.circulation import losses_of
from sales.settings import settings

_RULE = ("id", "pool_id", "kind", "max_held", "claims_a_day", "idle_days", "warn_days", "protect_days", "version")


def _moments(record: Any) -> dict[str, Any]:
    return {name: rfc3339(getattr(record, name)) for name in ("created_at", "updated_at")}


def pool_view(pool: Pool) -> dict[str, Any]:
    """One pool."""
    return {**{name: getattr(pool, name) for name in ("id", "name", "department_id", "version")}, **_moments(pool)}


def rule_view(rule: PoolRule) -> dict[str, Any]:
    """One rule."""
    return {**{name: getattr(rule, name) for name in _RULE}, **_moments(rule)}


def summary_view(run: Circulation) -> dict[str, Any]:
    """One run without what it took."""
    plain = ("id", "pool_id", "by", "lost", "undone_by", "given_back", "version")
    moments = {"at": rfc3339(run.created_at), "undone_at": rfc3339(run.undone_at)}
    return {**{name: getattr(run, name) for name in plain}, **moments, "dry_run": False}


def _run_view(run: Circulation, losses: Iterable[CirculationLoss]) -> dict[str, Any]:
    return {**summary_view(run), "plan": None, "losses": [_loss_view(one) for one in losses]}


def _loss_view(loss: CirculationLoss) -> dict[str, Any]:
    plain = ("kind", "record_id", "title", "owner_id", "reason", "outcome")
    moments = {name: rfc3339(getattr(loss, name)) for name in ("active_at", "due_at")}
    return {**{name: getattr(loss, name) for name in plain}, **moments}


_VIEWS: dict[type, Callable[[Any], dict[str, Any]]] = {Pool: pool_view, PoolRule: rule_view, Circulation: summary_view}
routes = Routes("pools", "Pools, their rules, circulation", show=lambda record, _who: _VIEWS[type(record)](record))
_POOL, _ONE_RULE = "/pools/<uuid:pool_id>", "/pool-rules/<uuid:pool_rule_id>"


@routes.get("/pools", action="sales.read", query=schemas.PoolQuery, answer=schemas.PoolPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find pools: the company's, and those of the departments one sees."""
    return queries.find_pools(uow, query)


@routes.post(
    "/pools",
    action="pool.write",
    body=schemas.NewPool,
    answer=schemas.PoolShown,
    status=201,
    place="/pools/{id}",
    references={"department_id": "department"},
    problems={403: "pool_of_others", 409: "duplicate_pool"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Pool:
    """Make a pool for a department."""
    return pools.create_pool(uow, body)


@routes.get(_POOL, action="sales.read", answer=schemas.PoolShown)
def read(uow: UnitOfWork, pool_id: str) -> Pool:
    """Read one pool."""
    return uow.get(Pool, pool_id)


@routes.patch(_POOL, action="pool.write", body=schemas.PoolEdit, answer=schemas.PoolShown)
def rename(uow: UnitOfWork, pool_id: str, version: int, body: dict[str, Any]) -> Pool:
    """Call a pool otherwise."""
    return pools.rename_pool(uow, pool_id, body, version=version)


@routes.delete(_POOL, action="pool.write", problems={409: "pool_in_use"})
def remove(uow: UnitOfWork, pool_id: str, version: int) -> None:
    """Remove an empty pool with its rules."""
    pools.remove_pool(uow, pool_id, version=version)


@routes.get("/pool-rules", action="sales.read", query=schemas.RuleQuery, answer=schemas.RulePage)
def find_rules(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find the rules of pools."""
    return queries.find_rules(uow, query)


@routes.post(
    "/pool-rules",
    action="pool.write",
    body=schemas.NewRule,
    answer=schemas.RuleShown,
    status=201,
    place="/pool-rules/{id}",
    problems={403: "pool_of_others", 409: "duplicate_pool_rule"},
)
def create_rule(uow: UnitOfWork, body: dict[str, Any]) -> PoolRule:
    """Limit a pool's leads or opportunities."""
    return pools.create_rule(uow, body)


@routes.get(_ONE_RULE, action="sales.read", answer=schemas.RuleShown)
def read_rule(uow: UnitOfWork, pool_rule_id: str) -> PoolRule:
    """Read one rule."""
    return uow.get(PoolRule, pool_rule_id)


@routes.patch(_ONE_RULE, action="pool.write", body=schemas.RuleEdit, answer=schemas.RuleShown)
def edit_rule(uow: UnitOfWork, pool_rule_id: str, version: int, body: dict[str, Any]) -> PoolRule:
    """Change limits."""
    return pools.edit_rule(uow, pool_rule_id, body, version=version)


@routes.delete(_ONE_RULE, action="pool.write")
def remove_rule(uow: UnitOfWork, pool_rule_id: str, version: int) -> None:
    """Remove limits."""
    pools.remove_rule(uow, pool_rule_id, version=version)


@routes.get("/pool-standing", action="sales.read", answer=schemas.StandingShown)
def standing(uow: UnitOfWork) -> dict[str, Any]:
    """Read how many one has and may still claim, by one's own pool."""
    kept = settings()
    pool_id, found = queries.standing(uow, kept.timezone)
    each = {kind: {**one, "rule": one["rule"] and rule_view(one["rule"])} for kind, one in found.items()}
    following = circulation.next_run(uow.now(), kept.timezone, kept.circulation_hour)
    return {"pool_id": pool_id, "next_run_at": rfc3339(following), **each}


@routes.post(
    f"{_POOL}/circulations",
    action="pool.circulate",
    query=schemas.RunQuery,
    body=schemas.RunWanted,
    answer=schemas.RunShown,
    problems={403: "pool_of_others", 409: "plan_changed"},
)
def circulate(uow: UnitOfWork, pool_id: str, query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Take back what lies idle; with dry_run=true only say who would lose what, and why."""
    if not query["dry_run"]:
        return _run_view(*circulation.circulate(uow, pool_id, body.get("plan")))
    pool, found = circulation.dry_run(uow, pool_id, query.get("at"))
    at = query.get("at") or uow.now()
    nothing = dict.fromkeys(("id", "undone_at", "undone_by", "given_back", "version"))
    losses = [_loss_view(one.loss(None)) for one in found]
    more = {"dry_run": True, "at": rfc3339(at), "by": uow.caller.id, "plan": circulation.plan_of(found)}
    return {**nothing, "pool_id": pool.id, "lost": len(losses), "losses": losses, **more}


@routes.get(f"{_POOL}/circulations", action="sales.read", query=schemas.RunsQuery, answer=schemas.RunPage)
def find_runs(uow: UnitOfWork, pool_id: str, query: dict[str, Any]) -> Page:
    """Find the runs over one pool."""
    return queries.find_runs(uow, uow.get(Pool, pool_id).id, query)


@routes.get("/circulations/<uuid:circulation_id>", action="pool.circulate", answer=schemas.RunShown)
def read_run(uow: UnitOfWork, circulation_id: str) -> dict[str, Any]:
    """Read who lost what by one run, and what an undoing gave back."""
    run = uow.get(Circulation, circulation_id)
    return _run_view(run, losses_of(uow, run))


@routes.post(
    "/circulations/<uuid:circulation_id>/undo",
    action="pool.circulate",
    answer=schemas.RunShown,
    versioned=True,
    problems={403: "pool_of_others", 409: "circulation_undone"},
)
def undo(uow: UnitOfWork, circulation_id: str, version: int) -> dict[str, Any]:
    """Give back what a run took, as far as nobody has claimed, changed or ended it since."""
    return _run_view(*circulation.undo_circulation(uow, circulation_id, version=version))
