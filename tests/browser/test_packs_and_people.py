"""The pack builder with its live verdict, the supervisor's word, and what each role sees and may set up."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import PASSWORD, Screen

MARK = secrets.token_hex(3)


@pytest.fixture(scope="module")
def desk(someone: Any) -> Screen:
    """A001."""
    return someone("A001")


@pytest.fixture(scope="module")
def supervisor(someone: Any) -> Screen:
    """M001."""
    return someone("M001")


def build(page: Page, name: str) -> None:
    """Three items in an empty builder."""
    page.fill("#pack-name", name)
    for number in range(3):
        page.locator("#item-list [data-add]").nth(number).click()
        expect(page.locator("#pack-body [data-line]")).to_have_count(number + 1)


def verdict(page: Page, zhe: str, said: str) -> None:
    """Type a discount in 折 and read the verdict."""
    page.locator("#pack-discount").fill(zhe)
    expect(page.locator("#verdict-box")).to_contain_text(said)


def test_the_verdict_lives_while_one_types_and_equals_the_one_of_saving(desk, suite):
    page = desk.page
    desk.go("/packs/new")
    build(page, f"周末补给 {MARK}")
    verdict(page, "5", "不能保存")
    expect(page.locator("#verdict")).to_contain_text("折扣上限")
    verdict(page, "7", "可以保存，需主管审批")
    verdict(page, "9.2", "可以直接上架")
    price = page.locator("#pack-price").input_value()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/packs/[0-9a-f-]{36}$"))
    expect(page.locator("main")).to_contain_text("在售")
    pack = suite.desk("A001").get(f"/packs/{page.url.rsplit('/', 1)[1]}")
    assert (pack["state"], pack["discount"][:4]) == ("on_sale", "0.08")
    assert float(pack["price"]["amount"]) == float(price)


def test_beyond_the_rule_it_is_not_saved_and_the_page_names_the_rule(desk):
    page = desk.page
    desk.go("/packs/new")
    build(page, f"半价 {MARK}")
    verdict(page, "5", "不能保存")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-problem]").first).to_contain_text(re.compile("折扣"))
    assert page.url.endswith("/packs/new")


def test_a_deep_discount_waits_for_the_supervisor(desk, supervisor):
    page = desk.page
    desk.go("/packs/new")
    build(page, f"回归特惠 {MARK}")
    verdict(page, "7", "可以保存，需主管审批")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/packs/[0-9a-f-]{36}$"))
    expect(page.locator("main")).to_contain_text("待审批")
    expect(page.get_by_role("button", name="批准并上架")).to_have_count(0)
    path = "/packs/" + page.url.rsplit("/", 1)[1]
    supervisor.go("/packs?tab=approve")
    supervisor.page.get_by_role("link", name=f"回归特惠 {MARK}").click()
    supervisor.page.wait_for_url(f"**{path}")
    supervisor.page.get_by_role("button", name="批准并上架").click()
    expect(supervisor.page.locator("main")).to_contain_text("在售")


def test_the_supervisor_sees_the_number_and_the_agent_a_mask(desk, supervisor, suite):
    player = next(p for p in suite.desk("A001").get("/players?limit=100")["items"] if p["phone"])
    player = suite.desk("M001").get(f"/players/{player['id']}")
    digits = player["phone"].removeprefix("+86")
    for screen, shown in ((desk, f"{digits[:3]}****{digits[-4:]}"), (supervisor, digits)):
        screen.open_player(player["id"])
        text = screen.page.locator("#player-bar").inner_text().replace(" ", "")
        assert shown in text, f"{screen.no}: {text}"
    for part in ("#player-bar", "#info", "#player-list"):
        assert digits not in desk.page.locator(part).inner_html().replace(" ", "").split('id="timeline"')[0], part


def test_a_number_is_shown_for_a_reason_only(desk, suite):
    player = next(p for p in suite.desk("A001").get("/players?limit=50")["items"] if p["phone"])
    desk.open_player(player["id"])
    desk.page.locator("#player-bar").get_by_role("link", name="显示").click()
    desk.page.locator("#why").fill("玩家要求电话回访")
    desk.page.locator("#dialog [data-save]").click()
    expect(desk.page.locator(".pd-revealed")).to_contain_text(player["phone"][-4:])
    expect(desk.page.locator(".pd-revealed")).not_to_contain_text("*")


def test_the_administrator_adds_an_agent_who_can_sign_in(someone, suite, chromium):
    admin, no = someone("admin"), f"N{MARK}".upper()
    admin.go("/settings/staff")
    admin.page.get_by_role("link", name="新员工").click()
    form = admin.page.locator("#staff-form")
    for name, value in (
        ("no", no),
        ("name", "新来的客服"),
        ("wechat_id", f"wx_{MARK}"),
        ("wechat_name", "小新"),
        ("password", "playdesk-demo"),
    ):
        form.locator(f"[name={name}]").fill(value)
    form.locator("[data-save]").click()
    expect(admin.page.locator("tbody")).to_contain_text(no)
    new = Screen(chromium, suite, no)
    new.sign_in()
    expect(new.page.locator("#home")).to_be_visible()
    expect(new.page.get_by_role("link", name="新规则")).to_have_count(0)
    new.context.close()


def test_an_agent_finds_no_way_into_what_is_not_hers(desk, suite):
    desk.go("/settings/staff")
    expect(desk.page.get_by_role("link", name="新员工")).to_have_count(0)
    for path in ("/settings/staff/new", "/settings/discount-rules/new"):
        desk.go(path)
        expect(desk.page.locator("main")).to_contain_text("403")


def test_the_administrator_hides_and_masks_fields_of_a_role(someone, suite):
    """A role made from the agent's, without the note and with a masked WeChat ID; whoever has it meets neither."""
    admin = someone("admin")
    page = admin.page
    admin.go("/settings/roles/new?like=00000000-0000-0000-0000-000000000001")
    page.fill("#ro-code", f"shy_{MARK}")
    page.fill("#ro-zh", f"新手客服 {MARK}")
    page.fill("#ro-en", f"Beginner {MARK}")
    page.check("input[name=scope][value=all]")
    page.select_option("[name='access.player.note']", "hidden")
    page.select_option("[name='access.player.source']", "read")
    page.select_option("[name='mask.player.wechat_id']", "everywhere")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile("/settings/roles/[0-9a-f-]{36}"))
    expect(page.locator("[name='access.player.note']")).to_have_value("hidden")
    admin.go("/settings/roles")
    expect(page.get_by_role("row", name="玩家备注")).to_contain_text("隐藏")

    desk, number = suite.desk("admin"), f"S{MARK}"
    role = next(one for one in desk.get("/roles?limit=200")["items"] if one["code"] == f"shy_{MARK}")
    assert role["field_rules"]["player.wechat_id"] == {"mask": "everywhere"}
    person = {"no": number, "name": "新手", "role": role["code"], "password": PASSWORD}
    desk.post("/staff", person)
    player = desk.post("/players", {"wechat_id": f"shy_wx_{MARK}", "nickname": f"羞 {MARK}", "note": f"不给看 {MARK}"})
    shy = someone(number, fresh=True)
    shy.go(f"/players/{player['id']}")
    expect(shy.page.locator("main")).to_contain_text(f"sh****{MARK[-2:]}")
    expect(shy.page.locator("main")).not_to_contain_text(f"不给看 {MARK}")
    shy.go(f"/players/{player['id']}/edit")
    expect(shy.page.locator("#ep-note")).to_have_count(0)
    expect(shy.page.locator("#ep-source")).to_be_disabled()
    expect(shy.page.locator("#ep-wechat")).to_have_value("")
    shy.page.fill("#ep-nick", f"不羞 {MARK}")
    shy.page.get_by_role("button", name="保存").click()
    shy.page.wait_for_url(re.compile(f"/players/{player['id']}$"))
    after = desk.get(f"/players/{player['id']}")
    assert (after["nickname"], after["wechat_id"], after["note"]) == (
        f"不羞 {MARK}", f"shy_wx_{MARK}", f"不给看 {MARK}",
    )  # fmt: skip
