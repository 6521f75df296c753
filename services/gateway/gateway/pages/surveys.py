"""Satisfaction: the figures and the rows behind them, low scores to look after, and the link an agent sends (T36)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.clients import api
from gateway.identity import current, directory
from gateway.pages.answers import page, saved, shown, typed, version
from gateway.policies import requires

blueprint = Blueprint("surveys", __name__)

TABS = {
    "figures": _l("结果"),
    "low": _l("待跟进"),
    "answered": _l("已评"),
    "mine": _l("我的"),
    "all": _l("全部"),
}
FILTERS = ("state", "score", "follow_up", "agent_id", "department_id", "player_id", "ticket_id")


@blueprint.get("/surveys")
@requires("survey.read")
def index():
    """The figures, or the list; the address is its whole state."""
    tab = request.args.get("tab", "figures")
    if tab == "figures":
        by = "department" if request.args.get("by") == "department" else "agent"
        asked = {"group_by": by, **{name: request.args.get(name) for name in ("agent_id", "department_id")}}
        found = api.get("/survey-figures", params=asked).json
        names = {one["id"]: one["name"] for one in api.get("/departments", params={"limit": 200}).json["items"]}
        return page(
            "surveys/index.html",
            "surveys/_figures.html",
            figures=found["items"],
            by=by,
            departments=names,
            **_tabs(tab),
        )
    found = api.get("/surveys", params=_list_filters(tab)).json
    return page("surveys/index.html", "surveys/_rows.html", surveys=found, **_tabs(tab))


@blueprint.get("/surveys/<uuid:survey_id>/follow-up")
@requires("survey.follow_up")
def follow_up_form(survey_id):
    """How it was looked after, in a dialogue."""
    return shown("surveys/_follow_up.html", survey=api.get(f"/surveys/{survey_id}").json)


@blueprint.post("/surveys/<uuid:survey_id>/follow-up")
@requires("survey.follow_up")
def follow_up(survey_id):
    """Keep how a low score was looked after."""
    survey = api.post(f"/surveys/{survey_id}/follow-up", json=typed("note"), version=version()).json
    return saved("surveys/_row.html", back=url_for(".index", tab="low"), text=_("已跟进"), survey=survey)


@blueprint.post("/surveys/<uuid:survey_id>/link")
@requires("survey.send")
def link(survey_id):
    """A new link, to be copied into WeChat."""
    made = api.put(f"/surveys/{survey_id}/link").json
    address = url_for("survey_form.show", token=made["token"], _external=True)
    return shown("surveys/_link.html", address=address, expires_at=made["expires_at"])


def _tabs(tab: str) -> dict:
    return {"tab": tab, "tabs": TABS, "staff": directory()}


def _list_filters(tab: str) -> dict:
    own: dict = {
        "low": {"follow_up": "needed", "sort": "created_at"},
        "answered": {"state": "answered"},
        "mine": {"agent_id": current.id},
    }.get(tab, {})
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**own, **asked, "limit": 50}
