"""S1 for what hangs on the record and not on the route alone: found by S33, each a check whose absence nothing else noticed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from chassis.callers import SEES_PHONES, Caller, Scope
from chassis.clock import utc_now
from chassis.http.log import READ_LOG
from chassis.rules import NotFound
from gateway.clients.directory import Operation
from tests.security.test_s09_s10_tokens import POOL
from tests.support.rows_in_suite import OWNERS, Rows
from tests.support.suite_in_process import InProcessSuite, rows_of


def straight(
    suite: InProcessSuite,
    service: str,
    method: str,
    path: str,
    body: Any,
    *permissions: str,
    version: int | None = None,
    key: str | None = None,
) -> Any:
    """A service asked around the gateway by A001 with exactly these permissions, reaching everything."""
    caller = Caller(id=suite.staff["A001"].id, permissions=frozenset(permissions), scope=Scope("all"))
    headers = {"Authorization": f"Bearer {suite.minter().token(caller, service)}", "Content-Type": "application/json"}
    headers |= {"If-Match": f'"{version}"'} if version is not None else {}
    headers |= {"Idempotency-Key": key} if key else {}
    url = f"{suite.services[service].served.url}/api/v1{path}"
    return POOL.request(method, url, body=None if body is None else json.dumps(body), headers=headers)


def test_a_pack_that_is_on_sale_is_changed_only_by_who_may_publish(suite: InProcessSuite, rows: Rows):
    pack = suite.api("admin").get(f"/packs/{rows.shared['pack_on_sale']['id']}").json
    path, body = f"/packs/{pack['id']}", {"note": "还在卖"}
    refused = straight(suite, "catalog", "PATCH", path, body, "pack.create", version=pack["version"])
    assert refused.status == 403
    taken = straight(suite, "catalog", "PATCH", path, body, "pack.create", "pack.publish", version=pack["version"])
    assert taken.status == 200


def test_a_suppliers_numbers_are_for_who_may_change_it_and_in_no_list_at_all(suite: InProcessSuite, rows: Rows):
    number, masked = "13700137001", "137****7001"
    written = {"name": f"星河 {number}", "contact": f"王经理 {number}"}
    supplier = suite.api("admin").made("/suppliers", written)
    item = suite.api("admin").get("/items").json["items"][0]
    supply = {"supplier_id": supplier["id"]}
    assert suite.api("admin").patch(f"/items/{item['id']}", supply, version=item["version"]).status_code == 200

    def read(path: str, *permissions: str) -> str:
        return straight(suite, "catalog", "GET", path, None, *permissions).data.decode()

    path, who = f"/suppliers/{supplier['id']}", ("supplier.read", "supplier.write", "item.read", SEES_PHONES)
    assert number in read(path, *who)
    for shown in (read(path, "supplier.read"), read("/suppliers?limit=200", *who), read(f"/items/{item['id']}", *who)):
        assert masked in shown
        assert number not in shown


def test_an_item_is_given_no_supplier_that_is_not_there(suite: InProcessSuite, rows: Rows):
    item = suite.api("admin").get("/items").json["items"][-1]
    nobodys = suite.api("admin").patch(f"/items/{item['id']}", {"supplier_id": str(uuid4())}, version=item["version"])
    assert nobodys.status_code == 404


def test_a_buyer_is_somebody_the_gateway_answers_for(suite: InProcessSuite, rows: Rows):
    item = suite.api("admin").get("/items").json["items"][-1]
    path, buyer = f"/items/{item['id']}", {"buyer": str(uuid4())}
    assert straight(suite, "catalog", "PATCH", path, buyer, "item.adjust", version=item["version"]).status == 404
    assert suite.api("admin").get(path).json["version"] == item["version"]


def test_a_duplicate_out_of_reach_is_refused_without_being_named(suite: InProcessSuite, rows: Rows):
    theirs = rows.of["B001"]["player"]
    mine = rows.of["A001"]["player"]
    for known, named in ((theirs, None), (mine, mine["id"])):
        wechat_id = suite.api("admin").get(f"/players/{known['id']}").json["wechat_id"]
        answer = suite.api("A001").post("/players", {"wechat_id": wechat_id})
        assert answer.status_code == 409
        assert (answer.json["existing"] or {}).get("id") == named
        assert named or theirs["id"] not in answer.text


def test_a_lead_that_somebody_else_has_is_refused_without_being_named(suite: InProcessSuite, rows: Rows):
    for no, named in (("B001", None), ("A001", rows.of["A001"]["lead"]["id"])):
        same = {"phone": f"1370000{8000 + OWNERS.index(no)}"}
        answer = suite.api("A001").post("/leads", same)
        assert (answer.status_code, (answer.json["existing"] or {}).get("id")) == (409, named), answer.text


def test_a_link_that_leads_nowhere_or_to_what_is_over_opens_nothing(suite: InProcessSuite, rows: Rows):
    agent, visitor = suite.api("A001"), suite.pages()
    survey = agent.get(f"/surveys/{rows.of['A001']['survey']['id']}").json
    path = agent.request("PUT", f"/surveys/{survey['id']}/link", version=survey["version"]).json["path"]
    folder, _, token = path.rpartition("/")
    assert visitor.get(path).status_code == 200
    assert visitor.get(f"{folder}/{token[::-1]}").status_code == 410
    with time_machine.travel(utc_now() + timedelta(days=400)):
        assert visitor.get(path).status_code == 410


def test_a_player_is_given_to_another_agent_only_by_who_may_bind(suite: InProcessSuite, rows: Rows):
    other = suite.staff["A002"].id
    refused = straight(
        suite, "player", "POST", "/players", {"wechat_id": "wx_given", "agent_id": other}, "player.create"
    )
    assert refused.status == 403


def test_a_sale_that_is_paid_already_is_recorded_by_who_may_take_payments(suite: InProcessSuite, rows: Rows):
    payment = {"method": "wechat_pay", "amount": {"amount": "1.00", "currency": "CNY"}}
    sale = {"player_id": rows.of["A001"]["player"]["id"], "pack_no": rows.shared["pack_on_sale"]["no"]}
    body = {**sale, "payments": [payment]}
    refused = straight(suite, "sales", "POST", "/orders", body, "order.create", key=f"paid-{uuid4().hex}")
    assert (refused.status, refused.json()["code"]) == (403, "forbidden")


def test_what_somebody_else_holds_is_given_back_by_who_may_assign_it(suite: InProcessSuite, rows: Rows):
    theirs = suite.api("B001").get(f"/opportunities/{rows.of['B001']['opportunity']['id']}").json
    path = f"/opportunities/{theirs['id']}/release"
    refused = straight(suite, "sales", "POST", path, {}, "opportunity.write", version=theirs["version"])
    assert (refused.status, refused.json()["code"]) == (409, "not_yours")


def test_a_log_of_facts_is_read_by_who_may_and_by_nobody_else(suite: InProcessSuite, rows: Rows):
    for service in suite.services:
        for permissions, status in ((("player.read", "ticket.read", "order.read"), 403), ((READ_LOG,), 200)):
            assert straight(suite, service, "GET", "/event-log", None, *permissions).status == status


def test_a_path_that_would_lead_elsewhere_leaves_the_gateway_by_no_way(suite: InProcessSuite, rows: Rows):
    forwarder, who = (
        suite.gateway.extensions["playdesk_forwarder"],
        Caller(id=suite.staff["A001"].id, scope=Scope("all")),
    )
    reading = Operation("player", "GET", "/players/<player_id>", "player.read")
    for path in ("/players/../tickets", "/players/./x"):
        with suite.gateway.test_request_context():
            for asked in (
                lambda path=path: forwarder.read(who, "player", path),
                lambda path=path: forwarder.ask(who, "player", "GET", path, headers={}),
                lambda path=path: forwarder.forward(who, reading, path, body=None, headers={}),
            ):
                with pytest.raises(NotFound):
                    asked()


def test_a_department_of_nobody_is_given_to_no_system(suite: InProcessSuite, rows: Rows):
    admin, nobodys = suite.api("admin"), {"department_id": str(uuid4())}
    client = {"name": f"系统 {uuid4().hex[:8]}", "scopes": ["player:read"], **nobodys}
    assert admin.post("/api-clients", client).status_code == 404
    subscription = {"name": f"nobodys-{uuid4().hex[:8]}", "types": ["nothing.like.this"], "delivery": "amqp", **nobodys}
    assert admin.post("/subscriptions", subscription).status_code == 404
    for kind, path in (("api_client", "api-clients"), ("subscription", "subscriptions")):
        record = admin.get(f"/{path}/{rows.shared[kind]['id']}").json
        assert admin.patch(f"/{path}/{record['id']}", nobodys, version=record["version"]).status_code == 404


def test_a_number_in_the_reason_of_a_merge_is_told_to_nobody(suite: InProcessSuite, rows: Rows):
    gone, into = (suite.api("A001").made("/players", {"wechat_id": f"wx_{uuid4().hex[:8]}"}) for _ in range(2))
    admin, path, reason = suite.api("admin"), f"/players/{gone['id']}", "号码 13912345678 是同一个人"
    merged = admin.made(f"{path}/merge", {"into_id": into["id"], "reason": reason}, version=gone["version"])
    admin.made(f"{path}/unmerge", {"reason": reason}, version=merged["version"])
    query = "SELECT data::text AS told FROM {} WHERE subject = :id"
    told = [
        row.told
        for table in ("outbox", "event_log")
        for row in rows_of(suite, "player", query.format(table), id=gone["id"])
    ]
    assert len([one for one in told if "同一个人" in one]) == 2
    assert "13912345678" not in str(told)
