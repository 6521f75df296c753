"""A desk for the tests of the sales service: an agent, a player, packs, and what the gateway would say of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from chassis.clock import new_id
from chassis.data.tables import outbox
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from sales.domain.pool import Pool
from sales.persistence.projections import PACKS
from tests.sales.builders import a_line
from tests.support.services import Person, ServiceUnderTest

READ, TOUCH, ORDER, PAY, APPROVE = "sales.read", "touch.create", "order.create", "order.pay", "order.approve"
RETURN, GRANT, REFUND = "return.create", "return.approve", "return.refund"
CLAIM, GRANT_CLAIM, PAY_CLAIM = "claim.create", "claim.approve", "claim.pay"
OPPORTUNITY, LEAD, MANAGE = "opportunity.write", "lead.write", "pool.assign"
RULE, CIRCULATE = "pool.write", "pool.circulate"
AGENT = (READ, TOUCH, ORDER, PAY, RETURN, CLAIM, OPPORTUNITY, LEAD)
_numbers = count(10_000)


def money(amount: str) -> dict[str, str]:
    """An amount as the API has it."""
    return {"amount": amount, "currency": "CNY"}


class Desk:
    """One agent's desk; every desk has its own agent, player and pack."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service = service
        self.agent = service.person(*AGENT)
        self.player = self.a_player()
        self.pack = self.a_pack()
        self.agent.references = self.references()

    def a_player(self, **fields: Any) -> dict[str, Any]:
        """A player's state; the agent's own unless said otherwise."""
        state = {"id": new_id(), "version": 1, "nickname": "半盏清茶", "wechat_id": f"wx_{new_id()[-12:]}"}
        return {**state, "wechat_name": None, "agent_id": self.agent.id, "vip_tier": 3, "deleted": False, **fields}

    def a_pack(self, price: str = "100.00", **fields: Any) -> dict[str, Any]:
        """A pack's state: on sale, its items worth 125.00."""
        state = {"id": new_id(), "version": 1, "no": f"P{next(_numbers)}", "revision": 1, "name": "周末礼包"}
        lines = [a_line(), a_line(no="I2", name="强化石", quantity=5, unit="5.00")]
        more = {"lines": lines, "sum": money("125.00"), "price": money(price), "discount": "0.2000"}
        return {**state, **more, "state": "on_sale", "player_id": None, "valid_until": None, **fields}

    def references(self, *packs: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """What the gateway would put into the token."""
        return {"player": [self.player], "pack": [self.pack, *packs]}

    def know(
        self, *, players: tuple[dict, ...] = (), packs: tuple[dict, ...] = (), staff: tuple[dict, ...] = ()
    ) -> None:
        """Let the service take these copies, as it would from facts."""
        with self.work() as work:
            for kind, states in (("player", players), ("pack", packs), ("staff", staff)):
                self.service.service.references[kind].keep(work, states)

    def someone(self, *permissions: str, **options: Any) -> Person:
        """Somebody else, whose token names the same player and pack."""
        return self.service.person(*permissions, references=self.references(), **options)

    def touch(self, by: Person | None = None, **fields: Any) -> TestResponse:
        """POST /touches."""
        body = {"player_id": self.player["id"], "channel": "wechat", "outcome": "considering", **fields}
        return (by or self.agent).post("/touches", body)

    def refuse(self, **fields: Any) -> TestResponse:
        """POST /touches: refused as too expensive."""
        return self.touch(
            **{"outcome": "refused", "lost_reason": "too_expensive", "pack_no": self.pack["no"], **fields}
        )

    def order(self, by: Person | None = None, *, key: str | None = None, **fields: Any) -> TestResponse:
        """POST /orders of the desk's pack."""
        body = {"player_id": self.player["id"], "pack_no": self.pack["no"], **fields}
        return (by or self.agent).post("/orders", body, key=key)

    def pay(self, order: dict[str, Any], amount: str, by: Person | None = None, **fields: Any) -> TestResponse:
        """POST /orders/{id}/payments under a key of its own."""
        body = {"method": "wechat_pay", "amount": money(amount), **fields}
        return (by or self.agent).post(f"/orders/{order['id']}/payments", body, key=new_id())

    def paid(self, amount: str = "100.00", **fields: Any) -> dict[str, Any]:
        """An order of which this much is paid."""
        found: dict[str, Any] = self.pay(self.order(**fields).json, amount).json
        return found

    def ask_back(self, order: dict[str, Any], by: Person | None = None, **fields: Any) -> TestResponse:
        """POST /orders/{id}/returns under a key of its own."""
        body = {"reason": "玩家反悔", **fields}
        return (by or self.agent).post(f"/orders/{order['id']}/returns", body, key=new_id())

    def claim(self, order: dict[str, Any], by: Person | None = None, **fields: Any) -> TestResponse:
        """POST /orders/{id}/claims under a key of its own: a compensation of 10.00 unless said otherwise."""
        wanted: dict[str, Any] = {"kind": "compensation", "reason": "掉线没收到"}
        if fields.get("kind") in (None, "compensation"):
            wanted |= {"amount": money("10.00"), "evidence": [{"text": "聊天记录截图"}]}
        return (by or self.agent).post(f"/orders/{order['id']}/claims", {**wanted, **fields}, key=new_id())

    def answer(self, found: dict[str, Any], name: str, by: Person, **fields: Any) -> TestResponse:
        """POST /claims/{id}/approve, /reject or /withdraw at the version of `found`."""
        return by.post(f"/claims/{found['id']}/{name}", fields, version=found["version"])

    def pay_claim(self, found: dict[str, Any], by: Person, **fields: Any) -> TestResponse:
        """POST /claims/{id}/pay under a key of its own."""
        return by.post(f"/claims/{found['id']}/pay", {"method": "wechat_pay", **fields}, key=new_id())

    def hear_price(self, price: str, at: datetime, **fields: Any) -> None:
        """Let the service hear that the desk's pack costs this much from `at` on."""
        version = self.pack["version"] + 1
        self.pack = {**self.pack, "price": money(price), "version": version, "revision": version, **fields}
        fact = Received(
            new_id(), "pack.published.v1", "/playdesk/catalog", self.pack["id"], version, version, self.pack
        )
        with self.work() as work:
            PACKS.handle(work, [replace(fact, time=at)])
        self.agent.references = self.references()

    def settle(self, found: dict[str, Any], name: str, by: Person, **fields: Any) -> TestResponse:
        """POST /returns/{id}/approve or /reject at the version of `found`."""
        return by.post(f"/returns/{found['id']}/{name}", fields, version=found["version"])

    def refund(self, found: dict[str, Any], by: Person, **fields: Any) -> TestResponse:
        """POST /returns/{id}/refund under a key of its own."""
        return by.post(f"/returns/{found['id']}/refund", {"method": "wechat_pay", **fields}, key=new_id())

    def opportunity(self, by: Person | None = None, **fields: Any) -> TestResponse:
        """POST /opportunities for the desk's player."""
        body = {"player_id": self.player["id"], "title": "周末礼包", **fields}
        return (by or self.agent).post("/opportunities", body)

    def lead(self, by: Person | None = None, **fields: Any) -> TestResponse:
        """POST /leads: somebody with a WeChat ID."""
        return (by or self.agent).post("/leads", {"name": "留电话的", "wechat_id": f"lead_{new_id()[-12:]}", **fields})

    def go(self, found: dict[str, Any], name: str, by: Person | None = None, **fields: Any) -> TestResponse:
        """POST /opportunities/{id}/{name}, or of a lead, at the version of `found`."""
        path = f"/{'leads' if 'phone' in found else 'opportunities'}/{found['id']}/{name}"
        return (by or self.agent).post(path, fields or None, version=found["version"])

    def a_colleague(self, who: Person, department: str | None = None, **fields: Any) -> dict[str, Any]:
        """The state of somebody in service, as their fact tells it."""
        state = {"id": who.id, "version": 1, "no": f"A{who.id[-6:]}", "name": "客服", "department_id": department}
        return {**state, "state": "in_service", **fields}

    def known(self, department: str | None = None) -> Person:
        """Somebody whom the service knows to be in service."""
        who = self.someone(*AGENT, department_id=department)
        self.know(staff=(self.a_colleague(who, department),))
        return who

    def a_pool(self) -> tuple[str, str]:
        """A department with a pool of its own: (department's ID, pool's ID)."""
        department, pool = new_id(), new_id()
        with self.work() as work:
            moments = {"created_at": work.now(), "updated_at": work.now()}
            work.add(Pool(id=pool, version=1, name="一部公海", department_id=department, **moments))
        return department, pool

    def step(self, order: dict[str, Any], name: str, json: Any = None, by: Person | None = None) -> TestResponse:
        """POST /orders/{id}/{name} at the version of `order`."""
        return (by or self.agent).post(f"/orders/{order['id']}/{name}", json, version=order["version"])

    def summary(self, by: Person | None = None) -> dict[str, Any]:
        """GET /sales-summary of the player."""
        found = (by or self.agent).get(f"/sales-summary?player_id={self.player['id']}")
        assert found.status_code == 200, found.text
        return found.json

    def facts(self, *subjects: str) -> list[Any]:
        """The facts of these records, in the order they were written."""
        query = select(outbox).where(outbox.c.subject.in_(subjects)).order_by(outbox.c.position)
        with self.service.runtime.database.reading.connect() as connection:
            return list(connection.execute(query))

    @contextmanager
    def work(self, by: Person | None = None, now: datetime | None = None) -> Iterator[UnitOfWork]:
        """A unit of work of the agent, at a moment of one's choice, committed at the end."""
        work = self.service.runtime.work((by or self.agent).caller, now=now)
        with work.session:
            yield work
            work.commit()
