"""The catalog service: its parts, put together."""

from pathlib import Path

from catalog.api import discount_rules, items, packs, suppliers
from catalog.domain.base import Base
from catalog.messaging.consumers import SUBSCRIPTIONS
from catalog.persistence.scopes import SCOPES
from catalog.settings import CatalogSettings
from chassis.http.dead import dead_letter_routes
from chassis.http.log import log_routes
from chassis.jobs.routes import job_routes
from chassis.service import Service

SERVICE = Service(
    name="catalog",
    title="Playdesk catalog",
    settings=CatalogSettings,
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    blueprints=(
        items.routes,
        suppliers.routes,
        packs.routes,
        discount_rules.routes,
        job_routes(),
        log_routes(),
        dead_letter_routes(),
    ),
    scopes=SCOPES,
    emits=("item.", "supplier.", "pack.", "discount_rule."),
    subscriptions=SUBSCRIPTIONS,
)
