"""S15, the server's side: script in every text and address is shown as text, on every page and to every role."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from tests.security.expected_pages import PAGES
from tests.security.test_s01_s02_pages import address, rules
from tests.support.rows_in_suite import Rows, draft
from tests.support.suite_in_process import InProcessSuite

MARK = "zqx"
SCRIPT = f"<script>{MARK}(1)</script>"
BREAKOUT = f"\"'><img src=x onerror={MARK}(2)>"
ADDRESS = f"javascript:{MARK}(3)"
TEMPLATE = "{{7*191}}${7*191}"  # 1337 wherever it is computed
_COMPUTED = re.compile(r"(?<![0-9a-f-])1337(?![0-9a-f-])")  # and not within an ID
EVIL = f"{SCRIPT}{BREAKOUT}{TEMPLATE}"
SHORT = f"{BREAKOUT[:40]}{MARK}"


@pytest.fixture(scope="module")
def poisoned(suite: InProcessSuite, rows: Rows) -> Rows:
    """A001's rows with script in everything that can be typed."""
    agent, admin = suite.api("A001"), suite.api("admin")
    own = rows.of["A001"]
    player = agent.get(f"/players/{own['player']['id']}").json
    names = {
        "nickname": SHORT,
        "wechat_name": SHORT,
        "wechat_id": f"x'\"><b>{MARK}",
        "note": EVIL,
        "tags": [SHORT[:40]],
    }
    changed = agent.patch(f"/players/{player['id']}", names, version=player["version"])
    assert changed.status_code == 200, changed.text
    again = agent.patch(f"/players/{player['id']}", {"nickname": SHORT + "2"}, version=changed.json["version"])
    assert again.status_code == 200, again.text
    ticket = agent.get(f"/tickets/{own['ticket']['id']}").json
    agent.patch(f"/tickets/{ticket['id']}", {"question": EVIL, "solution": EVIL}, version=ticket["version"])
    agent.made("/tickets", {"player_id": player["id"], "question": f"{ADDRESS} {EVIL}"})
    agent.made(f"/sessions/{own['service_session']['id']}/messages", {"author": "player", "text": EVIL})
    agent.made("/sessions", {"channel": "phone", "contact": SHORT})
    admin.made("/sensitive-words", {"word": SHORT, "kind": "sensitive"})
    refused = {"outcome": "refused", "lost_reason": "other", "note": EVIL}
    agent.made("/touches", {"player_id": player["id"], "channel": "wechat", **refused})
    pack = draft(suite, "M001", rows.shared["item"]["id"], SHORT)
    agent.made(f"/packs/{pack['id']}/publish", None, version=pack["version"])
    agent.made("/orders", {"player_id": player["id"], "pack_no": pack["no"], "note": EVIL}, key="s15")
    item = admin.get(f"/items/{rows.shared['item']['id']}").json
    admin.patch(f"/items/{item['id']}", {"note": EVIL}, version=item["version"])
    suite.game.world.put_item(item["game_item_id"], {"icon_url": ADDRESS})
    assert admin.post("/items/sync").status_code == 503, "an icon's address is one of the web, or the list is refused"
    icon = f"https://icons.example/{BREAKOUT}"
    suite.game.world.put_item(item["game_item_id"], {"name": EVIL[:60], "icon_url": None, "category": SHORT[:40]})
    admin.made("/items/sync", None)
    suite.game.world.put_item(item["game_item_id"], {"icon_url": icon})
    admin.post("/items/sync")
    suite.game.world.put_item(item["game_item_id"], {"icon_url": None})  # else nobody gets a price list any more
    admin.made("/departments", {"name": SHORT})
    admin.made(
        "/discount-rules", {"name": EVIL, "kind": "min_price", "min_price": {"amount": "0.01", "currency": "CNY"}}
    )
    evil = {"name": SHORT, "wechat_id": SHORT, "wechat_name": SHORT, "wechat_accounts": [{"wechat_id": SHORT}]}
    admin.made("/staff", {"no": f"<b>{MARK}", **evil})
    suite.pump()
    return rows


class _Alive(HTMLParser):
    """Reads a page as a browser does, and keeps what would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        for name, value in attrs:
            handler = name.startswith("on") and MARK in (value or "")
            address = (value or "").strip().lower().startswith("javascript:")
            if handler or address or (tag == "img" and value == "x") or MARK in name:
                self.found.append(f"<{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if (self._in_script and MARK in data) or _COMPUTED.search(data):
            self.found.append(data[:80])

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False


def alive(text: str) -> list[str]:
    """Where the script would run: an element, a handler, an address or a value that was computed."""
    page = _Alive()
    page.feed(text)
    return page.found


def test_script_is_shown_as_text_on_every_page(suite: InProcessSuite, poisoned: Rows, figure):
    wrong, count, shown = [], 0, 0
    for actor in ("A001", "M001", "admin"):
        browser = suite.pages(actor)
        paths = [address(rule, poisoned, "A001") for name, rule in rules(suite).items() if name.startswith("GET /")]
        player = poisoned.of["A001"]["player"]["id"]
        paths += [
            f"/?player={player}",
            f"/search?q={MARK}",
            f"/search?q={SCRIPT}",
            f"/players?q={SCRIPT}",
            "/packs?tab=all",
        ]
        paths += [
            f"/players/new?q={BREAKOUT}",
            f"/tickets?tab={BREAKOUT}",
            f"/orders?tab=all&q={SCRIPT}",
            f"/login?next=/{BREAKOUT}",
        ]
        for path in paths:
            if path.startswith(("/metrics", "/openapi", "/api/", "/docs")):
                continue
            for headers in (
                ({},)
                if actor != "A001"
                else (
                    {},
                    {"HX-Request": "true", "HX-Target": BREAKOUT, "HX-Current-URL": f"http://localhost/{SCRIPT}"},
                )
            ):
                answer = browser.get(path, headers=headers)
                count += 1
                shown += MARK in answer.text
                wrong += [f"{path} to {actor}: {what}" for what in alive(answer.text)]
    figure("S15 pages", pages=count, with_the_text=shown, alive=len(wrong), rules=len(PAGES))
    assert shown > 40, "the text must be on the pages for this to say anything"
    assert not wrong, "\n".join(sorted(set(wrong))[:30])


def test_script_in_a_form_comes_back_as_text(suite: InProcessSuite, poisoned: Rows):
    browser = suite.pages("A001")
    ids = {kind: poisoned.of["A001"][kind]["id"] for kind in ("player", "ticket", "service_session")}
    forms = [
        (f"/tickets/{ids['ticket']}", {"question": EVIL, "solution": EVIL, "version": "1", "fresh": f"/{BREAKOUT}"}),
        (f"/players/{ids['player']}", {"nickname": SHORT, "note": EVIL, "version": "1", "tags": SCRIPT}),
        (f"/players/{ids['player']}/tickets", {"question": "", "category": SCRIPT}),
        (f"/sessions/{ids['service_session']}", {"contact": SHORT, "version": "1", "fresh": f"/{BREAKOUT}"}),
        (f"/sessions/{ids['service_session']}/messages", {"author": SCRIPT, "text": EVIL}),
        (f"/players/{ids['player']}/orders", {"pack_no": SCRIPT, "price": SCRIPT}),
        ("/players", {"phone": SCRIPT, "wechat_id": EVIL}),
        ("/packs/preview", {"name": EVIL, "line_id": SCRIPT}),
    ]
    for path, data in forms:
        for headers in ({}, {"HX-Request": "true", "HX-Target": BREAKOUT}):
            answer = browser.post(path, data, headers=headers)
            assert answer.status_code < 500, (path, answer.status_code)
            assert alive(answer.text) == [], path
            for value in answer.headers.values():
                assert "\n" not in value
                assert f"<script>{MARK}" not in value or json.loads(value)
    wrong_login = suite.pages().post("/login", {"staff_no": EVIL, "password": "x", "next": f"/{BREAKOUT}"})
    assert (wrong_login.status_code, alive(wrong_login.text)) == (401, [])


def test_the_api_answers_with_json_that_no_browser_takes_for_a_page(suite: InProcessSuite, poisoned: Rows):
    for path in (
        f"/players/{poisoned.of['A001']['player']['id']}",
        f"/nope/{SCRIPT}",
        f"/players?q={SCRIPT}&{SCRIPT}=1",
    ):
        answer = suite.api("A001").get(path)
        assert answer.mimetype in ("application/json", "application/problem+json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
