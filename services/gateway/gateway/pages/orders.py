"""Orders: recorded by typing a pack ID (S3, S4); the list, one order, its payments and its approval."""

from decimal import Decimal

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import Unavailable, api
from gateway.identity import current, directory
from gateway.pages import clock, home
from gateway.pages.answers import page, saved, typed, version
from gateway.pages.filters import as_decimal
from gateway.pages.jobs import ask_export
from gateway.policies import requires

blueprint = Blueprint("orders", __name__)

TABS = {"mine": _l("我的订单"), "approve": _l("待审批"), "pay": _l("待付款"), "paid": _l("已付款"), "all": _l("全部")}
MONEY_BACK = ("returns", "claims")
FILTERS = ("state", "staff_id", "pack_no", "q", "player_id", "campaign_id")


@blueprint.get("/orders")
@requires("sales.read")
def index():
    """The list; the address is its whole state."""
    tab = request.args.get("tab", "mine" if current.role == "agent" else "all")
    orders = api.get("/orders", params=_list_filters(tab)).json
    return page("orders/index.html", "orders/_rows.html", tab=tab, tabs=TABS, orders=orders, staff=directory())


@blueprint.get("/orders/<order_id>")
@requires("sales.read")
def one(order_id):
    """One order as it was agreed: its lines, its payments, what comes next."""
    return page("orders/one.html", "orders/_one.html", **with_money_back(api.get(f"/orders/{order_id}").json))


def with_money_back(order: dict) -> dict:
    """What the page of an order shows: the order, its returns and claims, and whether more may be returned, if it is paid."""
    if not as_decimal(order["paid_total"]["amount"]):
        return {"order": order, "returns": [], "claims": [], "verdict": None}
    returns, claims = (api.get(f"/{name}", params={"order_id": order["id"], "limit": 50}).json for name in MONEY_BACK)
    verdict = api.get(f"/orders/{order['id']}/returnable").json
    return {"order": order, "returns": returns["items"], "claims": claims["items"], "verdict": verdict}


def money_back_of(player_id: str) -> dict | None:
    """The newest returns and claims of a player; None where they cannot be read just now, or may not be."""
    if not current.can("sales.read"):
        return None
    try:
        return {name: api.get(f"/{name}", params={"player_id": player_id, "limit": 5}).json for name in MONEY_BACK}
    except Unavailable:
        return None


@blueprint.post("/players/<player_id>/orders")
@requires("order.create")
def create(player_id):
    """Record a sale from the home page."""
    order = api.post("/orders", json=_order(player_id), key=request.form.get("key")).json
    text = _("已成交 %(no)s", no=order["no"])
    if order["state"] == "awaiting_approval":
        text = _("已记下 %(no)s，等主管审批", no=order["no"])
    return saved(
        "home/_sales_and_side.html",
        back=url_for("home.index", player=player_id),
        text=text,
        undo=_undo_sale(order),
        **home.regions(player_id),
    )


@blueprint.post("/orders/<order_id>/payments")
@requires("order.pay")
def pay(order_id):
    """Record a payment that has come in."""
    body = _payment() or {"method": request.form.get("method", "")}
    api.post(f"/orders/{order_id}/payments", json=body, key=request.form.get("key"))
    return _changed(order_id, _("已记下付款"))


@blueprint.post("/orders/<order_id>/approvals")
@requires("order.approve")
def approve(order_id):
    """The supervisor's word on a price beyond the agent's limit."""
    api.post(f"/orders/{order_id}/approvals", json=typed("verdict", "reason"), version=version())
    return _changed(order_id, _("已审批"))


@blueprint.post("/orders/<order_id>/<any(cancel, ship, complete):step>")
@requires("order.create")
def move(order_id, step):
    """Ship, complete, or cancel with a reason."""
    api.post(f"/orders/{order_id}/{step}", json=typed("reason") if step == "cancel" else {}, version=version())
    texts = {"cancel": _("已取消"), "ship": _("已发放"), "complete": _("已完成")}
    return _changed(order_id, texts[step])


def _changed(order_id: str, text: str) -> Response:
    """The order again, or the player's sales when it was changed from the home page."""
    order = api.get(f"/orders/{order_id}").json
    if request.form.get("as") == "home":
        return saved(
            "home/_sales_and_side.html",
            back=url_for("home.index", player=order["player_id"]),
            text=text,
            **home.regions(order["player_id"]),
        )
    return saved("orders/_one.html", back=url_for(".one", order_id=order_id), text=text, **with_money_back(order))


def _order(player_id: str) -> dict:
    """The order of the sale form; the pack's own price is left to the service."""
    form = request.form
    body: dict = {"player_id": player_id, "pack_no": form.get("pack_no", "").strip().upper()}
    body.update(typed("note", "session_id", "campaign_id"))
    if form.get("quantity", "").isdigit():
        body["quantity"] = int(form["quantity"])
    price = as_decimal(form.get("price"))
    if price is not None and price != as_decimal(form.get("pack_price")):
        body["price"] = yuan(price)
    payment = _payment()
    return {**body, "payments": [payment]} if payment else body


def _payment() -> dict | None:
    """The payment of the form; None when no amount was given."""
    paid = as_decimal(request.form.get("amount"))
    if paid is None:
        return None
    payment: dict = {**typed("method", "external_no"), "amount": yuan(paid)}
    moment = clock.from_input(request.form.get("paid_at"))
    return {**payment, "paid_at": moment} if moment else payment


def yuan(number: Decimal) -> dict:
    """An amount as the API takes it."""
    return {"amount": f"{number:.2f}", "currency": "CNY"}


def _undo_sale(order: dict) -> dict | None:
    """The inverse of a sale nobody has paid yet: cancelling it."""
    if order.get("payments"):
        return None
    return {
        "url": url_for(".move", order_id=order["id"], step="cancel"),
        "target": "#sales",
        "fields": {"reason": _("撤销刚才的成交"), "version": order["version"], "as": "home"},
    }


@blueprint.post("/orders/exports")
@requires("sales.export")
def export():
    """Export what the list shows."""
    return ask_export("/orders/exports", _list_filters(request.args.get("tab", "all")))


def _list_filters(tab: str) -> dict:
    own = {
        "mine": {"staff_id": current.id},
        "approve": {"state": "awaiting_approval"},
        "pay": {"state": "awaiting_payment,part_paid"},
        "paid": {"state": "paid"},
        "all": {},
    }.get(tab, {})
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**own, **asked, "limit": 50}
