"""The order in which the databases are filled."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from chassis.callers import service_itself
from deploy.local.demo.desk import Desk
from deploy.local.suite import Suite
from tests.bench.fill import players, sales, tickets
from tests.bench.fill.copying import Bar, as_owner_of_everything, copy, pipe
from tests.bench.fill.people import People, hire
from tests.bench.fill.players import Person
from tests.bench.sizes import Sizes


class Filled:
    """What is in the databases: the people, and the players."""

    def __init__(self, people: People, everyone: list[Person]) -> None:
        self.people, self.everyone = people, everyone

    def of(self, no: str) -> list[Person]:
        """The players of one agent."""
        agent_id = self.people.staff[no]["id"]
        return [one for one in self.everyone if one.agent_id == agent_id]


def fill(suite: Suite, sizes: Sizes) -> Filled:
    """Fill the databases of a suite that runs; its workers may run too."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    environments = {name: suite.programs.settings(name, "worker") for name in suite.services}
    people = hire(environments, sizes.staff, now)
    everyone = players.everybody(sizes.players, [agent["id"] for agent in people.agents], now)
    filled = Filled(people, everyone)
    bar = Bar(sizes.players * 4 + sizes.tickets + sizes.touches + sizes.orders * 2)
    with _opened(suite, "player", "ticket", "sales") as databases:
        _players(suite, databases, filled, now, bar)
        _tickets(databases["ticket"], filled, sizes, now, bar)
        _sales(databases["sales"], filled, sizes, now, bar)
        for connection in databases.values():
            connection.execute("VACUUM ANALYZE")
    bar.end()
    _count_best_sellers(environments["sales"])
    return filled


@contextlib.contextmanager
def _opened(suite: Suite, *services: str) -> Any:
    with contextlib.ExitStack() as stack:
        yield {name: as_owner_of_everything(stack.enter_context(suite.postgres.connect(name))) for name in services}


def _players(
    suite: Suite, databases: dict[str, psycopg.Connection[Any]], filled: Filled, now: datetime, bar: Bar
) -> None:
    desk, everyone, own = (
        Desk("player", suite.programs.settings("player", "worker")),
        filled.everyone,
        databases["player"],
    )
    copy(own, "players", players.PLAYER, players.player_rows(everyone, desk.settings.phones, now), bar)
    desk.close()
    copy(own, "game_snapshots", players.GAME, players.game_rows(everyone, now), bar)
    copy(own, "bindings", players.BINDING, players.binding_rows(everyone), bar)
    copy(own, "search_keys", players.KEY, players.key_rows(everyone), bar)
    for service in ("ticket", "sales"):
        pipe(own, f"SELECT {players.COPY} FROM players", databases[service], "player_copies", players.COPY)


def _tickets(own: psycopg.Connection[Any], filled: Filled, sizes: Sizes, now: datetime, bar: Bar) -> None:
    departments = {agent["id"]: agent["department_id"] for agent in filled.people.agents}
    rows = tickets.ticket_rows(sizes.tickets, filled.everyone, departments, now)
    copy(own, "tickets", tickets.TICKET, rows, bar)


def _sales(own: psycopg.Connection[Any], filled: Filled, sizes: Sizes, now: datetime, bar: Bar) -> None:
    def made() -> Any:
        return sales.contacts(sizes.touches, sizes.orders, filled.everyone, filled.people.packs, now)

    copy(own, "touches", sales.TOUCH, sales.touch_rows(made(), now), bar)
    copy(own, "orders", sales.ORDER, sales.order_rows(made()), bar)
    copy(own, "payments", sales.PAYMENT, sales.payment_rows(made()), bar)


def _count_best_sellers(env: Any) -> None:
    from sales.application.bestsellers import count_best_sellers

    desk = Desk("sales", env)
    desk.do(service_itself("sales"), datetime.now(UTC), count_best_sellers)
    desk.close()
