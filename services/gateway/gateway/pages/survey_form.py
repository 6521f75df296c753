"""The page behind a survey's link: a player scores how a ticket was handled, without a login and without script (T36).

Wrong, expired and used-up links get one answer. It is 410 and not 404, as somebody may well have been sent there.
"""

from typing import Any

import orjson
from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from chassis.callers import Caller, Scope
from chassis.http.reading import etag
from gateway.clients.api import forwarder
from gateway.clients.transport import Answer, ServiceDown
from gateway.identity import anybody
from gateway.pages.answers import version
from gateway.pages.labels import LABELS
from gateway.policies import public

blueprint = Blueprint("survey_form", __name__)

VISITOR = Caller("survey-link", kind="service", permissions=frozenset({"survey.public"}), scope=Scope("all"))
SCORES = LABELS["score"]


@blueprint.get("/s/<token>")
@public
def show(token):
    """The question, with the answer that was given where it can still be changed."""
    found = _ask("visit", {"token": token})
    return _gone() if found.status != 200 else _form(token, found.json)


@blueprint.post("/s/<token>")
@public
def answer(token):
    """Keep the answer. Staff who follow the link give none, and of two answers at once the second sees the first."""
    found = _ask("visit", {"token": token})
    if found.status != 200:
        return _gone()
    if anybody() is not None:
        return _form(token, found.json, _("这是给玩家评的，登录着的员工不能代评。"), 409)
    score = request.form.get("score", "")
    if score not in SCORES:
        return _form(token, found.json, _("请选一个分数。"), 422)
    comment = request.form.get("comment", "").replace("\r\n", "\n")
    told = _ask("answer", {"token": token, "score": int(score), "comment": comment}, version())
    if told.status == 412:
        return _form(token, told.json["current"], _("刚才已经评过了，下面是评过的；要改就改了再提交。"), 409)
    if told.status == 422:
        typed = {**found.json, "score": int(score), "comment": comment}
        return _form(token, typed, _("意见太长了，请删短一些。"), 422)
    if told.status != 200:
        return _gone()
    flash(_("谢谢，已经收到。"))
    return redirect(url_for(".show", token=token), 303)


def _ask(what: str, body: dict[str, Any], seen: int | None = None) -> Answer:
    """Ask the ticket service in the page's own name. Raises Away."""
    headers = {"Content-Type": "application/json", "Accept-Language": g.get("language", "zh")}
    headers |= {"If-Match": etag(seen)} if seen is not None else {}
    try:
        found = forwarder().ask(
            VISITOR, "ticket", "POST", f"/survey-links/{what}", headers=headers, body=orjson.dumps(body)
        )
    except ServiceDown as down:
        raise Away() from down
    if found.status >= 500:
        raise Away()
    return found


def _form(token: str, survey: dict, problem: str = "", status: int = 200) -> Response:
    context = {"token": token, "survey": survey, "scores": SCORES, "problem": problem, "most": 500}
    return make_response(render_template("surveys/form.html", **context), status)


class Away(Exception):
    """The ticket service cannot be asked just now; players are told nothing of services."""


@blueprint.errorhandler(Away)
def _away(_error: Away) -> Response:
    return make_response(render_template("surveys/away.html"), 503)


def _gone() -> Response:
    return make_response(render_template("surveys/gone.html"), 410)
