"""Suppliers: from whom items are bought, beside the price list (C7 to C10)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from gateway.clients import api
from gateway.pages.answers import go, page, shown, typed, version
from gateway.policies import requires

blueprint = Blueprint("supplier_pages", __name__, url_prefix="/suppliers")

MOST_OFFERED = 1000  # in a form's list; a company buys from fewer


@blueprint.get("")
@requires("supplier.read")
def index():
    """All of them, by name; phone numbers masked."""
    asked = {name: request.args[name] for name in ("q", "cursor") if request.args.get(name)}
    found = api.get("/suppliers", params={**asked, "limit": 50}).json
    return page("suppliers/index.html", "suppliers/_rows.html", suppliers=found)


@blueprint.get("/new")
@requires("supplier.write")
def new():
    """The form for a new one."""
    return shown("suppliers/_form.html", supplier=None)


@blueprint.get("/<uuid:supplier_id>")
@requires("supplier.write")
def edit(supplier_id):
    """The form of one supplier, its contact whole."""
    return shown("suppliers/_form.html", supplier=api.get(f"/suppliers/{supplier_id}").json)


@blueprint.post("")
@requires("supplier.write")
def create():
    """Write one down."""
    supplier = api.post("/suppliers", json=_fields(), key=request.form.get("key")).json
    return go(url_for(".index"), _("已新建 %(no)s", no=supplier["name"]))


@blueprint.post("/<uuid:supplier_id>")
@requires("supplier.write")
def save(supplier_id):
    """Change one from the version the form was made from."""
    api.patch(f"/suppliers/{supplier_id}", json=_fields(), version=version())
    return go(url_for(".index"), _("已保存"))


@blueprint.post("/<uuid:supplier_id>/remove")
@requires("supplier.write")
def remove(supplier_id):
    """Remove one that no item has, after the confirmation."""
    api.delete(f"/suppliers/{supplier_id}", version=version())
    return go(url_for(".index"), _("已删除"))


def supplier_options(item: dict) -> list[tuple[str, str]]:
    """(id, name) of the suppliers to choose from for an item, the one it has among them."""
    found: dict[str, str] = {}
    cursor: str | None = ""
    while cursor is not None and len(found) < MOST_OFFERED:
        answer = api.get("/suppliers", params={"limit": 200, "cursor": cursor}).json
        found |= {one["id"]: _called(one) for one in answer["items"]}
        cursor = answer["next_cursor"]
    if item["supplier_id"]:
        found.setdefault(item["supplier_id"], item["supplier_name"])
    return list(found.items())


def _called(supplier: dict) -> str:
    return f"{supplier['name']} {supplier['code'] or ''}".strip()


def _fields() -> dict:
    """The fields of the form; an empty code is none."""
    texts = {name: request.form.get(name, "").strip() for name in ("contact", "note")}
    return {**typed("name"), "code": request.form.get("code", "").strip() or None, **texts}
