"""Fixtures: a real Chromium driven by playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.requirements import cannot_test

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# Nothing but our own pages: no look-ups, no updates, no first-run pages.
OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)


def chromium_program() -> str | None:
    """CHROMIUM, or the Chromium or Chrome on this machine."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MACOS) if MACOS.exists() else None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser without a screen; open a context of one's own in it: `chromium.new_context(locale="zh-CN")`."""
    program = chromium_program()
    if program is None:
        cannot_test("everything in a browser", "there is no Chromium (`make tools` may install it)")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*OPTIONS, *sandbox])
        yield browser
        browser.close()
