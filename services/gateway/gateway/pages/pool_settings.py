"""Pools and their rules under the settings: limits on holding and claiming, when the idle go back (S13, S14)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.pages.answers import go, page, shown, typed, version
from gateway.pages.departments import all_departments
from gateway.policies import requires

blueprint = Blueprint("pool_pages", __name__, url_prefix="/settings/pools")

LIMITS = ("max_held", "claims_a_day", "idle_days", "warn_days", "protect_days")
NO_LIMIT = {"max_held": None, "claims_a_day": None, "idle_days": None, "warn_days": 0, "protect_days": 0}


@blueprint.get("")
@requires("sales.read")
def index() -> str:
    """Every pool one sees, with its rules."""
    pools, rules = (api.get(path, params={"limit": 200}).json["items"] for path in ("/pools", "/pool-rules"))
    names = {one["id"]: one["name"] for one in all_departments()}
    rows = [
        {**pool, "rules": {rule["kind"]: rule for rule in rules if rule["pool_id"] == pool["id"]}} for pool in pools
    ]
    return page("pools/settings.html", "pools/_settings_rows.html", pools=rows, departments=names)


@blueprint.get("/new")
@requires("pool.write")
def new() -> Response:
    """The form for the pool of a department."""
    return shown("pools/_form.html", pool=None, departments=all_departments())


@blueprint.post("")
@requires("pool.write")
def create() -> Response:
    """Make a pool."""
    pool = api.post("/pools", json=typed("name", "department_id"), key=request.form.get("key")).json
    return go(url_for(".index"), _("已新建 %(no)s", no=pool["name"]))


@blueprint.get("/<uuid:pool_id>")
@requires("pool.write")
def edit(pool_id: str) -> Response:
    """The form of one pool."""
    return shown("pools/_form.html", pool=api.get(f"/pools/{pool_id}").json, departments=all_departments())


@blueprint.post("/<uuid:pool_id>")
@requires("pool.write")
def save(pool_id: str) -> Response:
    """Call it otherwise."""
    before = api.get(f"/pools/{pool_id}").json
    pool = api.patch(f"/pools/{pool_id}", json=typed("name"), version=version()).json
    undo = {"name": before["name"], "version": pool["version"]}
    return go(url_for(".index"), _("已保存"), {"url": url_for(".save", pool_id=pool_id), "fields": undo})


@blueprint.post("/<uuid:pool_id>/remove")
@requires("pool.write")
def remove(pool_id: str) -> Response:
    """Remove an empty one, after the confirmation."""
    api.delete(f"/pools/{pool_id}", version=version())
    return go(url_for(".index"), _("已删除"))


@blueprint.get("/<uuid:pool_id>/rules/<any(lead, opportunity):kind>")
@requires("pool.write")
def edit_rule(pool_id: str, kind: str) -> Response:
    """The form of the limits for one kind."""
    pool = api.get(f"/pools/{pool_id}").json
    return shown("pools/_rule_form.html", pool=pool, kind=kind, rule=_rule(pool_id, kind))


@blueprint.post("/<uuid:pool_id>/rules/<any(lead, opportunity):kind>")
@requires("pool.write")
def save_rule(pool_id: str, kind: str) -> Response:
    """Set the limits; an empty field is no limit."""
    before, limits = _rule(pool_id, kind), {**NO_LIMIT, **_typed_limits()}
    if before is None:
        api.post("/pool-rules", json={"pool_id": str(pool_id), "kind": kind, **limits}, key=request.form.get("key"))
        return go(url_for(".index"), _("已保存"))
    rule = api.patch(f"/pool-rules/{before['id']}", json=limits, version=version()).json
    fields = {name: "" if before[name] is None else before[name] for name in LIMITS}
    url = url_for(".save_rule", pool_id=pool_id, kind=kind)
    return go(url_for(".index"), _("已保存"), {"url": url, "fields": {**fields, "version": rule["version"]}})


@blueprint.post("/<uuid:pool_id>/rules/<any(lead, opportunity):kind>/remove")
@requires("pool.write")
def remove_rule(pool_id: str, kind: str) -> Response:
    """No limits any more."""
    rule = _rule(pool_id, kind)
    if rule is not None:
        api.delete(f"/pool-rules/{rule['id']}", version=version())
    return go(url_for(".index"), _("已删除"))


def _rule(pool_id: str, kind: str) -> dict | None:
    found = api.get("/pool-rules", params={"pool_id": pool_id, "limit": 10}).json["items"]
    return next((rule for rule in found if rule["kind"] == kind), None)


def _typed_limits() -> dict:
    """Whole numbers as they were typed; what is none goes on as it is, and is refused by name."""
    return {name: int(text) if text.isdecimal() else text for name, text in typed(*LIMITS).items()}
