"""S33: a test called by itself, given what its parameters name: the suite, its rows, somebody new, a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from inspect import signature
from types import ModuleType
from typing import Any

import pytest
import time_machine

from chassis.clock import utc_now
from tests.gateway.integration import test_sign_on as sign_on
from tests.security import test_s07_roles as granting
from tests.security import test_s11_s12_s13_signing_in as signing_in
from tests.security import test_s27_fields as fields
from tests.security import test_s27_typed as typed
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite, Member, Pages, new_member

Killer = Callable[[InProcessSuite, Rows], None]
Fill = Callable[[InProcessSuite, Rows], Rows]


def silent(*_: Any, **__: Any) -> None:
    """A figure that is not said."""


def asks(test: Callable[..., Any], **more: Any) -> Killer:
    """A test as a killer: it is given what its parameters name, `more` before what every test may want."""

    def kill(suite: InProcessSuite, rows: Rows) -> None:
        with ExitStack() as over:
            given = Given(suite, rows, over)
            test(**{name: more[name] if name in more else given[name] for name in signature(test).parameters})

    kill.__name__ = test.__name__
    return kill


def all_of(module: ModuleType) -> list[Killer]:
    """Every test of a module that wants no more than every test may."""
    tests = [test for name, test in vars(module).items() if name.startswith("test_")]
    return [asks(test) for test in tests if signature(test).parameters.keys() <= GIVEN.keys()]


class Given(dict[str, Any]):
    """What one test is given, made when it is first asked for, as fixtures are."""

    def __init__(self, suite: InProcessSuite, rows: Rows, over: ExitStack) -> None:
        super().__init__()
        self.suite, self.rows, self.over = suite, rows, over

    def __missing__(self, name: str) -> Any:
        self[name] = GIVEN[name](self)
        return self[name]


def _somebody_new(given: Given) -> Member:
    signing_in.forget(given.suite)
    return new_member(given.suite)


def _made_once(fill: Fill, suite: InProcessSuite, rows: Rows) -> Rows:
    if fill not in _FILLED or _FILLED[fill][0] is not rows:
        _FILLED[fill] = (rows, fill(suite, rows))
    return _FILLED[fill][1]


_FILLED: dict[Fill, tuple[Rows, Rows]] = {}
GIVEN: dict[str, Callable[[Given], Any]] = {
    "suite": lambda given: given.suite,
    "rows": lambda given: given.rows,
    "figure": lambda _given: silent,
    "filled": lambda given: _made_once(fields.fill, given.suite, given.rows),
    "typed": lambda given: _made_once(typed.type_in, given.suite, given.rows),
    "admin": lambda given: given.suite.api("admin"),
    "clerk": lambda given: granting.a_clerk(given.suite),
    "member": _somebody_new,
    "clock": lambda given: given.over.enter_context(time_machine.travel(utc_now(), tick=False)),
    "monkeypatch": lambda given: given.over.enter_context(pytest.MonkeyPatch.context()),
    "provider": lambda given: given.over.enter_context(sign_on.standing_in()),
    "gateway": lambda given: given.over.enter_context(sign_on.told_of(given.suite, given["provider"])),
    "browser": lambda given: Pages(given["gateway"].test_client()),
}
