"""Subscriptions under the settings: who gets which facts, how it goes, what was delivered; and what was not, sent again."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from chassis.clock import rfc3339, utc_now
from gateway.clients import api
from gateway.pages.answers import go, page, shown, typed, version
from gateway.pages.departments import all_departments
from gateway.policies import requires

blueprint = Blueprint("subscriptions_pages", __name__, url_prefix="/settings/subscriptions")

SPANS = {"1": timedelta(hours=1), "24": timedelta(days=1), "168": timedelta(days=7), "2160": timedelta(days=90)}


@blueprint.get("")
@requires("subscription.read")
def index():
    """All of them, with how they are doing; and the private networks that webhooks may reach."""
    found = api.get("/subscriptions", params={"limit": 200}).json["items"]
    networks = api.get("/webhooks/networks").json["items"]
    return render_template(
        "subscriptions/index.html", subscriptions=found, networks=networks, departments=all_departments()
    )


@blueprint.get("/new")
@requires("subscription.write")
def new():
    """The form for a new one."""
    return shown("subscriptions/_form.html", departments=all_departments())


@blueprint.post("")
@requires("subscription.write")
def create():
    """Subscribe; the secret is shown this once."""
    fields = {**typed("name", "delivery", "url"), "types": _types(), "department_id": _department()}
    made = api.post("/subscriptions", json=fields, key=request.form.get("key")).json
    return shown("subscriptions/_secret.html", subscription=made)


@blueprint.get("/<uuid:subscription_id>")
@requires("subscription.write")
def one(subscription_id):
    """One subscription: what it wants, how it is doing, its deliveries."""
    subscription = api.get(f"/subscriptions/{subscription_id}").json
    return page(
        "subscriptions/one.html",
        "subscriptions/_deliveries.html",
        subscription=subscription,
        departments=all_departments(),
        deliveries=_deliveries(subscription),
    )


@blueprint.post("/<uuid:subscription_id>")
@requires("subscription.write")
def save(subscription_id):
    """Change it from the version the form was made from."""
    fields = {**typed("url"), "types": _types(), "department_id": _department()}
    api.patch(f"/subscriptions/{subscription_id}", json=fields, version=version())
    return _back(subscription_id, _("已保存"))


@blueprint.post("/<uuid:subscription_id>/<any(pause, enable):step>")
@requires("subscription.write")
def move(subscription_id, step):
    """Pause it, or deliver again."""
    api.post(f"/subscriptions/{subscription_id}/{step}", version=version())
    return _back(subscription_id, _("已暂停") if step == "pause" else _("已恢复推送"))


@blueprint.post("/<uuid:subscription_id>/secret")
@requires("subscription.write")
def new_secret(subscription_id):
    """A new secret, shown this once."""
    return shown("subscriptions/_secret.html", subscription=api.post(f"/subscriptions/{subscription_id}/secret").json)


@blueprint.post("/<uuid:subscription_id>/test")
@requires("subscription.write")
def test(subscription_id):
    """Send a test now, and show what came of it."""
    outcome = api.post(f"/subscriptions/{subscription_id}/test").json
    what = str(outcome["status"] or outcome["error"])
    if outcome["ok"]:
        return _back(subscription_id, _("测试成功：%(what)s，%(ms)s 毫秒", what=what, ms=outcome["ms"]))
    return _back(subscription_id, _("测试失败：%(what)s", what=what))


@blueprint.post("/<uuid:subscription_id>/replay")
@requires("subscription.write")
def replay(subscription_id):
    """Send facts of some time ago again, to this one alone."""
    span = SPANS.get(request.form.get("hours", ""), SPANS["24"])
    asked = {"subscription": str(subscription_id), "from": rfc3339(utc_now() - span)}
    api.post("/event-replays", json=asked)
    return go(url_for("jobs.index"), _("正在重放，进度在这里"))


@blueprint.post("/<uuid:subscription_id>/remove")
@requires("subscription.write")
def remove(subscription_id):
    """Remove it for good."""
    api.delete(f"/subscriptions/{subscription_id}", version=version())
    return go(url_for(".index"), _("订阅已删除"))


@blueprint.post("/<uuid:subscription_id>/deliveries/<uuid:delivery_id>/resend")
@requires("subscription.write")
def resend(subscription_id, delivery_id):
    """Send one delivery again."""
    api.post(f"/webhooks/deliveries/{delivery_id}/resend")
    return _back(subscription_id, _("已重新排队"))


@blueprint.post("/networks")
@requires("subscription.write")
def add_network():
    """Let webhooks reach a private network."""
    api.post("/webhooks/networks", json=typed("network", "note"))
    return go(url_for(".index"), _("已保存"))


@blueprint.post("/networks/<uuid:network_id>/remove")
@requires("subscription.write")
def remove_network(network_id):
    """Let webhooks reach it no more."""
    api.delete(f"/webhooks/networks/{network_id}", version=None)
    return go(url_for(".index"), _("已保存"))


def _back(subscription_id: Any, text: str) -> Response:
    return go(url_for(".one", subscription_id=subscription_id), text)


def _types() -> list[str]:
    """One type a line, or with commas or spaces between them."""
    return request.form.get("types", "").replace(",", " ").split()


def _department() -> str | None:
    return request.form.get("department_id") or None


def _deliveries(subscription: dict) -> dict:
    asked = {name: request.args[name] for name in ("state", "cursor") if request.args.get(name)}
    query = {"subscription_id": subscription["id"], "limit": 25, **asked}
    found: dict = api.get("/webhooks/deliveries", params=query).json
    return found
