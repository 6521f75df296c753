"""S30: an audit entry changed, removed, moved, put in, or missing for a write is found, and it is said which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from chassis.clock import new_id, utc_now
from chassis.data.migrations import migrate
from chassis.facts.envelope import Received
from chassis.ops.samples import sample_settings
from chassis.service import Runtime
from gateway.app import SERVICE
from gateway.audit import record
from gateway.audit.entry import code_of
from gateway.audit.facts import take_down
from gateway.audit.sealing import seal
from gateway.audit.verify import Report, verify
from tests.support.suite_in_process import InProcessSuite

CANNOT = (
    "UPDATE audit_entries SET actor = 'x'",
    "UPDATE audit_seals SET position = 0",
    "DELETE FROM audit_entries",
    "DELETE FROM audit_seals",
    "TRUNCATE audit_entries",
    "TRUNCATE audit_seals",
    "DROP TABLE audit_entries",
    "ALTER TABLE audit_entries ALTER COLUMN code DROP NOT NULL",
    "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "ALTER TABLE audit_entries OWNER TO CURRENT_USER",
    "CREATE RULE r AS ON INSERT TO audit_entries DO INSTEAD NOTHING",
    "CREATE TRIGGER t BEFORE INSERT ON audit_entries EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (id) DO UPDATE SET actor = 'x'",
    "MERGE INTO audit_entries e USING audit_seals s ON e.position = s.position WHEN MATCHED THEN DELETE",
    "SELECT * FROM audit_entries FOR UPDATE",
    "SET SESSION AUTHORIZATION test",
    "SET ROLE test",
    "SET session_replication_role = replica",
)
KEY = "the key of this test's log"
FACTS, DEEDS = 12, 3


@pytest.fixture(scope="module")
def log(new_database: Callable[..., str]) -> Iterator[Runtime]:
    """A log of facts and deeds, all of them sealed; tamperings are tried in transactions that are rolled back."""
    runtime = Runtime(SERVICE, sample_settings(SERVICE.settings, DATABASE_URL=new_database("audit"), AUDIT_KEY=KEY))
    migrate(runtime.database.engine, SERVICE.migrations)
    with (work := runtime.work()).session:
        take_down(work, [fact(number) for number in range(1, FACTS + 1)])
        for number in range(DEEDS):
            record(work, "session.opened", actor=f"staff-{number}")
        work.commit()
    with (work := runtime.work()).session:
        seal(work)
        work.commit()
    yield runtime
    runtime.database.close()


def fact(sequence: int) -> Received:
    data = {"status": "pending", "question": f"问题 {sequence}", "changed": []}
    return Received(
        new_id(), "ticket.created.v1", "/playdesk/ticket", new_id(), 1, sequence, data, "a-person", "request"
    )


def after(log: Runtime, tampering: str, *, later: timedelta = timedelta(), head: str = "", **values: object) -> Report:
    """What the verification says after one tampering by somebody who may do anything to the database."""
    with log.database.engine.connect() as connection:
        connection.execute(text(tampering), values)
        return checked(connection, later=later, head=head)


def checked(connection: Connection, *, later: timedelta = timedelta(), head: str = "", up_to: int = FACTS) -> Report:
    return verify(connection, KEY, now=utc_now() + later, known_head=head, written_up_to={"ticket": up_to})


def said(report: Report) -> list[str]:
    return [finding.what for finding in report.findings]


def test_the_applications_login_cannot_tamper(suite: InProcessSuite, figure):
    done = []
    for statement in CANNOT:
        with suite.gateway_runtime.database.engine.connect() as connection:
            try:
                connection.execute(text(statement))
                done.append(statement)
            except ProgrammingError as error:
                wrong = re.search(r"permission denied|must be owner", str(error)) is None
                done += [f"{statement}: {error}"] if wrong else []
    figure("S30 login", tried=len(CANNOT), done=len(done))
    assert not done


def test_a_log_nobody_touched_is_whole(log: Runtime):
    report = after(log, "SELECT 1", later=timedelta(days=1))
    assert report.findings == []
    assert (report.entries, report.seals) == (FACTS + DEEDS, FACTS + DEEDS)


CHANGES = {
    "data": "'{}'",
    "actor": "'somebody-else'",
    "action": "'ticket.updated.v1'",
    "subject": "'another'",
    "at": "at - interval '1 day'",
    "recorded_at": "recorded_at - interval '1 day'",
    "request_id": "NULL",
    "address": "'10.0.0.1'",
    "sequence": "sequence + 1000",
    "kind": "'deed'",
}


def test_a_changed_entry_is_found_and_named(log: Runtime, figure):
    undetected = []
    for column, value in CHANGES.items():
        report = after(log, f'UPDATE audit_entries SET "{column}" = {value} WHERE position = 5')
        named = any(f.what == "changed" and "position 5," in f.text for f in report.findings)
        undetected += [] if named else [column]
    figure("S30 changed", columns=len(CHANGES), undetected=len(undetected))
    assert not undetected


def test_a_changed_entry_with_a_code_made_by_another_key_is_found(log: Runtime):
    with log.database.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM audit_entries WHERE position = 5")).one()
        values = {**row._mapping, "id": str(row.id), "actor": "somebody-else"}
        change = text("UPDATE audit_entries SET actor = 'somebody-else', code = :code WHERE position = 5")
        connection.execute(change, {"code": code_of(values, "another key")})
        report = checked(connection)
    assert said(report) == ["changed", "moved"]


def test_a_removed_entry_is_found_by_its_seal_and_by_its_number(log: Runtime):
    report = after(log, "DELETE FROM audit_entries WHERE position = 5", later=timedelta(hours=1))
    assert said(report) == ["removed", "missing"]
    assert report.findings[0].text == "the entry at position 5 (seal 5) is missing"
    assert report.findings[1].text == "ticket: fact 5 of its log without an entry"


def test_an_entry_removed_with_its_seal_is_found(log: Runtime):
    tampering = "WITH s AS (DELETE FROM audit_seals WHERE position = 5) DELETE FROM audit_entries WHERE position = 5"
    report = after(log, tampering, later=timedelta(hours=1))
    assert said(report) == ["removed", "missing"]
    assert report.findings[0].text == "seals 5 to 5 are missing"


def test_entries_that_changed_places_are_found(log: Runtime):
    tampering = "UPDATE audit_entries SET position = CASE position WHEN 5 THEN -6 ELSE -5 END WHERE position IN (5, 6)"
    with log.database.engine.connect() as connection:
        connection.execute(text(tampering))
        connection.execute(text("UPDATE audit_entries SET position = -position WHERE position < 0"))
        report = checked(connection)
    assert said(report) == ["moved", "moved"]


def test_seals_that_changed_places_are_found(log: Runtime):
    with log.database.engine.connect() as connection:
        for change in ("number = -number WHERE number IN (5, 6)", "number = 11 + number WHERE number < 0"):
            connection.execute(text(f"UPDATE audit_seals SET {change}"))
        report = checked(connection)
    assert "moved" in said(report)


def test_an_entry_that_somebody_put_in_is_not_sealed_and_is_found(log: Runtime):
    columns = "id, at, recorded_at, kind, action, actor, subject_kind, subject, service, data, code"
    put_in = f"INSERT INTO audit_entries ({columns}) SELECT :id, now(), now(), kind, action, 'framed', subject_kind, subject, "
    put_in += "service, data, code FROM audit_entries WHERE position = 14"
    with log.database.engine.connect() as connection:
        connection.execute(text(put_in), {"id": new_id()})
        with (work := log.work(session=_session(connection))).session:
            seal(work)
            work.session.flush()
            report = checked(connection, later=timedelta(minutes=5))
    assert said(report) == ["changed", "unsealed"]


def _session(connection: Connection):
    from sqlalchemy.orm import Session

    return Session(connection, join_transaction_mode="create_savepoint")


def test_a_write_without_an_entry_is_found_in_the_middle_and_at_the_end(log: Runtime):
    with log.database.engine.connect() as connection:
        assert said(checked(connection, up_to=FACTS + 2)) == ["missing"]
        [finding] = checked(connection, up_to=FACTS + 2).findings
    assert finding.text == f"ticket: facts {FACTS + 1} to {FACTS + 2} of its log without an entry"


def test_an_end_cut_off_with_its_seals_is_found_by_a_head_that_was_told(log: Runtime):
    head = after(log, "SELECT 1").head
    cut = f"WITH s AS (DELETE FROM audit_seals WHERE position > {FACTS}) DELETE FROM audit_entries WHERE position > {FACTS}"
    assert said(after(log, cut)) == [], "the chain alone cannot know"
    assert said(after(log, cut, head=head)) == ["cut"]
    assert said(after(log, "SELECT 1", head=head)) == []


def test_without_the_key_a_chain_made_anew_is_not_believed(log: Runtime):
    with log.database.engine.connect() as connection:
        connection.execute(text("DELETE FROM audit_seals"))
        connection.execute(text("UPDATE audit_entries SET actor = 'framed', code = sha256(data::bytea)"))
        report = verify(connection, KEY, now=utc_now() + timedelta(hours=1))
    assert said(report).count("changed") == FACTS + DEEDS
    assert said(report).count("unsealed") == FACTS + DEEDS
