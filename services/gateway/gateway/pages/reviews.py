"""Quality reviews: the inspectors' queue and form, appeals, the figures of each agent, and an agent's own results (T35)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import Refused, Unavailable, api
from gateway.identity import current, directory
from gateway.pages.answers import go, page, saved, typed, version
from gateway.pages.ticket_page import survey_of
from gateway.policies import requires

blueprint = Blueprint("reviews", __name__)

OVERSEEN = {
    "queue": _l("待质检"),
    "appeals": _l("待裁定"),
    "done": _l("已完成"),
    "figures": _l("按客服"),
}
OWN = {"mine": _l("我的")}
SCORED = "finished,appealed,decided"
FILTERS = ("state", "cause", "verdict", "fatal", "agent_id", "inspector_id", "ticket_id")


@blueprint.get("/reviews")
@requires("review.read")
def index():
    """The queue, or for who oversees nobody their own results; the address is the whole state."""
    tabs = {**OVERSEEN, **OWN} if current.can("review.oversee") else OWN
    tab = request.args.get("tab", "queue")
    tab = tab if tab in tabs else next(iter(tabs))
    context = {"tab": tab, "tabs": tabs, "staff": directory()}
    if tab == "figures":
        asked = {name: request.args.get(name) for name in ("agent_id", "department_id")}
        found = api.get("/review-figures", params=asked).json["items"]
        return page("reviews/index.html", "reviews/_figures.html", figures=found, **context)
    found = api.get("/reviews", params=_list_filters(tab)).json
    return page("reviews/index.html", "reviews/_rows.html", reviews=found, **context)


@blueprint.get("/reviews/<uuid:review_id>")
@requires("review.read")
def one(review_id):
    """One review: to be scored, to be read, or an appeal to be decided."""
    return page("reviews/one.html", "reviews/_one.html", **_about(api.get(f"/reviews/{review_id}").json))


@blueprint.post("/tickets/<ticket_id>/review")
@requires("review.write")
def begin(ticket_id):
    """Put a ticket among the reviews, and open its form."""
    review = api.post("/reviews", json={"ticket_id": ticket_id}, key=request.form.get("key")).json
    return go(url_for(".one", review_id=review["id"]), _("已放进质检"))


@blueprint.post("/reviews/<uuid:review_id>/finish")
@requires("review.write")
def finish(review_id):
    """Keep the marks."""
    by = {"scorecard_id": request.form.get("scorecard_id"), "scorecard_revision": _number("scorecard_revision")}
    body = {**by, **_marks(), **typed("comment")}
    review = api.post(f"/reviews/{review_id}/finish", json=body, version=version()).json
    return _changed(review, _("已评，%(score)s 分", score=review["score"]))


@blueprint.post("/reviews/<uuid:review_id>/skip")
@requires("review.write")
def skip(review_id):
    """Leave it out."""
    review = api.post(f"/reviews/{review_id}/skip", json=typed("reason"), version=version()).json
    return _changed(review, _("已跳过"))


@blueprint.post("/reviews/<uuid:review_id>/appeal")
@requires("review.appeal")
def appeal(review_id):
    """The agent says why the score is not right."""
    review = api.post(f"/reviews/{review_id}/appeal", json=typed("reason"), version=version()).json
    return _changed(review, _("已申诉，等别人裁定"))


@blueprint.post("/reviews/<uuid:review_id>/decide")
@requires("review.decide")
def decide(review_id):
    """Uphold the review or change its marks."""
    marks = _marks() if request.form.get("verdict") == "changed" else {}
    review = api.post(f"/reviews/{review_id}/decide", json={**marks, **typed("decision")}, version=version()).json
    return _changed(review, _("已改判") if review["verdict"] == "changed" else _("已维持原判"))


def _about(review: dict) -> dict:
    """A review with its ticket, how the player scored it, and the scorecards to choose from while it waits."""
    try:
        ticket = api.get(f"/tickets/{review['ticket_id']}").json
    except (Refused, Unavailable):
        ticket = None
    cards = []
    if review["state"] == "waiting":
        cards = api.get("/scorecards", params={"active": "true", "limit": 50}).json["items"]
    chosen = next((card for card in cards if card["id"] == request.args.get("scorecard")), cards[0] if cards else None)
    survey = survey_of(ticket) if ticket else None
    return {"review": review, "ticket": ticket, "survey": survey, "cards": cards, "card": chosen}


def _changed(review: dict, text: str) -> Response:
    back = url_for(".one", review_id=review["id"])
    return saved("reviews/_one.html", back=back, text=text, **_about(review))


def _marks() -> dict:
    """The points of the form; an empty field is left out, which is refused by name."""
    answers = []
    for name in request.form:
        question = name.removeprefix("points:")
        if question != name and request.form[name].strip():
            note = request.form.get(f"note:{question}", "").strip()
            answers.append({"question": question, "points": _number(name), "note": note})
    return {"answers": answers, "fatal": "fatal" in request.form}


def _number(name: str) -> int | str:
    """The number that was typed; what is none goes on as it is, and is refused by name."""
    text = request.form.get(name, "").strip()
    return int(text) if text.isdecimal() else text


def _list_filters(tab: str) -> dict:
    own: dict = {
        "queue": {"state": "waiting", "sort": "created_at"},
        "appeals": {"state": "appealed", "sort": "created_at"},
        "done": {"state": SCORED, "sort": "-updated_at"},
        "mine": {"agent_id": current.id, "state": SCORED, "sort": "-updated_at"},
    }[tab]
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**asked, **own, "limit": 50} if tab == "mine" else {**own, **asked, "limit": 50}
