"""S33: one check is taken out and a test must turn red; the check is put back and the same test must be green again.

Without the second half a mutant that damages the rows would make every later one look noticed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import getLogger
from pathlib import Path
from typing import Any

import pytest

from tests.security.killers import SLOW, Killer, killers_of
from tests.security.mutants import Mutant, taken_out
from tests.support.rows_in_suite import Rows, make_rows
from tests.support.suite_in_process import InProcessSuite, start_suite

GOAL = 0.95


class Trial:
    """A suite of its own, as mutants may damage it; a new one in its place whenever that has happened."""

    def __init__(self, start: Callable[[], InProcessSuite]) -> None:
        self._start = start
        self.renewals = -1
        self._noticed: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.suite: InProcessSuite | None = None
        self.renew()

    def renew(self) -> None:
        """Begin anew, with rows as they should be."""
        if self.suite is not None:
            self.suite.close()
        self.suite = self._start()
        self.rows: Rows = make_rows(self.suite)
        self.renewals += 1

    def verdict(self, mutant: Mutant) -> str | None:
        """The test that notices that this is gone; None where none does."""
        killers = iter(self._likely_first(mutant))
        while killer := self._first_red_without(mutant, killers):
            if not self.is_red(killer):
                self._noticed[mutant.file, mutant.kind][killer.__name__] += 1
                return killer.__name__
            self.renew()  # damaged by this mutant, or by one before it
            assert not self.is_red(killer), f"{killer.__name__} is red although nothing is taken out"
            if self._first_red_without(mutant, iter([killer])):
                self.renew()
                return killer.__name__
        return None

    def _likely_first(self, mutant: Mutant) -> list[Killer]:
        """What has noticed others of the kind in this file comes first, what takes long comes last."""
        seen = self._noticed[mutant.file, mutant.kind]
        killers = killers_of(mutant, self._running)
        return sorted(killers, key=lambda killer: (killer.__name__ in SLOW, -seen[killer.__name__]))

    def is_red(self, killer: Killer) -> bool:
        """Whether the test fails just now."""
        try:
            killer(self._running, self.rows)
        except (Exception, pytest.fail.Exception):  # whatever a test fails with, it is red
            return True
        return False

    def _first_red_without(self, mutant: Mutant, killers: Iterator[Killer]) -> Killer | None:
        """Taken out once for all of them: looking for what runs takes longer than most tests."""
        with taken_out(mutant, self._running):
            return next((killer for killer in killers if self.is_red(killer)), None)

    @property
    def _running(self) -> InProcessSuite:
        assert self.suite is not None
        return self.suite


@contextmanager
def trial(new_database: Callable[..., str], folder: Callable[[str], Path]) -> Iterator[Trial]:
    """A trial; what the process logs goes afterwards where it went before."""
    handler: Any = getLogger().handlers[0]
    stream = handler.stream
    one = Trial(lambda: start_suite(new_database, folder("documents")))
    yield one
    if one.suite is not None:
        one.suite.close()
    getLogger().handlers[0].setStream(stream)  # type: ignore[attr-defined]


def judge(chosen: list[Mutant], one: Trial, figure: Callable[..., None], name: str) -> None:
    """At least 95 % are noticed; who are not is told by name."""
    found = {}
    for mutant in chosen:
        found[mutant] = one.verdict(mutant)
        print(f"{mutant} → {found[mutant]}", flush=True)
    survivors = [str(mutant) for mutant, killer in found.items() if killer is None]
    killed = len(found) - len(survivors)
    figure(name, checks=len(found), killed=killed, percent=f"{100 * killed / len(found):.1f}", survivors=survivors)
    assert killed >= GOAL * len(found), "no test noticed that these are gone:\n" + "\n".join(survivors)
