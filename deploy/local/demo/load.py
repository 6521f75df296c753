"""Makes the demo data: `python -m deploy.local.demo.load`, with the services' environments as JSON on standard input."""

from __future__ import annotations

import json
import math
import multiprocessing
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deploy.local.demo import fill, history, people
from deploy.local.demo.desk import Desk

Environments = Mapping[str, Mapping[str, str]]
FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Sizes:
    """How much of everything; a smaller demo keeps the proportions."""

    players: int = 2_000
    packs: int = 40
    tickets: int = 6_000
    touches: int = 4_000
    orders: int = 1_500

    @classmethod
    def of(cls, share: float) -> Sizes:
        """The full demo times `share`; 40 packs at any rate."""
        whole = cls()
        parts = {name: math.ceil(getattr(whole, name) * share) for name in ("players", "tickets", "touches", "orders")}
        return cls(packs=whole.packs, **parts)

    @property
    def total(self) -> int:
        """How many steps the progress bar has."""
        return len(people.colleagues()) + self.packs + self.players + self.tickets + self.touches


class Progress:
    """A bar on a terminal, a line now and then elsewhere; counts the steps of several processes."""

    def __init__(self, total: int):
        self._total, self._count = total, FORK.Value("i", 0)
        self._shown = -1

    def step(self) -> None:
        """One more is done; may be called in any process."""
        with self._count.get_lock():
            self._count.value += 1

    def show(self, what: str) -> None:
        """Paint the bar if it has grown."""
        share = self._count.value / self._total
        stage = int(share * (40 if sys.stdout.isatty() else 4))
        if stage == self._shown:
            return
        self._shown = stage
        if sys.stdout.isatty():
            print(f"\r  demo data   [{'█' * stage:<40}] {share:4.0%}  {what:<28}", end="", flush=True)
        elif stage:
            print(f"  demo data   {share:4.0%}", flush=True)


def load(environments: Environments, sizes: Sizes) -> None:
    """Staff, catalog and players one after the other; then tickets and sales, each in a process of its own."""
    now, progress = datetime.now(UTC), Progress(sizes.total)

    def desk(service: str) -> Desk:
        def step() -> None:
            progress.step()
            progress.show(service)

        return Desk(service, environments[service], step)

    colleagues, by = _with(desk("gateway"), lambda d: fill.staff(d, now))
    packs = _with(desk("catalog"), lambda d: fill.catalog(d, by, sizes.packs, now))
    customers = list(people.customers(sizes.players, now))
    players = _with(desk("player").know("staff", colleagues), lambda d: fill.players(d, by, customers, now))
    tickets = history.tickets(sizes.tickets, customers, now)
    stories = history.sales(sizes.touches, sizes.orders, len(packs), customers, now)
    parts: dict[str, Callable[[Desk], Any]] = {
        "ticket": lambda d: fill.tickets(d, by, tickets, players, now),
        "sales": lambda d: fill.sales(d.know("pack", packs), by, stories, players, packs, now),
    }

    def part(service: str) -> None:
        own = Desk(service, environments[service], progress.step)
        _with(own.know("staff", colleagues).know("player", players), parts[service])

    _at_once(part, list(parts), progress)


def _with(desk: Desk, work: Callable[[Desk], Any]) -> Any:
    result = work(desk)
    desk.close()
    return result


def _at_once(part: Callable[[str], None], names: list[str], progress: Progress) -> None:
    """Run the parts in processes of their own. Raises RuntimeError when one fails."""
    children = [FORK.Process(target=part, args=(name,), name=name) for name in names]
    for child in children:
        child.start()
    while any(child.is_alive() for child in children):
        progress.show(" and ".join(child.name for child in children if child.is_alive()))
        time.sleep(0.1)
    progress.show("done")
    failed = [child.name for child in children if child.exitcode]
    if failed:
        raise RuntimeError(f"demo data of {' and '.join(failed)} failed")


def main() -> None:
    """Load what standard input says: {"environments": {…}, "share": 1.0}."""
    told = json.load(sys.stdin)
    load(told["environments"], Sizes.of(told["share"]))
    if sys.stdout.isatty():
        print(flush=True)


if __name__ == "__main__":
    main()
