"""Every page in Chinese: no axe violation, light and dark; nothing wider than the screen at 1440, 1024 and 390 px."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.every_page import PAGES, records
from tests.browser.screen import Screen

LOCALE = "zh-CN"
WIDTHS = (1440, 1024, 390)
OVERFLOW = """() => {
  const wide = document.documentElement.scrollWidth, room = window.innerWidth;
  if (wide <= room) return "";
  const out = [...document.querySelectorAll("body *")].filter((node) => node.getBoundingClientRect().right > room + 1);
  return `${wide} > ${room}: ` + out.slice(0, 3).map((node) => node.outerHTML.slice(0, 120)).join(" … ");
}"""


@pytest.fixture(scope="module")
def records_there(suite):
    """IDs for the addresses."""
    return records(suite)


@pytest.fixture(scope="module")
def screens(someone, chromium, suite):
    """A screen for each who looks; nobody's own for the login page."""
    opened: dict[str, Screen] = {}

    def screen(no: str, locale: str) -> Screen:
        if no not in opened:
            opened[no] = someone(no, locale=locale) if no else Screen(chromium, suite, "", locale=locale)
        return opened[no]

    yield screen
    if "" in opened:
        opened[""].context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page(name, screens, records_there):
    no, path = PAGES[name]
    look_at(screens(no, LOCALE), path.format(**records_there))


def look_at(screen: Screen, path: str) -> None:
    """Load once; then axe in both themes, and every width."""
    page = screen.page
    loaded(screen, path)
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {line}" for line in violations(page, only=("color-contrast",))]
    found += too_wide(page, WIDTHS)
    assert not found, "\n".join(found)


def loaded(screen: Screen, path: str) -> None:
    """Open the page at its widest, in light, with every part of it there."""
    page = screen.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    screen.go(path)
    screen.until("document.querySelector('.htmx-request') === null")


def too_wide(page: Page, widths: tuple[int, ...]) -> list[str]:
    """At which widths something stands out of the window, and what."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate(OVERFLOW)
        found += [f"{width} px: {wide}"] if wide else []
    return found
