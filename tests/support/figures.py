"""Figures that tests reach, said in one line each at the end of the run, whichever worker found them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Figure = Callable[..., None]
_KEY = "figure"


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Say a row's figures: `figure("S9", tokens=130, taken=0)`."""

    def say(row: str, **values: Any) -> None:
        line = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
        request.node.user_properties.append((_KEY, f"{row}: {line}"))

    return say


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line a figure, in the order of the rows."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    lines = {value for report in reports for name, value in getattr(report, "user_properties", ()) if name == _KEY}
    if lines and not hasattr(terminalreporter, "figures_said"):
        terminalreporter.figures_said = True
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.write_line(line)
