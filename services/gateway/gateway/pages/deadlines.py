"""Deadlines under the settings: policies and the calendars they reckon by; working out anew what is open (T22)."""

import re
from decimal import Decimal
from itertools import groupby
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.pages.answers import go, shown, typed, version
from gateway.pages.clock import working
from gateway.pages.departments import all_departments
from gateway.pages.labels import label
from gateway.policies import requires

blueprint = Blueprint("deadline_pages", __name__, url_prefix="/settings/deadlines")

READ, WRITE = "deadline_policy.read", "deadline_policy.write"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PRIORITIES = ("urgent", "high", "normal", "low")
DEADLINES = ("first_response", "completion")
LEVELS = (1, 2, 3)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(小时|时|h|hours?|分钟|分|m|min|minutes?)?", re.IGNORECASE)
_HOURS = ("小时", "时", "h", "hour", "hours")


@blueprint.get("")
@requires(READ)
def index() -> str:
    """All policies and all calendars."""
    calendars = [{**calendar, "hours": hours_of(calendar["week"])} for calendar in _all("/calendars")]
    return render_template(
        "deadlines/index.html", policies=_all("/deadline-policies"), calendars=calendars, departments=_names()
    )


@blueprint.get("/policies/new")
@requires(WRITE)
def new_policy() -> Response:
    """The form for a new policy, with the usual times."""
    usual = next((one for one in _all("/deadline-policies") if one["fits_all"]), None)
    fields = {**_policy_form(usual), "name": "", "category": "", "department_id": ""} if usual else {}
    return _policy_shown(None, fields)


@blueprint.get("/policies/<uuid:policy_id>")
@requires(WRITE)
def edit_policy(policy_id: str) -> Response:
    """The form of one policy."""
    policy = api.get(f"/deadline-policies/{policy_id}").json
    return _policy_shown(policy, _policy_form(policy))


@blueprint.post("/policies")
@requires(WRITE)
def create_policy() -> Response:
    """Write a policy down."""
    policy = api.post("/deadline-policies", json=_policy(), key=request.form.get("key")).json
    return go(url_for(".index"), _("已新建 %(no)s，新工单照它算", no=policy["name"]))


@blueprint.post("/policies/<uuid:policy_id>")
@requires(WRITE)
def save_policy(policy_id: str) -> Response:
    """Change a policy; tickets that are open keep their deadlines until they are worked out anew."""
    before = api.get(f"/deadline-policies/{policy_id}").json
    body = _policy()
    if before["fits_all"]:
        body = {name: value for name, value in body.items() if name not in ("category", "department_id")}
    policy = api.patch(f"/deadline-policies/{policy_id}", json=body, version=version()).json
    undo = {"url": request.path, "fields": {**_policy_form(before), "version": policy["version"]}}
    return go(url_for(".index"), _("已保存，未完成的工单照旧，要重算才变"), undo)


@blueprint.post("/policies/<uuid:policy_id>/remove")
@requires(WRITE)
def remove_policy(policy_id: str) -> Response:
    """Remove a policy, after the confirmation; it can be written again."""
    policy = api.get(f"/deadline-policies/{policy_id}").json
    api.delete(f"/deadline-policies/{policy_id}", version=version())
    undo = {"url": url_for(".create_policy"), "fields": _policy_form(policy)}
    return go(url_for(".index"), _("已删除"), undo)


@blueprint.get("/calendars/new")
@requires(WRITE)
def new_calendar() -> Response:
    """The form for a new calendar, with the usual hours."""
    hours = dict.fromkeys(WEEKDAYS[:5], "09:00-12:00 13:00-18:00")
    return shown("deadlines/_calendar_form.html", calendar=None, form={"timezone": "Asia/Shanghai", **hours})


@blueprint.get("/calendars/<uuid:calendar_id>")
@requires(WRITE)
def edit_calendar(calendar_id: str) -> Response:
    """The form of one calendar."""
    calendar = api.get(f"/calendars/{calendar_id}").json
    return shown("deadlines/_calendar_form.html", calendar=calendar, form=_calendar_form(calendar))


@blueprint.post("/calendars")
@requires(WRITE)
def create_calendar() -> Response:
    """Write a calendar down."""
    calendar = api.post("/calendars", json=_calendar(), key=request.form.get("key")).json
    return go(url_for(".index"), _("已新建 %(no)s", no=calendar["name"]))


@blueprint.post("/calendars/<uuid:calendar_id>")
@requires(WRITE)
def save_calendar(calendar_id: str) -> Response:
    """Change a calendar; tickets that are open keep their deadlines until they are worked out anew."""
    before = api.get(f"/calendars/{calendar_id}").json
    calendar = api.patch(f"/calendars/{calendar_id}", json=_calendar(), version=version()).json
    undo = {"url": request.path, "fields": {**_calendar_form(before), "version": calendar["version"]}}
    return go(url_for(".index"), _("已保存，未完成的工单照旧，要重算才变"), undo)


@blueprint.post("/calendars/<uuid:calendar_id>/remove")
@requires(WRITE)
def remove_calendar(calendar_id: str) -> Response:
    """Remove a calendar no policy reckons by, after the confirmation; it can be written again."""
    calendar = api.get(f"/calendars/{calendar_id}").json
    api.delete(f"/calendars/{calendar_id}", version=version())
    undo = {"url": url_for(".create_calendar"), "fields": _calendar_form(calendar)}
    return go(url_for(".index"), _("已删除"), undo)


@blueprint.post("/recomputations")
@requires(WRITE)
def recompute() -> Response:
    """Say which open tickets would change, or change them."""
    trial = request.form.get("do") != "run"
    api.post(f"/deadline-recomputations?{urlencode({'dry_run': str(trial).lower()})}")
    return go(url_for("jobs.index"), _("正在试算，哪些工单会变在结果里") if trial else _("正在重算未完成的工单"))


def hours_of(week: dict[str, list[str]]) -> str:
    """周一至周五 09:00-12:00 13:00-18:00: days that follow one another and are alike are named together."""
    alike = [(spans, list(days)) for spans, days in groupby(WEEKDAYS, key=lambda day: week[day]) if spans]
    named = [
        _("%(first)s至%(last)s", first=label(days[0], "weekday"), last=label(days[-1], "weekday"))
        if len(days) > 1
        else label(days[0], "weekday")
        for _spans, days in alike
    ]
    return " · ".join(f"{days} {' '.join(spans)}" for days, (spans, _days) in zip(named, alike, strict=True))


def _policy_shown(policy: dict | None, form: dict) -> Response:
    calendars = [(one["id"], one["name"]) for one in _all("/calendars")]
    return shown(
        "deadlines/_policy_form.html", policy=policy, form=form, calendars=calendars, departments=list(_names().items())
    )


def _all(path: str) -> list[dict]:
    found: list[dict] = api.get(path, params={"limit": 200}).json["items"]
    return found


def _names() -> dict[str, str]:
    return {one["id"]: one["name"] for one in all_departments()}


def _policy_form(policy: dict) -> dict:
    """A policy as its form holds it."""
    times = {f"{name}_{one}": working(policy["standard"][one][name]) for one in PRIORITIES for name in DEADLINES}
    late = {f"level_{n}": working(minutes) for n, minutes in zip(LEVELS, policy["escalate_after"], strict=False)}
    by = "percent" if policy["warn_percent"] is not None else "minutes"
    warn = str(policy["warn_percent"]) if by == "percent" else working(policy["warn_minutes"])
    named = {name: policy[name] or "" for name in ("name", "category", "department_id", "calendar_id")}
    return {**named, **times, **late, "warn_by": by, "warn": warn}


def _policy() -> dict:
    """The policy that was typed. What is no time is sent as it is, and the API says so."""
    form = request.form
    warned = {f"warn_{name}": None for name in ("percent", "minutes")}
    by = "percent" if form.get("warn_by") == "percent" else "minutes"
    late = [form.get(f"level_{n}", "").strip() for n in LEVELS]
    return {
        **typed("name", "calendar_id"),
        **{name: form.get(name, "").strip() or None for name in ("category", "department_id")},
        "standard": {one: {name: _minutes(form.get(f"{name}_{one}")) for name in DEADLINES} for one in PRIORITIES},
        **warned,
        f"warn_{by}": _minutes(form.get("warn")),
        "escalate_after": [_minutes(text) for text in late if text],
    }


def _minutes(text: str | None) -> int | str | None:
    """`30`, `30 分`, `1.5 小时`, `2h` as minutes; None where nothing was typed."""
    asked = (text or "").strip().removesuffix("%").strip()
    match = _DURATION.fullmatch(asked)
    if not asked or match is None:
        return asked or None
    minutes = Decimal(match[1]) * (60 if (match[2] or "").lower() in _HOURS else 1)
    return int(minutes) if minutes == int(minutes) else asked


def _calendar_form(calendar: dict) -> dict:
    """A calendar as its form holds it."""
    week = {day: " ".join(calendar["week"][day]) for day in WEEKDAYS}
    workdays = "\n".join(" ".join((one["date"], *one["spans"])) for one in calendar["workdays"])
    plain = {name: calendar[name] for name in ("name", "timezone")}
    return {**plain, **week, "holidays": "\n".join(calendar["holidays"]), "workdays": workdays}


def _calendar() -> dict:
    """The calendar that was typed; a workday without hours has those of the first day of the week that has some."""
    week = {day: _parts(request.form.get(day, "")) for day in WEEKDAYS}
    usual = next((spans for spans in week.values() if spans), [])
    lines = [_parts(line) for line in request.form.get("workdays", "").splitlines() if line.strip()]
    return {
        **typed("name", "timezone"),
        "week": week,
        "holidays": _parts(request.form.get("holidays", "")),
        "workdays": [{"date": day, "spans": spans or usual} for day, *spans in lines],
    }


def _parts(text: str) -> list[str]:
    """What stands between spaces, commas and line ends; a dash between hours may be a long one."""
    return [part for part in re.split(r"[\s,，、;；]+", re.sub(r"\s*[–—~～至到-]\s*", "-", text.strip())) if part]
