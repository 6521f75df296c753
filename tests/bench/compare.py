"""Things measured in turn: so many rounds, one after the other in each, and the medians of what came out."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bench.client import Sample

Measure = Callable[[], Sample]


@dataclass(frozen=True)
class Result:
    """One line of the table; `reached` is None where nothing was promised, `more` goes only into the file."""

    row: str
    what: str
    ours: str
    floor: str
    ratio: float | None
    goal: str
    reached: bool | None
    more: dict[str, Any] = field(default_factory=dict)


class Rounds:
    """All samples by contender and round."""

    def __init__(
        self, contenders: Mapping[str, Measure], rounds: int, warm: Callable[[], object] | None = None
    ) -> None:
        if warm is not None:
            warm()
        self.samples: dict[str, list[Sample]] = {name: [] for name in contenders}
        for number in range(rounds):
            names = list(contenders) if number % 2 == 0 else list(reversed(contenders))
            for name in names:
                self.samples[name].append(contenders[name]())

    def median(self, name: str, figure: str = "rate") -> float:
        """The median over the rounds of `rate`, `median`, `p95` or `p99`."""
        return statistics.median(getattr(sample, figure) for sample in self.samples[name])

    def ratio(self, name: str, floor: str, figure: str = "rate") -> float:
        """The median of the rounds' ratios: what slows the machine for a while slows both."""
        pairs = zip(self.samples[name], self.samples[floor], strict=True)
        return statistics.median(getattr(ours, figure) / getattr(bare, figure) for ours, bare in pairs)

    def figures(self) -> dict[str, Any]:
        """Everything, for the file."""
        return {name: [vars(sample) for sample in samples] for name, samples in self.samples.items()}


def at_least(row: str, what: str, rounds: Rounds, ours: str, floor: str, goal: float) -> Result:
    """A line saying that the rate of `ours` is at least `goal` of the rate of `floor`."""
    ratio = rounds.ratio(ours, floor)
    return Result(
        row,
        what,
        f"{rounds.median(ours):.0f}/s",
        f"{rounds.median(floor):.0f}/s",
        ratio,
        f"≥ {goal:g}",
        ratio >= goal,
        rounds.figures(),
    )


def at_most(row: str, what: str, value: float, unit: str, goal: float, **more: Any) -> Result:
    """A line saying that a value is at most `goal`."""
    return Result(row, what, f"{value:.1f} {unit}".strip(), "", None, f"≤ {goal:g} {unit}".strip(), value <= goal, more)
