"""Fixtures: real PostgreSQL databases, one fast server for the whole run, and servers of one's own to kill."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from deploy.local.ports import Ports
from deploy.local.postgres import Postgres
from deploy.local.state import State
from tests.support.keeper import Kept, locked
from tests.support.servers import OWNER, TEMPLATE

NewDatabase = Callable[..., str]


class Databases:
    """Makes databases on the run's server; call it with a name: `new_database("ticket")` → SQLAlchemy address."""

    def __init__(self, kept: Kept):
        self._kept, self._facts = kept, kept.facts()

    def __call__(self, name: str, prepare: Callable[[str], Any] | None = None) -> str:
        """A new database of the plain role `test`, with our extensions; never the same twice.

        `prepare(address)`, say a migration, is run once for each `name` in a whole test run; the databases are copies
        of what it made.
        """
        template = self._prepared(name, prepare) if prepare else TEMPLATE
        return self._create(f"{name}_{uuid.uuid4().hex[:12]}", template)

    @property
    def admin_url(self) -> str:
        """A superuser's address (libpq form), for ending backends, counting connections and the like."""
        return self._facts["admin"]

    def login(self, url: str) -> str:
        """The address of the same database for a role that owns nothing in it, as the services' own logins."""
        return self._facts["login"].replace("DATABASE", url.rpartition("/")[2])

    def _prepared(self, name: str, prepare: Callable[[str], Any]) -> str:
        template = f"template_{name}"
        with locked(self._kept.folder / f"{template}.lock"):
            done = self._kept.folder / f"{template}.done"
            if not done.exists():
                prepare(self._create(template, TEMPLATE))
                done.touch()
        return template

    def _create(self, name: str, template: str) -> str:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY")
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(statement.format(*map(sql.Identifier, (name, template, OWNER))))
        return self._facts["url"].replace("DATABASE", name)


@pytest.fixture(scope="session")
def new_database() -> Databases:
    """Make a fresh database: `new_database("ticket")`."""
    return Databases(Kept("postgres"))


@pytest.fixture
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Postgres]]:
    """Start servers of one's own, to be killed, stopped and filled: `own_postgres(**settings)`; fsync is on."""
    made: list[Postgres] = []

    def make(**settings: str) -> Postgres:
        state = State(_reachable(tmp_path_factory))
        made.append(Postgres(state, Ports(state).port("postgres"), settings).start())
        return made[-1]

    yield make
    for server in made:
        server.kill()


def _reachable(factory: pytest.TempPathFactory) -> Path:
    """pytest's folders are closed to others; PostgreSQL of a root user runs as somebody else."""
    folder = factory.mktemp("postgres")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o711)
    return folder
