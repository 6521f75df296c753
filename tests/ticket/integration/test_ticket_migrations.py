"""The ticket service's later revisions: code of before writes on, and one can go back without losing a ticket."""

from __future__ import annotations

from collections.abc import Callable

from alembic import command
from sqlalchemy import text

from chassis.clock import new_id
from chassis.data.database import Database
from chassis.data.migrations import config, current_revision, head_revision, migrate
from ticket.app import SERVICE

PLAYER = "INSERT INTO player_copies (id, version, vip_tier, deleted) VALUES (:id, 1, 0, false)"
# As the code of 0004 wrote it: it knows nothing of causes and merging.
TICKET = (
    "INSERT INTO tickets (no, player_id, question, solution, category, priority, status, waiting, line, reopen_count,"
    " due_at, created_by, words, id, version, created_at, updated_at) VALUES (:no, :player, '?', '', 'other', 'normal',"
    " 'pending', false, 1, 0, now(), 'x', '{}', gen_random_uuid(), 1, now(), now())"
)


def test_code_of_before_writes_into_the_newest_schema_and_going_back_keeps_what_it_wrote(
    new_database: Callable[..., str],
):
    database = Database(new_database("ticket"))
    folder, player = SERVICE.migrations, new_id()
    migrate(database.engine, folder)
    with database.engine.begin() as connection:
        connection.execute(text(PLAYER), {"id": player})
        connection.execute(text(TICKET), {"no": "T20261128-0001", "player": player})
    with database.engine.connect() as connection:
        settings = config(folder)
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0004")
        connection.commit()
        assert current_revision(connection) == "0004"
        assert connection.execute(text("SELECT no FROM tickets")).scalars().all() == ["T20261128-0001"]
    assert migrate(database.engine, folder) == head_revision(folder)
    with database.engine.connect() as connection:
        valid = text("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'tickets'::regclass")
        assert connection.execute(valid).scalar() is True
    database.close()
