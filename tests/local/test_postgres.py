"""Our launcher of PostgreSQL: starts, restarts, recovers, and keeps the services' databases apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import psycopg
import pytest

from deploy.local import processes
from deploy.local.ports import Ports
from deploy.local.postgres import Postgres
from deploy.local.state import ROOT, AlreadyRunning


@pytest.fixture
def server(own_postgres) -> Postgres:
    return own_postgres()


def ask(server: Postgres, database: str, role: str, *statements: str):
    """The first row of the last statement."""
    with psycopg.connect(server.url(database, role, "postgresql"), autocommit=True) as connection:
        return [connection.execute(statement) for statement in statements][-1].fetchone()


def test_a_role_gets_into_its_own_database_and_no_other(server):
    server.create_databases(("player", "ticket"))
    assert ask(server, "player", "player", "SELECT current_user") == ("player",)
    for database in ("ticket", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="CONNECT privilege"):
            ask(server, database, "player", "SELECT 1")


def test_a_login_owns_nothing_and_a_database_it_once_owned_is_handed_over_with_all_in_it(server):
    with server.connect() as admin:
        for statement in (
            f"CREATE ROLE sales LOGIN PASSWORD '{server.password('sales')}'",
            "CREATE DATABASE sales OWNER sales",
        ):
            admin.execute(statement)
    ask(server, "sales", "sales", "CREATE TABLE kept AS SELECT 7 AS a", "SELECT 1")
    server.create_databases(("sales",))
    assert ask(
        server, "sales", "sales_owner", "SELECT a, pg_get_userbyid(relowner) FROM kept, pg_class WHERE relname = 'kept'"
    ) == (
        7,
        "sales_owner",
    )
    for statement in ("DROP TABLE kept", "CREATE TABLE more (a int)", "SELECT a FROM kept", "SET ROLE sales_owner"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(server, "sales", "sales", statement)


def test_trigrams_of_chinese_text_are_not_empty(server):
    server.create_databases(("player",))
    assert ask(server, "player", "player", "SELECT cardinality(show_trgm('玩家客服')) > 2") == (True,)


def test_what_one_service_makes_on_the_bus_the_others_can_use(server):
    server.create_databases(("player", "ticket"))
    ask(server, "bus", "player", "CREATE TABLE t AS SELECT 7 AS a", "SELECT 1")
    assert ask(server, "bus", "ticket", "DELETE FROM t RETURNING a") == (7,)


def test_nobody_gets_in_without_the_password(server):
    for role in ("postgres", "player"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{role}@127.0.0.1:{server.port}/postgres")


def test_it_listens_on_loopback_only(server):
    with server.connect() as connection:
        row = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
    assert row == ("127.0.0.1",)


def test_what_was_committed_survives_a_kill(server):
    server.create_databases(("player",))
    ask(server, "player", "player_owner", "CREATE TABLE t AS SELECT 1 AS a", "SELECT 1")
    server.kill()
    server.start()
    assert ask(server, "player", "player_owner", "SELECT a FROM t") == (1,)


def test_a_server_killed_with_a_note_left_behind_starts_again(server):
    server.kill()
    note = server.data / "postmaster.pid"
    assert note.exists()
    server.start()
    assert server.is_ready()


def test_a_second_server_on_the_same_data_is_refused_in_words(server):
    with pytest.raises(AlreadyRunning, match=f"already running in .* \\(process {server.process.pid}\\)"):
        Postgres(server.state, server.port + 1).start()


def test_a_clean_stop_leaves_nothing(server):
    child = server.process
    below = processes.descendants(child.pid)
    server.stop()
    assert child.returncode == 0
    assert not [pid for pid in below if "postgres" in processes.command_of(pid)]


def test_ports_and_passwords_stay(server):
    again = Postgres(server.state, Ports(server.state).port("other"))
    assert again.url("player").replace(str(again.port), "") == server.url("player").replace(str(server.port), "")
    server.stop()
    assert Ports(server.state).port("postgres") == server.port


def test_it_ends_with_whoever_started_it_even_by_sigkill(tmp_path_factory, own_postgres):
    own_postgres().stop()  # makes the folders reachable for the server's user
    program = f"""
        import os, signal
        from deploy.local.ports import Ports
        from deploy.local.postgres import Postgres
        from deploy.local.state import State
        state = State({str(tmp_path_factory.getbasetemp() / "orphan")!r})
        server = Postgres(state, Ports(state).port("postgres")).start()
        print(server.process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    pid = int(done.stdout)
    assert processes.wait_until(lambda: "postgres" not in processes.command_of(pid), None, 10)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody else to become")
def test_where_the_state_lies_under_a_closed_folder_the_data_lie_elsewhere_and_go_with_it(tmp_path_factory):
    from deploy.local.state import State

    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    state = State(closed / "state")
    server = Postgres(state, Ports(state).port("postgres")).start()
    server.stop()
    assert closed not in server.data.parents
    assert server.data.exists()
    state.remove()
    assert not server.data.exists()
