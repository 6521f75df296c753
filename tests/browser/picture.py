"""Takes the README's picture of the home page: `.venv/bin/python -m tests.browser.picture` (own suite, two minutes)."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from deploy.local.state import ROOT
from deploy.local.suite import Suite
from deploy.local.tour.desk import Desk
from tests.browser.screen import Screen
from tests.support.chromium import OPTIONS, chromium_program
from tests.system.at_work import AtWork

TARGET = ROOT / "docs/img/home.png"
SHARE = 0.3  # of the demo data: a list as full as on any day
LARGEST = 400_000  # bytes
QUESTIONS = (
    ("下周跨服战几点报名？\n想和联盟的人一起报，怕错过。", "gameplay", "low", ""),
    ("月卡买了没到账\n昨晚十点付的款，重登两次都没有。", "recharge", "normal", "渠道回执延迟，已请技术补单。"),
    (
        "礼包里的洗练石少到了两组\n昨天买的霜雪城主礼包，写着 50 组，邮件里只有 48 组，截图发你了。",
        "complaint",
        "high",
        "查过发放记录，少发两组属实。已申请补发，今晚维护后到账；到账后在微信里告诉玩家。",
    ),
)
WHO = "A001"


def main() -> int:
    """Start a suite, choose the player who shows most, take the picture; a folder as argument keeps the suite's state."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="playdesk-picture-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    with Suite(folder, demo=SHARE, fast=True):
        suite = AtWork(folder)
        player_id = telling(suite.desk(WHO))
        if not suite.desk(WHO).get(f"/home?player_id={player_id}")["guards"]:
            work_an_afternoon(suite.desk(WHO), player_id)
        take(suite, player_id)
    if len(sys.argv) == 1:
        shutil.rmtree(folder, ignore_errors=True)
    return int(TARGET.stat().st_size > LARGEST)


def telling(desk: Desk) -> str:
    """The player with something in every part of the page: a guard, tickets, touches, suggestions, where they stopped."""
    players = desk.get(f"/players?agent_id={desk.staff['id']}&vip_tier=3,4&limit=200")["items"]
    homes = [desk.get(f"/home?player_id={player['id']}") for player in players]
    best = max(homes, key=_parts)
    return str(best["player"]["id"])


def _parts(home: dict[str, Any]) -> int:
    sales, tickets = home["sales"] or {}, home["tickets"] or {}
    few = [tickets.get("items"), sales.get("touches"), home["suggestions"], home["player"]["tags"]]
    shown = sum(min(len(part or ()), 5) for part in few)
    return shown + 8 * min(len(home["guards"] or ()), 1) + 3 * bool(home["resume"]) + 2 * bool(sales.get("orders"))


def work_an_afternoon(desk: Desk, player_id: str) -> None:
    """So that every part of the page has something of today: a sale, a touch that did not sell, three open questions."""
    packs = desk.get("/packs?state=on_sale&limit=20")["items"]
    paid, offered = packs[3], packs[7]
    payment = {"method": "wechat_pay", "amount": paid["price"]}
    desk.post("/orders", {"player_id": player_id, "pack_no": paid["no"], "payments": [payment]})
    again = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    touch = {"player_id": player_id, "channel": "wechat", "pack_no": offered["no"], "next_at": again}
    refused = {"outcome": "refused", "lost_reason": "too_expensive", "note": "喜欢这套，嫌贵，周末活动时再看"}
    desk.post("/touches", {**touch, **refused})
    for question, category, priority, solution in QUESTIONS:
        body = {"player_id": player_id, "question": question, "category": category, "priority": priority}
        ticket = desk.post("/tickets", body)
        if solution:
            started = desk.post(f"/tickets/{ticket['id']}/start", status=200, version=ticket["version"])
            desk.patch(f"/tickets/{ticket['id']}", {"solution": solution}, started["version"])


def take(suite: AtWork, player_id: str) -> None:
    """1440 × 900, light, in Chinese."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=[*OPTIONS, *sandbox])
        screen = Screen(browser, suite, WHO)
        screen.sign_in()
        screen.go(f"/?view=vip&player={player_id}")
        screen.page.wait_for_load_state("networkidle")
        screen.page.wait_for_timeout(1000)  # the counters and fonts
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        screen.page.screenshot(path=TARGET)
        browser.close()
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
