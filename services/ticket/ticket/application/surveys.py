"""What is done with surveys: players are asked once a ticket is done, and answer by a link; low scores are looked after (T36)."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe

from sqlalchemy import delete, func, select

from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.rules import NotFound
from ticket.domain.lots import is_drawn
from ticket.domain.survey import Survey, SurveyLink, SurveyTerms, hash_of
from ticket.domain.ticket import Ticket
from ticket.persistence.projections import PEOPLE

_DRAWN = "survey"
_MOST_LINKS = 10  # that lead to one survey at a time
_TOKEN_BYTES = 32


def ask_about(uow: UnitOfWork, ticket: Ticket) -> None:
    """Make the survey of a ticket that was just done, where the settings want one.

    Of the same player's surveys that two make at once one is made: the other does not wait for it.
    """
    terms: SurveyTerms = uow.settings.survey_terms
    if not is_drawn(_DRAWN, ticket.id, terms.share):
        return
    known = uow.session.scalar(select(Survey).where(Survey.ticket_id == ticket.id).with_for_update(of=Survey))
    if known is not None:
        known.renew(ticket, at=uow.now(), days=terms.days)
    elif _alone(uow, ticket.player_id) and not _asked_lately(uow, ticket.player_id, terms.quiet_days):
        uow.add(Survey.about(ticket, at=uow.now(), days=terms.days))


def _alone(uow: UnitOfWork, player_id: str) -> bool:
    key = func.hashtextextended(f"survey:{player_id}", 0)
    return bool(uow.session.scalar(select(func.pg_try_advisory_xact_lock(key))))


def _asked_lately(uow: UnitOfWork, player_id: str, days: int) -> bool:
    lately = Survey.created_at > uow.now() - timedelta(days=days)
    query = select(Survey.id).where(PEOPLE.is_of(Survey.player_id, [player_id]), lately).limit(1)
    return uow.session.scalar(query) is not None


def make_link(uow: UnitOfWork, survey_id: str) -> tuple[Survey, str]:
    """A new link to a survey, whose token is told this once; earlier ones still lead there. Raises NotFound, SurveyClosed."""
    survey = uow.locked(Survey, survey_id)
    survey.send(at=uow.now())
    token = token_urlsafe(_TOKEN_BYTES)
    uow.add(SurveyLink(token_hash=hash_of(token), survey_id=survey.id, created_at=uow.now(), created_by=uow.caller.id))
    newest = select(SurveyLink.token_hash).where(SurveyLink.survey_id == survey.id)
    kept = newest.order_by(SurveyLink.created_at.desc()).limit(_MOST_LINKS)
    uow.session.execute(
        delete(SurveyLink).where(SurveyLink.survey_id == survey.id, SurveyLink.token_hash.not_in(kept)),
        execution_options={"synchronize_session": False},
    )
    return survey, token


def visit(uow: UnitOfWork, token: str) -> Survey:
    """The survey a link leads to. Raises NotFound where it leads nowhere, or to one that is closed: the same answer."""
    return _open(uow, uow.get(Survey, _led_to(uow, token)))


def answer(uow: UnitOfWork, token: str, score: int, comment: str, *, version: int) -> Survey:
    """Keep what a player answers by a link. Raises NotFound as `visit`, StaleRecord where it was answered meanwhile."""
    survey = _open(uow, uow.locked(Survey, _led_to(uow, token)))
    if survey.version != version:
        raise StaleRecord(survey)
    uow.publish(survey.answer(score, comment, at=uow.now()))
    return survey


def _led_to(uow: UnitOfWork, token: str) -> str:
    survey_id = uow.session.scalar(select(SurveyLink.survey_id).where(SurveyLink.token_hash == hash_of(token)))
    if survey_id is None:
        raise NotFound()
    return survey_id


def _open(uow: UnitOfWork, survey: Survey) -> Survey:
    if not survey.is_open(uow.now()):
        raise NotFound()
    return survey


def look_after(uow: UnitOfWork, survey_id: str, note: str, *, version: int) -> Survey:
    """Say how a low score was looked after. Raises NotFound, StaleRecord, NothingToFollowUp, OwnFollowUp."""
    survey = uow.for_update(Survey, survey_id, version)
    survey.look_after(note, by=uow.caller.id, at=uow.now())
    return survey
