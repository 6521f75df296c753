"""What HR, ERP, finance and the member system tell: taken once, never after a newer one, parked without telling a value."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any

import jsonschema_rs
import orjson
import pytest

from chassis.clock import new_id
from chassis.facts.bus import COMPANY_EVENTS, DONE, Delivery, Fate, Message, open_bus
from chassis.facts.inbox import Inbox
from chassis.facts.inward import contracts_of
from chassis.http.documents import inward_event
from deploy.local.state import ROOT
from tests.support.suite_in_process import InProcessSuite, parked
from tests.support.tree import SERVICES, service

CONTRACTS = {key: (name, c) for name in SERVICES for key, c in contracts_of(service(name).subscriptions).items()}


def tell(suite: InProcessSuite, key: str, subject: str, version: int, data: dict[str, Any], **changes: Any) -> None:
    """Publish one fact on the bus of the suite, and let everybody take it."""
    event = {**inward_event(CONTRACTS[key][1], source="/company/test", subject=subject, version=version), **changes}
    event |= {"data": data, "id": changes.get("id", new_id())}
    publisher = open_bus(suite.gateway_runtime.settings.bus_url).publisher()
    publisher.publish([Message(event["id"], key, orjson.dumps(event))], exchange=COMPANY_EVENTS)
    publisher.close()
    suite.pump(2)


def person(suite: InProcessSuite, no: str) -> dict[str, Any]:
    """A member of staff by number."""
    [found] = suite.api("admin").get("/staff", query_string={"q": no}).json["items"]
    return found


def verdict(suite: InProcessSuite, key: str, event: Any) -> Any:
    """What becomes of one message, whatever it is."""
    name, _ = CONTRACTS[key]
    runtime = suite.runtimes()[name]
    [box] = [
        Inbox(name, s, runtime.work, runtime.service.heard)
        for s in runtime.service.subscriptions
        if s.listener(key) and s.from_outside
    ]
    body = event if isinstance(event, bytes) else orjson.dumps(event)
    return box.handle([Delivery(new_id(), key, body)])[0]


@pytest.mark.parametrize("key", sorted(CONTRACTS))
def test_the_committed_schema_is_the_one_that_is_checked_and_its_example_fits(key):
    name, contract = CONTRACTS[key]
    committed = json.loads((ROOT / f"services/{name}/inward/{key}.json").read_text("utf-8"))
    assert committed == contract.schema()
    jsonschema_rs.validate(committed, dict(contract.example))


def test_hr_makes_moves_and_takes_back_a_plain_agent(suite: InProcessSuite):
    no, subject = f"H{new_id()[-8:]}", new_id()
    tell(suite, "hr.employee.joined.v1", subject, 1, {"staff_no": no, "name": "新来的", "department": "一部"})
    came = person(suite, no)
    assert (came["role"], came["department_id"], came["state"]) == ("agent", suite.departments["一部"], "in_service")
    assert suite.nobody().post("/login", {"staff_no": no, "password": ""}).status_code in (401, 422)
    tell(suite, "hr.employee.moved.v1", subject, 2, {"staff_no": no, "name": "新来的", "department": "二部"})
    assert person(suite, no)["department_id"] == suite.departments["二部"]
    tell(suite, "hr.employee.left.v1", subject, 5, {"staff_no": no})
    assert person(suite, no)["state"] == "left"
    tell(suite, "hr.employee.joined.v1", subject, 4, {"staff_no": no, "name": "迟到的", "department": "一部"})
    assert person(suite, no)["state"] == "left", "an older fact came late"
    tell(suite, "hr.employee.joined.v1", subject, 6, {"staff_no": no, "name": "回来的", "department": "一部"})
    assert (person(suite, no)["state"], person(suite, no)["name"]) == ("in_service", "回来的")


def test_somebody_of_a_department_that_is_none_of_ours_is_not_made(suite: InProcessSuite):
    no = f"H{new_id()[-8:]}"
    tell(suite, "hr.employee.joined.v1", new_id(), 1, {"staff_no": no, "name": "财务", "department": "财务部"})
    assert suite.api("admin").get("/staff", query_string={"q": no}).json["items"] == []


def test_marks_of_a_member_are_kept_by_phone_and_no_log_line_has_the_number(suite: InProcessSuite):
    phone = f"139{int(new_id()[-8:], 16) % 10**8:08d}"
    player = suite.api("admin").made("/players", {"phone": phone})
    marks = {"member_no": "M1", "level": "gold", "points": 7, "verified": True, "identity": "personal"}
    subject = new_id()
    tell(suite, "member.updated.v1", subject, 2, {**marks, "phone": phone})
    tell(suite, "member.updated.v1", subject, 1, {**marks, "phone": phone, "points": 1})
    found = suite.api("admin").get(f"/players/{player['id']}").json["member"]
    assert {name: found[name] for name in marks} == marks
    assert found["version"] == 2
    tell(suite, "member.updated.v1", new_id(), 1, {**marks, "phone": phone, "points": phone})
    assert ("player.members", "member.updated.v1: /points breaks anyOf") in parked(
        suite.gateway_runtime.settings.bus_url
    )
    assert not [line for line in suite.log_lines if phone in line]


def test_a_payment_confirmed_and_a_shipment_move_the_order_once(suite: InProcessSuite):
    supervisor = suite.api("M001")
    player = supervisor.made("/players", {"wechat_id": f"wx_{new_id()[-8:]}"})
    admin = suite.api("admin")
    admin.made("/items/sync", None)
    item = admin.get("/items", query_string={"limit": 5, "sort": "price"}).json["items"][1]
    pack = admin.made(
        "/packs", {"name": "到账礼包", "lines": [{"item_id": item["id"], "quantity": 10}], "discount": "0"}
    )
    pack = admin.made(f"/packs/{pack['id']}/publish", None, version=pack["version"])
    order = supervisor.made("/orders", {"player_id": player["id"], "pack_no": pack["no"]})
    paid = {"order_no": order["no"], "method": "bank_transfer", "amount": order["total"], "external_no": new_id()}
    subject = new_id()
    tell(suite, "finance.payment.confirmed.v1", subject, 1, paid)
    tell(suite, "finance.payment.confirmed.v1", subject, 1, paid)
    tell(suite, "finance.payment.confirmed.v1", new_id(), 1, paid)
    found = supervisor.get(f"/orders/{order['id']}").json
    assert (found["state"], len(found["payments"])) == ("paid", 1)
    tell(suite, "erp.shipment.updated.v1", order["no"], 1, {"order_no": order["no"], "state": "shipped"})
    tell(suite, "erp.shipment.updated.v1", order["no"], 3, {"order_no": order["no"], "state": "delivered"})
    tell(suite, "erp.shipment.updated.v1", order["no"], 2, {"order_no": order["no"], "state": "shipped"})
    assert supervisor.get(f"/orders/{order['id']}").json["state"] == "completed"
    cent = {**paid, "amount": {"amount": "0.01", "currency": "CNY"}}
    event = inward_event(CONTRACTS["finance.payment.confirmed.v1"][1], source="/f", subject=new_id(), version=1)
    assert verdict(suite, "finance.payment.confirmed.v1", {**event, "data": cent}).fate is Fate.PARK
    more = {**event, "subject": new_id(), "id": new_id(), "data": {**cent, "external_no": new_id()}}
    assert "more than what is due" in verdict(suite, "finance.payment.confirmed.v1", more).reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"entityversion": 0}, "entityversion is missing"),
        ({"subject": "13800008000"}, "no place for a phone number"),
        ({"type": "hr.employee.joined.v1"}, "routing key and type differ"),
        ({"data": {}}, "/ breaks required"),
        ({"data": {"staff_no": "13800008000" * 4}}, "/staff_no breaks maxLength"),
        ({"data": {"staff_no": "A1", "left_at": "yesterday"}}, "/left_at breaks anyOf"),
    ],
)
def test_what_breaks_the_contract_is_parked_and_its_reason_repeats_no_value(suite: InProcessSuite, changes, reason):
    key = "hr.employee.left.v1"
    event = inward_event(CONTRACTS[key][1], source="/company/hr", subject=new_id(), version=1)
    found = verdict(suite, key, {**event, **changes})
    assert found.fate is Fate.PARK
    assert reason in found.reason
    assert "13800008000" not in found.reason
    assert verdict(suite, key, b"{").reason == "not JSON"


@pytest.mark.rabbitmq
def test_the_sample_publisher_tells_a_fact_over_a_real_broker(broker, suite: InProcessSuite):
    url, taken = broker.new_vhost(), []
    name, contract = CONTRACTS["hr.employee.left.v1"]
    runtime = suite.runtimes()[name]
    [box] = [Inbox(name, s, runtime.work) for s in runtime.service.subscriptions if s.from_outside]
    command = [sys.executable, "docs/howto/inward/tell.py", contract.key, new_id(), "1", '{"staff_no": "nobody-here"}']
    environment = {"PATH": os.environ["PATH"], "AMQP_URL": url}
    open_bus(url).declare([box.queue])
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    stop = threading.Event()

    def take(deliveries: list[Delivery]) -> list[Any]:
        taken.extend(box.handle(deliveries))
        stop.set()
        return taken

    open_bus(url).consume(box.queue, take, stop=stop, connected=lambda _: None)
    assert taken == [DONE]
    command[2] = "weather.turned.v1"
    deaf = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "nobody listens" in deaf.stderr
