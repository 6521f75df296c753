"""Items: the game's price list, our adjustments, and what a sync changed or could not decide (C1, C2)."""

from decimal import Decimal

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.clients import api
from gateway.pages.answers import page, saved, shown, version
from gateway.pages.filters import as_decimal
from gateway.policies import requires

blueprint = Blueprint("items", __name__)

TABS = {"sale": _l("在售"), "conflict": _l("有冲突"), "withdrawn": _l("已下架"), "all": _l("全部")}
OWN = {"sale": {"state": "on_sale"}, "conflict": {"conflict": "true"}, "withdrawn": {"state": "withdrawn"}}


@blueprint.get("/items")
@requires("item.read")
def index():
    """The price list."""
    tab = request.args.get("tab", "sale")
    asked = {name: request.args[name] for name in ("q", "category", "cursor") if request.args.get(name)}
    items = api.get("/items", params={**OWN.get(tab, {}), **asked, "limit": 50}).json
    return page("items/index.html", "items/_rows.html", tab=tab, tabs=TABS, items=items)


@blueprint.get("/items/<item_id>")
@requires("item.read")
def one(item_id):
    """One item and its prices so far."""
    history = api.get(f"/items/{item_id}/price-history").json
    return render_template("items/one.html", item=api.get(f"/items/{item_id}").json, history=history["items"])


@blueprint.get("/items/<item_id>/row")
@requires("item.read")
def row(item_id):
    """One row again, open for adjusting or not."""
    return shown("items/_row.html", item=api.get(f"/items/{item_id}").json, adjust="adjust" in request.args)


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


def _money(price: Decimal | None) -> dict | None:
    return {"amount": f"{price:.2f}", "currency": "CNY"} if price is not None else None
