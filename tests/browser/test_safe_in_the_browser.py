"""S14, S15, S18, S29 as a browser sees them: script stays inert, other sites cannot act, nobody is sent away."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from deploy.local.tour.walking import money
from tests.browser.every_page import PAGES, records
from tests.browser.screen import PASSWORD, Screen

MARK = secrets.token_hex(3)
EVIL = f"<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>{MARK}"
ADDRESS = "javascript:alert(4)"


@pytest.fixture(scope="module")
def poisoned(suite: Any) -> dict[str, str]:
    """Script in a nickname, a WeChat name, a tag, a question, a solution, a touch's note, a pack's name."""
    agent = suite.desk("A001")
    player = agent.post(
        "/players",
        {
            "wechat_id": f"evil_{MARK}",
            "wechat_name": EVIL[:64],
            "nickname": EVIL[:64],
            "note": EVIL + ADDRESS,
            "tags": [EVIL[:30]],
        },
    )
    ticket = agent.post(
        "/tickets", {"player_id": player["id"], "question": f"{EVIL}\n{ADDRESS}", "category": "complaint"}
    )
    agent.patch(f"/tickets/{ticket['id']}", {"solution": EVIL}, ticket["version"])
    item = agent.get("/items?state=on_sale&limit=1")["items"][0]
    lines = [{"item_id": item["id"], "quantity": 3}]
    pack = agent.post("/packs", {"name": EVIL[:60], "lines": lines, "discount": "0.05", "note": EVIL})
    agent.post(f"/packs/{pack['id']}/publish", status=200, version=pack["version"])
    touch = {"player_id": player["id"], "channel": "wechat", "outcome": "refused", "lost_reason": "other"}
    agent.post("/touches", {**touch, "note": EVIL, "pack_no": pack["no"]})
    order = agent.post(
        "/orders", {"player_id": player["id"], "pack_no": pack["no"], "price": money(pack["price"]["amount"])}
    )
    return {
        **records(suite),
        "player": player["id"],
        "ticket": ticket["id"],
        "pack": pack["id"],
        "order": order["id"],
        "item": item["id"],
        "agent": agent.staff["id"],
    }


GOT_IN = "document.querySelectorAll('main img[src=x], main svg[onload], main script').length"


def test_script_in_a_text_stays_text_on_every_page(someone, poisoned):
    for no in ("A001", "M001", "admin"):
        screen = someone(no)
        for name, (who, path) in PAGES.items():
            if who == no:
                screen.go(path.format(**poisoned))
                assert screen.page.evaluate(GOT_IN) == 0, name
        assert screen.wrong == []


def test_script_stays_text_in_what_is_fetched_later(someone, poisoned):
    screen = someone("A001")
    page = screen.page
    screen.open_player(poisoned["player"])
    page.keyboard.press("/")
    screen.write(f"evil_{MARK}")
    expect(page.locator("#search-panel")).to_contain_text("<script>")
    page.keyboard.press("Escape")
    row = screen.ticket(poisoned["ticket"])
    expect(row).to_contain_text("<script>alert(1)</script>")
    row.locator("[data-edit]").click()
    expect(row.locator("[name=question]")).to_have_value(f"{EVIL}\n{ADDRESS}")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type(f"evil_{MARK}")
    expect(page.locator("#palette-hits")).to_contain_text("<script>")
    assert page.locator('a[href^="javascript:"]').count() == 0


def test_the_policy_stops_a_script_that_got_in_all_the_same(someone):
    screen = someone("A001")
    screen.go("/")
    screen.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked=1\">')")
    screen.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.hacked=1'; document.body.append(s); }"
    )
    screen.page.wait_for_load_state("networkidle")
    assert screen.page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in line for line in screen.wrong)
    screen.wrong.clear()


def test_another_site_cannot_act_in_her_name(someone, suite, poisoned):
    screen = someone("A001")
    before = suite.desk("A001").get(f"/tickets/{poisoned['ticket']}")
    page = screen.context.new_page()
    action = f"{suite.url}/tickets/{poisoned['ticket']}"
    form = f'<form method="post" action="{action}"><input name="solution" value="by another site"></form>'
    page.route("http://evil.test/", lambda route: route.fulfill(body=f"<body>{form}</body>", content_type="text/html"))
    page.goto("http://evil.test/")
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.evaluate("document.forms[0].submit()")
    told = answer.value
    assert told.status in (401, 403) or told.headers["location"].startswith("/login"), (
        "as somebody not signed in at best"
    )
    page.close()
    assert suite.desk("A001").get(f"/tickets/{poisoned['ticket']}")["version"] == before["version"]


def test_a_form_without_its_token_is_refused(someone, poisoned):
    screen = someone("A001")
    screen.go("/")
    answer = screen.page.evaluate(
        """async (id) => (await fetch(`/tickets/${id}`, {method: "POST", body: new URLSearchParams({solution: "x"})})).status""",
        poisoned["ticket"],
    )
    assert answer == 403


@pytest.mark.parametrize(
    "onward", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "/%2F/evil.test"]
)
def test_the_login_sends_nobody_to_another_site(onward, chromium, suite):
    screen = Screen(chromium, suite, "A001")
    screen.page.goto(f"/login?next={onward}")
    screen.page.fill("[name=staff_no]", "A001")
    screen.page.fill("[name=password]", PASSWORD)
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_url(lambda url: "/login" not in url)
    assert f"{urlsplit(screen.page.url).scheme}://{urlsplit(screen.page.url).netloc}" == suite.url
    screen.context.close()


def test_pages_and_files_carry_their_headers(someone):
    screen, seen = someone("A001"), []
    screen.page.on("response", lambda response: seen.append(response))
    screen.go("/")
    screen.page.wait_for_load_state("networkidle")
    assert len(seen) > 10
    for response in seen:
        headers = response.headers
        assert headers["x-content-type-options"] == "nosniff", response.url
        assert headers["x-frame-options"] == "DENY" or "frame-ancestors 'none'" in headers["content-security-policy"]
        assert ("immutable" if "/static/" in response.url else "no-store") in headers["cache-control"], response.url
    cookie = next(c for c in screen.context.cookies() if "playdesk" in c["name"])
    assert cookie["name"].startswith("__Host-")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, True, "Lax", "/")


def test_nothing_is_loaded_from_elsewhere(someone, suite):
    screen, asked = someone("M001"), set()
    screen.page.on("request", lambda request: asked.add(request.url))
    there = records(suite)
    for no, path in PAGES.values():
        if no == "M001":
            screen.go(path.format(**there))
    assert [url for url in asked if not url.startswith((suite.url, "data:"))] == []
