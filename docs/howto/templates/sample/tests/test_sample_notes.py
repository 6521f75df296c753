"""Notes are written, read within one's scope, and told."""

from __future__ import annotations

import pytest
from sample.app import SERVICE
from sqlalchemy import Connection

from chassis.data.migrations import differences
from tests.support.postgres import new_database  # noqa: F401
from tests.support.services import ServiceUnderTest


@pytest.fixture(scope="module")
def service(new_database) -> ServiceUnderTest:  # noqa: F811
    """The service over a database of its own."""
    return ServiceUnderTest(SERVICE, new_database("sample"))


def test_a_note_is_written_and_told_with_its_phone_number_masked(service):
    author = service.person("sample_note.write", "sample_note.read")
    written = author.post("/sample-notes", {"text": "请回电 13800138000"})
    assert written.status_code == 201
    assert author.get(f"/sample-notes/{written.json['id']}").json["text"] == "请回电 138****8000"
    [fact] = [f for f in service.facts() if f.subject == written.json["id"]]
    assert (fact.type, fact.entity_version) == ("sample_note.written.v1", 1)
    assert fact.data["text"] == "请回电 138****8000"


def test_a_note_says_something(service):
    refused = service.person("sample_note.write").post("/sample-notes", {"text": "  "})
    assert (refused.status_code, refused.json["code"]) == (409, "nothing_said")


def test_somebody_elses_note_is_not_there(service):
    note = service.person("sample_note.write").post("/sample-notes", {"text": "mine"}).json
    assert service.person("sample_note.read").get(f"/sample-notes/{note['id']}").status_code == 404


def test_without_the_permission_nothing_is_done(service):
    assert service.person("sample_note.read").post("/sample-notes", {"text": "x"}).status_code == 403


def test_the_models_are_what_the_migrations_make(service):
    with service.runtime.database.engine.connect() as connection:
        assert isinstance(connection, Connection)
        assert differences(connection, SERVICE.metadata) == []
