"""S5: a column of a table, or any other name a route does not promise, is refused wherever it is sent."""

from __future__ import annotations

import re
from typing import Any

from tests.security.expectations import API, STALE, Case, has, path_of
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite

ALWAYS = {
    "id",
    "version",
    "role",
    "state",
    "status",
    "agent_id",
    "staff_id",
    "created_by",
    "password_hash",
    "deleted",
    "scope",
}


def columns(suite: InProcessSuite, service: str) -> set[str]:
    """The names of all columns of a service's tables."""
    return {
        column.name for table in suite.runtimes()[service].service.metadata.tables.values() for column in table.columns
    }


def promised(document: dict[str, Any], described: dict[str, Any]) -> set[str]:
    """The names a body may have."""
    if "requestBody" not in described:
        return set()
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    return set(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]].get("properties", {}))


def test_a_field_that_is_not_promised_is_refused_by_every_write(suite: InProcessSuite, rows: Rows, figure):
    document, wrong, count = suite.openapi(), [], 0
    services = {path: name for name, one in suite.services.items() for path in paths_of(one.app)} | {}
    before = checksum(suite)
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            if method not in ("post", "patch", "delete") or path.endswith(("/login", "/logout")):
                continue
            if "application/json" not in described.get("requestBody", {}).get("content", {"application/json": 0}):
                continue  # a file has no fields
            name = f"{method.upper()} {path.removeprefix('/api/v1')}"
            extra = (columns(suite, services.get(path, "gateway")) | ALWAYS) - promised(document, described)
            refused, tried = send_each(suite, rows, name, sorted(extra))
            wrong += refused
            count += tried
    changed = differing(before, checksum(suite))
    figure("S5", fields_sent=count, taken=len(wrong), tables_changed=len(changed))
    assert not wrong, "\n".join(wrong[:40])
    assert not changed


def paths_of(app: Any) -> list[str]:
    return [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()]


def send_each(suite: InProcessSuite, rows: Rows, name: str, extra: list[str]) -> tuple[list[str], int]:
    expected, case = API[name], Case(suite, rows, "A001")
    method, path = name.partition(" ")[0], path_of(name, case)
    member = next(no for no in ("A001", "M001", "Q001", "admin") if has(suite.staff[no], expected.action))
    body = expected.body(case) if expected.body else {}
    wrong = []
    for few in batched(extra, 50):  # an answer names a hundred mistakes and no more
        answer = suite.api(member).request(method, path, {**body, **dict.fromkeys(few, "x")}, version=STALE, key=few[0])
        refused = {error["pointer"].strip("/") for error in answer.json["errors"] if error["code"] == "unknown_field"}
        wrong += [
            f"{name}: {field}: {answer.status_code}"
            for field in few
            if answer.status_code != 422 or field not in refused
        ]
    return wrong, len(extra)


def batched(names: list[str], most: int) -> list[list[str]]:
    return [names[start : start + most] for start in range(0, len(names), most)]


def test_a_parameter_that_is_not_promised_is_refused_by_every_read(suite: InProcessSuite, rows: Rows, figure):
    wrong, count = [], 0
    for name, expected in API.items():
        method, _, path = name.partition(" ")
        if method != "GET" or path in ("/me",):
            continue
        case = Case(suite, rows, "A001")
        path = path_of(name, case)
        query = expected.query(case) if expected.query else {}
        reader = "A001" if has(suite.staff["A001"], expected.action) else "admin"
        for extra in ("scope", "agent_ids", "order_by", "id[in]"):
            count += 1
            answer = suite.api(reader).get(path, query_string={**query, extra: "all"})
            if answer.status_code != 400:
                wrong.append(f"{name}?{extra}=all: {answer.status_code}")
    figure("S5 parameters", sent=count, taken=len(wrong))
    assert not wrong, "\n".join(wrong)


def test_nobody_gives_themselves_a_role_or_another_name(suite: InProcessSuite):
    agent = suite.api("A001")
    staff = agent.get(f"/staff/{agent.id}").json
    answer = agent.patch(f"/staff/{agent.id}", {"role": "admin"}, version=staff["version"])
    assert answer.status_code == 403
    pages = suite.pages("A001")
    pages.post("/account/preferences", {"theme": "dark", "role": "admin", "staff_id": "x", "password_hash": "x"})
    assert agent.get("/me").json["staff"]["role"] == "agent"
