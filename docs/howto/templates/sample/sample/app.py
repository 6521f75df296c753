"""The sample service: its parts, put together."""

from pathlib import Path

from chassis.http.dead import dead_letter_routes
from chassis.http.log import log_routes
from chassis.service import Service
from sample.api import notes
from sample.domain.base import Base
from sample.messaging.consumers import SUBSCRIPTIONS
from sample.persistence.projections import STAFF
from sample.persistence.scopes import SCOPES
from sample.settings import SampleSettings

SERVICE = Service(
    name="sample",
    title="Playdesk sample",
    settings=SampleSettings,
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    blueprints=(notes.routes, log_routes(), dead_letter_routes()),
    scopes=SCOPES,
    emits=("sample_note.",),
    subscriptions=SUBSCRIPTIONS,
    references={"staff": STAFF},
)
