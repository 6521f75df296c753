"""Returns: asked for from an order, decided by somebody else, and the money that went back (S25, S26)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.identity import current, directory
from gateway.pages import clock
from gateway.pages.answers import page, saved, shown, typed, version
from gateway.pages.filters import as_decimal
from gateway.pages.jobs import ask_export
from gateway.pages.orders import with_money_back, yuan
from gateway.policies import requires

blueprint = Blueprint("returns", __name__)

TABS = {
    "requested": _l("待审批"),
    "approved": _l("待退款"),
    "mine": _l("我的退货"),
    "refunded": _l("已退款"),
    "all": _l("全部"),
}
FILTERS = ("state", "staff_id", "player_id", "order_id")


@blueprint.get("/returns")
@requires("sales.read")
def index():
    """The list; the address is its whole state."""
    tab = request.args.get("tab", "mine" if current.role == "agent" else "requested")
    found = api.get("/returns", params=_list_filters(tab)).json
    return page("returns/index.html", "returns/_rows.html", tab=tab, tabs=TABS, returns=found, staff=directory())


@blueprint.get("/returns/<uuid:return_id>")
@requires("sales.read")
def one(return_id):
    """One return: what comes back, who said what, and what comes next."""
    return page("returns/one.html", "returns/_one.html", found=api.get(f"/returns/{return_id}").json)


@blueprint.get("/orders/<uuid:order_id>/returns/new")
@requires("return.create")
def new(order_id):
    """The form, in a dialogue."""
    order = api.get(f"/orders/{order_id}").json
    return shown("returns/_new.html", order=order, verdict=api.get(f"/orders/{order_id}/returnable").json)


@blueprint.post("/orders/<uuid:order_id>/returns")
@requires("return.create")
def create(order_id):
    """Ask for it; the order comes back with its returns."""
    found = api.post(f"/orders/{order_id}/returns", json=_wanted(), key=request.form.get("key")).json
    return saved(
        "orders/_one.html",
        back=url_for("orders.one", order_id=order_id),
        text=_("已申请 %(no)s，等审批", no=found["no"]),
        **with_money_back(api.get(f"/orders/{order_id}").json),
    )


@blueprint.post("/returns/<uuid:return_id>/decision")
@requires("return.approve")
def decide(return_id):
    """Grant or refuse it."""
    step = "approve" if request.form.get("step") == "approve" else "reject"
    found = api.post(f"/returns/{return_id}/{step}", json=typed("reason"), version=version()).json
    return _changed(found, _("已同意退款") if step == "approve" else _("已驳回"))


@blueprint.post("/returns/<uuid:return_id>/refund")
@requires("return.refund")
def refund(return_id):
    """Write down that the money went back."""
    body = typed("method", "external_no")
    moment = clock.from_input(request.form.get("refunded_at"))
    if moment:
        body["refunded_at"] = moment
    found = api.post(f"/returns/{return_id}/refund", json=body, version=version(), key=request.form.get("key")).json
    return _changed(found, _("已记下退款"))


@blueprint.post("/returns/exports")
@requires("sales.export")
def export():
    """Export what the list shows."""
    return ask_export("/returns/exports", _list_filters(request.args.get("tab", "all")))


def _changed(found: dict, text: str) -> Response:
    return saved("returns/_one.html", back=url_for(".one", return_id=found["id"]), text=text, found=found)


def _wanted() -> dict:
    """What the form asks back: whole packs, some items, an amount; nothing of these is all that is left."""
    body: dict = typed("reason")
    lines = [
        {"item_id": name.removeprefix("line:"), "quantity": _whole(text)}
        for name, text in request.form.items()
        if name.startswith("line:") and text.strip()
    ]
    if lines:
        body["lines"] = lines
    if request.form.get("quantity", "").strip():
        body["quantity"] = _whole(request.form["quantity"])
    typed_amount = request.form.get("amount", "").strip()
    if typed_amount:
        number = as_decimal(typed_amount)
        body["amount"] = typed_amount if number is None else yuan(number)
    return body


def _whole(text: str) -> int | str:
    """The number that was typed; what is none goes on as it is, and is refused by name."""
    return int(text) if text.strip().isdecimal() else text


def _list_filters(tab: str) -> dict:
    own = {
        "mine": {"staff_id": current.id},
        "all": {},
    }.get(tab, {"state": tab} if tab in ("requested", "approved", "refunded") else {})
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**own, **asked, "limit": 50}
