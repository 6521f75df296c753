"""One browser of one person: signing in, opening a player, counting keys, clicks and requests."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Request, expect

from tests.system.at_work import AtWork

PASSWORD = "playdesk-demo"
PATIENCE = 20_000  # milliseconds: the machine may be busy with something else
AWAY = "暂不可用"
expect.set_options(timeout=PATIENCE)
# What the page asks by itself, whatever one does: the counters' bar, and files.
BY_ITSELF = re.compile(r"^/(static/|counters|favicon|presence/)|/game$")

# Refused, or dropped for a newer one: htmx tells of both on the console.
REFUSALS = ("Failed to load resource", "Response Status Error", "htmx:sendAbort", "htmx:afterRequest")


@dataclass
class Count:
    """What one job cost."""

    clicks: int = 0
    keys: int = 0
    requests: list[str] = field(default_factory=list)


class Screen:
    """A page of one person in a context of its own."""

    open: ClassVar[list[Screen]] = []

    def __init__(
        self,
        chromium: Browser,
        suite: AtWork,
        no: str,
        *,
        kept: Any = None,
        locale: str = "zh-CN",
        scheme: Any = "light",
        width: int = 1440,
        height: int = 900,
    ) -> None:
        self.suite, self.no, self.wrong = suite, no, list[str]()
        self.context = chromium.new_context(
            base_url=suite.url,
            storage_state=kept,
            locale=locale,
            color_scheme=scheme,
            viewport={"width": width, "height": height},
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self._counting: Count | None = None
        self._asked: list[str] | None = None
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.page.url}: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._requested)
        Screen.open.append(self)
        self.context.on("close", lambda: Screen.open.remove(self))

    def sign_in(self) -> None:
        """By the login page."""
        self.page.goto("/login")
        self.page.fill("[name=staff_no]", self.no)
        self.page.fill("[name=password]", PASSWORD)
        self.page.get_by_role("button", name=re.compile("^(登录|Sign in|Log in)$")).click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def go(self, path: str) -> None:
        """Open a page, scripts ready; again where a part of it was late on a busy machine."""
        deadline = time.monotonic() + PATIENCE / 1000
        while True:
            self.page.goto(path, wait_until="load")
            self.until("window.htmx !== undefined || !document.getElementById('texts')")
            away = self.page.locator("main").get_by_text(AWAY)
            if away.count() == 0 or time.monotonic() > deadline:
                return

    def until(self, truth: str) -> None:
        """Wait until an expression is true on the page; asked from here, as the page's policy lets no text be run there."""
        deadline = time.monotonic() + PATIENCE / 1000
        while not self.page.evaluate(truth):
            assert time.monotonic() < deadline, f"never came true at {self.page.url}: {truth}"
            self.page.wait_for_timeout(20)

    def open_player(self, player_id: str) -> None:
        """The home page with this player."""
        self.go(f"/?player={player_id}")
        expect(self.page.locator("#player-bar")).to_be_visible()

    def ticket(self, ticket_id: str) -> Locator:
        """A ticket's row on the home page."""
        return self.page.locator(f"#ticket-{ticket_id}")

    def toast(self, text: str | re.Pattern[str]) -> None:
        """Wait until this is said."""
        expect(self.page.locator("#toasts")).to_contain_text(text)

    @contextmanager
    def counted(self) -> Iterator[Count]:
        """Count the requests of what is done within; clicks and keys go through `click` and `press`."""
        self.page.wait_for_load_state("networkidle")
        self._counting = count = Count()
        try:
            yield count
            self.page.wait_for_load_state("networkidle")
        finally:
            self._counting = None

    def press(self, key: str) -> None:
        """One key, counted."""
        if self._counting:
            self._counting.keys += 1
        self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Text as one types or pastes it; not counted."""
        self.page.keyboard.insert_text(text)

    def click(self, target: Locator) -> None:
        """One click, counted."""
        if self._counting:
            self._counting.clicks += 1
        target.click()

    def _requested(self, request: Request) -> None:
        path = urlsplit(request.url).path
        if self._counting is not None and not BY_ITSELF.search(path):
            self._counting.requests.append(f"{request.method} {path}")

    def _said(self, message: ConsoleMessage) -> None:
        """An answer of 4xx or 5xx is told on the console, too; whether it was right is for the test to say."""
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "Response Status Error" not in message.text
        ):
            self.wrong.append(f"{self.page.url}: {message.text}")

    @contextmanager
    def agreeing(self) -> Iterator[list[str]]:
        """Say yes to whatever the page asks before it does it; yields what it has asked."""
        self._asked = asked = list[str]()
        try:
            yield asked
        finally:
            self._asked = None

    def _dialog(self, dialog: Dialog) -> None:
        if self._asked is not None:
            self._asked.append(dialog.message)
            dialog.accept()
            return
        self.wrong.append(f"{self.page.url}: a dialogue was opened by script: {dialog.message}")
        dialog.dismiss()
