"""Roles under the settings: one table of who may do what, and a page for each role."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from chassis.field_rules import FIELDS, MASKS
from gateway.clients import api
from gateway.identity.role import NAMED
from gateway.pages.answers import go, typed, version
from gateway.pages.departments import all_departments
from gateway.pages.role_labels import ACTION_GROUPS
from gateway.policies import requires

blueprint = Blueprint("role_pages", __name__, url_prefix="/settings/roles")


@blueprint.get("")
@requires("staff.read")
def index() -> str:
    """The matrix: an action a row, a role a column."""
    return render_template("roles/index.html", roles=all_roles(), groups=ACTION_GROUPS, governed=FIELDS)


@blueprint.get("/new")
@requires("role.write")
def new() -> str:
    """The form for a new one, as a copy of another where `like` names it."""
    roles = {role["id"]: role for role in all_roles()}
    like = roles.get(request.args.get("like", "")) or {}
    copied = ("scope", "departments", "actions", "requires_second_factor", "field_rules")
    return _form("roles/new.html", {name: like.get(name) for name in copied})


@blueprint.get("/<uuid:role_id>")
@requires("role.write")
def one(role_id: str) -> str:
    """One role: what it may do, how far it reaches, whether it needs two steps."""
    return _form("roles/one.html", api.get(f"/roles/{role_id}").json)


def _form(template: str, role: dict) -> str:
    return render_template(
        template, role=role, groups=ACTION_GROUPS, departments=all_departments(), governed=FIELDS, masks=MASKS
    )


@blueprint.post("")
@requires("role.write")
def create() -> Response:
    """Make a role."""
    role = api.post("/roles", json={**typed("code"), **_fields()}, key=request.form.get("key")).json
    return go(url_for(".one", role_id=role["id"]), _("已新建"))


@blueprint.post("/<uuid:role_id>")
@requires("role.write")
def save(role_id: str) -> Response:
    """Change a role from the version the form was made from."""
    api.patch(f"/roles/{role_id}", json=_fields(), version=version())
    return go(url_for(".one", role_id=role_id), _("已保存，两秒内对所有这个角色的人生效"))


@blueprint.post("/<uuid:role_id>/column")
@requires("role.write")
def save_column(role_id: str) -> Response:
    """Change what one role may do and how far it reaches, in its column of the matrix."""
    before = api.get(f"/roles/{role_id}").json
    role = api.patch(f"/roles/{role_id}", json=_column(before), version=version()).json
    undo = {"actions": ",".join(before["actions"]), "scope": before["scope"], "version": role["version"]}
    text = _("已保存，两秒内对所有这个角色的人生效")
    if before["scope"] == NAMED and role["scope"] != NAMED:  # which departments it named is not in the matrix
        return go(url_for(".index"), text)
    return go(url_for(".index"), text, undo={"url": url_for(".save_column", role_id=role_id), "fields": undo})


def _column(before: dict) -> dict:
    """The fields of a column; the departments a role names stay as long as it names some."""
    actions = [action for value in request.form.getlist("actions") for action in value.split(",") if action]
    scope = request.form.get("scope", "")
    return {"actions": actions, "scope": scope, "departments": before["departments"] if scope == NAMED else []}


@blueprint.post("/<uuid:role_id>/remove")
@requires("role.write")
def remove(role_id: str) -> Response:
    """Remove a role that nobody has or had."""
    api.delete(f"/roles/{role_id}", version=version())
    return go(url_for(".index"), _("角色已删除"))


def all_roles() -> list[dict]:
    """Every role, the built-in ones first."""
    found: list[dict] = api.get("/roles", params={"limit": 200}).json["items"]
    return found


def _fields() -> dict:
    """The fields of the form; departments count only where the role names them."""
    scope = request.form.get("scope", "")
    named = request.form.getlist("departments") if scope == "departments" else []
    reach = {"scope": scope, "departments": named}
    return {
        **typed("zh", "en"),
        **reach,
        "actions": request.form.getlist("actions"),
        "requires_second_factor": "requires_second_factor" in request.form,
        "field_rules": _field_rules(),
    }


def _field_rules() -> dict:
    """What was chosen for each field; what is open is left out by the service."""
    chosen: dict = {}
    for what in ("access", "mask"):
        for field in FIELDS:
            if value := request.form.get(f"{what}.{field}"):
                chosen.setdefault(field, {})[what] = value
    return chosen
