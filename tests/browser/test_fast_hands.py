"""What has just been swapped in works from the first moment: no link leads away, no form leaves the page, however fast one is."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

# Does something to an element the very moment it is in the page: before any timer, faster than any hand.
AS_SOON_AS = """([selector, deed]) => new MutationObserver((changes, observer) => {
  const found = document.querySelector(selector);
  if (!found) return;
  observer.disconnect();
  deed === "click" ? found.click() : found.form.requestSubmit();
}).observe(document.body, { childList: true, subtree: true })"""


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001."""
    return someone("A001")


@pytest.fixture
def ticket(suite: Any) -> dict[str, Any]:
    """An open ticket of a player of hers."""
    agent = suite.desk("A001")
    player = agent.post("/players", {"wechat_id": f"fast_{secrets.token_hex(4)}", "wechat_name": "手快"})
    made: dict[str, Any] = agent.post("/tickets", {"player_id": player["id"], "question": "手快的问题"})
    return made


def test_leaving_an_edit_form_at_once_stays_on_the_page(desk, ticket):
    desk.open_player(ticket["player_id"])
    row = desk.ticket(ticket["id"])
    before = desk.page.url
    desk.page.evaluate(AS_SOON_AS, [f"#ticket-{ticket['id']} [data-cancel]", "click"])
    with desk.page.expect_response(lambda answer: "open=1" in answer.url and "edit" not in answer.url):
        row.locator("[data-edit]").click()
    expect(row.locator("[name=question]")).to_have_count(0)
    assert desk.page.url == before


def test_a_form_that_is_sent_at_once_is_sent_in_place(desk):
    desk.go("/")
    wechat = f"fast_{secrets.token_hex(4)}"
    desk.page.evaluate("window.still = true")
    desk.page.evaluate(
        "(wechat) => document.addEventListener('submit', ({target}) => { target.elements.wechat_id.value ||= wechat }, true)",
        wechat,
    )
    desk.page.evaluate(AS_SOON_AS, ["#np-wechat", "submit"])
    desk.press("p")
    expect(desk.page.locator("#player-bar")).to_contain_text(wechat)
    assert desk.page.evaluate("window.still"), "the whole page was loaded anew"
