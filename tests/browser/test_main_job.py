"""The main job in the browser, as A001 does it: a stranger in WeChat, their ticket, a touch that did not sell, the sale."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from deploy.local.tour.desk import Desk
from deploy.local.tour.steps import _free_phone
from tests.browser.screen import Screen

MARK = secrets.token_hex(3)


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001 at her desk."""
    return someone("A001")


@pytest.fixture(scope="module")
def api(suite: Any) -> Desk:
    """A001 by the API, for what happens elsewhere meanwhile."""
    return suite.desk("A001")


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """What was made on the way."""
    return {}


def player_of(desk: Screen) -> str:
    return parse_qs(urlsplit(desk.page.url).query)["player"][0]


def test_she_logs_in_and_sees_the_home_page(someone):
    new = someone("A001", fresh=True)
    assert urlsplit(new.page.url).path == "/"
    expect(new.page.locator("#home")).to_be_visible()
    expect(new.page.locator("#player-list li").first).to_be_visible()
    expect(new.page.locator("#counters")).to_contain_text("将超时")
    expect(new.page).to_have_title(re.compile("Playdesk"))


def test_a_wrong_password_is_refused_without_saying_what_was_wrong(someone, chromium, suite):
    stranger = Screen(chromium, suite, "A001")
    stranger.page.goto("/login")
    for no, password in (("A001", "wrong-password"), ("Z999", "playdesk-demo")):
        stranger.page.fill("[name=staff_no]", no)
        stranger.page.fill("[name=password]", password)
        stranger.page.keyboard.press("Enter")
        expect(stranger.page.get_by_role("alert")).to_have_text("工号或密码不对")
    stranger.context.close()


def test_a_stranger_in_wechat_becomes_a_player_and_the_game_data_come_by_themselves(desk, api, made):
    page, wechat = desk.page, f"liulan_{MARK}"
    phone, known = _free_phone(api)
    desk.go("/")
    page.keyboard.press("/")
    desk.write(wechat)
    page.keyboard.press("Enter")
    expect(page.locator("#search-panel")).to_contain_text(f"没有找到“{wechat}”")
    expect(page.locator("#search-panel [data-new]")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    form = page.locator("#dialog #new-player")
    expect(form.locator("[name=wechat_id]")).to_have_value(wechat)
    form.locator("[name=phone]").fill(phone.removeprefix("+86"))
    form.locator("[name=wechat_name]").fill("流岚")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#player-bar")).to_contain_text(wechat)
    expect(page.locator("#game .pd-fig")).to_be_visible()
    expect(page.locator("#game")).to_contain_text(known["nickname"])
    expect(page.locator("#player-bar")).to_contain_text(f"{phone[3:6]}****{phone[-4:]}")
    assert phone[3:] not in page.content()
    made.update(player=player_of(desk), wechat=wechat, phone=phone, nickname=known["nickname"])


@pytest.mark.parametrize("by", ["wechat", "phone", "tail", "nickname", "old"])
def test_she_finds_the_player_by_what_she_has(desk, api, made, by):
    if by == "old" and "old" not in made:
        player = api.get(f"/players/{made['player']}")
        api.patch(f"/players/{player['id']}", {"wechat_id": f"{made['wechat']}x"}, player["version"])
        made["old"] = made["wechat"]
    words = {
        "wechat": made["wechat"],
        "phone": made["phone"][3:],
        "tail": made["phone"][-4:],
        "nickname": made["nickname"][:2],
        "old": made.get("old", ""),
    }
    desk.go("/")
    desk.page.keyboard.press("/")
    desk.write(words[by])
    hit = desk.page.locator(f'#search-panel [data-select="{made["player"]}"]')
    if by == "nickname":  # several may be called so; the eight best are shown
        expect(desk.page.locator("#search-panel [data-select] mark").first).to_be_visible()
        desk.page.keyboard.press("Escape")
        return
    expect(hit).to_be_visible()
    hit.click()
    expect(desk.page.locator("#player-bar")).to_contain_text(made["wechat"])
    assert player_of(desk) == made["player"]


def test_a_ticket_is_written_with_n_and_ctrl_enter(desk, made):
    page = desk.page
    desk.open_player(made["player"])
    page.keyboard.press("n")
    expect(page.locator("#new-question")).to_be_focused()
    desk.write("昨晚买的月卡没到账")
    page.keyboard.press("Enter")
    desk.write("重登两次都没有")
    page.select_option("#new-category", "recharge")
    page.locator("#new-question").focus()
    page.keyboard.press("Control+Enter")
    desk.toast(re.compile(r"已新建工单 T\d+"))
    row = page.locator("#tickets .pd-tk").first
    expect(row).to_contain_text("昨晚买的月卡没到账")
    expect(page.locator("#ticket-counts")).to_contain_text("待处理 1")
    made["ticket"] = (row.get_attribute("id") or "").removeprefix("ticket-")


def test_done_without_a_solution_is_refused_and_says_why(desk, made):
    row = desk.ticket(made["ticket"])
    row.locator('.pd-st [value="in_progress"]').click()
    expect(row.locator('.pd-st [value="in_progress"]')).to_have_attribute("aria-pressed", "true")
    expect(desk.page.locator("#ticket-counts")).to_contain_text("处理中 1")
    row.locator('.pd-st [value="done"]').click()
    expect(row.get_by_role("alert").first).to_contain_text("完成前要先写解决方案")
    expect(row.locator("[data-solution]")).to_be_focused()
    expect(row.locator('.pd-st [value="in_progress"]')).to_have_attribute("aria-pressed", "true")


def test_with_a_solution_it_is_done_and_reopened_with_a_reason(desk, api, made):
    row = desk.ticket(made["ticket"])
    row.locator("[data-solution]").fill("已补发月卡，请查收邮件")
    desk.page.keyboard.press("Control+Shift+Enter")
    expect(row.locator('.pd-st [value="done"]')).to_have_attribute("aria-pressed", "true")
    row.locator('.pd-st [value="in_progress"]').click()
    reason = row.locator("[name=reason]")
    expect(reason).to_be_visible()
    reason.fill("玩家说只到了一半")
    desk.page.keyboard.press("Control+Enter")
    desk.toast("已重开")
    ticket = api.get(f"/tickets/{made['ticket']}")
    assert (ticket["status"], ticket["reopen_count"]) == ("in_progress", 1)
    expect(row.locator('.pd-st [value="in_progress"]')).to_have_attribute("aria-pressed", "true")


def test_an_edit_is_undone_from_the_toast(desk, api, made):
    desk.open_player(made["player"])
    row = desk.ticket(made["ticket"])
    expect(row.locator("[data-solution]")).to_be_visible()
    row.locator("[data-solution]").fill("先看看")
    desk.page.keyboard.press("Control+Enter")
    desk.toast("已保存")
    desk.page.locator("#toasts").get_by_role("button", name="撤销").click()
    expect(row.locator("[data-solution]")).to_have_value("已补发月卡，请查收邮件")
    assert api.get(f"/tickets/{made['ticket']}")["solution"] == "已补发月卡，请查收邮件"


def test_a_touch_that_did_not_sell_is_logged_with_reason_and_next_date(desk, api, made):
    page = desk.page
    pack = api.get("/packs?state=on_sale&limit=1")["items"][0]
    made["pack"] = pack
    desk.open_player(made["player"])
    page.keyboard.press("t")
    form = page.locator("#new-touch")
    form.locator("label", has_text="没谈成").or_(
        form.locator("label", has=page.locator('[value="refused"]'))
    ).first.click()
    form.locator("label", has=page.locator('[value="too_expensive"]')).click()
    form.locator("[name=pack_no]").fill(pack["no"])
    form.get_by_role("button", name="三天后").click()
    wanted = datetime.now() + timedelta(days=3)
    chosen = datetime.fromisoformat(form.locator("[name=next_at]").input_value())
    assert abs((chosen.date() - wanted.date()).days) <= 1
    form.locator("[name=note]").fill("等周末活动再看")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sales ol li").first).to_contain_text("等周末活动再看")
    expect(page.locator("#sales ol li").first).to_contain_text(pack["name"])


def test_next_time_the_page_says_where_they_stopped(desk, made):
    desk.open_player(made["player"])
    expect(desk.page.locator("#side-sales")).to_contain_text("上次停在哪")
    expect(desk.page.locator("#side-sales")).to_contain_text(made["pack"]["name"])
    expect(desk.page.locator("#side-sales")).to_contain_text("等周末活动再看")
    expect(desk.page.locator("#sales")).to_contain_text("上次停在")


def test_a_sale_is_recorded_by_typing_the_pack_id(desk, api, made):
    page, pack = desk.page, made["pack"]
    desk.open_player(made["player"])
    page.keyboard.press("b")
    expect(page.locator("#sale-pack-no")).to_be_focused()
    desk.write(pack["no"].lower())
    expect(page.locator("#sale-pack")).to_contain_text(pack["name"])
    expect(page.locator("#sale-pack")).to_contain_text(pack["lines"][0]["name"])
    price = float(pack["price"]["amount"])
    expect(page.locator("#sale-amount")).to_have_value(f"{price:g}")
    page.locator("#sale-price").fill(f"{price * 0.8:.2f}")
    expect(page.locator("#price-verdict")).to_contain_text("需主管审批")
    page.locator("#sale-price").fill(f"{price:.2f}")
    expect(page.locator("#price-verdict")).not_to_contain_text("需主管审批")
    page.keyboard.press("Control+Enter")
    desk.toast(re.compile(r"已成交 O\d+"))
    expect(page.locator("#sales ol li").first).to_contain_text(pack["name"])
    order = api.get(f"/orders?player_id={made['player']}")["items"][0]
    assert (order["state"], order["pack"]["no"], order["price"]) == ("paid", pack["no"], pack["price"])
    sold = [t for t in api.get(f"/touches?player_id={made['player']}")["items"] if t["outcome"] == "sold"]
    assert [touch["order_id"] for touch in sold] == [order["id"]]
