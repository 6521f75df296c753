"""Every page in English: no axe violation; nothing wider than a phone; no Chinese left in what we say."""

from __future__ import annotations

import pytest

from tests.browser.axe import violations
from tests.browser.every_page import PAGES
from tests.browser.test_every_page_in_chinese import loaded, records_there, screens, too_wide

__all__ = ["records_there", "screens"]
LOCALE = "en-US"
NAMED_BY_DATA = (
    *("home with a player", "home of a supervisor", "one player"),
    *("one pack", "pack builder with a pack", "one item", "change a player", "one cause", "one article"),
    *("one opportunity", "one lead", "one campaign"),
    "one WeChat account",
)


@pytest.mark.parametrize("name", PAGES)
def test_page(name, screens, records_there):
    no, path = PAGES[name]
    screen = screens(no, LOCALE)
    loaded(screen, path.format(**records_there))
    # Colours are the same in both languages, and measuring them is the slowest rule: once is enough.
    found = violations(screen.page, but=("color-contrast",)) + too_wide(screen.page, (390,))
    assert not found, "\n".join(found)
    assert screen.page.locator("html").get_attribute("lang") == "en"
    assert name in NAMED_BY_DATA or screen.page.title().replace("·", "").isascii(), screen.page.title()
