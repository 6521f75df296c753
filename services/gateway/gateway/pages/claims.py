"""Claims: compensation and price differences, asked for from an order, decided by somebody else, and paid (S27)."""

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

blueprint = Blueprint("claims", __name__)

TABS = {
    "requested": _l("待审批"),
    "approved": _l("待赔付"),
    "mine": _l("我的理赔"),
    "paid": _l("已赔付"),
    "all": _l("全部"),
}
FILTERS = ("state", "kind", "staff_id", "player_id", "order_id")


@blueprint.get("/claims")
@requires("sales.read")
def index():
    """The list; the address is its whole state."""
    tab = request.args.get("tab", "mine" if current.role == "agent" else "requested")
    found = api.get("/claims", params=_list_filters(tab)).json
    return page("claims/index.html", "claims/_rows.html", tab=tab, tabs=TABS, claims=found, staff=directory())


@blueprint.get("/claims/<uuid:claim_id>")
@requires("sales.read")
def one(claim_id):
    """One claim: what it rests on, who said what, and what comes next."""
    return page("claims/one.html", "claims/_one.html", found=api.get(f"/claims/{claim_id}").json)


@blueprint.get("/orders/<uuid:order_id>/claims/new")
@requires("claim.create")
def new(order_id):
    """The form, in a dialogue; it says beforehand what a price difference comes to."""
    order = api.get(f"/orders/{order_id}").json
    difference = api.post("/claims/preview", json={"order_id": str(order_id), "kind": "price_difference"}).json
    return shown("claims/_new.html", order=order, difference=difference)


@blueprint.post("/orders/<uuid:order_id>/claims")
@requires("claim.create")
def create(order_id):
    """Ask for it; the order comes back with its claims."""
    found = api.post(f"/orders/{order_id}/claims", json=_wanted(), key=request.form.get("key")).json
    undo = {
        "url": url_for(".withdraw", claim_id=found["id"]),
        "target": f"#order-{order_id}",
        "fields": {"version": found["version"], "as": "order"},
    }
    return _order_again(str(order_id), _("已申请 %(no)s，等审批", no=found["no"]), undo)


@blueprint.post("/claims/<uuid:claim_id>/decision")
@requires("claim.approve")
def decide(claim_id):
    """Grant or refuse it."""
    step = "approve" if request.form.get("step") == "approve" else "reject"
    found = api.post(f"/claims/{claim_id}/{step}", json=typed("reason"), version=version()).json
    return _changed(found, _("已同意赔付") if step == "approve" else _("已驳回"))


@blueprint.post("/claims/<uuid:claim_id>/withdraw")
@requires("claim.create")
def withdraw(claim_id):
    """Take one's own back before it is decided."""
    found = api.post(f"/claims/{claim_id}/withdraw", json=None, version=version()).json
    if request.form.get("as") == "order":
        return _order_again(found["order_id"], _("已撤回"))
    return _changed(found, _("已撤回"))


@blueprint.post("/claims/<uuid:claim_id>/pay")
@requires("claim.pay")
def pay(claim_id):
    """Write down that the money went out."""
    body = typed("method", "external_no")
    moment = clock.from_input(request.form.get("paid_at"))
    if moment:
        body["paid_at"] = moment
    found = api.post(f"/claims/{claim_id}/pay", json=body, version=version(), key=request.form.get("key")).json
    return _changed(found, _("已记下赔付"))


@blueprint.post("/claims/exports")
@requires("sales.export")
def export():
    """Export what the list shows."""
    return ask_export("/claims/exports", _list_filters(request.args.get("tab", "all")))


def _changed(found: dict, text: str) -> Response:
    return saved("claims/_one.html", back=url_for(".one", claim_id=found["id"]), text=text, found=found)


def _order_again(order_id: str, text: str, undo: dict | None = None) -> Response:
    order = with_money_back(api.get(f"/orders/{order_id}").json)
    return saved("orders/_one.html", back=url_for("orders.one", order_id=order_id), text=text, undo=undo, **order)


def _wanted() -> dict:
    """What the form asks for: a difference is worked out by the service, a compensation names its amount."""
    body: dict = typed("kind", "reason")
    pieces = [{"text": text} for text in request.form.get("evidence", "").strip().split("\n\n") if text.strip()]
    links = [{"link": link} for link in request.form.get("links", "").split()]
    if pieces or links:
        body["evidence"] = [*pieces, *links]
    amount = request.form.get("amount", "").strip()
    if amount and body.get("kind") != "price_difference":
        number = as_decimal(amount)
        body["amount"] = amount if number is None else yuan(number)
    return body


def _list_filters(tab: str) -> dict:
    own = {"mine": {"staff_id": current.id}, "all": {}}.get(tab, {"state": tab} if tab in TABS else {})
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**own, **asked, "limit": 50}
