"""The ticket service: its parts, put together."""

from datetime import timedelta
from pathlib import Path

from chassis.http.dead import dead_letter_routes
from chassis.http.log import log_routes
from chassis.jobs.routes import job_routes
from chassis.service import Service, Timer
from ticket.api import (
    articles,
    causes,
    deadlines,
    exports,
    reviews,
    scorecards,
    sensitive_words,
    session_exports,
    sessions,
    surveys,
    tickets,
    transfers,
)
from ticket.application import deadlines as clock
from ticket.application import recomputing
from ticket.application.causes import KIND
from ticket.application.sampling import draw_reviews
from ticket.domain.base import Base
from ticket.messaging import leavers
from ticket.messaging.consumers import SUBSCRIPTIONS
from ticket.persistence.projections import OPTIONS, PLAYERS, STAFF
from ticket.persistence.scopes import SCOPES
from ticket.settings import TicketSettings

SERVICE = Service(
    name="ticket",
    title="Playdesk tickets",
    settings=TicketSettings,
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    blueprints=(
        tickets.routes,
        transfers.routes,
        causes.routes,
        articles.routes,
        deadlines.routes,
        surveys.routes,
        surveys.links,
        reviews.routes,
        scorecards.scorecards,
        scorecards.rules,
        exports.routes,
        sessions.routes,
        session_exports.routes,
        sensitive_words.routes,
        job_routes(),
        log_routes(),
        dead_letter_routes(),
    ),
    scopes=SCOPES,
    emits=("ticket.", "cause.", "article.", "session.", "message.", "sensitive_word.", "survey.", "review."),
    subscriptions=SUBSCRIPTIONS,
    references={"player": PLAYERS, "staff": STAFF},
    options=OPTIONS,
    timers=(Timer("review_sampling", timedelta(days=1), draw_reviews),),
    loops={"deadlines": clock.run},
    jobs=(exports.TICKETS.kind, session_exports.SESSIONS.kind, leavers.HANDOVER, KIND, recomputing.KIND),
)
