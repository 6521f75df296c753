"""One document out of several: a name used for two things is told apart, and nothing points nowhere."""

from __future__ import annotations

import json
import re

from gateway.merging import merge_openapi
from tests.support.suite_in_process import InProcessSuite


def a_document(path: str, schema: dict) -> dict:
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Shown"}}}}}
    told = {"get": {"responses": {**answer, "default": {"$ref": "#/components/responses/DEFAULT_ERROR"}}}}
    return {"paths": {path: told}, "components": {"schemas": {"Shown": schema}}}


def test_a_name_used_for_different_things_gets_its_services_name_in_front():
    merged = merge_openapi({"player": a_document("/a", {"title": "A"}), "ticket": a_document("/b", {"title": "B"})})
    assert set(merged["components"]["schemas"]) == {"Shown", "TicketShown"}
    assert "TicketShown" in json.dumps(merged["paths"]["/b"])
    assert "TicketShown" not in json.dumps(merged["paths"]["/a"])


def test_a_name_used_for_the_same_thing_stays():
    merged = merge_openapi({"player": a_document("/a", {"title": "A"}), "ticket": a_document("/b", {"title": "A"})})
    assert set(merged["components"]["schemas"]) == {"Shown"}


def test_an_error_nobody_answers_with_is_not_promised():
    assert "DEFAULT_ERROR" not in json.dumps(merge_openapi({"player": a_document("/a", {})}))


def test_nothing_in_the_document_points_nowhere(suite: InProcessSuite):
    document = suite.openapi()
    for kind, name in re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(document)):
        assert name in document["components"][kind]


def test_what_refers_to_a_schema_of_that_name_means_its_own_services():
    def a_page(path: str, schema: dict) -> dict:
        document = a_document(path, schema)
        name = next(iter(document["components"]["schemas"]))
        document["components"]["schemas"]["Page"] = {"items": {"$ref": f"#/components/schemas/{name}"}}
        return document

    merged = merge_openapi({"player": a_page("/a", {"title": "A"}), "ticket": a_page("/b", {"title": "B"})})
    schemas = merged["components"]["schemas"]
    of = {page: schemas[page]["items"]["$ref"].rpartition("/")[2] for page in ("Page", "TicketPage")}
    assert {page: schemas[name] for page, name in of.items()} == {"Page": {"title": "A"}, "TicketPage": {"title": "B"}}
