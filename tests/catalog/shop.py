"""A shop for the tests of the catalog: empty at first, with an agent, a supervisor and an administrator."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import text
from werkzeug.test import TestResponse

from catalog.application import items, rules
from catalog.domain.price_list import ListedItem
from chassis.callers import Caller, Scope
from chassis.clock import new_id
from deploy.local.game.server import GameServer
from tests.support.services import Person, ServiceUnderTest

AGENT = ("item.read", "supplier.read", "pack.read", "pack.create", "pack.publish", "discount_rule.read")
SUPERVISOR = (*AGENT, "pack.approve", "item.sync", "item.adjust", "supplier.write")
ADMIN = (*SUPERVISOR, "discount_rule.write")
TABLES = "pack_revisions, packs, price_changes, items, suppliers, discount_rules, outbox, event_log, idempotency_keys"


def money(amount: str | Decimal) -> dict[str, str]:
    """An amount as the API has it."""
    return {"amount": str(amount), "currency": "CNY"}


def listed(game_item_id: str, price: str, name: str = "玄铁", **fields: Any) -> ListedItem:
    """A line of a price list."""
    return ListedItem(game_item_id, name, fields.pop("category", "材料"), Decimal(price), **fields)


class Shop:
    """The catalog seen by those who work with it."""

    def __init__(self, service: ServiceUnderTest, game: GameServer) -> None:
        self.service, self.game = service, game
        with service.runtime.database.reading.connect() as connection:
            connection.execute(text(f"TRUNCATE {TABLES}"))
        self.agent = service.person(*AGENT)
        self.supervisor = service.person(*SUPERVISOR, scope="departments", departments=(new_id(),))
        self.admin = service.person(*ADMIN, scope="all")

    def work(self, by: Person | None = None) -> Any:
        """A unit of work of somebody, as the demo filler has it."""
        who = by.id if by else new_id()
        return self.service.runtime.work(Caller(id=who, scope=Scope("all")))

    def stock(self, *prices: str) -> list[dict[str, Any]]:
        """Items at these list prices; returns them as JSON, in the order given."""
        lines = [listed(f"G{number:03d}", price, f"物品{number}") for number, price in enumerate(prices)]
        with (work := self.work()).session:
            items.sync_items(work, lines)
            work.commit()
        found = self.agent.get("/items?limit=200").json["items"]
        return sorted(found, key=lambda item: item["game_item_id"])

    def rule(self, **fields: Any) -> Any:
        """A rule in force: 10 % alone, 40 % with approval, unless said otherwise."""
        usual = {"name": "单包折扣", "kind": "max_discount"}
        limits = {"free_limit": Decimal("0.10"), "approval_limit": Decimal("0.40")}
        with (work := self.work()).session:
            made = rules.create_rule(work, {**usual, **fields} if "kind" in fields else {**usual, **limits, **fields})
            work.commit()
        return made

    def body(self, item: dict[str, Any], quantity: int = 1, **fields: Any) -> dict[str, Any]:
        """The body of a pack of one item; at 5 % off unless said otherwise."""
        usual = {"name": "周末礼包", "lines": [{"item_id": item["id"], "quantity": quantity}]}
        terms = {} if "price" in fields or "discount" in fields else {"discount": "0.05"}
        return {**usual, **terms, **fields}

    def pack(self, by: Person | None = None, **fields: Any) -> dict[str, Any]:
        """A drafted pack of 10 items at 10.00 each, 5 % off unless said otherwise."""
        item = fields.pop("item", None) or self.stock("10.00")[0]
        made = (by or self.agent).post("/packs", self.body(item, 10, **fields))
        assert made.status_code == 201, made.text
        return made.json

    def step(self, pack: dict[str, Any], name: str, by: Person | None = None) -> TestResponse:
        """POST /packs/{id}/{name} at the version of `pack`."""
        return (by or self.agent).post(f"/packs/{pack['id']}/{name}", version=pack["version"])

    def published(self, **fields: Any) -> dict[str, Any]:
        """A pack on sale."""
        found = self.step(self.pack(**fields), "publish")
        assert found.status_code == 200, found.text
        assert found.json["state"] == "on_sale"
        return found.json

    def facts(self, *subjects: str) -> list[Any]:
        """The facts of these records, in the order they were written."""
        return [fact for fact in self.service.facts() if fact.subject in subjects]
