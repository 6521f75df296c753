"""What reviews are made by, under the settings: scorecards, and the rules by which tickets are drawn (T35)."""

import re

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from gateway.clients import Refused, api
from gateway.pages.answers import go, shown, typed, version
from gateway.pages.departments import all_departments
from gateway.pages.filters import as_decimal
from gateway.policies import requires

blueprint = Blueprint("review_settings", __name__, url_prefix="/settings/reviews")

_QUESTION = re.compile(r"(?P<text>.+?)\s*[|｜]\s*(?P<points>\d{1,4})")


@blueprint.get("")
@requires("review.read")
def index():
    """All scorecards and rules."""
    cards, rules = (api.get(path, params={"limit": 200}).json["items"] for path in ("/scorecards", "/sampling-rules"))
    return render_template("reviews/settings.html", cards=cards, rules=rules, departments=_department_names())


@blueprint.get("/scorecards/new")
@requires("scorecard.write")
def new_card():
    """The form for a new scorecard."""
    return shown("reviews/_card_form.html", card=None, text="")


@blueprint.get("/scorecards/<uuid:scorecard_id>")
@requires("scorecard.write")
def edit_card(scorecard_id):
    """The form of one scorecard, its sections as text."""
    card = api.get(f"/scorecards/{scorecard_id}").json
    return shown("reviews/_card_form.html", card=card, text=as_text(card["sections"]))


@blueprint.post("/scorecards")
@requires("scorecard.write")
def create_card():
    """Write a scorecard down."""
    card = api.post("/scorecards", json=_card(), key=request.form.get("key")).json
    return go(url_for(".index"), _("已新建 %(no)s", no=card["name"]))


@blueprint.post("/scorecards/<uuid:scorecard_id>")
@requires("scorecard.write")
def save_card(scorecard_id):
    """Change one; reviews that were made by it stay."""
    api.patch(f"/scorecards/{scorecard_id}", json=_card(), version=version())
    return go(url_for(".index"), _("已保存"))


@blueprint.get("/rules/new")
@requires("sampling_rule.write")
def new_rule():
    """The form for a new rule."""
    return shown("reviews/_rule_form.html", rule=None, departments=all_departments())


@blueprint.get("/rules/<uuid:sampling_rule_id>")
@requires("sampling_rule.write")
def edit_rule(sampling_rule_id):
    """The form of one rule."""
    rule = api.get(f"/sampling-rules/{sampling_rule_id}").json
    return shown("reviews/_rule_form.html", rule=rule, departments=all_departments())


@blueprint.post("/rules")
@requires("sampling_rule.write")
def create_rule():
    """Write a rule down."""
    rule = api.post("/sampling-rules", json={**typed("kind"), **_rule()}, key=request.form.get("key")).json
    return go(url_for(".index"), _("已新建 %(no)s", no=rule["name"]))


@blueprint.post("/rules/<uuid:sampling_rule_id>")
@requires("sampling_rule.write")
def save_rule(sampling_rule_id):
    """Change one; what was drawn stays."""
    api.patch(f"/sampling-rules/{sampling_rule_id}", json=_rule(), version=version())
    return go(url_for(".index"), _("已保存"))


@blueprint.post("/rules/<uuid:sampling_rule_id>/remove")
@requires("sampling_rule.write")
def remove_rule(sampling_rule_id):
    """Take one away; undone by writing it down anew."""
    rule = api.get(f"/sampling-rules/{sampling_rule_id}").json
    api.delete(f"/sampling-rules/{sampling_rule_id}", version=version())
    share = {"share": f"{float(rule['share']) * 100:g}"} if rule["kind"] == "share" else {}
    active = {"active": "on"} if rule["active"] else {}
    kept = {"name": rule["name"], "kind": rule["kind"], "department_id": rule["department_id"] or ""}
    return go(url_for(".index"), _("已删除"), {"url": url_for(".create_rule"), "fields": {**kept, **share, **active}})


def as_text(sections: list[dict]) -> str:
    """Sections as one types them: `# title`, then a line `question | points` each."""
    lines = []
    for section in sections:
        lines += [f"# {section['title']}", *(f"{one['text']} | {one['points']}" for one in section["questions"])]
    return "\n".join(lines)


def as_sections(text: str) -> list[dict]:
    """The other way. Raises Refused, naming the line that is neither."""
    sections: list[dict] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        question = _QUESTION.fullmatch(line.strip())
        if line.strip().startswith("#"):
            sections.append({"title": line.strip().lstrip("# ").strip(), "questions": []})
        elif question is None or not sections:
            title = _("第 %(n)s 行看不懂：先写“# 部分”，再一行一道题“题目 | 分数”。", n=number)
            raise Refused(422, {"code": "wrong_sections", "title": title, "errors": []})
        else:
            sections[-1]["questions"].append({"text": question["text"], "points": int(question["points"])})
    return sections


def _card() -> dict:
    sections = as_sections(request.form.get("sections", ""))
    return {**typed("name"), "sections": sections, "active": "active" in request.form}


def _rule() -> dict:
    fields: dict = {**typed("name"), "active": "active" in request.form}
    fields["department_id"] = request.form.get("department_id") or None
    share = request.form.get("share", "").strip()
    if share:
        number = as_decimal(share)
        fields["share"] = share if number is None else f"{number / 100:.6f}".rstrip("0").rstrip(".")
    return fields


def _department_names() -> dict[str, str]:
    return {one["id"]: one["name"] for one in all_departments()}
