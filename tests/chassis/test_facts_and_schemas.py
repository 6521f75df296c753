"""A fact's data fits its own schema, old readers take new data and new readers old data, and a wrong fact is not committed."""

from __future__ import annotations

from dataclasses import dataclass, fields, make_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import jsonschema_rs
import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from chassis.facts.envelope import NotAFact, envelope, read
from chassis.facts.event import Event, encoded, fact, schema_of, validator
from chassis.facts.inbox import reader
from chassis.facts.outbox import FactInvalid
from chassis.money import Money
from tests.chassis.specimen.notes import Note, NoteState, NoteWritten, write_note
from tests.support.services import ServiceUnderTest


@dataclass(frozen=True)
class Line:
    """One line of an order."""

    name: str
    price: Money


@fact("sample.taken.v1")
@dataclass(frozen=True, kw_only=True)
class SampleTaken(Event):
    """A fact with a field of every kind."""

    text: str
    count: int
    flag: bool
    maybe: str | None
    moment: datetime | None
    share: Decimal
    price: Money
    lines: tuple[Line, ...]
    tags: list[str]
    state: Literal["draft", "on_sale"]
    custom: dict[str, Any]
    added_later: str | None = None


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
money = st.decimals("-99999999.99", "99999999.99", places=2).map(Money)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
samples = st.builds(
    SampleTaken,
    subject=st.just("s"),
    entity_version=st.integers(1, 100),
    occurred_at=moments,
    changed=st.lists(texts, max_size=2).map(tuple),
    event_id=st.just("01a202d0-1d2f-7768-b4ff-4c329e300ad4"),
    text=texts,
    count=st.integers(-(2**53), 2**53),
    flag=st.booleans(),
    maybe=st.none() | texts,
    moment=st.none() | moments,
    share=st.decimals(0, 1, places=6),
    price=money,
    lines=st.lists(st.builds(Line, texts, money), max_size=3).map(tuple),
    tags=st.lists(texts, max_size=3),
    state=st.sampled_from(["draft", "on_sale"]),
    custom=st.dictionaries(texts, st.none() | st.integers(-(2**53), 2**53) | texts, max_size=3),
    added_later=st.none() | texts,
)


@given(samples)
def test_whatever_a_fact_holds_its_data_fits_its_schema_and_survives_json(sample):
    data = sample.data()
    check = validator("sample.taken.v1")
    assert check.is_valid(data), next(check.iter_errors(data)).message
    assert orjson.loads(encoded(data)) == data


@given(samples)
def test_the_envelope_is_read_back_as_it_was_written_by_us_and_by_the_official_library(sample):
    data = encoded(sample.data()).decode()
    head = (7, sample.event_id, sample.key, "s", sample.entity_version)
    wire = envelope("specimen", (*head, data, None, "request-1", None, sample.occurred_at))
    official = JSONFormat().read(CloudEvent, wire)
    assert (official.get_id(), official.get_source(), official.get_subject()) == (
        sample.event_id,
        "/playdesk/specimen",
        "s",
    )
    assert (official.get_type(), official.get_data()) == (f"playdesk.{sample.key}", sample.data())
    assert official.get_time() == sample.occurred_at
    found = read(wire)
    assert (found.key, found.subject, found.sequence, found.version) == (sample.key, "s", 7, sample.entity_version)
    assert found.data == sample.data()
    assert (found.actor, found.correlation_id) == (None, "request-1")


def test_a_field_may_be_added_and_both_sides_still_read_each_other():
    """R23: the same version, one optional field more."""
    old = make_dataclass("Old", [(f.name, f.type) for f in fields(NoteState)], frozen=True)
    new = make_dataclass("New", [("text", str), ("mood", str | None, None)], frozen=True)
    assert reader(old).is_valid({"text": "a", "mood": "good"})
    assert reader(new).is_valid({"text": "a"})
    assert not reader(new).is_valid({"mood": "good"})


def test_fields_without_a_default_are_required_and_unknown_ones_are_allowed():
    schema = schema_of(SampleTaken)
    assert set(schema["required"]) == {f.name for f in fields(SampleTaken)} - {
        "subject", "entity_version", "occurred_at", "event_id", "added_later"
    }  # fmt: skip
    assert "additionalProperties" not in schema
    jsonschema_rs.validator_for(schema)


def test_a_fact_that_is_wrong_is_not_committed_and_neither_is_its_change(notes: ServiceUnderTest):
    work = notes.runtime.work()
    with work.session:
        work.caller = type(work.caller)(id=new_id())
        note = write_note(work, "right")
        work._events = [NoteWritten(subject=note.id, entity_version=1, occurred_at=work.now(), text=5, weight=0, author_id="x")]  # type: ignore[arg-type]  # fmt: skip
        with pytest.raises(FactInvalid):
            work.commit()
    with notes.runtime.database.read_session() as session:
        assert session.get(Note, note.id) is None


def test_a_message_that_is_no_fact_says_why():
    with pytest.raises(NotAFact, match="required"):
        read(b'{"specversion": "1.0"}')


def test_every_fact_has_its_own_id():
    made = [
        NoteWritten(subject="s", entity_version=1, occurred_at=datetime.now(UTC), text="", weight=0, author_id="")
        for _ in range(1000)
    ]
    ids = [one.event_id for one in made]
    assert len(set(ids)) == 1000
    assert ids == sorted(ids), "in the order of time"
