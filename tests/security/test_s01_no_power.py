"""S1 for somebody who may do nothing at all: denied by the gateway itself everywhere, before any service is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any
from unittest.mock import patch

import pytest
from flask import g

from chassis.callers import Scope
from chassis.rules import Forbidden
from gateway.clients.api import Api, api
from tests.security.expectations import API, Case
from tests.security.expected_pages import PAGES
from tests.security.test_s01_s02_api import ask, operations
from tests.security.test_s01_s02_pages import address, rules, visit
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite, new_member


class Powerless:
    """Somebody signed in whose role holds nothing: no role of ours is so poor, but one's own may be."""

    def __init__(self, suite: InProcessSuite) -> None:
        self.suite, member = suite, new_member(suite)
        self.api, self.pages = suite.api(member.no, fresh=True), suite.pages(member.no)
        self.csrf = self.pages.csrf()
        with self.pages.client.session_transaction() as session:
            self.tokens = (self.api.token or "", session["sid"])
        self.hold()

    def hold(self, *actions: str, scope: Scope = Scope("self")) -> Powerless:
        """From now on they may do this and nothing else, to what they reach."""
        sessions = self.suite.gateway.extensions["playdesk_sessions"]
        for token in self.tokens:
            sessions.forget(token)
            found = sessions.find(token)
            caller = replace(found.caller, permissions=frozenset(actions), scope=scope)
            self.signed_in = replace(found, caller=caller)
            sessions._known[token] = (monotonic() + 3600, self.signed_in)
        return self


def powerless_one(suite: InProcessSuite) -> Powerless:
    """The same one for all tests: signing in is made slow on purpose."""
    kept = suite.gateway.extensions
    if "test_powerless" not in kept:
        kept["test_powerless"] = Powerless(suite)
    found: Powerless = kept["test_powerless"]
    return found.hold()


@contextmanager
def asked(suite: InProcessSuite) -> Iterator[list[str]]:
    """What is asked within the block: of a service, or of the API on behalf of a page."""
    found: list[str] = []
    transports = suite.gateway.extensions["playdesk_forwarder"].transports
    within = Api._dispatch

    def dispatch(self: Api, method: str, target: str, *rest: Any) -> Any:
        found.append(f"the API for {method} {target}")
        return within(self, method, target, *rest)

    kept = {name: transport.call for name, transport in transports.items()}
    for name, transport in transports.items():
        transport.call = lambda method, target, *, _name=name, **options: (
            found.append(f"{_name} for {method} {target}") or kept[_name](method, target, **options)
        )
    try:
        with patch.object(Api, "_dispatch", dispatch):
            yield found
    finally:
        for transport in transports.values():
            del transport.call


def through_the_api(suite: InProcessSuite, rows: Rows, names: Iterable[str]) -> list[str]:
    """The operations that somebody who may do nothing is not denied, or not before something was asked."""
    powerless, wrong = powerless_one(suite), []
    for name in names:
        if API[name].action in ("public", "own"):
            continue
        with asked(suite) as others:
            answer = ask(powerless.api, name, Case(suite, rows, "A001"))
        if answer.status_code != 403 or others:
            wrong.append(f"{name}: {answer.status_code}, asked {others}")
    return wrong


def through_the_pages(suite: InProcessSuite, rows: Rows, names: Iterable[str]) -> list[str]:
    """The same for pages."""
    powerless, wrong = powerless_one(suite), []
    there = rules(suite)
    for name in names:
        if PAGES[name] in ("public", "own"):
            continue
        with asked(suite) as others:
            answer = visit(powerless.pages, powerless.csrf, name, address(there[name], rows, "A001"))
        if answer.status_code != 403 or others:
            wrong.append(f"{name}: {answer.status_code}, asked {others}")
    return wrong


def test_whoever_may_do_nothing_is_denied_by_the_gateway_itself(suite: InProcessSuite, rows: Rows, figure):
    powerless_one(suite)
    before = checksum(suite)
    wrong = through_the_api(suite, rows, operations(suite)) + through_the_pages(suite, rows, rules(suite))
    gained = {"staff_copies", "inbox", "bus", "event_log", "outbox"}  # the members who were made for this
    changed = [table for table in differing(before, checksum(suite)) if table.partition(".")[2] not in gained]
    changed = [table for table in changed if not table.startswith("gateway.")]
    figure(
        "S1 no power",
        routes=len(operations(suite)) + len(rules(suite)),
        not_denied=len(wrong),
        tables_changed=len(changed),
    )
    assert not wrong, "\n".join(wrong)
    assert not changed


def test_a_page_gets_nothing_from_a_service_that_its_reader_may_not_ask_for(suite: InProcessSuite):
    powerless = powerless_one(suite)
    for name, described in operations(suite).items():
        if described["x-playdesk-action"] not in ("public", "own"):
            method, _, path = name.partition(" ")
            target = re.sub(r"\{\w+\}", "01890000-0000-7000-8000-000000000000", path)
            with suite.gateway.test_request_context("/"), asked(suite) as others:
                g.signed_in, g.caller, g.language = powerless.signed_in, powerless.signed_in.caller, "zh"
                with pytest.raises(Exception) as refused:
                    api._call(method, target, {} if method != "GET" else None)
            status = getattr(refused.value, "status", None) or getattr(type(refused.value), "status", None)
            assert status == 403 or isinstance(refused.value, Forbidden), f"{name}: {refused.value!r}"
            assert [one for one in others if not one.startswith("the API")] == [], name
