"""S3 through what is told to other systems: subscriptions, their deliveries, replays and dead letters, by who reaches what."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from chassis.callers import Caller, Scope
from chassis.clock import new_id
from chassis.field_rules import EVERYWHERE, HIDDEN, FieldRules
from tests.gateway.integration.test_roles import a_role
from tests.security.expectations import API, Case
from tests.security.test_s01_s02_api import ask
from tests.security.test_s07_roles import not_held
from tests.security.test_s09_s10_tokens import operations_of, straight
from tests.support.rows_in_suite import Rows, a_delivery
from tests.support.suite_in_process import Api, InProcessSuite, new_member

KEEPS = [
    "subscription.read",
    "subscription.write",
    "dead_letter.read",
    "dead_letter.write",
    "department.read",
    "event.read",
]
LETTERS = [name for name in API if "dead-letters" in name]
EVENT = {"type": "playdesk.player.updated.v1", "subject": "01890000-0000-7000-8000-000000000000"}


def wanted(department_id: str | None) -> dict[str, Any]:
    """A webhook to a public address where nobody is."""
    place = {"department_id": department_id} if department_id else {}
    address = {"delivery": "webhook", "url": "https://192.0.9.1/hook"}
    return {"name": f"told-{uuid4().hex[:12]}", "types": ["nothing.like.this"], **address, **place}


def keeper(suite: InProcessSuite, department: str | None = "一部", **role: Any) -> Api:
    """Somebody who keeps subscriptions and dead letters and does little else."""
    made = a_role(suite.api("admin"), actions=KEEPS, **role)
    return suite.api(new_member(suite, made["code"], department).no, fresh=True)


def of_second(suite: InProcessSuite) -> Api:
    """A keeper who reaches 二部 alone."""
    return keeper(suite, scope="departments", departments=[suite.departments["二部"]])


def test_networks_that_all_webhooks_may_reach_are_listed_by_who_reaches_everything(suite: InProcessSuite, rows: Rows):
    within, admin, network = of_second(suite), suite.api("admin"), f"10.{uuid4().int % 200}.7.0/24"
    assert not_held(within.post("/webhooks/networks", {"network": network, "note": "内网"})) == ["all"]
    listed = admin.made("/webhooks/networks", {"network": network, "note": "内网"})
    assert not_held(within.delete(f"/webhooks/networks/{listed['id']}")) == ["all"]
    assert admin.delete(f"/webhooks/networks/{listed['id']}").status_code == 204


def test_the_tab_of_dead_letters_is_there_for_who_may_open_it(suite: InProcessSuite, rows: Rows):
    within, everywhere = of_second(suite), keeper(suite, scope="all")
    for who, shown in ((within, False), (everywhere, True)):
        assert who.member is not None
        suite.staff[who.member.no] = who.member
        page = suite.pages(who.member.no).get("/settings/subscriptions")
        assert page.status_code == 200
        assert ("/settings/dead-letters" in page.text) is shown


def test_nobody_subscribes_to_more_than_they_reach(suite: InProcessSuite, rows: Rows):
    within, there = of_second(suite), suite.departments
    for beyond in (None, there["一部"]):
        assert not_held(within.post("/subscriptions", wanted(beyond))) == ["all"]
    own = within.made("/subscriptions", wanted(there["二部"]))
    for beyond in (None, there["一部"]):
        change = {"department_id": beyond}
        assert not_held(within.patch(f"/subscriptions/{own['id']}", change, version=own["version"])) == ["all"]
    assert within.patch(f"/subscriptions/{own['id']}", {"types": ["#"]}, version=own["version"]).status_code == 200


def test_what_lies_below_a_department_is_subscribed_to_by_who_reaches_that_too(suite: InProcessSuite, rows: Rows):
    above, alone = keeper(suite, scope="department_and_below"), keeper(suite, scope="department")
    assert above.post("/subscriptions", wanted(suite.departments["一部"])).status_code == 201
    assert not_held(alone.post("/subscriptions", wanted(suite.departments["一部"]))) == ["all"]
    assert not_held(keeper(suite).post("/subscriptions", wanted(suite.departments["一部"]))) == ["all"]


def test_a_client_of_a_department_is_made_by_who_reaches_what_lies_below_it(suite: InProcessSuite):
    actions = ["api_client.read", "api_client.write", "player.read", "option.read"]
    for scope, status in (("department", 403), ("department_and_below", 201)):
        role = a_role(suite.api("admin"), scope=scope, actions=actions)
        maker = suite.api(new_member(suite, role["code"]).no, fresh=True)
        body = {"name": uuid4().hex, "scopes": ["player:read"], "department_id": suite.departments["一部"]}
        assert maker.post("/api-clients", body).status_code == status, scope


@pytest.mark.parametrize("department", [None, "一部"])
def test_a_subscription_that_reaches_more_is_touched_by_no_way(
    suite: InProcessSuite, rows: Rows, department: str | None
):
    admin, within = suite.api("admin"), of_second(suite)
    made = admin.made("/subscriptions", wanted(suite.departments[department] if department else None))
    path, version = f"/subscriptions/{made['id']}", made["version"]
    span = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    for change in ({"types": ["#"]}, {"url": "https://192.0.9.2/hook"}, {"department_id": suite.departments["二部"]}):
        assert not_held(within.patch(path, change, version=version)), change
    for answer in (
        within.post(f"{path}/pause", version=version),
        within.post(f"{path}/secret"),
        within.post(f"{path}/test"),
        within.delete(path, version=version),
        within.post("/event-replays", {"subscription": made["name"], **span}),
        within.post("/event-replays", {"subscription": made["id"], **span}),
    ):
        assert not_held(answer) == ["all"]
    now = admin.get(path).json
    assert (now["version"], now["state"], now["two_secrets_until"]) == (version, "active", None)
    paused = admin.post(f"{path}/pause", version=version).json
    assert not_held(within.post(f"{path}/enable", version=paused["version"])) == ["all"]
    assert admin.get(path).json["state"] == "paused"


def test_ones_own_is_kept_and_sent_to_again(suite: InProcessSuite, rows: Rows):
    within = of_second(suite)
    own = within.made("/subscriptions", wanted(suite.departments["二部"]))
    path = f"/subscriptions/{own['id']}"
    assert within.post(f"{path}/secret").status_code == 201
    asked = {"subscription": own["name"], "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    assert within.post("/event-replays", asked).status_code == 202
    suite.end_jobs()
    paused = within.post(f"{path}/pause", version=within.get(path).json["version"]).json
    enabled = within.post(f"{path}/enable", version=paused["version"])
    assert enabled.status_code == 200
    assert within.delete(path, version=enabled.json["version"]).status_code == 204


def test_deliveries_of_subscriptions_that_reach_more_are_not_there(suite: InProcessSuite, rows: Rows):
    admin, there = suite.api("admin"), suite.departments
    of = {
        name: a_delivery(
            suite, admin.made("/subscriptions", wanted(department))["id"], {**EVENT, "id": new_id(), "data": {}}
        )["id"]
        for name, department in (("everything", None), ("一部", there["一部"]), ("二部", there["二部"]))
    }
    readers = {
        "二部": of_second(suite),
        "一部": keeper(suite, scope="department_and_below"),
        "nothing": keeper(suite, scope="department"),  # what lies below it is told there too
        "nothing of others": keeper(suite),
    }
    for sees, reader in readers.items():
        listed = {one["id"] for one in reader.everything("/webhooks/deliveries")}
        assert listed & set(of.values()) == ({of[sees]} if sees in of else set()), sees
        counted = reader.get("/webhooks/deliveries", query_string={"count": "true", "limit": 1}).json["total"]
        assert counted == len(listed), sees
        for name, delivery in of.items():
            status = 200 if name == sees else 404
            assert reader.get(f"/webhooks/deliveries/{delivery}").status_code == status, (sees, name)
            assert reader.post(f"/webhooks/deliveries/{delivery}/resend").status_code == status, (sees, name)
    every = {one["id"] for one in admin.everything("/webhooks/deliveries")}
    assert every >= set(of.values())


@pytest.mark.parametrize("rule", [{"access": HIDDEN}, {"mask": EVERYWHERE}])
def test_a_rule_for_a_field_holds_for_what_is_told_to_others(suite: InProcessSuite, rows: Rows, rule: dict[str, str]):
    admin, word = suite.api("admin"), f"哨{uuid4().hex}哨"
    veiled = keeper(suite, scope="all", field_rules={"player.nickname": rule})
    assert not_held(veiled.post("/subscriptions", wanted(suite.departments["二部"]))) == ["field_rules"]
    made = admin.made("/subscriptions", wanted(None))
    assert not_held(veiled.patch(f"/subscriptions/{made['id']}", {"types": ["#"]}, version=made["version"]))
    event = {**EVENT, "id": new_id(), "data": {"nickname": word}}
    delivery = a_delivery(suite, made["id"], event)["id"]
    tried = f'[{{"ok": true, "status": 200, "error": "", "ms": 3, "at": "2026-01-01T00:00:00Z", "answer": "{word}"}}]'
    with suite.raw("gateway") as connection:
        connection.exec_driver_sql(f"UPDATE webhook_deliveries SET tries = '{tried}' WHERE id = '{delivery}'")
    path = f"/webhooks/deliveries/{delivery}"
    assert admin.get(path).json["tries"][0]["answer"] == word
    shown = veiled.get(path)
    assert (shown.status_code, shown.json["tries"][0]["status"], word in shown.text) == (200, 200, False)


def test_letters_are_for_who_reaches_and_sees_everything(suite: InProcessSuite, rows: Rows):
    veiled = {"player.nickname": {"access": HIDDEN}}
    for one in (of_second(suite), keeper(suite), keeper(suite, scope="all", field_rules=veiled)):
        for name in LETTERS:
            answer = ask(one, name, Case(suite, rows, "A001"))
            assert (answer.status_code, answer.json["code"]) == (403, "letters_out_of_reach"), name
    everywhere = keeper(suite, scope="all")
    assert everywhere.get(f"/dead-letters/{rows.shared['dead_letter']['id']}").status_code == 200


def test_a_service_shows_its_letters_to_nobody_else_either(suite: InProcessSuite, rows: Rows):
    own, may = suite.staff["A001"].id, frozenset(KEEPS)
    for caller in (
        Caller(id=own, permissions=may, scope=Scope("departments", (suite.departments["一部"],))),
        Caller(id=own, permissions=may, scope=Scope("all"), fields=FieldRules(hidden=frozenset({"player.note"}))),
    ):
        for name, one in suite.services.items():
            for operation, _ in operations_of(suite, name):
                if operation in LETTERS:
                    answer = straight(suite, one, operation, Case(suite, rows, "A001"), caller)
                    assert (answer.status, answer.json()["code"]) == (403, "letters_out_of_reach"), operation
