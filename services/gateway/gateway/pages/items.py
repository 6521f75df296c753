"""Items: the game's price list, our adjustments, what a sync could not decide, and who supplies them (C1, C2, C7 to C10)."""

from decimal import Decimal

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.clients import Refused, api
from gateway.identity import current, directory
from gateway.pages.answers import go, page, saved, shown, version, wants_fragment
from gateway.pages.filters import as_decimal
from gateway.pages.shell import staff_name, staff_options
from gateway.pages.suppliers import supplier_options
from gateway.policies import requires

blueprint = Blueprint("items", __name__)

TABS = {"sale": _l("在售"), "conflict": _l("有冲突"), "withdrawn": _l("已下架"), "all": _l("全部")}
HISTORY = 50
OWN = {"sale": {"state": "on_sale"}, "conflict": {"conflict": "true"}, "withdrawn": {"state": "withdrawn"}}


@blueprint.get("/items")
@requires("item.read")
def index():
    """The price list."""
    tab = request.args.get("tab", "sale")
    asked = {name: request.args[name] for name in ("q", "category", "supplier_id", "cursor") if request.args.get(name)}
    items = api.get("/items", params={**OWN.get(tab, {}), **asked, "limit": 50}).json
    return page("items/index.html", "items/_rows.html", tab=tab, tabs=TABS, items=items, supplier=_supplier())


@blueprint.get("/items/<item_id>")
@requires("item.read")
def one(item_id):
    """One item, who supplies it, and its prices so far; with a cursor, older prices."""
    asked = {"cursor": request.args.get("cursor"), "limit": HISTORY}
    history = api.get(f"/items/{item_id}/price-history", params=asked).json
    if wants_fragment():
        return render_template("items/_history.html", item_id=item_id, history=history)
    item = api.get(f"/items/{item_id}").json
    return render_template("items/one.html", item=item, item_id=item_id, history=history)


@blueprint.get("/items/<item_id>/row")
@requires("item.read")
def row(item_id):
    """One row again, open for adjusting or not."""
    return shown("items/_row.html", item=api.get(f"/items/{item_id}").json, adjust="adjust" in request.args)


@blueprint.get("/items/<item_id>/supply")
@requires("item.adjust")
def supply(item_id):
    """The form of who supplies an item and who buys it; whoever it is now can stay, even after leaving."""
    item = api.get(f"/items/{item_id}").json
    buyers = dict(staff_options(directory()))
    if item["buyer"]:
        buyers.setdefault(item["buyer"], staff_name(item["buyer"]))
    return shown("items/_supply_form.html", item=item, suppliers=supplier_options(item), buyers=list(buyers.items()))


@blueprint.post("/items/<item_id>/supply")
@requires("item.adjust")
def save_supply(item_id):
    """Say who supplies an item and who buys it."""
    body = {name: request.form.get(name) or None for name in ("supplier_id", "buyer")}
    api.patch(f"/items/{item_id}", json=body, version=version())
    return go(url_for(".one", item_id=item_id), _("已保存"))


@blueprint.post("/items/sync")
@requires("item.sync")
def sync():
    """Fetch the game's price list; adjustments stay, and what contradicts one is reported."""
    report = api.post("/items/sync", json={}, key=request.form.get("key")).json
    return saved("items/_report.html", back=url_for(".index", tab="conflict"), text=_("已同步价目表"), report=report)


@blueprint.post("/items/<item_id>")
@requires("item.adjust")
def adjust(item_id):
    """Set our own price, or with an empty field go back to the game's."""
    before = api.get(f"/items/{item_id}").json
    price = as_decimal(request.form.get("adjusted_price"))
    item = api.patch(f"/items/{item_id}", json={"adjusted_price": _money(price)}, version=version()).json
    undo = {
        "url": url_for(".adjust", item_id=item_id),
        "target": f"#item-{item_id}",
        "fields": {"adjusted_price": (before["adjusted_price"] or {}).get("amount", ""), "version": item["version"]},
    }
    return saved(
        "items/_row.html", back=url_for(".index"), text=_("已改价 %(name)s", name=item["name"]), undo=undo, item=item
    )


@blueprint.post("/items/<item_id>/resolution")
@requires("item.adjust")
def resolve(item_id):
    """Keep our adjustment, or take the game's new price."""
    item = api.post(f"/items/{item_id}/resolution", json={"keep": request.form.get("keep", "")}, version=version()).json
    text = _("保留了调整价") if request.form.get("keep") == "adjusted" else _("改用新的价目价")
    return saved("items/_row.html", back=url_for(".index", tab="conflict"), text=text, item=item)


def _supplier() -> dict | None:
    """The supplier whose items alone are shown."""
    wanted = request.args.get("supplier_id")
    if not wanted or wants_fragment() or not current.can("supplier.read"):
        return None
    try:
        found: dict = api.get(f"/suppliers/{wanted}").json
    except Refused:
        return None
    return found


def _money(price: Decimal | None) -> dict | None:
    return {"amount": f"{price:.2f}", "currency": "CNY"} if price is not None else None
