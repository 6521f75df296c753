"""What one service tells and another reads: everything heard is told by somebody, and told so that it can be read."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from chassis.facts.bus import EVENTS, matches
from chassis.facts.event import _object_schema
from chassis.facts.inbox import reader
from tests.contracts.compatibility import examples, misread
from tests.support.tree import ROOT, SERVICES, service

HEARD = [
    (name, subscription.name, key, listen)
    for name in SERVICES
    for subscription in service(name).subscriptions
    if subscription.exchange == EVENTS
    for listen in subscription.listens
    for key in listen.keys
]
IDS = [f"{name}.{subscription} {key}" for name, subscription, key, _ in HEARD]


@cache
def told() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every fact as committed: key → (its service, the schema of its data)."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for name in SERVICES:
        document = json.loads((ROOT / f"services/{name}/asyncapi.json").read_text("utf-8"))
        for key, message in document["components"]["messages"].items():
            if f"send.{key}" not in document["operations"]:
                continue  # what another system tells us
            assert key not in found, f"{key} is told by {found[key][0]} and by {name}"
            found[key] = (name, message["payload"]["properties"]["data"])
    return found


@pytest.mark.parametrize(("name", "subscription", "key", "listen"), HEARD, ids=IDS)
def test_whatever_is_heard_is_told_by_another_service(name, subscription, key, listen):
    tellers = {teller for told_key, (teller, _) in told().items() if matches(key, told_key)}
    assert tellers, f"{name}.{subscription} listens to {key}, which nobody tells"
    everything = (name, key) == ("gateway", "#")  # the audit log misses no write, the gateway's own included
    assert name not in tellers or everything, f"{name} listens to itself"


@pytest.mark.parametrize(("name", "subscription", "key", "listen"), HEARD, ids=IDS)
def test_whatever_is_told_can_be_read_by_who_hears_it(name, subscription, key, listen):
    wanted = _object_schema(listen.reads, tuple(field.name for field in dataclasses.fields(listen.reads)))
    for told_key, (teller, schema) in told().items():
        if matches(key, told_key):
            assert misread(wanted, schema) == [], f"{teller} tells {told_key}, {name}.{subscription} reads it"
            for example in examples(schema):
                assert reader(listen.reads).is_valid(example), f"{told_key}: {example}"


@pytest.mark.parametrize("name", SERVICES)
def test_the_committed_schema_files_say_the_same_as_the_document(name):
    for path in (ROOT / f"services/{name}/schemas").glob("*.json"):
        schema = {k: v for k, v in json.loads(path.read_text("utf-8")).items() if not k.startswith("$")}
        assert told()[path.stem] == (name, schema)


def test_every_fact_is_named_entity_past_tense_version():
    for key in told():
        entity, verb, version = key.split(".")
        assert entity.replace("_", "").isalpha()
        assert verb.replace("_", "").isalpha()
        assert version[0] == "v" and version[1:].isdigit()  # noqa: PT018


@pytest.mark.parametrize("key", sorted(told()))
def test_every_fact_says_what_changed_and_leaves_room_for_more(key):
    _, schema = told()[key]
    assert schema["properties"]["changed"] == {"type": "array", "items": {"type": "string"}}
    assert "changed" in schema["required"]
    assert "additionalProperties" not in schema, "adding a field keeps the version"


@pytest.mark.parametrize("key", sorted(told()))
def test_the_examples_made_from_a_schema_fit_it(key):
    _, schema = told()[key]
    for example in examples(schema):
        jsonschema_rs.validate(schema, example)


def test_nothing_secret_is_a_field_of_a_fact():
    secret = ("password", "secret", "token", "phone_cipher", "otp", "key")
    for key, (_, schema) in told().items():
        assert [name for name in schema["properties"] if any(word in name for word in secret)] == [], key
