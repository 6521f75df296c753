"""The sales service: its parts, put together."""

from datetime import timedelta
from pathlib import Path

from chassis.http.dead import dead_letter_routes
from chassis.http.log import log_routes
from chassis.jobs.routes import job_routes
from chassis.service import Service, Timer
from sales.api import (
    campaigns,
    claims,
    exports,
    leads,
    opportunities,
    orders,
    pool_exports,
    pools,
    returns,
    summary,
    touches,
)
from sales.application.bestsellers import count_best_sellers
from sales.application.campaigns import keep_to_the_clock
from sales.application.circulation import run_nightly, warn_owners
from sales.domain.base import Base
from sales.messaging import leavers
from sales.messaging.consumers import SUBSCRIPTIONS
from sales.persistence.projections import OPTIONS, PACKS, PLAYERS, STAFF
from sales.persistence.scopes import SCOPES
from sales.settings import SalesSettings

SERVICE = Service(
    name="sales",
    title="Playdesk sales",
    settings=SalesSettings,
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    blueprints=(
        touches.routes,
        orders.routes,
        returns.routes,
        opportunities.routes,
        leads.routes,
        pools.routes,
        pool_exports.routes,
        claims.routes,
        campaigns.routes,
        summary.routes,
        exports.routes,
        job_routes(),
        log_routes(),
        dead_letter_routes(),
    ),
    scopes=SCOPES,
    emits=("touch.", "order.", "payment.", "return.", "claim.", "campaign.", "opportunity.", "lead."),
    subscriptions=SUBSCRIPTIONS,
    references={"player": PLAYERS, "staff": STAFF, "pack": PACKS},
    options=OPTIONS,
    jobs=(*(export.kind for export in (*exports.ALL, *pool_exports.ALL)), leavers.HANDOVER),
    timers=(
        Timer("best_sellers", timedelta(minutes=1), count_best_sellers),
        Timer("campaigns", timedelta(seconds=5), keep_to_the_clock),
        Timer("circulation", timedelta(seconds=30), run_nightly),
        Timer("pool_warnings", timedelta(minutes=5), warn_owners),
    ),
)
