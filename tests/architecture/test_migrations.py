"""Each service's history has one head, and a database brought there has exactly what the models say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from chassis.data.database import Database
from chassis.data.migrations import config, current_revision, differences, head_revision, migrate
from tests.support.tree import SERVICES, service

# Foreign keys that need no index, and why.
UNINDEXED = {
    "gateway.departments.parent_id": "a few dozen rows",
    "sales.orders.touch_id": "touches are never deleted, and no order is looked for by its touch",
}
pytestmark = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture
def database(new_database: Callable[[str], str], name: str):
    """An empty database."""
    made = Database(new_database(name))
    yield made
    made.close()


def test_there_is_one_head(name):
    heads = ScriptDirectory.from_config(config(service(name).migrations)).get_heads()
    assert len(heads) == 1, f"`alembic merge` the heads of {name}: {heads}"


def test_models_and_migrated_schema_do_not_differ(name, database):
    migrate(database.engine, service(name).migrations)
    with database.engine.connect() as connection:
        found = differences(connection, service(name).metadata)
    assert found == [], f"write a migration for {name}"


def test_migrating_again_or_from_many_processes_at_once_is_harmless(name, database):
    folder = service(name).migrations
    with ThreadPoolExecutor(4) as pool:
        heads = set(pool.map(lambda _: migrate(database.engine, folder), range(4)))
    assert heads == {head_revision(folder)}
    with database.engine.connect() as connection:
        assert current_revision(connection) == head_revision(folder)


def test_ids_moments_and_versions_are_kept_alike_everywhere(name, database):
    """ids are uuids, moments know their zone, and every table has a primary key."""
    migrate(database.engine, service(name).migrations)
    found = inspect(database.engine)
    for table in found.get_table_names():
        columns = {column["name"]: column for column in found.get_columns(table)}
        if table == "alembic_version":
            continue
        assert found.get_pk_constraint(table)["constrained_columns"], f"{name}.{table} has no primary key"
        for column in columns.values():
            if str(column["type"]) == "TIMESTAMP":
                assert column["type"].timezone, f"{name}.{table}.{column['name']} has no zone"
        if "version" in columns and "updated_at" in columns:
            assert not columns["version"]["nullable"]


def test_every_foreign_key_is_indexed(name, database):
    """Else each delete reads the whole other table, and each join too."""
    migrate(database.engine, service(name).migrations)
    found = inspect(database.engine)
    for table in found.get_table_names():
        firsts = {tuple(i["column_names"][:1]) for i in found.get_indexes(table)}
        firsts |= {tuple(found.get_pk_constraint(table)["constrained_columns"][:1])}
        firsts |= {tuple(u["column_names"][:1]) for u in found.get_unique_constraints(table)}
        for key in found.get_foreign_keys(table):
            column = key["constrained_columns"][0]
            assert (column,) in firsts or f"{name}.{table}.{column}" in UNINDEXED, f"{name}.{table}.{column}"


def test_the_log_has_partitions_for_the_months_to_come(name, database):
    migrate(database.engine, service(name).migrations)
    with database.engine.connect() as connection:
        names = connection.execute(
            text("SELECT relname FROM pg_class WHERE relname LIKE 'event_log_2%' AND relkind = 'r'")
        )
        assert len(names.all()) >= 4
