"""S1 and S2 over the API: every role × every operation × own, colleague's and other department's row; denials change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security.expectations import ACTORS, API, STALE, Case, Expected, has, owners_for, path_of, reaches
from tests.support.rows_in_suite import OWNERS, Rows, checksum, differing
from tests.support.suite_in_process import Api, InProcessSuite, new_member

MONEY = ("/payments", "/returns", "/refund", "/claims", "/pay")  # where a key is needed


def operations(suite: InProcessSuite) -> dict[str, Any]:
    """{"GET /players/{player_id}": the operation in the merged document}."""
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": described
        for path, methods in suite.openapi()["paths"].items()
        for method, described in methods.items()
        if method in ("get", "post", "patch", "put", "delete")
    }


def test_every_operation_has_an_expectation_and_its_action_is_the_one_expected(suite: InProcessSuite):
    found = operations(suite)
    assert not found.keys() - API.keys(), "write what is expected of these into tests/security/expectations.py"
    if not suite.missing:
        assert not API.keys() - found.keys(), "these are gone: take them out of tests/security/expectations.py"
    actions = {name: described.get("x-playdesk-action") for name, described in found.items()}
    assert actions == {name: API[name].action for name in found}


def ask(api: Api, name: str, case: Case, *, path: str = "") -> Any:
    """One request as the table has it, or to another path; unsafe ones carry a version that no record has."""
    expected = API[name]
    method, path = name.partition(" ")[0], path or path_of(name, case)
    options: dict[str, Any] = {"query_string": expected.query(case)} if expected.query else {}
    if method != "GET":
        options |= {"version": STALE, "key": "walk-key" if path.endswith(MONEY) else None}
    return api.request(method, path, expected.body(case) if expected.body else None, **options)


def wanted(suite: InProcessSuite, expected: Expected, actor: str | None, owner: str) -> int | None:
    """401, 403 or 404; None where it is allowed."""
    if expected.action == "public":
        return None
    if actor is None:
        return 401
    member = suite.staff[actor]
    if not has(member, expected.action):
        return 403
    return None if reaches(suite, member, expected.row, owner) else 404


def cells(suite: InProcessSuite, expected: Expected, *, denied: bool) -> list[tuple[str | None, str, int | None]]:
    """(who, whose row, the status of the denial) of the denied cells of an operation, or of the allowed ones."""
    every = [(actor, owner) for actor in (None, *ACTORS) for owner in owners_for(expected.row)]
    found = [(actor, owner, wanted(suite, expected, actor, owner)) for actor, owner in every]
    return [cell for cell in found if (cell[2] is not None) is denied]


def caller(suite: InProcessSuite, actor: str | None, name: str) -> Api:
    if actor is None:
        return suite.nobody()
    if name in ("POST /logout", "DELETE /me/sessions"):  # nobody who is needed afterwards
        return suite.api(new_member(suite, suite.staff[actor].role).no)
    return suite.api(actor)


def test_a_denied_call_is_denied_as_the_policy_says_and_changes_nothing(suite: InProcessSuite, rows: Rows, figure):
    wrong, count = [], 0
    before = checksum(suite)
    for name in operations(suite):
        for actor, owner, status in cells(suite, API[name], denied=True):
            answer = ask(caller(suite, actor, name), name, Case(suite, rows, owner))
            count += 1
            if answer.status_code != status:
                wrong.append(f"{name} by {actor} on {owner}'s: {answer.status_code}, not {status}: {answer.text[:120]}")
    changed = differing(before, checksum(suite))
    figure("S1 denied", operations=len(operations(suite)), cells=count, wrong=len(wrong))
    figure("S2", denials=count, tables=len(before), tables_changed=len(changed))
    assert not wrong, "\n".join(wrong)
    assert not changed


def test_an_allowed_call_is_not_denied(suite: InProcessSuite, rows: Rows, figure):
    wrong, count = [], 0
    for name in operations(suite):
        for actor, owner, _ in cells(suite, API[name], denied=False):
            answer = ask(caller(suite, actor, name), name, Case(suite, rows, owner))
            count += 1
            refused = answer.status_code in (403, 404) or answer.status_code >= 500
            if refused or (answer.status_code == 401 and API[name].action != "public"):
                wrong.append(f"{name} by {actor} on {owner}'s: {answer.status_code}: {answer.text[:160]}")
    figure("S1 allowed", operations=len(operations(suite)), cells=count, wrong=len(wrong))
    assert not wrong, "\n".join(wrong)


def test_a_list_shows_exactly_the_rows_within_reach(suite: InProcessSuite, rows: Rows, figure):
    wrong = []
    count = 0
    for name, expected in API.items():
        if expected.listed is None or name not in operations(suite):
            continue
        for actor in ACTORS:
            shown = {row["id"] for row in suite.api(actor).everything(name.removeprefix("GET "))}
            for owner in owners_for(expected.listed):
                count += 1
                there = rows.record(expected.listed, owner)["id"] in shown
                if there is not reaches(suite, suite.staff[actor], expected.listed, owner):
                    wrong.append(f"{name} by {actor}: {owner}'s {'shown' if there else 'missing'}")
    figure("S1 lists", cells=count, wrong=len(wrong))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("owner", OWNERS[1:])
def test_counts_and_searches_do_not_tell_of_rows_out_of_reach(suite: InProcessSuite, rows: Rows, owner: str):
    player = rows.of[owner]["player"]
    api = suite.api("A001")
    for path, query in (
        ("/players", {"q": player["wechat_id"]}),
        ("/players", {"wechat_id": player["wechat_id"]}),
        ("/players", {"phone": "1380000800" + str(OWNERS.index(owner))}),
        ("/players", {"agent_id": suite.staff[owner].id}),
        ("/tickets", {"player_id": player["id"]}),
        ("/tickets", {"wechat_id": player["wechat_id"]}),
        ("/tickets", {"q": rows.of[owner]["ticket"]["no"]}),
        ("/tickets", {"assignee_id": suite.staff[owner].id}),
        ("/touches", {"player_id": player["id"]}),
        ("/touches", {"staff_id": suite.staff[owner].id}),
        ("/orders", {"player_id": player["id"]}),
        ("/orders", {"q": rows.of[owner]["order"]["no"]}),
        ("/orders", {"touch_id": rows.of[owner]["touch"]["id"]}),
    ):
        answer = api.get(path, query_string={**query, "count": "true"})
        assert (answer.status_code, answer.json.get("items"), answer.json.get("total")) == (200, [], 0), (path, query)
    found = api.get("/search", query_string={"q": player["wechat_id"]}).json
    assert [found[kind] for kind in ("players", "tickets", "orders")] == [[], [], []]
