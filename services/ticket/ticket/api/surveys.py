"""The routes of surveys, and those by which the gateway's public page reads and answers one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from chassis.callers import Caller
from chassis.clock import rfc3339, utc_now
from chassis.data.copies import player_brief
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from ticket.api import survey_schemas as schemas
from ticket.application import surveys
from ticket.domain.survey import Survey
from ticket.persistence.surveys import figures, find_surveys

PUBLIC = "survey.public"  # only the gateway has it, for its page that needs no login
_COPIED = (
    "id", "ticket_id", "ticket_no", "session_id", "player_id", "agent_id", "department_id", "state", "score", "comment",
    "follow_up", "follow_up_note", "followed_up_by", "version",
)  # fmt: skip
_MOMENTS = ("expires_at", "sent_at", "answered_at", "followed_up_at", "created_at", "updated_at")


def survey_view(survey: Survey, _who: Caller | None = None) -> dict[str, Any]:
    """One survey."""
    return {
        **{name: getattr(survey, name) for name in _COPIED},
        **{name: rfc3339(getattr(survey, name)) for name in _MOMENTS},
        "player": player_brief(survey.player),
        "open": survey.is_open(utc_now()),
    }


def form_view(survey: Survey, _who: Caller | None = None) -> dict[str, Any]:
    """What the page behind a link shows."""
    shown = {name: getattr(survey, name) for name in ("ticket_no", "score", "comment", "version")}
    return {**shown, "answered_at": rfc3339(survey.answered_at)}


def figure_view(row: Row[Any]) -> dict[str, Any]:
    """One agent's or department's figures; without answers there is no average."""
    return {
        **{name: getattr(row, name) for name in ("key", "made", "sent", "answered")},
        "average": _ratio(row.points, row.answered),
        "good_share": _ratio(row.good, row.answered),
        "answer_rate": _ratio(row.answered, row.sent),
    }


def _ratio(part: int, whole: int) -> str | None:
    return f"{Decimal(part) / whole:.2f}" if whole else None


routes = Routes("surveys", "Satisfaction surveys", show=survey_view)
links = Routes("survey-links", "Surveys behind their public links", show=form_view)


@routes.get("/surveys", action="survey.read", query=schemas.SurveyQuery, answer=schemas.SurveyPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find surveys."""
    return find_surveys(uow, query)


@routes.get("/surveys/<uuid:survey_id>", action="survey.read", answer=schemas.SurveyShown)
def read(uow: UnitOfWork, survey_id: str) -> Survey:
    """Read one survey."""
    return uow.get(Survey, survey_id)


@routes.put(
    "/surveys/<uuid:survey_id>/link",
    action="survey.send",
    answer=schemas.SurveyLinkShown,
    problems={409: "survey_closed"},
)
def link(uow: UnitOfWork, survey_id: str) -> dict[str, Any]:
    """Make a link for the player. No POST: the answer is never kept under a key, for it holds the token."""
    survey, token = surveys.make_link(uow, survey_id)
    return {"token": token, "path": f"/s/{token}", "expires_at": rfc3339(survey.expires_at)}


@routes.post(
    "/surveys/<uuid:survey_id>/follow-up",
    action="survey.follow_up",
    body=schemas.FollowUp,
    answer=schemas.SurveyShown,
    versioned=True,
    problems={409: "nothing_to_follow_up, own_follow_up"},
)
def follow_up(uow: UnitOfWork, survey_id: str, version: int, body: dict[str, Any]) -> Survey:
    """Say how a low score was looked after."""
    return surveys.look_after(uow, survey_id, body["note"], version=version)


@routes.get(
    "/survey-figures",
    action="survey.read",
    query=schemas.SurveyFiguresQuery,
    answer=schemas.SurveyFigures,
)
def count(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Read average, share of good scores and answer rate by agent or department."""
    return {"items": [figure_view(row) for row in figures(uow, query)], "next_cursor": None}


@links.post("/survey-links/visit", action=PUBLIC, body=schemas.SurveyToken, answer=schemas.SurveyForm)
def visit(uow: UnitOfWork, body: dict[str, Any]) -> Survey:
    """Read the survey a link leads to."""
    return surveys.visit(uow, body["token"])


@links.post("/survey-links/answer", action=PUBLIC, body=schemas.SurveyAnswer, answer=schemas.SurveyForm, versioned=True)
def answer(uow: UnitOfWork, version: int, body: dict[str, Any]) -> Survey:
    """Keep what a player answers by a link."""
    return surveys.answer(uow, body["token"], body["score"], body["comment"], version=version)
