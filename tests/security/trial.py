"""S33: one check is taken out and a test must turn red; the check is put back and the same test must be green again.

Without the second half a mutant that damages the rows would make every later one look noticed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import getLogger
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.security.footprints import Footprint, entered
from tests.security.killers import ALL, SLOW, Killer, killers_of, service_decides
from tests.security.mutants import Mutant, forget, taken_out
from tests.support.rows_in_suite import Rows, make_rows
from tests.support.suite_in_process import InProcessSuite, start_suite

GOAL = 0.95
FEW = 20  # up to so many checks it takes longer to look where the tests go than to ask them all


class Trial:
    """A suite of its own, as mutants may damage it; a new one in its place whenever that has happened."""

    def __init__(self, start: Callable[[], InProcessSuite]) -> None:
        self._start = start
        self.renewals = -1
        self._noticed: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._footprints: dict[Killer, Footprint] = {}
        self._seconds: dict[Killer, float] = {}
        self.suite: InProcessSuite | None = None
        self.renew()

    def renew(self) -> None:
        """Begin anew, with rows as they should be."""
        if self.suite is not None:
            self.suite.close()
        self.suite = self._start()
        self.rows: Rows = make_rows(self.suite)
        self.renewals += 1

    def survey(self) -> list[str]:
        """Look where each test goes, to ask it only about what it reaches; the names of those that are red just now."""
        apps = [self._running.gateway, *(one.app for one in self._running.services.values())]
        red = []
        for killer in (*ALL, *map(service_decides, self._running.services)):
            forget(self._running)  # what was remembered would not be entered again
            began = monotonic()
            with entered(apps) as self._footprints[killer]:
                if self.is_red(killer):
                    red.append(killer.__name__)
            self._seconds[killer] = monotonic() - began
        return red

    def verdict(self, mutant: Mutant) -> str | None:
        """The test that notices that this is gone; None where none does."""
        killers = iter(self._likely_first(mutant))
        while killer := self._first_red_without(mutant, killers):
            if not self.is_red(killer):
                self._noticed[mutant.file, mutant.kind][killer.__name__] += 1
                return killer.__name__
            self.renew()  # damaged by this mutant, or by one before it
            for _ in range(2):  # it may have damaged the rows by itself
                assert not self.is_red(killer), f"{killer.__name__} is red although nothing is taken out"
            if self._first_red_without(mutant, iter([killer])):
                self.renew()
                return killer.__name__
        return None

    def _likely_first(self, mutant: Mutant) -> list[Killer]:
        """What is quick and has noticed others of the kind in this file comes first."""
        killers = killers_of(mutant, self._running)
        if mutant.live is not None:
            return killers  # asked for before its function is entered: of it a footprint says nothing
        seen = self._noticed[mutant.file, mutant.kind]
        reaching = [one for one in killers if one not in self._footprints or self._footprints[one].reaches(mutant)]
        return sorted(reaching, key=lambda killer: self._cost(killer) / (1 + seen[killer.__name__]))

    def _cost(self, killer: Killer) -> float:
        """In seconds; before it was looked at: much for those that ask for everything, the same for all others."""
        return self._seconds.get(killer, 10.0 if killer.__name__ in SLOW else 0.1)

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
    if len(chosen) > FEW:
        one.renew()  # what was taken out before may have damaged the rows for others
        red = one.survey()
        assert not red, f"red although nothing is taken out: {red}"
    for mutant in chosen:
        found[mutant] = one.verdict(mutant)
        print(f"{mutant} → {found[mutant]}", flush=True)
    survivors = [str(mutant) for mutant, killer in found.items() if killer is None]
    killed = len(found) - len(survivors)
    figure(name, checks=len(found), killed=killed, percent=f"{100 * killed / len(found):.1f}", survivors=survivors)
    assert killed >= GOAL * len(found), "no test noticed that these are gone:\n" + "\n".join(survivors)
