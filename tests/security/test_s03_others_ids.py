"""S3: another's ID in path, query, body, nested and filter is not found, and nothing is written."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from tests.security.expectations import ACTORS, API, KIND_OF_PART, Case, has, path_of
from tests.security.test_s01_s02_api import ask, operations
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite

NOBODYS = "01890000-0000-7000-8000-000000000000"


def fields_of_ids(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """The names of body fields that hold an ID, the nested ones too."""
    if "$ref" in schema:
        return fields_of_ids(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    found = {name for name, part in schema.get("properties", {}).items() if part.get("format") == "uuid"}
    for part in (*schema.get("properties", {}).values(), schema.get("items", {})):
        found |= fields_of_ids(document, part) if part else set()
    return found


# Every ID a body can hold, and what an ID out of reach (or of nobody) leads to. `unchecked` ones name a record of
# another service that is only noted down; nothing of it is ever shown.
BODY_IDS = {
    "POST /tickets": {"player_id": "404", "assignee_id": "404", "session_id": "404", "order_id": "unchecked"},
    "PATCH /tickets/{ticket_id}": {"assignee_id": "404", "cause_id": "404"},
    "POST /tickets/{ticket_id}/merge": {"into_id": "404"},
    "POST /tickets/{ticket_id}/transfers": {"staff_id": "404", "department_id": "404"},
    "POST /articles": {"ticket_id": "404"},
    "POST /sessions": {"player_id": "404", "agent_id": "409", "order_id": "unchecked"},
    "PATCH /sessions/{service_session_id}": {"player_id": "404", "agent_id": "404", "order_id": "unchecked"},
    "POST /sessions/{service_session_id}/messages": {"staff_id": "409"},
    "POST /deadline-policies": {"calendar_id": "404", "department_id": "404"},
    "PATCH /deadline-policies/{policy_id}": {"calendar_id": "404", "department_id": "404"},
    "POST /reviews": {"ticket_id": "404"},
    "POST /reviews/{review_id}/finish": {"scorecard_id": "404"},
    "POST /sampling-rules": {"department_id": "404"},
    "PATCH /sampling-rules/{sampling_rule_id}": {"department_id": "404"},
    "POST /players": {"agent_id": "404", "wechat_account_id": "unchecked"},
    "POST /players/{player_id}/binding": {"agent_id": "404", "wechat_account_id": "unchecked"},
    "POST /players/{player_id}/merge": {"into_id": "404"},
    "POST /touches": {"player_id": "404", "opportunity_id": "404", "campaign_id": "404"},
    "PATCH /touches/{touch_id}": {"opportunity_id": "404", "campaign_id": "404"},
    "POST /opportunities": {"player_id": "404", "lead_id": "404", "pool_id": "404"},
    "POST /opportunities/{opportunity_id}/win": {"order_id": "404"},
    "POST /opportunities/{opportunity_id}/assign": {"staff_id": "404"},
    "POST /leads": {"campaign_id": "unchecked", "pool_id": "404"},
    "PATCH /leads/{lead_id}": {"campaign_id": "unchecked"},
    "POST /leads/{lead_id}/convert": {"player_id": "404"},
    "POST /leads/{lead_id}/assign": {"staff_id": "404"},
    "POST /pools": {"department_id": "404"},
    "POST /pool-rules": {"pool_id": "404"},
    "POST /orders": {"player_id": "404", "touch_id": "404", "session_id": "unchecked", "campaign_id": "404"},
    "POST /campaigns": {"department_id": "404"},
    "PATCH /campaigns/{campaign_id}": {"department_id": "404"},
    "PATCH /items/{item_id}": {"supplier_id": "404", "buyer": "404"},
    "POST /orders/{order_id}/returns": {"item_id": "422"},
    "POST /claims/preview": {"order_id": "404"},
    "POST /packs": {"item_id": "422", "player_id": "404", "campaign_id": "unchecked"},
    "POST /packs/preview": {"item_id": "422", "player_id": "unchecked", "campaign_id": "unchecked"},
    "PATCH /packs/{pack_id}": {"item_id": "422", "player_id": "404", "campaign_id": "unchecked"},
    "POST /staff": {"department_id": "404"},
    "PATCH /staff/{staff_id}": {"department_id": "404"},
    "POST /staff/{staff_id}/leave": {"to_id": "404"},
    "POST /api-clients": {"department_id": "404"},
    "PATCH /api-clients/{client_id}": {"department_id": "404"},
    "POST /subscriptions": {"department_id": "404"},
    "PATCH /subscriptions/{subscription_id}": {"department_id": "404"},
    "POST /departments": {"parent_id": "404"},
    "PATCH /departments/{department_id}": {"parent_id": "404"},
}


def test_every_field_that_holds_an_id_has_an_expectation(suite: InProcessSuite):
    document = suite.openapi()
    found: dict[str, set[str]] = {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            if isinstance(described, dict) and "requestBody" in described:
                schema = described["requestBody"]["content"].get("application/json", {}).get("schema", {})
                ids = fields_of_ids(document, schema)
                if ids:
                    found[f"{method.upper()} {path.removeprefix('/api/v1')}"] = ids
    assert found == {name: set(ids) for name, ids in BODY_IDS.items() if name in found}


def bodies(suite: InProcessSuite, rows: Rows, foreign: str) -> list[tuple[str, str, dict[str, Any], int | None]]:
    """(method, path, body, version) of requests in A001's name that are right but for one ID of `foreign`'s."""
    own, other, shared = rows.of["A001"], rows.of[foreign], rows.shared
    player, ticket = own["player"]["id"], suite.api("A001").get(f"/tickets/{own['ticket']['id']}").json
    pack_no, item = shared["pack_on_sale"]["no"], shared["item"]["id"]
    sale, contact = {"player_id": player, "pack_no": pack_no}, {"channel": "phone", "outcome": "considering"}
    line, pack = [{"item_id": item, "quantity": 1}], suite.api("A001").get(f"/packs/{shared['pack']['id']}").json
    drafted = {"name": "礼包", "discount": "0.05"}
    found = [
        ("POST", "/tickets", {"player_id": other["player"]["id"], "question": "?"}, None),
        (
            "POST",
            "/tickets",
            {"player_id": player, "question": "?", "session_id": other["service_session"]["id"]},
            None,
        ),
        ("POST", "/sessions", {"player_id": other["player"]["id"], "channel": "wechat"}, None),
        ("POST", "/touches", {"player_id": other["player"]["id"], **contact}, None),
        ("POST", "/touches", {"player_id": player, **contact, "opportunity_id": other["opportunity"]["id"]}, None),
        ("PATCH", f"/touches/{own['touch']['id']}", {"opportunity_id": other["opportunity"]["id"]}, 1),
        ("POST", "/opportunities", {"player_id": other["player"]["id"], "title": "?"}, None),
        ("POST", "/opportunities", {"lead_id": other["lead"]["id"], "title": "?"}, None),
        ("POST", f"/opportunities/{own['opportunity']['id']}/win", {"order_id": other["order"]["id"]}, 1),
        ("POST", f"/leads/{own['lead']['id']}/convert", {"player_id": other["player"]["id"]}, 1),
        ("POST", "/orders", {**sale, "player_id": other["player"]["id"]}, None),
        ("POST", "/orders", {**sale, "touch_id": other["touch"]["id"]}, None),
        ("POST", "/claims/preview", {"kind": "price_difference", "order_id": other["order"]["id"]}, None),
        ("POST", "/packs", {**drafted, "lines": line, "player_id": other["player"]["id"]}, None),
        ("POST", f"/tickets/{ticket['id']}/merge", {"into_id": other["ticket"]["id"]}, ticket["version"]),
        ("PATCH", f"/packs/{pack['id']}", {"player_id": other["player"]["id"]}, pack["version"]),
    ]
    nobodys = [
        ("POST", "/tickets", {"player_id": NOBODYS, "question": "?"}, None),
        ("POST", "/leads", {"wechat_id": "nobodys_pool", "pool_id": NOBODYS}, None),
        ("POST", "/opportunities", {"player_id": player, "title": "?", "pool_id": NOBODYS}, None),
        ("POST", "/tickets", {"player_id": player, "question": "?", "assignee_id": NOBODYS}, None),
        ("PATCH", f"/sessions/{own['service_session']['id']}", {"agent_id": NOBODYS}, 2),
        ("PATCH", f"/tickets/{ticket['id']}", {"assignee_id": NOBODYS}, ticket["version"]),
        ("PATCH", f"/tickets/{ticket['id']}", {"cause_id": NOBODYS}, ticket["version"]),
        ("POST", f"/causes/{NOBODYS}/tickets/batch", {"ticket_ids": [ticket["id"]]}, None),
        ("POST", f"/tickets/{ticket['id']}/transfers", {"staff_id": NOBODYS, "reason": "?"}, ticket["version"]),
        ("POST", f"/tickets/{ticket['id']}/transfers", {"department_id": NOBODYS, "reason": "?"}, ticket["version"]),
        ("POST", "/players", {"wechat_id": "wx_s3", "agent_id": NOBODYS}, None),
        ("POST", f"/players/{player}/binding", {"agent_id": NOBODYS, "reason": "?"}, None),
        ("POST", "/orders", {**sale, "touch_id": NOBODYS}, None),
        ("POST", "/orders", {**sale, "campaign_id": NOBODYS}, None),
        ("POST", "/orders", {**sale, "campaign_id": other["campaign"]["id"]}, None),
        ("POST", "/touches", {"player_id": player, **contact, "campaign_id": other["campaign"]["id"]}, None),
        ("PATCH", f"/touches/{own['touch']['id']}", {"campaign_id": other["campaign"]["id"]}, own["touch"]["version"]),
        ("POST", "/orders", {**sale, "pack_no": "P999999"}, None),
        ("POST", "/touches", {"player_id": player, **contact, "pack_no": "P999999"}, None),
    ]
    return found + nobodys if foreign == "B001" else found


def test_an_id_out_of_reach_in_a_body_is_not_found_and_nothing_is_written(suite: InProcessSuite, rows: Rows, figure):
    wrong, count = [], 0
    requests = [request for foreign in ("A002", "B001") for request in bodies(suite, rows, foreign)]
    before = checksum(suite)
    for method, path, body, version in requests:
        answer = suite.api("A001").request(method, path, body, version=version)
        count += 1
        if answer.status_code != 404:
            wrong.append(f"{method} {path} {body}: {answer.status_code} {answer.text[:200]}")
    changed = differing(before, checksum(suite))
    figure("S3 bodies", swapped=count, found=len(wrong), tables_changed=len(changed))
    assert not wrong, "\n".join(wrong)
    assert not changed


def test_an_unknown_item_in_a_pack_is_a_wrong_field(suite: InProcessSuite, rows: Rows):
    body = {"name": "礼包", "discount": "0.05", "lines": [{"item_id": NOBODYS, "quantity": 1}]}
    for path in ("/packs", "/packs/preview"):
        answer = suite.api("A001").post(path, body)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/lines/0/item_id")


def test_an_id_out_of_reach_in_a_batch_is_as_one_of_nobody(suite: InProcessSuite, rows: Rows):
    own, other = rows.of["A001"]["ticket"]["id"], rows.of["B001"]["ticket"]["id"]
    path = f"/causes/{rows.shared['cause']['id']}/tickets/batch"
    before = suite.api("admin").get(f"/tickets/{other}").json
    told = suite.api("A001").post(path, {"ticket_ids": [own, other, NOBODYS]}).json["items"]
    assert [(one["status"], one["no"]) for one in told[1:]] == [(404, None)] * 2
    assert suite.api("admin").get(f"/tickets/{other}").json == before


def test_a_supplier_or_buyer_of_nobody_is_not_found_and_the_item_stays(suite: InProcessSuite, rows: Rows):
    supervisor, path = suite.api("M001"), f"/items/{rows.shared['item']['id']}"
    item = supervisor.get(path).json
    for name in ("supplier_id", "buyer"):
        assert supervisor.patch(path, {name: NOBODYS}, version=item["version"]).status_code == 404
    assert supervisor.get(path).json == item


def test_a_calendar_or_department_of_nobody_is_not_found_and_the_policy_stays(suite: InProcessSuite, rows: Rows):
    admin, path = suite.api("admin"), f"/deadline-policies/{rows.shared['deadline_policy']['id']}"
    policy = admin.get(path).json
    fields = ("name", "category", "calendar_id", "standard", "warn_percent")
    for name in ("calendar_id", "department_id"):
        assert admin.patch(path, {name: NOBODYS}, version=policy["version"]).status_code == 404
        another = {**{field: policy[field] for field in fields}, name: NOBODYS}
        assert admin.post("/deadline-policies", another).status_code == 404
    assert admin.get(path).json == policy


def test_a_department_out_of_a_supervisors_reach_is_not_found_either(suite: InProcessSuite, rows: Rows):
    supervisor, other = suite.api("M001"), rows.of["B001"]
    for path in (
        f"/players/{other['player']['id']}",
        f"/tickets/{other['ticket']['id']}",
        f"/sessions/{other['service_session']['id']}",
        f"/sessions/{other['service_session']['id']}/messages",
        f"/orders/{other['order']['id']}",
        f"/returns/{other['return']['id']}",
        f"/claims/{other['claim']['id']}",
        f"/campaigns/{other['campaign']['id']}",
        f"/surveys/{other['survey']['id']}",
        f"/reviews/{other['review']['id']}",
    ):
        assert supervisor.get(path).status_code == 404
    answer = supervisor.post("/tickets", {"player_id": other["player"]["id"], "question": "?"})
    assert answer.status_code == 404
    own, foreign = (rows.of[no]["player"]["id"] for no in ("A001", "B001"))
    for gone, into in ((own, foreign), (foreign, own), (own, NOBODYS)):
        assert supervisor.post(f"/players/{gone}/merge", {"into_id": into}, version=1).status_code == 404
        preview = supervisor.get(f"/players/{gone}/merge-preview", query_string={"into_id": into})
        assert preview.status_code == 404


def test_who_was_merged_is_reached_by_whoever_reaches_the_survivor_and_by_nobody_else(
    suite: InProcessSuite, rows: Rows
):
    gone, into = (suite.api(no).made("/players", {"wechat_id": f"wx_s3_{uuid4().hex[:8]}"}) for no in ("A001", "B001"))
    ticket = suite.api("A002").post("/tickets", {"player_id": gone["id"], "question": "?"})
    assert ticket.status_code == 404
    suite.pump()
    merge = {"into_id": into["id"]}
    merged = suite.api("admin").made(f"/players/{gone['id']}/merge", merge, version=gone["version"])
    suite.pump()
    path, before = f"/players/{gone['id']}", checksum(suite)
    for no in ("A001", "A002", "M001"):
        api, version = suite.api(no), merged["version"]
        reads = [api.get(address) for address in (path, f"{path}/bindings", f"{path}/merges")]
        reads += [api.get(f"/{name}-summary", query_string={"player_id": gone["id"]}) for name in ("ticket", "sales")]
        writes = [
            api.patch(path, {"note": "?"}, version=version),
            api.post("/tickets", {"player_id": gone["id"], "question": "?"}),
            api.post("/touches", {"player_id": gone["id"], "channel": "phone", "outcome": "considering"}),
        ]
        if no == "M001":
            writes += [api.post(f"{path}/unmerge", {}, version=version), api.delete(path, version=version)]
        assert {answer.status_code for answer in (*reads, *writes)} == {404}, no
    assert not differing(before, checksum(suite))
    assert suite.api("B001").get(path).json["merged_into_id"] == into["id"]
    refused = suite.api("B001").patch(path, {"note": "?"}, version=merged["version"])
    assert (refused.status_code, refused.json["survivor"]["id"]) == (409, into["id"])


# Who ends what is over already has what they want.
ENDED = {
    "DELETE /api-clients/{client_id}/secrets/{secret_id}": 200,
    "DELETE /me/sessions/{session_id}": 204,
    "DELETE /staff/{staff_id}/sessions/{session_id}": 204,
    "DELETE /webhooks/networks/{network_id}": 204,
}


def test_what_is_not_there_is_not_found_whatever_is_asked_of_it(suite: InProcessSuite, rows: Rows, figure):
    wrong, count, case = [], 0, Case(suite, rows, "A001")
    for name in operations(suite):
        for part in re.findall(r"\{(\w+)\}", name):
            path = path_of(name.replace(f"{{{part}}}", NOBODYS), case)
            who = next(no for no in reversed(ACTORS) if has(suite.staff[no], API[name].action))
            answer = ask(suite.api(who), name, case, path=path)
            count += 1
            if answer.status_code != (ENDED.get(name, 404) if name.endswith(f"{{{part}}}") else 404):
                wrong.append(f"{name} without its {part}: {answer.status_code} {answer.text[:120]}")
    figure("S3 paths", asked=count, found=len(wrong))
    assert not wrong, "\n".join(wrong)


def test_not_there_and_out_of_reach_are_the_same_answer(suite: InProcessSuite, rows: Rows):
    for part, kind in KIND_OF_PART.items():
        if kind not in rows.of["B001"] or kind in ("transfer", "audit_entry"):
            continue
        path = {"touch": "touches"}.get(kind, f"{kind}s")
        theirs = suite.api("A001").get(f"/{path}/{rows.of['B001'][kind]['id']}")
        nobodys = suite.api("A001").get(f"/{path}/{NOBODYS}")
        assert theirs.status_code == nobodys.status_code == 404, part
        kept = ("type", "title", "status", "detail", "code", "errors")
        assert [theirs.json[name] for name in kept] == [nobodys.json[name] for name in kept]
        assert set(theirs.json) == set(nobodys.json)
