"""Every page in English: no axe violation, light and dark; nothing wider than a phone; no Chinese left in what we say."""

from __future__ import annotations

import pytest

from tests.browser.every_page import PAGES
from tests.browser.test_every_page_in_chinese import look_at, records_there, screens

__all__ = ["records_there", "screens"]
LOCALE = "en-US"
NAMED_BY_DATA = (
    *("home with a player", "home of a supervisor", "one player"),
    *("one pack", "pack builder with a pack", "one item", "change a player"),
)


@pytest.mark.parametrize("name", PAGES)
def test_page(name, screens, records_there):
    no, path = PAGES[name]
    screen = screens(no, LOCALE)
    look_at(screen, path.format(**records_there), widths=(390,))
    assert screen.page.locator("html").get_attribute("lang") == "en"
    assert name in NAMED_BY_DATA or screen.page.title().replace("·", "").isascii(), screen.page.title()
