"""What a service is: its name, its rooms, and the work they open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData
from sqlalchemy.orm import Session

from chassis.callers import Caller, service_itself
from chassis.data.database import Database
from chassis.data.options import Options
from chassis.data.sealing import NoVault, Vault
from chassis.data.unit_of_work import Scopes, UnitOfWork
from chassis.facts.hint import Hint
from chassis.facts.inbox import Subscription
from chassis.facts.projection import Projection
from chassis.ops.settings import Settings

if TYPE_CHECKING:
    from chassis.jobs.job import JobKind


@dataclass(frozen=True)
class Timer:
    """Work done again and again, in one process of the service at a time."""

    name: str
    every: timedelta
    run: Callable[[UnitOfWork], None]


@dataclass(frozen=True)
class Service:
    """The parts of one service. Everything that runs is made from this: web, worker, migrations, documents.

    `emits` are the prefixes of its facts' keys; `references` the projections that take copies out of a caller's token;
    `loops` are functions (runtime, stop) run as supervised threads of the worker; `jobs` the kinds of long work it does
    when asked; `vault` makes of its settings what seals the files of jobs; `options` holds the copies of own options;
    `still_here` says whether the owner of a job may still have it done, in place of the copies of staff.
    """

    name: str
    title: str
    settings: type[Settings]
    metadata: MetaData
    migrations: Path
    blueprints: tuple[Any, ...] = ()
    scopes: Scopes = field(default_factory=dict)
    emits: tuple[str, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    references: Mapping[str, Projection] = field(default_factory=dict)
    timers: tuple[Timer, ...] = ()
    loops: Mapping[str, Callable[..., None]] = field(default_factory=dict)
    jobs: tuple[JobKind, ...] = ()
    vault: Callable[[Any], Vault] = lambda _settings: NoVault()
    options: Projection | None = None
    still_here: Callable[[UnitOfWork, Caller], bool] | None = None

    @property
    def heard(self) -> Path:
        """The folder of the schemas of what it hears, as their owners published them with this release."""
        return self.migrations.parent / "heard"


class Runtime:
    """A service that is running: its settings and its database."""

    def __init__(self, service: Service, settings: Settings, *, pool_size: int = 8) -> None:
        self.service = service
        self.settings = settings
        self.database = Database(settings.database_url, pool_size=pool_size, name=service.name)
        self.options = Options(self.database, service.options.table if service.options else None)
        self.hint = Hint(settings.database_url)

    def work(
        self, caller: Caller | None = None, *, session: Session | None = None, now: datetime | None = None
    ) -> UnitOfWork:
        """A unit of work that writes; copies that came with the caller are taken first, in the same transaction."""
        caller = caller or service_itself(self.service.name)
        work = UnitOfWork(
            session or self.database.session(), caller, self.service.scopes, now=now, settings=self.settings
        )
        for kind, states in caller.references.items():
            if kind in self.service.references:
                self.service.references[kind].keep_newer(work, states)
        return work

    def reading(self, caller: Caller) -> UnitOfWork:
        """A unit of work that only reads."""
        return UnitOfWork(self.database.read_session(), caller, self.service.scopes, settings=self.settings)
