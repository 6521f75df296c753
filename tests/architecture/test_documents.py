"""openapi.json, asyncapi.json and the schemas are what the code generates, and every route says who may."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema_rs
import pytest

from chassis.ops.cli import main
from tests.support.tree import ROOT, SERVICES, service

pytestmark = pytest.mark.parametrize("name", SERVICES)


def openapi(name: str) -> dict:
    """A service's committed OpenAPI document."""
    return json.loads((ROOT / f"services/{name}/openapi.json").read_text("utf-8"))


def operations(name: str) -> list[tuple[str, str, dict]]:
    """(method, path, operation) of each route of the API."""
    return [
        (method, path, operation)
        for path, methods in openapi(name)["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "patch", "put", "delete")
    ]


def test_the_committed_documents_are_what_the_code_generates(name, capsys):
    if name != "gateway":
        assert main(service(name), arguments=["docs", "--check"]) == 0, capsys.readouterr().err
        return
    done = subprocess.run(
        [sys.executable, "-m", name, "docs", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr}\nrun `make docs`"


def test_no_schema_is_left_of_a_fact_that_is_gone(name):
    from chassis.facts.event import facts_of

    committed = {path.stem for path in (ROOT / f"services/{name}/schemas").glob("*.json")}
    assert committed == set(facts_of(service(name).emits)), f"services/{name}/schemas"


def test_a_service_has_the_schemas_of_all_it_hears_as_they_are_now(name):
    from deploy.heard import differing, wanted

    assert differing(service(name).heard, wanted(service(name))) == [], "run `make docs`"


def test_every_route_names_its_action_and_the_policies_know_it(name):
    from gateway.policies import ACTIONS, INTERNAL

    known = ACTIONS | ({"public"} if name == "gateway" else INTERNAL)
    for method, path, operation in operations(name):
        assert operation.get("x-playdesk-action") in known, f"{method} {path}: {operation.get('x-playdesk-action')}"


def test_every_change_of_one_record_needs_its_version(name):
    for method, path, operation in operations(name):
        if method in ("patch", "delete") and name != "gateway":
            names = {parameter.get("name") for parameter in operation.get("parameters", [])}
            assert "If-Match" in names, f"{method} {path}"
            assert {"412", "428"} <= operation["responses"].keys()


def test_every_creating_route_takes_a_key(name):
    for method, path, operation in operations(name):
        if method == "post" and name != "gateway":
            names = {parameter.get("name") for parameter in operation.get("parameters", [])}
            assert "Idempotency-Key" in names, f"{method} {path}"


def test_every_route_says_in_words_what_it_does_and_what_can_go_wrong(name):
    for method, path, operation in operations(name):
        assert operation.get("summary"), f"{method} {path}: give the view a docstring"
        assert {"401", "403"} <= operation["responses"].keys(), f"{method} {path}"


def test_operations_have_names_of_their_own(name):
    names = [operation.get("operationId") for _, _, operation in operations(name) if operation.get("operationId")]
    assert len(names) == len(set(names))


def test_the_schemas_of_facts_are_json_schemas(name):
    for path in (ROOT / f"services/{name}/schemas").glob("*.json"):
        jsonschema_rs.validator_for(json.loads(path.read_text("utf-8")))
