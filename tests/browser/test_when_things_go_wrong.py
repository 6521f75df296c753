"""A service away, a reload, an expired login, another person's player: the page says so, and nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.local.tour.desk import until
from tests.browser.every_page import player_with_tickets
from tests.browser.screen import Screen


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001, in a login of her own: one test ends it."""
    return someone("A001", fresh=True)


@pytest.fixture
def player(suite: Any) -> dict[str, Any]:
    """A player of hers with tickets."""
    return player_with_tickets(suite.desk("A001"))


def test_a_draft_survives_a_reload(desk, player):
    page = desk.page
    desk.open_player(player["id"])
    page.keyboard.press("n")
    desk.write("写到一半的问题")
    expect(page.locator("#new-ticket [data-draft-state]")).to_contain_text("草稿已存")
    page.reload()
    expect(page.locator("#new-question")).to_have_value("写到一半的问题")
    expect(page.locator("#new-ticket")).to_contain_text("草稿已恢复")
    page.locator("#new-ticket").get_by_role("button", name="丢弃草稿").click()
    page.reload()
    expect(page.locator("#new-question")).to_have_value("")


def test_an_expired_login_is_renewed_over_the_page_and_the_request_is_sent_again(desk, player, suite):
    page, question = desk.page, "登录过期时写的问题"
    desk.open_player(player["id"])
    page.keyboard.press("n")
    desk.write(question)
    desk.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#relogin")).to_contain_text("登录过期了")
    expect(page.locator("#new-question")).to_have_value(question)
    page.fill("#relogin-password", "wrong-password")
    page.keyboard.press("Enter")
    expect(page.locator("[data-relogin-error]")).to_contain_text("工号或密码不对")
    page.fill("#relogin-password", "playdesk-demo")
    page.keyboard.press("Enter")
    expect(page.locator("#relogin")).not_to_be_visible()
    desk.toast(re.compile(r"已新建工单"))
    found = suite.desk("A001").get(f"/tickets?player_id={player['id']}&limit=50")["items"]
    assert [ticket["question"] for ticket in found].count(question) == 1


def test_a_stranger_s_address_is_not_found_and_says_nothing(desk, suite):
    mine = suite.desk("A001").staff["id"]
    players = suite.desk("M001").get("/players?limit=100")["items"]
    other = next(player for player in players if player["agent_id"] not in (mine, None))
    desk.go(f"/?player={other['id']}")
    expect(desk.page.locator("main")).to_contain_text("404")
    assert other["wechat_id"] not in desk.page.content()


def test_without_sales_the_rest_works_and_says_so(alone, desk, player, suite):
    page = desk.page
    desk.open_player(player["id"])
    alone.kill("sales")
    page.reload()
    expect(page.locator("#work")).to_contain_text("销售服务暂不可用")
    expect(page.locator("#sales")).to_contain_text("其他部分照常")
    expect(page.locator("#tickets .pd-tk").first).to_be_visible()
    expect(page.locator("#counters")).to_contain_text("部分可用")
    page.keyboard.press("n")
    desk.write("销售停了也能记工单")
    page.keyboard.press("Control+Enter")
    desk.toast("已新建工单")
    page.keyboard.press("t")
    touch = page.locator("#new-touch")
    touch.locator("label", has=page.locator('[value="no_answer"]')).click()
    touch.locator("[name=note]").fill("这句话不能丢")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#new-touch, #toasts").get_by_text("暂不可用").first).to_be_visible()
    expect(touch.locator("[name=note]")).to_have_value("这句话不能丢")
    alone.start("sales")
    alone.wait_ready()
    until("the touch is saved", lambda: _sent(desk) == 200, seconds=20)  # the gateway tries a lost service every 2 s
    desk.open_player(player["id"])
    expect(page.locator("#work")).not_to_contain_text("暂不可用")
    expect(page.locator("#sales ol li").first).to_contain_text("这句话不能丢")
    notes = [one["note"] for one in suite.desk("A001").get(f"/touches?player_id={player['id']}")["items"]]
    assert notes.count("这句话不能丢") == 1


def _sent(desk: Screen) -> int:
    """Ctrl+Enter once more in the touch's form; the status of the answer."""
    with desk.page.expect_response(lambda answer: answer.url.endswith("/touches")) as answer:
        desk.page.locator("#new-touch [name=note]").press("Control+Enter")
    return answer.value.status
