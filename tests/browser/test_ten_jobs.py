"""The ten commonest jobs, walked by keyboard: clicks, keys and requests as the table of the screens promises.

Text, and the Tab between two fields of it, is not counted; a paste is one key. What the page asks by itself (the
counters, who else looks, the first game data of a new player) is no request of the job.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.local.tour.steps import _free_phone
from tests.browser.screen import Count, Screen

# job: (clicks, keys, requests)
TABLE = {
    "find a player": (0, 3, 2),
    "see everything of them": (0, 0, 0),
    "new ticket": (0, 2, 1),
    "change status by key": (0, 1, 1),
    "change status by click": (1, 0, 1),
    "solve and next": (0, 2, 1),
    "hand to second line": (0, 4, 2),
    "log a touch": (0, 4, 1),
    "record a sale": (0, 3, 2),
    "new player": (0, 2, 2),
    "work what is nearly overdue": (1, 2, 2),
}


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001."""
    return someone("A001")


@pytest.fixture
def player(suite: Any) -> dict[str, Any]:
    """A player of hers with two open tickets, and nothing else."""
    agent = suite.desk("A001")
    made: dict[str, Any] = agent.post(
        "/players", {"wechat_id": f"jobs_{secrets.token_hex(4)}", "wechat_name": "十件事"}
    )
    for question in ("第一个问题", "第二个问题"):
        agent.post("/tickets", {"player_id": made["id"], "question": question})
    return made


def as_promised(job: str, count: Count) -> None:
    clicks, keys, requests = TABLE[job]
    print(f"{job}: {count.clicks} clicks, {count.keys} keys, {count.requests}")
    assert (count.clicks, count.keys) == (clicks, keys)
    assert len(count.requests) <= requests, count.requests


def test_find_a_player_and_see_everything_of_them(desk, player):
    desk.go("/")
    with desk.counted() as count:
        desk.press("/")
        count.keys += 1  # Ctrl+V
        desk.write(player["wechat_id"])
        desk.press("Enter")
        expect(desk.page.locator("#player-bar")).to_contain_text(player["wechat_id"])
    as_promised("find a player", count)
    with desk.counted() as count:
        expect(desk.page.locator("#tickets")).to_contain_text("第一个问题")
        expect(desk.page.locator("#sales")).to_be_visible()
        expect(desk.page.locator("#info")).to_contain_text("游戏数据")
    as_promised("see everything of them", count)


def test_new_ticket(desk, player):
    desk.open_player(player["id"])
    with desk.counted() as count:
        desk.press("n")
        desk.write("第三个问题")
        desk.press("Control+Enter")
        expect(desk.page.locator("#tickets .pd-tk").first).to_contain_text("第三个问题")
    as_promised("new ticket", count)


def test_change_status(desk, player):
    desk.open_player(player["id"])
    row = desk.page.locator("#tickets .pd-tk").first
    row.locator("[data-row-link]").focus()
    with desk.counted() as count:
        desk.press("2")
        expect(row.locator('.pd-st [value="in_progress"]')).to_have_attribute("aria-pressed", "true")
    as_promised("change status by key", count)
    other = desk.page.locator("#tickets .pd-tk").nth(1)
    with desk.counted() as count:
        desk.click(other.locator('.pd-st [value="in_progress"]'))
        expect(other.locator('.pd-st [value="in_progress"]')).to_have_attribute("aria-pressed", "true")
    as_promised("change status by click", count)


def test_solve_and_next(desk, player):
    desk.open_player(player["id"])
    rows = desk.page.locator("#tickets .pd-tk")
    with desk.counted() as count:
        desk.press("s")
        desk.write("已经查到原因并补发")
        desk.press("Control+Shift+Enter")
        expect(rows.first.locator('.pd-st [value="done"]')).to_have_attribute("aria-pressed", "true")
        expect(rows.nth(1).locator("[data-solution]")).to_be_focused()
    as_promised("solve and next", count)


def test_hand_to_second_line(desk, player):
    desk.open_player(player["id"])
    page = desk.page
    with desk.counted() as count:
        desk.press("a")
        expect(page.locator("#dialog #to")).to_be_focused()
        for letter in "S0":
            desk.press(letter)
        if page.locator("#transfer-reason").is_visible():
            page.keyboard.press("Tab")
            desk.write("一线查过了，请二线看日志")
        desk.press("Enter" if not page.locator("#transfer-reason").is_visible() else "Control+Enter")
        expect(page.locator("#dialog")).not_to_be_visible()
        expect(page.locator("#toasts")).to_contain_text("已转交")
    as_promised("hand to second line", count)


def test_log_a_touch(desk, player, suite):
    desk.open_player(player["id"])
    with desk.counted() as count:
        desk.press("t")
        chips = desk.page.locator('#new-touch [data-chips="outcome"] input')
        refused = [chip.get_attribute("value") for chip in chips.all()].index("refused") + 1
        desk.press(str(refused))
        desk.press("1")
        desk.press("Control+Enter")
        expect(desk.page.locator("#sales ol li")).to_have_count(1)
    as_promised("log a touch", count)
    touch = suite.desk("A001").get(f"/touches?player_id={player['id']}")["items"][0]
    assert (touch["outcome"], touch["lost_reason"]) == ("refused", "too_expensive")


def test_record_a_sale(desk, player, suite):
    pack = suite.desk("A001").get("/packs?state=on_sale&limit=1")["items"][0]
    desk.open_player(player["id"])
    with desk.counted() as count:
        desk.press("b")
        desk.write(pack["no"])
        desk.press("Enter")
        expect(desk.page.locator("#sale-pack")).to_contain_text(pack["name"])
        desk.press("Control+Enter")
        desk.toast(re.compile("已成交"))
    as_promised("record a sale", count)


def test_new_player(desk, suite):
    phone, _known = _free_phone(suite.desk("A001"))
    wechat = f"jobs_{secrets.token_hex(4)}"
    desk.go("/")
    with desk.counted() as count:
        desk.press("p")
        expect(desk.page.locator("#np-phone")).to_be_focused()
        desk.write(phone.removeprefix("+86"))
        desk.page.keyboard.press("Tab")
        desk.write(wechat)
        desk.press("Control+Enter")
        expect(desk.page.locator("#player-bar")).to_contain_text(wechat)
    as_promised("new player", count)


def test_work_what_is_nearly_overdue(desk):
    desk.go("/")
    expect(desk.page.locator("#counters")).to_contain_text("将超时")
    with desk.counted() as count:
        desk.click(desk.page.locator("#counters a").first)
        expect(desk.page.locator("#home")).to_have_attribute("data-view", "open")
        desk.until("window.htmx !== undefined")
        desk.press("j")
        desk.press("Enter")
        expect(desk.page.locator("#player-bar")).to_be_visible()
    as_promised("work what is nearly overdue", count)


def test_letters_do_nothing_while_an_input_method_composes_or_in_a_field(desk, player):
    desk.open_player(player["id"])
    page = desk.page
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'n', isComposing: true, bubbles: true}))")
    expect(page.locator("#new-question")).not_to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("npt")
    expect(page.locator("#search-box")).to_have_value("npt")
    expect(page.locator("#new-question")).not_to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/tickets*")
