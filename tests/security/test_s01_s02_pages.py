"""S1 and S2 over the pages: every role × every rule of the map × own, colleague's and other department's row."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from werkzeug.routing import Rule

from gateway.policies import PUBLIC_ENDPOINTS
from tests.security.expectations import ACTORS, KIND_OF_PART, has, owners_for, reaches
from tests.security.expected_pages import ENDS_SESSIONS, PAGES
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite, Pages

# Whoever signs out or in is not the same afterwards, and without a worker /readyz says 503: tried by themselves elsewhere.
# Single sign-on, which is not set up in this suite, has tests of its own: tests/gateway/integration/test_sign_on.py.
_LEFT_OUT = ENDS_SESSIONS | {name for name in PAGES if name.startswith(("GET /login/oidc", "GET /login/wecom"))} | {
    "POST /login", "POST /login/again", "POST /login/code", "GET /login/code", "POST /oauth/token", "GET /readyz",
}  # fmt: skip
_NOT_OF_A_ROW = {"name": "staff.joined.v1.json", "entity": None, "token": "A" * 43}


def rules(suite: InProcessSuite) -> dict[str, Rule]:
    """{"GET /players/<player_id>": its rule} of everything outside the API."""
    return {
        f"{method} {rule.rule}": rule
        for rule in suite.gateway.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith("/api/v1/") or rule.endpoint.startswith("documents.")
    }


def test_every_page_has_an_expectation_and_its_policy_is_the_one_expected(suite: InProcessSuite):
    found = rules(suite)
    assert not found.keys() - PAGES.keys(), "write what these need into tests/security/expected_pages.py"
    assert not PAGES.keys() - found.keys(), "these are gone: take them out of tests/security/expected_pages.py"
    written = {name: policy_of(suite, rule) for name, rule in found.items()}
    assert written == PAGES


def policy_of(suite: InProcessSuite, rule: Rule) -> str:
    view = suite.gateway.view_functions[rule.endpoint]
    written: str | None = getattr(view, "policy", None)
    return written or ("public" if rule.endpoint in PUBLIC_ENDPOINTS else "own")


def kind_of(rule: Rule) -> str | None:
    """The kind of record in the path; a part nobody knows fails the walk."""
    parts = [part for part in rule.arguments if part not in (*_NOT_OF_A_ROW, "step", "kind")]
    assert all(part in KIND_OF_PART for part in parts), f"{rule.rule}: what does {parts} name?"
    return KIND_OF_PART[parts[0]] if parts else None


def address(rule: Rule, rows: Rows, owner: str) -> str:
    """The path of a rule for one owner's record."""

    def part(found: re.Match[str]) -> str:
        choices, name = found.group(1), found.group(2)
        if choices:
            return choices.split(",")[0].strip()
        if name in KIND_OF_PART:
            return str(rows.record(KIND_OF_PART[name], owner)["id"])
        return _NOT_OF_A_ROW[name] or str(rows.record("player", owner)["id"])

    return re.sub(r"<(?:any\(([^)]*)\):|uuid:|string:)?(\w+)>", part, rule.rule)


def visit(pages: Pages, token: str, name: str, path: str) -> Any:
    if name.startswith("GET"):
        return pages.get(path)
    return pages.client.post(path, data={"csrf_token": token, "version": "999999"})


@pytest.fixture(scope="module")
def browsers(suite: InProcessSuite, rows: Rows) -> dict[str, tuple[Pages, str]]:
    """A signed-in browser of each role, and its CSRF token."""
    pages = {actor: suite.pages(actor) for actor in ACTORS}
    return {actor: (browser, browser.csrf()) for actor, browser in pages.items()}


def denial(suite: InProcessSuite, name: str, rule: Rule, actor: str, owner: str) -> set[int]:
    """The statuses with which this cell is denied; empty where it is allowed."""
    member = suite.staff[actor]
    if not has(member, PAGES[name]):
        return {403}
    if reaches(suite, member, kind_of(rule), owner):
        return set()
    return {404} if name.startswith("GET") else {404, 409, 412, 422, 428}


def test_a_page_is_denied_as_the_policy_says_and_a_denial_changes_nothing(suite, rows: Rows, browsers, figure):
    wrong, count = [], 0
    before = checksum(suite)
    for name, rule in rules(suite).items():
        for actor, owner in itertools.product(ACTORS, owners_for(kind_of(rule))):
            statuses = denial(suite, name, rule, actor, owner)
            if statuses:
                count += 1
                answer = visit(*browsers[actor], name, address(rule, rows, owner))
                if answer.status_code not in statuses:
                    wrong.append(f"{name} by {actor} on {owner}'s: {answer.status_code}, not {statuses}")
    changed = differing(before, checksum(suite))
    figure("S1 pages denied", rules=len(rules(suite)), cells=count, wrong=len(wrong))
    figure("S2 pages", denials=count, tables_changed=len(changed))
    assert not wrong, "\n".join(wrong)
    assert not changed


def test_a_page_that_is_allowed_is_shown(suite: InProcessSuite, rows: Rows, browsers, figure):
    wrong, count = [], 0
    for name, rule in rules(suite).items():
        for actor in ACTORS:
            if name in _LEFT_OUT or denial(suite, name, rule, actor, "A001"):
                continue
            count += 1
            answer = visit(*browsers[actor], name, address(rule, rows, "A001"))
            refused = answer.status_code in (401, 403, 404) or answer.status_code >= 500
            if refused or (answer.location or "").startswith("/login"):
                wrong.append(f"{name} by {actor}: {answer.status_code} {answer.location or ''}")
    figure("S1 pages allowed", rules=len(rules(suite)), cells=count, wrong=len(wrong))
    assert not wrong, "\n".join(wrong)


def test_nobody_is_sent_to_the_login_from_every_page(suite: InProcessSuite, rows: Rows, figure):
    visitor = Pages(suite.gateway.test_client())
    token = visitor.csrf()
    before = checksum(suite)
    wrong = []
    for name, rule in rules(suite).items():
        if PAGES[name] == "public":
            continue
        answer = visit(visitor, token, name, address(rule, rows, "A001"))
        sent_away = answer.status_code in (302, 303) and (answer.location or "").startswith("/login")
        if not sent_away and answer.status_code != 401:
            wrong.append(f"{name}: {answer.status_code} {answer.location or ''}")
    changed = differing(before, checksum(suite))
    figure("S1 nobody", rules=len(PAGES), wrong=len(wrong), tables_changed=len(changed))
    assert not wrong, "\n".join(wrong)
    assert not changed


def test_a_menu_and_a_button_are_there_for_whom_they_work(suite: InProcessSuite, rows: Rows):
    for actor in ACTORS:
        text = suite.pages(actor).get("/").text
        for action, link in (("staff.read", "/settings/staff"), ("item.read", "/items"), ("pack.read", "/packs")):
            assert (f'href="{link}"' in text) <= has(suite.staff[actor], action), (actor, link)
