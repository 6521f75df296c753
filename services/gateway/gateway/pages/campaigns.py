"""Campaigns: planned, started, ended, and what came of them; every figure opens its rows (S7, S8)."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.identity import current
from gateway.pages import clock
from gateway.pages.answers import go, page, saved, shown, typed, version
from gateway.pages.departments import all_departments
from gateway.pages.filters import as_decimal
from gateway.pages.orders import yuan
from gateway.pages.players import split_tags
from gateway.policies import requires

blueprint = Blueprint("campaigns", __name__)

TABS = {"running": _l("进行中"), "draft": _l("筹备中"), "ended": _l("已结束"), "all": _l("全部")}
OUTCOMES = ("sold", "considering", "refused", "no_answer")


@blueprint.get("/campaigns")
@requires("sales.read")
def index():
    """The list; the address is its whole state."""
    tab = request.args.get("tab", "running")
    asked = {name: request.args[name] for name in ("q", "state", "pack_no", "cursor") if request.args.get(name)}
    own = {"state": tab} if tab in TABS and tab != "all" else {}
    found = api.get("/campaigns", params={**own, **asked, "limit": 50}).json
    return page("campaigns/index.html", "campaigns/_rows.html", tab=tab, tabs=TABS, campaigns=found)


@blueprint.get("/campaigns/<uuid:campaign_id>")
@requires("sales.read")
def one(campaign_id):
    """One campaign: its plan, what comes next, and what came of it."""
    return page("campaigns/one.html", "campaigns/_one.html", **_with_results(str(campaign_id)))


@blueprint.get("/campaigns/new")
@requires("campaign.write")
def new():
    """The form for a new one."""
    return shown("campaigns/_form.html", campaign=None, departments=_departments())


@blueprint.get("/campaigns/<uuid:campaign_id>/edit")
@requires("campaign.write")
def edit(campaign_id):
    """The form of one that is there; what can no longer be changed is not in it."""
    campaign = api.get(f"/campaigns/{campaign_id}").json
    return shown("campaigns/_form.html", campaign=campaign, departments=_departments())


@blueprint.post("/campaigns")
@requires("campaign.write")
def create():
    """Plan one, and go to it."""
    found = api.post("/campaigns", json=_fields(), key=request.form.get("key")).json
    return go(url_for(".one", campaign_id=found["id"]), _("已新建 %(no)s", no=found["name"]))


@blueprint.post("/campaigns/<uuid:campaign_id>")
@requires("campaign.write")
def save(campaign_id):
    """Change it from the version the form was made from."""
    api.patch(f"/campaigns/{campaign_id}", json=_fields(), version=version())
    return go(url_for(".one", campaign_id=campaign_id), _("已保存"))


@blueprint.post("/campaigns/<uuid:campaign_id>/<any(start, end, cancel):step>")
@requires("campaign.write")
def move(campaign_id, step):
    """Begin, end, or call off with a reason."""
    body = typed("reason") if step == "cancel" else None
    api.post(f"/campaigns/{campaign_id}/{step}", json=body, version=version())
    texts = {"start": _("已开始"), "end": _("已结束"), "cancel": _("已取消")}
    return _changed(str(campaign_id), texts[step])


@blueprint.post("/campaigns/<uuid:campaign_id>/remove")
@requires("campaign.write")
def remove(campaign_id):
    """Remove one that has not begun, after the confirmation."""
    api.delete(f"/campaigns/{campaign_id}", version=version())
    return go(url_for(".index", tab="draft"), _("已删除"))


def _changed(campaign_id: str, text: str) -> Response:
    back = url_for(".one", campaign_id=campaign_id)
    return saved("campaigns/_one.html", back=back, text=text, **_with_results(campaign_id))


def _with_results(campaign_id: str) -> dict:
    """The campaign, what came of it, and its figures as (word's code, number, the page with its rows)."""
    campaign = api.get(f"/campaigns/{campaign_id}").json
    results = api.get(f"/campaigns/{campaign_id}/results").json
    figures = [(code, results[code]["count"], _touches(campaign_id, outcome=code)) for code in OUTCOMES]
    reasons = [
        (code := found["lost_reason"], found["count"], _touches(campaign_id, outcome="refused", lost_reason=code))
        for found in results["lost_reasons"]
    ]
    return {
        "campaign": campaign,
        "results": results,
        "figures": figures,
        "reasons": reasons,
        "contacts": _touches(campaign_id),
        "orders": url_for(
            "orders.index", tab="all", campaign_id=campaign_id, state=_state_of(results["orders"]["rows"])
        ),
    }


def _touches(campaign_id: str, **filters: Any) -> str:
    """The page that lists the campaign's touches under these filters."""
    return url_for("sales.index", tab="all", campaign_id=campaign_id, **filters)


def _state_of(rows: str) -> str:
    """The states that the figure of orders counts, out of the address of its rows."""
    return rows.partition("state=")[2]


def _departments() -> list[dict]:
    """Those that one may plan for."""
    scope = current.caller.scope
    if not current.can("department.read"):
        return []
    return [one for one in all_departments() if scope.kind == "all" or one["id"] in scope.departments]


def _fields() -> dict:
    """The fields of the form as the API takes them; of those that are not in it nothing is said."""
    form, body = request.form, typed("name")
    if "plan" in form:
        body["plan"] = form["plan"].strip()
    for name in ("budget", "cost"):
        if name in form:
            number = as_decimal(form[name])
            body[name] = yuan(number) if number is not None else form[name].strip() or None
    if "packs" in form:
        body["packs"] = form["packs"].upper().replace(",", " ").replace("，", " ").split()
    if "tags" in form:
        tiers = [int(tier) for tier in form.getlist("vip_tiers") if tier.isdecimal()]
        body["target"] = {
            "tags": split_tags(form["tags"]),
            "vip_tiers": tiers,
            "segment": form.get("segment", "").strip(),
        }
    if form.get("department_id") is not None:
        body["department_id"] = form["department_id"] or None
    for name in ("starts_at", "ends_at"):
        if name in form:
            body[name] = clock.from_input(form[name])
    return body
