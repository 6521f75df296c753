"""One service's PostgreSQL: its engine, its sessions, and what every table of records has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Engine, Uuid, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column

from chassis.clock import new_id
from chassis.data.patient import be_patient

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Instant = DateTime(timezone=True)
Id = Uuid(as_uuid=False)


class Record:
    """A row others refer to: an id, a version that grows with every change, and two moments (UTC)."""

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        """A lost race is a StaleDataError; the rule itself sets the version."""
        return {"version_id_col": cls.version, "version_id_generator": False}

    def changed(self, at: datetime) -> None:
        """Count one change made at `at`; the row's UPDATE is guarded by the version before it."""
        self.version += 1
        self.updated_at = at


def _dumps(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


class Database:
    """The engine of one service: sessions for writing in a transaction, and for reading without one."""

    def __init__(self, url: str, *, pool_size: int = 8, statement_ms: int = 5000, name: str = "playdesk") -> None:
        self.url = url
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=1,  # for the number that begins a day, while every thread holds its own
            pool_timeout=2,
            hide_parameters=True,  # a logged error must not hold what people typed
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args=connection_arguments(statement_ms, name),
        )
        be_patient(self.engine, statement_ms)
        self.reading: Engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def session(self) -> Session:
        """A session in a transaction."""
        return Session(self.engine, expire_on_commit=False)

    def read_session(self) -> Session:
        """A session whose statements each stand alone: a third faster where only reading is done."""
        return Session(self.reading, expire_on_commit=False)

    def check(self) -> None:
        """Raise where the database is out of reach or has the wrong locale.

        Under LC_CTYPE C the trigrams of Chinese text are empty, so every search would find nothing.
        """
        query = "SELECT coalesce(nullif(datlocale, ''), datctype) FROM pg_database WHERE datname = current_database()"
        with self.reading.connect() as connection:
            if (connection.dialect.server_version_info or (0,)) < (17,):
                query = query.replace("coalesce(nullif(datlocale, ''), datctype)", "datctype")
            locale = connection.execute(text(query)).scalar_one()
        if "utf" not in locale.lower():
            raise RuntimeError(f"the database has locale {locale}; it must be C.UTF-8")

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


_AWAY = ("08", "53", "57P", "25006")  # no connection, no room, going down, read only as a standby is
_ONE_STATEMENT = ("40", "55", "57014")  # rolled back, locked, too slow: the database is there, this statement failed


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be worked with at all just now, and not that a statement failed."""
    if isinstance(error, PoolTimeout) or getattr(error, "connection_invalidated", False):
        return True
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if isinstance(error, OperationalError | InterfaceError):
        return not state.startswith(_ONE_STATEMENT)
    return isinstance(error, DBAPIError) and state.startswith(_AWAY)


def connection_arguments(statement_ms: int, name: str) -> dict[str, Any]:
    """What every connection is opened with: short waits, so that a lost server is noticed and never blocks a thread."""
    return {
        "connect_timeout": 3,
        "application_name": name,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": 6000,
        "options": f"-c statement_timeout={statement_ms} -c lock_timeout=2000 -c TimeZone=UTC "
        "-c idle_in_transaction_session_timeout=15000",
    }


__all__ = ["NAMES", "Database", "DeclarativeBase", "Id", "Instant", "Record", "connection_arguments", "is_away"]
