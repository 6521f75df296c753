"""S22 and S6: whatever is sent, no answer is a 500, and every answer is what the document promises and no more.

`SECURITY_CASES` is the number of generated requests for each operation and caller.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.security.expectations import API, STALE, Case, has, path_of
from tests.security.test_s01_s02_api import ask, operations
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import Api, InProcessSuite

CASES = int(os.environ.get("SECURITY_CASES", "1"))
_NOT_TRIED = {"POST /logout", "DELETE /me/sessions"}  # they would end the session of all that follows


@pytest.fixture(scope="module", autouse=True)
def no_jobs_left(suite: InProcessSuite) -> Iterator[None]:
    """What was asked for here shall not stand in the way of others: nobody has more than a few jobs open at a time."""
    yield
    suite.end_jobs()


class Promises:
    """The merged document, asked what an answer may look like."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    def fault(self, operation: str, status: int, mimetype: str, body: bytes) -> str | None:
        """What is wrong with an answer; None where it is as promised."""
        described = self._described(operation)
        promised = described["responses"].get(str(status))
        if status >= 500 and status != 503:
            return f"answers {status}"
        if promised is None:
            return f"answers {status}, which is not promised"
        schema = promised.get("content", {}).get(mimetype, {}).get("schema")
        if schema is None:
            return None if not body else f"answers {status} with {mimetype}, which is not promised"
        if schema.get("format") == "binary":
            return None
        problems = list(self._validator(schema, closed=mimetype == "application/json").iter_errors(json.loads(body)))
        return f"{status}: {problems[0].message[:200]} at {list(problems[0].instance_path)}" if problems else None

    def _described(self, operation: str) -> dict[str, Any]:
        method, _, path = operation.partition(" ")
        found: dict[str, Any] = self.document["paths"][f"/api/v1{path}"][method.lower()]
        return found

    def _validator(self, schema: dict[str, Any], *, closed: bool) -> jsonschema_rs.Validator:
        key = json.dumps([schema, closed])
        if key not in self._validators:
            parts = self.document["components"]["schemas"]
            shown = {name: _closed(part) if closed else part for name, part in parts.items()}
            whole = {**schema, "components": {"schemas": shown}}
            self._validators[key] = jsonschema_rs.validator_for(whole, validate_formats=True)
        return self._validators[key]


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """S6: an object of an answer has the members that are promised and no other."""
    if schema.get("type") == "object" and "properties" in schema:
        return {**schema, "additionalProperties": False}
    return schema


@pytest.fixture(scope="module")
def promises(suite: InProcessSuite) -> Promises:
    return Promises(suite.openapi())


@pytest.fixture(scope="module")
def generated(suite: InProcessSuite) -> dict[str, Any]:
    """{operation: schemathesis' operation}."""
    schema = schemathesis.openapi.from_dict(each_type_once(suite.openapi()))
    found = (result.ok() for result in schema.get_all_operations())
    return {f"{one.method.upper()} {one.path.removeprefix('/api/v1')}": one for one in found}


def each_type_once(value: Any) -> Any:
    """The document without repeated types, which the generator refuses whole; the test above names them."""
    if isinstance(value, dict):
        return {
            name: list(dict.fromkeys(part)) if name == "type" and isinstance(part, list) else each_type_once(part)
            for name, part in value.items()
        }
    return [each_type_once(part) for part in value] if isinstance(value, list) else value


def test_every_schema_of_the_document_is_sound(suite: InProcessSuite):
    wrong = {}
    for name, schema in suite.openapi()["components"]["schemas"].items():
        try:
            jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
        except (jsonschema_rs.ValidationError, ValueError) as error:
            wrong[name] = f"{error.message[:120]} at {list(getattr(error, 'instance_path', []))}"
    assert not wrong


@pytest.mark.parametrize("who", ["admin", "A001"])
def test_generated_requests_get_answers_as_promised(suite, rows: Rows, promises: Promises, generated, who: str, figure):
    wrong: Counter[str] = Counter()
    statuses: Counter[int] = Counter()
    api = suite.api(who)
    for name, operation in generated.items():
        if name in _NOT_TRIED or not has(suite.staff[who], API[name].action):
            continue
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            run_cases(operation, mode, lambda case, n=name: judge(send(api, case), n, promises, wrong, statuses))
    figure(
        f"S22 as {who}",
        requests=sum(statuses.values()),
        operations=len(generated),
        statuses=dict(sorted(statuses.items())),
        wrong=len(wrong),
    )
    assert not wrong, "\n".join(f"{count} × {what}" for what, count in wrong.most_common(40))


def run_cases(operation: Any, mode: Any, body: Any) -> None:
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        body(case)

    try:
        run()
    except Exception as error:
        if type(error).__name__ not in ("Unsatisfiable", "SkipTest"):  # nothing can be wrong where nothing is sent
            raise


def send(api: Api, case: Any) -> Any:
    """The generated request, through the gateway, in the caller's name."""
    headers = {
        name: str(value)
        for name, value in (case.headers or {}).items()
        if str(value).isascii() and str(value).isprintable()
    }
    headers["Authorization"] = f"Bearer {api.token}"
    body: dict[str, Any] = {}
    if not isinstance(case.body, schemathesis.core.NotSet):
        raw = case.body if isinstance(case.body, bytes) else json.dumps(case.body)
        body = {"data": raw, "content_type": "application/json"}
    path = case.formatted_path
    query = dict(case.query or {})
    return api.client.open(path, method=case.method.upper(), headers=headers, query_string=query, **body)


def judge(answer: Any, name: str, promises: Promises, wrong: Counter[str], statuses: Counter[int]) -> None:
    statuses[answer.status_code] += 1
    if answer.status_code in (404, 405) and answer.request.path.count("/") != name.count("/") + 2:
        return  # what was generated for the path led to another one
    fault = promises.fault(name, answer.status_code, answer.mimetype, answer.data)
    if fault:
        wrong[f"{name}: {fault}"] += 1


def test_answers_of_every_role_hold_nothing_beyond_the_promise(
    suite: InProcessSuite, rows: Rows, promises: Promises, figure
):
    wrong, count = [], 0
    for name in operations(suite):
        if name in _NOT_TRIED:
            continue
        for actor in ("A001", "M001", "S001", "Q001", "admin"):
            answer = ask(suite.api(actor), name, Case(suite, rows, "A001"))
            count += 1
            fault = promises.fault(name, answer.status_code, answer.mimetype, answer.data)
            wrong += [f"{name} to {actor}: {fault}"] if fault else []
    figure("S6", answers=count, beyond=len(wrong))
    assert not wrong, "\n".join(wrong)


UPLOADS = {(415, "POST /players/imports"), (415, "POST /staff/imports")}  # no JSON is taken there at all
BROKEN = {
    "not JSON": b"{question: 1}",
    "half": b'{"a": ',
    "nothing but a brace": b"{",
    "doubled keys": b'{"name": "a", "name": "b"}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"line": -Infinity}',
    "bad UTF-8": b'{"name": "\xff\xfe"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "zero byte": b'{"name": "a\\u0000b"}',
    "a list": b"[]",
    "a word": b'"words"',
    "null": b"null",
    "a huge number": b'{"line": ' + b"9" * 5000 + b"}",
    "a huge exponent": b'{"line": 1e999999}',
    "bottomless": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "bottomless list": b"[" * 100_000,
    "utf-16": '{"name": "a"}'.encode("utf-16"),
    "bom": b'\xef\xbb\xbf{"name": "a"}',
    "many fields": json.dumps({f"f{n}": n for n in range(10_000)}).encode(),
    "long text": json.dumps({"name": "长" * 200_000}).encode(),
}


def test_a_broken_body_is_refused_by_every_write(suite: InProcessSuite, rows: Rows, figure):
    wrong, count, slowest = [], 0, 0.0
    api = {
        action: suite.api(who)
        for who in ("Q001", "A001", "M001", "admin")
        for action in suite.api(who).get("/me").json["permissions"]
    }
    for name, described in operations(suite).items():
        method = name.partition(" ")[0]
        if "requestBody" not in described or API[name].action == "public":
            continue
        path = path_of(name, Case(suite, rows, "A001"))
        for what, body in BROKEN.items():
            count += 1
            answer = api[API[name].action].request(
                method, path, data=body, content_type="application/json", version=STALE, key="s22"
            )
            slowest = max(slowest, len(answer.data))
            if answer.status_code not in (400, 413, 422) and (answer.status_code, name) not in UPLOADS:
                wrong.append(f"{name} with {what}: {answer.status_code} {answer.text[:100]}")
    for what, body in BROKEN.items():
        count += 1
        answer = suite.nobody().client.post("/api/v1/login", data=body, content_type="application/json")
        if answer.status_code not in (400, 413, 422):
            wrong.append(f"POST /login with {what}: {answer.status_code}")
    figure("S22 broken bodies", requests=count, wrong=len(wrong), largest_answer=int(slowest))
    assert not wrong, "\n".join(wrong[:40])
