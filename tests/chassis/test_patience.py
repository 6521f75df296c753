"""A database that falls silent is given up after a while, and the connection with it; what may take long is let take long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from chassis.data.database import Database, is_away
from chassis.data.patient import MARGIN, REST, allow
from tests.support.proxy import Proxy


@pytest.fixture
def silent(new_database: Callable[..., str]) -> Iterator[tuple[Database, Proxy]]:
    """A database by way of a proxy, which lets a statement run for half a second."""
    proxy, url = Proxy.before(new_database("patience"))
    database = Database(url, pool_size=2, statement_ms=500)
    yield database, proxy
    database.close()
    proxy.close()


def test_no_answer_is_an_error_within_the_limit_and_the_next_connection_works(silent):
    database, proxy = silent
    with database.session() as session:
        session.execute(text("SELECT 1"))
        proxy.hold()
        started = time.monotonic()
        with pytest.raises(OperationalError, match="no answer from the database within 2 s") as lost:
            session.execute(text("SELECT 1"))
        took = time.monotonic() - started
    assert is_away(lost.value)
    assert 0.5 + MARGIN <= took < 0.5 + MARGIN + 3
    started = time.monotonic()
    with database.session() as session, pytest.raises(OperationalError, match="fallen silent") as refused:
        session.execute(text("SELECT 1"))
    assert time.monotonic() - started < 1, "those who come next do not wait in turn"
    assert is_away(refused.value)
    proxy.release()
    time.sleep(REST)
    with database.session() as session:
        assert session.execute(text("SELECT 2")).scalar_one() == 2


def test_a_slow_statement_is_ended_by_the_server_and_the_connection_lives(silent):
    database, _ = silent
    with database.session() as session:
        mine = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with pytest.raises(DBAPIError, match="statement timeout") as slow:
            session.execute(text("SELECT pg_sleep(5)"))
        assert not is_away(slow.value)
        session.rollback()
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() == mine


def test_what_is_allowed_to_take_long_does_until_the_connection_goes_back(silent):
    database, _ = silent
    with database.engine.connect() as connection:
        allow(connection, 0)
        connection.execute(text(f"SELECT pg_sleep({0.5 + MARGIN + 0.5})"))
        connection.commit()
    with database.engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "500ms"
        driver = connection.connection.driver_connection
        assert driver.patience == 0.5 + MARGIN
