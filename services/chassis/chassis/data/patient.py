"""A connection to PostgreSQL that does not wait for ever for a server that has fallen silent.

The server's own limits (statement_timeout and the like) need a server that runs; TCP's need packets that get lost. A
machine that hangs, or something in between that takes bytes and passes nothing on, is seen by neither.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import Connection, Engine, event, text

MARGIN = 1.5  # seconds that the network may take beyond what the server allows itself
REST = 2.0  # seconds for which nobody else tries a server that has just been silent: those who wait would only queue up


class Silence:
    """What one engine knows of its server: until when it is not worth asking."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        """The server has not answered in time."""
        self._until = monotonic() + REST

    def must_be_over(self) -> None:
        """Raise OperationalError for as long as nobody should try."""
        if monotonic() < self._until:
            raise errors.OperationalError("the database has fallen silent")


class PatientConnection(psycopg.Connection[Any]):
    """Each answer must come within `patience` seconds, or the connection is closed; None waits as long as it takes."""

    patience: float | None = None
    silence: Silence | None = None
    allowed = False  # whether the server lets its statements run for another time than usual

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg does it, and for `patience` seconds where the caller names no limit. Raises OperationalError."""
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except errors._WaitTimeout as error:
            if self.silence is not None:
                self.silence.begin()
            self.pgconn.finish()  # an answer that comes later would be taken for that of the next statement
            raise errors.OperationalError(f"no answer from the database within {self.patience:g} s") from error


def be_patient(engine: Engine, statement_ms: int) -> None:
    """Let the engine's connections wait a little longer than the server lets a statement run."""

    usual, silence = _with_margin(statement_ms / 1000), Silence()

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, parameters: dict[str, Any]) -> PatientConnection:
        silence.must_be_over()
        try:
            connection = PatientConnection.connect(*arguments, **parameters)
        except errors.ConnectionTimeout:
            silence.begin()
            raise
        connection.patience, connection.silence = usual, silence
        return connection

    @event.listens_for(engine, "checkout")
    def begin(dbapi_connection: PatientConnection, _record: Any, _proxy: Any) -> None:
        dbapi_connection.patience = usual
        if dbapi_connection.allowed:
            dbapi_connection.execute("RESET statement_timeout")
            dbapi_connection.commit()
            dbapi_connection.allowed = False


def allow(connection: Connection, seconds: float) -> None:
    """Let this connection's statements run so long, 0 for as long as they take; until it goes back to the pool."""
    connection.execute(text(f"SET statement_timeout = {int(1000 * seconds)}"))
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, PatientConnection):
        driver.patience, driver.allowed = _with_margin(seconds), True


def _with_margin(seconds: float) -> float | None:
    return seconds + MARGIN if seconds else None
