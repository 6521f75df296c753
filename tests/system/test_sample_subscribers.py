"""The four sample subscribers of docs/howto run beside the suite, are killed in mid-work, and add up to the cent."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pika
import pytest
from psycopg.rows import namedtuple_row

from chassis.clock import utc_now
from chassis.facts.bus import matches
from chassis.facts.envelope import ROW, envelope
from deploy.local import processes
from deploy.local.postgres import Postgres
from deploy.local.state import ROOT
from deploy.local.tour.desk import Desk, until
from tests.support import node
from tests.support.requirements import cannot_test
from tests.system.at_work import AtWork

FOLDER = ROOT / "docs/howto/subscribers"
FILES = {"erp": "orders.csv", "finance": "balance.json", "member": "points.json", "packs": "packs.json"}
KEYS = {
    "erp": ("order.*.v1", "payment.received.v1"),
    "finance": ("payment.*.v1", "return.refunded.v1", "order.*.v1"),
    "member": ("order.paid.v1",),
    "packs": ("order.paid.v1",),
}
ORDERS = 8

pytestmark = pytest.mark.usefixtures("in_turn")


class Subscribers:
    """The four programs, each with its folder and its queue; killed and started as one likes."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.mark, self.since = url, folder, uuid.uuid4().hex[:8], utc_now()
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def queue(self, name: str) -> str:
        """The queue of one."""
        return f"{name}.{self.mark}"

    def start(self, name: str) -> None:
        """Start one, as its README says."""
        program = [node.program("node"), "node/packs.js"] if name == "packs" else [sys.executable, f"{name}.py"]
        env = {
            "PATH": os.environ["PATH"],
            "AMQP_URL": self.url,
            "AMQP_QUEUE": self.queue(name),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        log = self.folder / f"{name}.log"
        self.running[name] = processes.spawn([*program, str(self.folder / name)], env=env, log=log, cwd=FOLDER)

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.running[name].send_signal(signal.SIGKILL)
        processes.kill(self.running.pop(name))

    def listening(self, name: str) -> bool:
        """Whether its queue has a consumer."""
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            try:
                found = connection.channel().queue_declare(self.queue(name), passive=True)
            except pika.exceptions.ChannelClosedByBroker:
                return False
            return bool(found.method.consumer_count)

    def written(self, name: str) -> Any:
        """What one has written down."""
        path = self.folder / name / FILES[name]
        if name == "erp":
            with path.open(newline="", encoding="utf-8") as lines:
                return list(csv.DictReader(lines))
        return json.loads(path.read_text("utf-8"))

    def close(self) -> None:
        """End all, and remove their queues."""
        for name in list(self.running):
            self.kill(name)
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            for name in FILES:
                connection.channel().queue_delete(self.queue(name))


@pytest.fixture
def subscribers(alone: AtWork, tmp_path: Path) -> Iterator[Subscribers]:
    """All four, listening."""
    if not node.installed(FOLDER / "node"):
        cannot_test("the sample subscriber in Node", "its packages are not installed: run `make tools`")
    made = Subscribers(alone.bus_url, tmp_path)
    try:
        for name in FILES:
            made.start(name)
        for name in FILES:
            until(f"{name} listens", lambda name=name: made.listening(name), seconds=60)
        yield made
    finally:
        made.close()


def test_four_systems_live_on_our_facts_and_add_up_to_the_cent(alone: AtWork, subscribers: Subscribers):
    desk, supervisor = alone.desk("A001"), alone.desk("M001")
    player = desk.post("/players", {"wechat_id": f"buyer_{subscribers.mark}"})["id"]
    pack = desk.get("/packs?state=on_sale&limit=1")["items"][0]
    for number in range(ORDERS):
        buy(desk, supervisor, player, pack, number)
        if number % 2:
            victim = list(FILES)[number // 2]
            subscribers.kill(victim)
            buy(desk, supervisor, player, pack, number)
            subscribers.start(victim)
    assert tell_again(alone, subscribers) > 20
    orders, bookings = in_sales(alone, player)
    assert len(orders) == ORDERS * 3 // 2
    until("ERP", lambda: {row["no"]: (row["state"], row["total"]) for row in subscribers.written("erp")} == orders)
    total = str(sum(bookings.values(), Decimal("0.00")))
    assert sum(amount < 0 for amount in bookings.values()) >= ORDERS // 2
    until("finance", lambda: subscribers.written("finance")["total"] == total)
    balance = subscribers.written("finance")
    assert (balance["bookings"], balance["do_not_add_up"]) == (len(bookings), [])
    paid = {no: Decimal(total) for no, (state, total) in orders.items() if state in ("paid", "shipped", "completed")}
    points = sum(int(amount) for amount in paid.values())
    until("member", lambda: subscribers.written("member") == {player: points})
    sold = {"quantity": len(paid), "total": str(sum(paid.values(), Decimal("0.00")))}
    until("packs", lambda: subscribers.written("packs")["packs"] == {pack["no"]: sold})


def buy(desk: Desk, supervisor: Desk, player: str, pack: dict[str, Any], number: int) -> None:
    """An order: paid in two halves, shipped, half of it returned and a cent compensated.

    Every fourth is called off, every fifth is when it is paid in part, and its money goes back.
    """
    order = desk.post("/orders", {"player_id": player, "pack_no": pack["no"]})
    path, total = f"/orders/{order['id']}", Decimal(order["total"]["amount"])
    if number % 4 == 3:
        desk.post(f"{path}/cancel", {"reason": "改主意了"}, 200, version=order["version"])
        return
    half = (total / 2).quantize(Decimal("0.01"))
    for amount in (half, total - half) if number % 5 else (half,):
        money = {"amount": str(amount), "currency": "CNY"}
        order = desk.post(f"{path}/payments", {"method": "alipay", "amount": money}, None)
    if order["state"] == "paid":
        supervisor.post(f"{path}/ship", None, 200, version=order["version"])
        make_good(desk, supervisor, order)
    else:
        desk.post(f"{path}/cancel", {"reason": "改主意了"}, 200, version=order["version"])
    give_back(desk, supervisor, order, half)


def give_back(desk: Desk, supervisor: Desk, order: dict[str, Any], amount: Decimal) -> None:
    """A return that is asked for by one, granted by another, and refunded."""
    wanted = {"reason": "玩家反悔", "amount": {"amount": str(amount), "currency": "CNY"}}
    found = desk.post(f"/orders/{order['id']}/returns", wanted)
    supervisor.post(f"/returns/{found['id']}/approve", {}, 200, version=found["version"])
    supervisor.post(f"/returns/{found['id']}/refund", {"method": "alipay"}, 200)


def make_good(desk: Desk, supervisor: Desk, order: dict[str, Any]) -> None:
    """A claim that is made by one, granted by another, and paid."""
    wanted = {"kind": "compensation", "amount": {"amount": "0.01", "currency": "CNY"}, "evidence": [{"text": "截图"}]}
    found = desk.post(f"/orders/{order['id']}/claims", {**wanted, "reason": "掉线"})
    supervisor.post(f"/claims/{found['id']}/approve", {}, 200, version=found["version"])
    supervisor.post(f"/claims/{found['id']}/pay", {"method": "alipay"}, 200)


def in_sales(suite: AtWork, player: str) -> tuple[dict[str, tuple[str, str]], dict[str, Decimal]]:
    """({order number: (state, total)}, {payment, refund or claim: amount, going out with a minus}) as the database has them."""
    server = Postgres(suite.state, suite.state.read("ports")["postgres"])
    with server.connect("sales") as connection:
        orders = connection.execute("SELECT no, state, total FROM orders WHERE player_id = %s", (player,)).fetchall()
        amounts = connection.execute(
            "SELECT p.id, p.amount FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.player_id = %s "
            "UNION ALL SELECT id, -amount FROM returns WHERE state = 'refunded' AND player_id = %s "
            "UNION ALL SELECT id, -amount FROM claims WHERE state = 'paid' AND player_id = %s",
            (player, player, player),
        ).fetchall()
    return {no: (state, f"{total:.2f}") for no, state, total in orders}, dict(amounts)


def tell_again(suite: AtWork, subscribers: Subscribers) -> int:
    """Every fact of sales since they began is put into their queues once more; returns how many messages that were."""
    query = f"SELECT {ROW} FROM event_log WHERE occurred_at > %s ORDER BY sequence"
    with Postgres(suite.state, suite.state.read("ports")["postgres"]).connect("sales") as database:
        rows = database.cursor(row_factory=namedtuple_row).execute(query, (subscribers.since,)).fetchall()
    wanted = [(name, row) for row in rows for name, keys in KEYS.items() if any(matches(key, row.type) for key in keys)]
    with pika.BlockingConnection(pika.URLParameters(subscribers.url)) as connection:
        channel = connection.channel()
        for name, row in wanted:
            channel.basic_publish("", subscribers.queue(name), envelope("sales", row))
    return len(wanted)
