"""One database for each service, its owner, who migrates, and its login, which has rows only; all share the bus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

EXTENSIONS = ("pg_trgm", "btree_gin")
BUS = "bus"


def owner_of(service: str) -> str:
    """The role that owns a service's database and all in it."""
    return f"{service}_owner"


class Databases:
    """What a superuser sets up before the services come."""

    def __init__(
        self,
        admin: psycopg.Connection[Any],
        connect: Callable[[str], psycopg.Connection[Any]],
        password: Callable[[str], str],
    ):
        self._admin, self._connect, self._password = admin, connect, password

    def create(self, services: Sequence[str]) -> None:
        """Roles, databases and extensions of the services, then the bus database; harmless when repeated."""
        for database in ("postgres", "template1"):
            self._run("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", database)
        for service in services:
            for role in (owner_of(service), service):
                self._role(role, sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(self._password(role))))
            self._database(service, owner_of(service))
            self._hand_over(service)
        self._role(BUS, sql.SQL("NOLOGIN"))
        self._database(BUS, BUS)
        self._share_bus(services)

    def _role(self, name: str, kind: sql.Composable) -> None:
        if not self._known("SELECT 1 FROM pg_roles WHERE rolname = %s", name):
            self._admin.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), kind))

    def _database(self, name: str, owner: str) -> None:
        if not self._known("SELECT 1 FROM pg_database WHERE datname = %s", name):
            self._run("CREATE DATABASE {} OWNER {}", name, owner)
        self._run("REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
        with self._connect(name) as connection:
            for extension in EXTENSIONS:
                connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))

    def _hand_over(self, service: str) -> None:
        """What the login itself once made and owned becomes the owner's; the login gets in, and nobody else."""
        self._run("ALTER DATABASE {} OWNER TO {}", service, owner_of(service))
        self._run("GRANT CONNECT ON DATABASE {} TO {}", service, service)
        with self._connect(service) as connection:
            names = (sql.Identifier(service), sql.Identifier(owner_of(service)))
            connection.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(*names))

    def _share_bus(self, services: Sequence[str]) -> None:
        """Whoever makes the tables makes them as `bus`, so that the others can use them."""
        for service in services:
            self._run("GRANT {} TO {}", BUS, service)
            self._run("ALTER ROLE {} IN DATABASE {} SET role = {}", service, BUS, BUS)

    def _known(self, query: LiteralString, name: str) -> bool:
        return self._admin.execute(query, [name]).fetchone() is not None

    def _run(self, statement: LiteralString, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
