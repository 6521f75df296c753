"""The public pools: what lies there to be claimed, how much one may claim, and who loses what tonight and why (S13–S15)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from gateway.clients import Refused, api
from gateway.identity import current
from gateway.pages.answers import go, page, shown, typed, version
from gateway.pages.departments import all_departments
from gateway.pages.labels import options
from gateway.policies import requires

blueprint = Blueprint("sales_pools", __name__)

PATHS = {"opportunity": "opportunities", "lead": "leads"}


@blueprint.get("/pools")
@requires("sales.read")
def index():
    """What lies in one pool; the address is its whole state."""
    kind = request.args.get("kind", "opportunity")
    kind = kind if kind in PATHS else "opportunity"
    pools, standing = api.get("/pools", params={"limit": 200}).json["items"], api.get("/pool-standing").json
    pool = next((one for one in pools if one["id"] == request.args.get("pool_id")), None)
    pool = pool or next((one for one in pools if one["id"] == standing["pool_id"]), pools[0])
    asked = {
        "pool_id": pool["id"],
        "in_pool": "true",
        "open": "true",
        "limit": 50,
        "cursor": request.args.get("cursor"),
    }
    found = api.get(f"/{PATHS[kind]}", params=asked).json
    names = {one["id"]: one["name"] for one in all_departments()}
    context = {"kind": kind, "kinds": dict(options("pool_kind")), "pools": pools, "pool": pool, "departments": names}
    more = {} if "cursor" in request.args else _aside(kind, pool["id"], standing)
    return page("pools/index.html", "pools/_rows.html", found=found, standing=standing, **context, **more)


@blueprint.get("/pools/<uuid:pool_id>/run")
@requires("pool.circulate")
def ask(pool_id):
    """Who would lose what right now, to be confirmed."""
    return shown("pools/_run.html", pool_id=pool_id, run=_dry_run(str(pool_id)), now=True)


@blueprint.post("/pools/<uuid:pool_id>/run")
@requires("pool.circulate")
def run(pool_id):
    """Take back just what was shown."""
    done = api.post(f"/pools/{pool_id}/circulations", json=typed("plan")).json
    undo = {"url": url_for(".undo", circulation_id=done["id"]), "fields": {"version": done["version"]}}
    return go(url_for(".index", pool_id=pool_id), _("已收回 %(n)s 个", n=done["lost"]), undo)


@blueprint.get("/pools/runs/<uuid:circulation_id>")
@requires("pool.circulate")
def one_run(circulation_id):
    """Who lost what by one run."""
    return shown("pools/_run.html", run=api.get(f"/circulations/{circulation_id}").json, now=False)


@blueprint.post("/pools/runs/<uuid:circulation_id>/undo")
@requires("pool.circulate")
def undo(circulation_id):
    """Give back what a run took, as far as nobody has it now."""
    done = api.post(f"/circulations/{circulation_id}/undo", version=version()).json
    text = _("已还回 %(n)s 个，共 %(all)s 个", n=done["given_back"], all=done["lost"])
    return go(url_for(".index", pool_id=done["pool_id"]), text)


def _aside(kind: str, pool_id: str, standing: dict) -> dict:
    """Beside the list: one's own that go back soon, what goes back tonight, the runs before."""
    mine = {"owner_id": current.id, "warned": "true", "open": "true", "limit": 20}
    runs = api.get(f"/pools/{pool_id}/circulations", params={"limit": 5}).json["items"]
    return {
        "warned": api.get(f"/{PATHS[kind]}", params=mine).json["items"],
        "tonight": _dry_run(pool_id, standing["next_run_at"]) if current.can("pool.circulate") else None,
        "runs": runs,
    }


def _dry_run(pool_id: str, at: str = "") -> dict | None:
    """None where the pool is another department's, or the company's."""
    when = f"&at={at}" if at else ""
    try:
        found: dict = api.post(f"/pools/{pool_id}/circulations?dry_run=true{when}", json={}).json
    except Refused as refused:
        if refused.problem.get("code") != "pool_of_others":
            raise
        return None
    return found
