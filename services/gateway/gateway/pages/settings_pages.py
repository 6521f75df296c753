"""Settings: staff, departments and discount rules (G1, G2, C3)."""

import re
from decimal import Decimal

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from gateway.clients import api
from gateway.pages.answers import go, page, shown, typed, version
from gateway.pages.departments import all_departments
from gateway.pages.filters import as_decimal
from gateway.policies import requires

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("/staff")
@requires("staff.read")
def staff():
    """Everybody who works here."""
    asked = {
        name: request.args[name] for name in ("q", "role", "state", "department_id", "cursor") if request.args.get(name)
    }
    people = api.get("/staff", params={**asked, "limit": 50}).json
    return page("settings/staff.html", "settings/_staff_rows.html", people=people, departments=all_departments())


@blueprint.get("/staff/new")
@requires("staff.write")
def new_staff():
    """The form for somebody new."""
    return shown("settings/_staff_form.html", person=None, departments=all_departments())


@blueprint.get("/staff/<staff_id>")
@requires("staff.write")
def edit_staff(staff_id):
    """The form of one person."""
    return shown("settings/_staff_form.html", person=api.get(f"/staff/{staff_id}").json, departments=all_departments())


@blueprint.post("/staff")
@requires("staff.write")
def create_staff():
    """Set somebody up: number, name, WeChat ID and name, role, department, accounts."""
    person = api.post("/staff", json={**typed("no"), **_person()}, key=request.form.get("key")).json
    return go(url_for(".staff"), _("已新建 %(no)s", no=person["no"]))


@blueprint.post("/staff/<staff_id>")
@requires("staff.write")
def save_staff(staff_id):
    """Change a person from the version the form was made from."""
    api.patch(f"/staff/{staff_id}", json={**_person(), **typed("state")}, version=version())
    return go(url_for(".staff"), _("已保存"))


@blueprint.get("/staff/<staff_id>/leave")
@requires("staff.write")
def leave_form(staff_id):
    """What would be handed over, and to whom, before one confirms."""
    person = api.get(f"/staff/{staff_id}").json
    everybody = api.get("/staff", params={"state": "in_service", "limit": 200}).json["items"]
    takers = {one["id"]: one for one in everybody if one["id"] != person["id"]}
    left = api.get(f"/staff/{staff_id}/belongings").json
    return shown("settings/_leave_form.html", person=person, takers=takers, left=left)


@blueprint.post("/staff/<staff_id>/leave")
@requires("staff.write")
def leave(staff_id):
    """Log somebody out for good and hand over what they had."""
    body: dict = {"rule": request.form.get("rule", "")}
    body |= {"to_id": request.form.get("to_id") or None} if body["rule"] == "person" else {}
    person = api.post(f"/staff/{staff_id}/leave", json=body, version=version()).json
    return go(url_for("jobs.index"), _("%(no)s 已离职，交接在后台进行", no=person["no"]))


@blueprint.get("/departments")
@requires("department.read")
def departments():
    """The departments, each under the one above it."""
    found = all_departments()
    return render_template("settings/departments.html", departments=found, tree=_tree(found))


@blueprint.get("/departments/new")
@requires("department.write")
def new_department():
    """The form for a new one."""
    return shown("settings/_department_form.html", department=None, departments=all_departments())


@blueprint.get("/departments/<department_id>")
@requires("department.write")
def edit_department(department_id):
    """The form of one department."""
    department = api.get(f"/departments/{department_id}").json
    return shown("settings/_department_form.html", department=department, departments=all_departments())


@blueprint.post("/departments")
@requires("department.write")
def create_department():
    """Add a department."""
    api.post("/departments", json=typed("name", "parent_id"), key=request.form.get("key"))
    return go(url_for(".departments"), _("已新建"))


@blueprint.post("/departments/<department_id>")
@requires("department.write")
def save_department(department_id):
    """Rename it or move it under another."""
    body = {**typed("name"), "parent_id": request.form.get("parent_id") or None}
    api.patch(f"/departments/{department_id}", json=body, version=version())
    return go(url_for(".departments"), _("已保存"))


@blueprint.get("/discount-rules")
@requires("discount_rule.read")
def rules():
    """The company's discount rules, which the pack builder names."""
    return render_template("settings/rules.html", rules=api.get("/discount-rules", params={"limit": 100}).json["items"])


@blueprint.get("/discount-rules/new")
@requires("discount_rule.write")
def new_rule():
    """The form for a new rule."""
    return shown("settings/_rule_form.html", rule=None)


@blueprint.get("/discount-rules/<rule_id>")
@requires("discount_rule.write")
def edit_rule(rule_id):
    """The form of one rule."""
    return shown("settings/_rule_form.html", rule=api.get(f"/discount-rules/{rule_id}").json)


@blueprint.post("/discount-rules")
@requires("discount_rule.write")
def create_rule():
    """Add a rule."""
    api.post("/discount-rules", json=_rule(), key=request.form.get("key"))
    return go(url_for(".rules"), _("已新建"))


@blueprint.post("/discount-rules/<rule_id>")
@requires("discount_rule.write")
def save_rule(rule_id):
    """Change a rule; packs judged before keep their verdict."""
    body = {name: value for name, value in _rule().items() if name != "kind"}
    api.patch(f"/discount-rules/{rule_id}", json=body, version=version())
    return go(url_for(".rules"), _("已保存"))


def _person() -> dict:
    """The fields of the staff form; empty ones are cleared, an empty password stays as it is."""
    body = {
        **typed("name", "role", "password"),
        **{name: request.form.get(name, "").strip() or None for name in ("department_id", "wechat_id", "wechat_name")},
    }
    if request.form.get("line", "").isdigit():
        body["line"] = int(request.form["line"])
    body["skills"] = [
        part.strip() for part in re.split("[,，;；、|\n]", request.form.get("skills", "")) if part.strip()
    ]
    capacity = request.form.get("capacity", "").strip()
    body["capacity"] = int(capacity) if capacity.isdigit() else capacity or None
    body["wechat_accounts"] = _accounts(request.form.get("wechat_accounts", ""))
    return body


def _accounts(text: str) -> list[dict]:
    """One account a line: the WeChat ID, then its name."""
    parts = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    return [{"wechat_id": part[0], **({"wechat_name": part[1].strip()} if len(part) > 1 else {})} for part in parts]


def _rule() -> dict:
    """A rule of the form; limits are typed in percent."""
    body: dict = {**typed("name", "kind"), "active": "active" in request.form}
    for name in ("free_limit", "approval_limit"):
        number = as_decimal(request.form.get(name))
        if number is not None:
            body[name] = str((number / 100).quantize(Decimal("0.0001")))
    lowest = as_decimal(request.form.get("min_price"))
    return {**body, "min_price": {"amount": f"{lowest:.2f}", "currency": "CNY"}} if lowest is not None else body


def _tree(departments: list[dict], parent: str | None = None, depth: int = 0) -> list[tuple[int, dict]]:
    """(depth, department) pairs in the order of the tree."""
    rows = []
    for department in (one for one in departments if one.get("parent_id") == parent):
        rows += [(depth, department), *_tree(departments, department["id"], depth + 1)]
    return rows
