"""The audit log under the settings: who did what, to what, before and after, from where; searched and exported."""

from flask import Blueprint, request
from flask_babel import lazy_gettext as _l

from gateway.clients import api
from gateway.pages.answers import page
from gateway.pages.jobs import ask_export
from gateway.policies import requires

blueprint = Blueprint("audit_pages", __name__, url_prefix="/settings/audit")

TABS = {"all": _l("变更和操作"), "fact": _l("变更"), "deed": _l("操作"), "request": _l("请求")}
FILTERS = ("staff_no", "action", "subject_kind", "subject_id", "request_id")


@blueprint.get("")
@requires("audit.read")
def index():
    """The entries, newest first."""
    tab = request.args.get("tab", "all")
    asked = {**_filters(tab), **({"cursor": request.args["cursor"]} if request.args.get("cursor") else {})}
    found = api.get("/audit", params={**asked, "limit": 50}).json
    return page("audit/index.html", "audit/_rows.html", entries=found, tab=tab, tabs=TABS)


@blueprint.post("/exports")
@requires("audit.export")
def export():
    """Export what the list shows."""
    return ask_export("/audit/exports", _filters(request.args.get("tab", "all")))


def _filters(tab: str) -> dict:
    """The tab and what is in the address; a day is the studio's own."""
    asked: dict = {name: request.args[name].strip() for name in FILTERS if request.args.get(name, "").strip()}
    asked |= {"kind": tab} if tab in ("fact", "deed", "request") else {}
    if request.args.get("from"):
        asked["at[gte]"] = f"{request.args['from']}T00:00:00+08:00"
    if request.args.get("to"):
        asked["at[lt]"] = f"{request.args['to']}T23:59:59+08:00"
    return asked
