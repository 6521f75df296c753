"""axe-core over a page: what it finds, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from deploy.local.state import ROOT

FILE = ROOT / "services/gateway/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, *, only: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> list[str]:
    """Every violated rule as one line with its first place.

    `only` these rules, else all of WCAG 2.2 AA and axe's own advice `but` those.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(source())
    chosen: dict[str, Any] = {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": RULES}
    options = {"runOnly": chosen, "resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in but}}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [_words(rule) for rule in found]


def _words(rule: dict[str, Any]) -> str:
    first = rule["nodes"][0]
    return f"{rule['id']} ({len(rule['nodes'])} times): {first['html'][:200]} — {first['failureSummary'][:300]}"


def source() -> str:
    """axe-core, as npm brought it."""
    if not Path(FILE).exists():
        raise FileNotFoundError(f"{FILE} is missing: `make assets` brings it")
    return FILE.read_text("utf-8")
