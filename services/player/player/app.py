"""The player service: its parts, put together."""

from datetime import timedelta
from pathlib import Path

from chassis.http.dead import dead_letter_routes
from chassis.http.log import log_routes
from chassis.jobs.routes import job_routes
from chassis.service import Service, Timer
from player.api import erasure, exports, imports, merging, players
from player.application.readings import forget_readings
from player.application.snapshots import refresh_vips
from player.domain.base import Base
from player.messaging import leavers, snapshots
from player.messaging.consumers import SUBSCRIPTIONS
from player.persistence.projections import OPTIONS, STAFF
from player.persistence.scopes import SCOPES
from player.settings import PlayerSettings

SERVICE = Service(
    name="player",
    title="Playdesk players",
    settings=PlayerSettings,
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    blueprints=(
        players.routes,
        merging.routes,
        erasure.routes,
        imports.routes,
        exports.routes,
        job_routes(),
        log_routes(),
        dead_letter_routes(),
    ),
    scopes=SCOPES,
    emits=("player.", "phone.", "bulk_reading."),
    subscriptions=SUBSCRIPTIONS,
    references={"staff": STAFF},
    options=OPTIONS,
    timers=(
        Timer("refresh_vips", timedelta(minutes=1), refresh_vips),
        Timer("readings", timedelta(hours=1), forget_readings),
    ),
    loops={"snapshots": snapshots.run},
    jobs=(exports.PLAYERS.kind, imports.PLAYERS.kind, leavers.HANDOVER),
    vault=lambda settings: settings.vault,
)
