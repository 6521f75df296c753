"""Real people at a real browser: signed in by the real page, watched for script, errors and violations of the policy."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.screen import Screen
from tests.system.at_work import AtWork

Someone = Callable[..., Screen]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium and the whole suite."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def logins() -> dict[str, Any]:
    """Cookies by staff number: each signs in once by the page, then opens as many browsers as they like."""
    return {}


@pytest.fixture(scope="module")
def someone(chromium: Browser, suite: AtWork, logins: dict[str, Any]) -> Iterator[Someone]:
    """A browser of somebody: `someone("A001", locale="en-US", width=390)`; open until the module's end."""
    opened: list[Screen] = []

    def open_one(no: str, *, fresh: bool = False, **options: Any) -> Screen:
        kept = None if fresh else logins.get(no)
        screen = Screen(chromium, suite, no, kept=kept, **options)
        opened.append(screen)
        if kept is None:
            screen.sign_in()
            if not fresh:
                logins[no] = screen.context.storage_state()
        return screen

    yield open_one
    for screen in opened:
        screen.context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A picture of every open page of a test that failed, in a temporary folder."""
    report: Any = yield
    if report.when == "call" and report.failed and "browser" in item.keywords:
        folder = Path(tempfile.mkdtemp(prefix="playdesk-browser-"))
        for number, screen in enumerate(Screen.open):
            path = folder / f"{number}-{screen.no}.png"
            try:
                screen.page.screenshot(path=path, timeout=5000)
                report.sections.append(("picture", f"{screen.no} {screen.page.url}: {path}"))
            except Exception as error:
                report.sections.append(("picture", f"{screen.no}: none ({error})"))
    return report


@pytest.fixture(autouse=True)
def nothing_wrong(in_turn: None) -> Iterator[None]:
    """No page of a test may have thrown an error, opened a dialogue by script or broken the policy."""
    for screen in Screen.open:
        screen.wrong.clear()
    yield
    wrong = {screen.no: list(screen.wrong) for screen in Screen.open if screen.wrong}
    for screen in Screen.open:
        screen.wrong.clear()
    assert not wrong, wrong
