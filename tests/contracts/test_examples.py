"""Every fact that is published has an example from a real run, which shows what its schema says and no phone number."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest

from deploy.local.state import ROOT
from tests.contracts.examples import example_of, faults, schemas

PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)")
MEND = "run `make examples`; what nobody tells there needs an act in tests/contracts/acts.py"


@pytest.mark.parametrize("key", schemas())
def test_every_fact_has_an_example_that_shows_what_its_schema_says(key):
    path = example_of(schemas()[key])
    assert path.exists(), f"{key} has no example: {MEND}"
    example = json.loads(path.read_text("utf-8"))
    assert faults(json.loads(schemas()[key].read_text("utf-8")), example) == [], MEND
    assert not PHONE.search(path.read_text("utf-8"))


def test_no_example_is_left_of_a_fact_that_is_gone():
    left = {path.stem for path in ROOT.glob("services/*/examples/*.json")}
    assert left - set(schemas()) == set()


def test_the_examples_are_in_the_document_and_fit_what_it_says_of_the_whole_message():
    document = json.loads((ROOT / "services/gateway/gateway/documents/asyncapi.json").read_text("utf-8"))
    messages = document["components"]["messages"]
    inward = {path.stem for path in ROOT.glob("services/*/inward/*.json")}
    assert set(messages) == set(schemas()) | inward
    for key, message in messages.items():
        [example] = message["examples"]
        jsonschema_rs.validate(message["payload"], example["payload"], validate_formats=True)
        assert example["payload"]["type"] == (key if key in inward else f"playdesk.{key}")


def test_the_example_of_a_text_with_a_phone_number_in_it_is_masked():
    path = example_of(schemas()["ticket.created.v1"])
    assert "****" in json.loads(path.read_text("utf-8"))["data"]["question"]


def test_an_example_that_shows_too_little_or_wrongly_is_found():
    schema = {"properties": {"no": {"type": "string"}, "more": {"type": "string"}}, "required": ["no"]}
    assert faults(schema, {"data": {"no": "T1", "more": ""}}) == []
    assert faults(schema, {"data": {"no": "T1"}}) == ["more is not shown"]
    assert faults(schema, {"data": {"no": 7, "more": ""}})
