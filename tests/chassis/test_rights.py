"""The application's login has the rows and nothing else; what may only be added to it cannot take back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from chassis.data.database import Database
from chassis.data.migrations import ensure_partitions, migrate
from chassis.data.rights import login_of
from tests.chassis.specimen.notes import specimen
from tests.support.servers import LOGIN

ONLY_ADDED = ("inbox",)


@pytest.fixture(scope="module")
def login(new_database: Any):
    """A migrated database, seen by a login that does not own it."""
    url = new_database("rights")
    owner = Database(url)
    migrate(owner.engine, specimen().migrations, login=LOGIN, append_only=ONLY_ADDED)
    owner.close()
    made = Database(new_database.login(url))
    yield made
    made.close()


def run(database: Database, *statements: str) -> Any:
    """The result of the last statement, in a transaction that is rolled back."""
    with database.engine.connect() as connection:
        return [connection.execute(text(statement)) for statement in statements][-1]


def refused(database: Database, statement: str) -> bool:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|able)"):
        run(database, statement)
    return True


def test_the_login_reads_and_writes_rows(login: Database):
    beat = "INSERT INTO heartbeats VALUES ('p', '{}', now())"
    assert run(login, beat, "UPDATE heartbeats SET state = '{\"a\": 1}'", "DELETE FROM heartbeats").rowcount == 1
    assert run(login, "SELECT count(*) FROM outbox").scalar() == 0


@pytest.mark.parametrize("statement", ["UPDATE inbox SET consumer = 'x'", "DELETE FROM inbox", "TRUNCATE inbox"])
def test_what_may_only_be_added_to_it_cannot_take_back(login: Database, statement: str):
    added = "INSERT INTO inbox VALUES ('c', gen_random_uuid(), now())"
    assert run(login, added, "SELECT count(*) FROM inbox").scalar() == 1
    assert refused(login, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE inbox ADD COLUMN x int",
        "DROP TABLE inbox",
        "TRUNCATE outbox",
        "CREATE TABLE mine (a int)",
        "CREATE INDEX ON outbox (type)",
        "GRANT UPDATE ON inbox TO PUBLIC",
        "UPDATE alembic_version SET version_num = 'x'",
        "CREATE RULE r AS ON INSERT TO inbox DO INSTEAD NOTHING",
        "SET ROLE test",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_the_login_changes_nothing_but_rows(login: Database, statement: str):
    if statement.startswith("GRANT"):
        run(login, statement)  # a warning alone: nothing was granted
        assert refused(login, "UPDATE inbox SET consumer = 'x'")
    else:
        assert refused(login, statement)


def test_the_login_makes_the_months_to_come_as_their_owner(login: Database):
    with login.reading.connect() as connection:
        ensure_partitions(connection, date(2031, 1, 31))
        ensure_partitions(connection, date(2031, 1, 31))
        names = "('event_log_2030_12', 'event_log_2031_04')"
        found = f"SELECT count(*) FROM pg_class WHERE relname IN {names} AND pg_get_userbyid(relowner) = 'test'"
        assert connection.execute(text(found)).scalar() == 2
        moment = "INSERT INTO event_log (sequence, id, type, subject, entity_version, data, occurred_at, logged_at) "
        connection.execute(
            text(moment + "VALUES (1, gen_random_uuid(), 't', 's', 1, '{}', now(), '2031-02-28 23:59+00')")
        )


def test_one_role_that_does_everything_has_no_login_beside_it():
    one, other = "postgresql+psycopg://player:a@h/player", "postgresql+psycopg://player_owner:b@h/player"
    assert login_of(one, other) == "player"
    assert login_of(one, one) is None
    assert login_of(one, "") is None
