"""What tests need of the machine: found, installed where one may, else skipped with one loud line."""

from __future__ import annotations

import os
from typing import Any, NoReturn

import pytest

SKIPPED = "NOT TESTED"


def require_all() -> bool:
    """PLAYDESK_REQUIRE_ALL=1: what cannot be tested is a failure."""
    return os.environ.get("PLAYDESK_REQUIRE_ALL", "") not in ("", "0")


def cannot_test(what: str, why: str) -> NoReturn:
    """Skip the test that asked, or fail it when everything is required."""
    if require_all():
        pytest.fail(f"{what} is required and cannot be had: {why}", pytrace=False)
    pytest.skip(f"{SKIPPED}: {what}, because {why}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One loud line for each thing that could not be had, with how many tests it cost."""
    lost: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if SKIPPED in reason:
            words = reason[reason.index(SKIPPED) :]
            lost[words] = lost.get(words, 0) + 1
    for words, count in lost.items():
        terminalreporter.write_line(f"!!! {words} ({count} tests)", red=True, bold=True)
