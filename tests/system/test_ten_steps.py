"""The main job in its ten steps by HTTP, as the tour walks it, with a closer look beside each step."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import jsonschema_rs
import orjson
import pytest
import requests

from deploy.local.state import ROOT
from deploy.local.tour.desk import until
from deploy.local.tour.steps import STEPS
from deploy.local.tour.walking import Walk, money
from tests.system.at_work import AtWork
from tests.system.ear import Ear, Heard

UUID7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
TRACE = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
ATTRIBUTES = {
    *("specversion", "id", "type", "source", "subject", "time", "dataschema", "datacontenttype", "data"),
    *("sequence", "entityversion", "actor", "correlationid", "traceparent"),
}
OWNERS = {path.stem: path.parent.parent.name for path in (ROOT / "services").glob("*/schemas/*.json")}
IDS = re.compile(r"[0-9a-f][0-9a-f-]{15,}")  # eleven digits in a row mean nothing in an ID or a trace
MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)")

pytestmark = pytest.mark.usefixtures("in_turn")


@pytest.fixture(scope="module")
def walk(suite: AtWork) -> Iterator[Walk]:
    """The walk so far, with an ear on everything that is told."""
    ear = Ear(suite.bus_url)
    yield Walk(
        url=suite.url,
        game_url=suite.address("game"),
        bus_url=suite.bus_url,
        kill=suite.kill,
        start=suite.start,
        say=print,
        listener=ear,
    )
    ear.close()


def go(walk: Walk, number: int) -> None:
    """Walk on to a step, taking those before it where a single test was asked for."""
    done = walk.made.setdefault("steps", 0)
    for step in STEPS[done:number]:
        step(walk)
        walk.made["steps"] += 1


def ask(walk: Walk, no: str, method: str, path: str, *, language: str = "zh", **more) -> requests.Response:
    """One request of somebody signed in, with the whole answer."""
    headers = {"Accept-Language": language, **more.pop("headers", {})}
    return walk[no].http.request(method, f"{walk.url}/api/v1{path}", headers=headers, timeout=30, **more)


def test_1_she_logs_in_and_sees_the_home_page(walk):
    go(walk, 1)
    answer = requests.post(
        f"{walk.url}/api/v1/login", json={"staff_no": "A001", "password": "playdesk-demo"}, timeout=30
    )
    body = answer.json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"] > 0) == ("Bearer", True)
    assert set(body["staff"]) == {"id", "no", "name", "role", "line", "department_id"}
    assert answer.headers["Cache-Control"] == "no-store"
    home = requests.get(f"{walk.url}/", allow_redirects=False, timeout=30)
    assert (home.status_code, home.headers["Location"].split("?")[0]) == (303, "/login")


def test_2_she_makes_a_player_and_the_game_data_come_by_themselves(walk):
    go(walk, 2)
    key, body = str(uuid.uuid4()), {"wechat_id": f"mark_{walk.mark}", "wechat_name": "只留了微信"}
    first = ask(walk, "A001", "POST", "/players", json=body, headers={"Idempotency-Key": key})
    again = ask(walk, "A001", "POST", "/players", json=body, headers={"Idempotency-Key": key})
    other = ask(walk, "A001", "POST", "/players", json={**body, "note": "x"}, headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.headers["Location"] == f"/api/v1/players/{first.json()['id']}"
    assert first.headers["ETag"] == f'"{first.json()["version"]}"'
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    assert (again.headers["Location"], again.headers["ETag"]) == (first.headers["Location"], first.headers["ETag"])
    assert UUID7.match(first.json()["id"])


def test_3_she_finds_a_player_by_all_that_is_known_of_them(walk):
    go(walk, 3)
    player = walk.made["player"]
    by_phone = ask(walk, "A001", "GET", "/home", params={"phone": walk.made["phone"]}).json()
    assert by_phone["player"]["id"] == player["id"]
    assert set(by_phone) >= {"player", "tickets", "sales", "resume", "suggestions", "guards", "unavailable"}
    assert set(by_phone["tickets"]) >= {"items", "counts"}
    assert set(by_phone["sales"]) >= {"touches", "orders", "month_total"}
    assert by_phone["player"]["former"]["wechat_ids"] == [walk.made["wechat"]]
    found = ask(walk, "A001", "GET", "/search", params={"q": walk.made["wechat"]}).json()
    assert [hit["id"] for hit in found["players"]] == [player["id"]]
    assert found["players"][0]["match"]["field"] == "wechat_id"


def test_4_she_works_on_a_ticket_and_a_stale_edit_is_refused(walk):
    go(walk, 4)
    ticket = walk.made["ticket"]
    path = f"/tickets/{ticket['id']}"
    seen = ask(walk, "A001", "GET", path)
    assert seen.headers["ETag"] == f'"{ticket["version"]}"'
    unversioned = ask(walk, "A001", "PATCH", path, json={"priority": "low"})
    assert (unversioned.status_code, unversioned.json()["code"]) == (428, "if_match_required")
    stale = ask(walk, "A001", "PATCH", path, json={"priority": "low"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, ticket["version"])
    chinese = ask(walk, "A001", "POST", f"{path}/start", headers={"If-Match": seen.headers["ETag"]})
    english = ask(walk, "A001", "POST", f"{path}/start", language="en", headers={"If-Match": seen.headers["ETag"]})
    assert (chinese.json()["code"], english.json()["code"]) == ("not_pending", "not_pending")
    assert chinese.headers["Content-Type"] == "application/problem+json"
    assert set(chinese.json()) >= {"type", "title", "status", "detail", "instance", "code", "request_id"}
    assert re.search("[\u4e00-\u9fff]", chinese.json()["title"])
    assert not re.search("[\u4e00-\u9fff]", english.json()["title"])
    assert re.fullmatch(r"T\d{8}-\d{4,}", ticket["no"])


def test_5_she_logs_a_touch_that_did_not_sell_and_is_told_where_they_stopped(walk):
    go(walk, 5)
    resume = ask(walk, "A001", "GET", "/home", params={"player_id": walk.made["player"]["id"]}).json()["resume"]
    assert resume["lost_reason"] == "too_expensive"
    assert resume["price_now"]["currency"] == "CNY"
    assert TIME.match(resume["next_at"])
    unknown = {"player_id": walk.made["player"]["id"], "channel": "wechat", "outcome": "no_answer", "mood": "good"}
    refused = ask(walk, "A001", "POST", "/touches", json=unknown)
    assert (refused.status_code, [e["pointer"] for e in refused.json()["errors"]]) == (422, ["/mood"])


def test_6_items_are_synced_and_packs_built_under_the_discount_rules(walk):
    go(walk, 6)
    pack = ask(walk, "A001", "GET", f"/packs?q={walk.made['pack']['no']}").json()["items"][0]
    assert set(pack["verdict"]) >= {"sum", "price", "discount", "allowed", "needs_approval", "rule"}
    assert set(pack["verdict"]["rule"]) >= {"id", "name", "limit", "margin"}
    lines = [{"item_id": line["item_id"], "quantity": line["quantity"]} for line in pack["lines"]]
    both = {"name": "又价又折", "lines": lines, "price": money(9), "discount": "0.10"}
    assert ask(walk, "A001", "POST", "/packs", json=both).status_code == 422
    assert ask(walk, "A001", "POST", "/packs", json={"name": "空", "lines": [], "discount": "0"}).status_code == 422


def test_7_she_records_the_sale_by_the_pack_id_and_the_order_stays_as_it_was_sold(walk):
    go(walk, 7)
    order, player_id = walk.made["order"], walk.made["player"]["id"]
    body = {"player_id": player_id, "pack_no": order["pack"]["no"]}
    keyless = ask(
        walk, "A001", "POST", f"/orders/{order['id']}/payments", json={"method": "alipay", "amount": money(1)}
    )
    assert (keyless.status_code, keyless.json()["code"]) == (428, "idempotency_key_required")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = (ask(walk, "A001", "POST", "/orders", json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert first.json()["id"] == again.json()["id"]
    orders = ask(walk, "A001", "GET", f"/orders?player_id={player_id}&count=true").json()
    assert orders["total"] == 2
    assert re.fullmatch(r"O\d{8}-\d{4,}", order["no"])


def test_8_everyone_sees_what_is_theirs_to_see(walk):
    go(walk, 8)
    player = walk.made["player"]
    hidden = ask(walk, "A002", "GET", f"/players/{player['id']}")
    missing = ask(walk, "A002", "GET", f"/players/{player['id'][:-4]}0000")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    same = ("title", "detail", "code")
    assert [hidden.json()[name] for name in same] == [missing.json()[name] for name in same]
    for path in (
        f"/players/{player['id']}",
        f"/players?q={walk.made['phone'][-4:]}",
        f"/home?player_id={player['id']}",
    ):
        assert walk.made["phone"][3:] not in ask(walk, "A001", "GET", path).text
    assert ask(walk, "M001", "GET", f"/players/{player['id']}").json()["phone"] == walk.made["phone"]


def test_9_every_one_of_these_facts_is_heard_exactly_as_promised(walk):
    go(walk, 9)
    ear = walk.listener
    assert isinstance(ear, Ear)
    schemas = {path.stem: path for path in (ROOT / "services").glob("*/schemas/*.json")}
    validators = {
        key: jsonschema_rs.validator_for(orjson.loads(schemas[key].read_bytes()), validate_formats=True)
        for key in {message.key for message in ear.heard}
    }
    for message in list(ear.heard):
        _as_promised(message, validators[message.key])
    for source, facts in ear.once().items():
        sequences = [int(fact["sequence"]) for fact in facts]
        assert sequences == list(range(sequences[0], sequences[0] + len(facts))), f"{source}: a fact is missing"
    ids = [fact["id"] for facts in ear.once().values() for fact in facts]
    assert len(ids) == len(set(ids))


def _as_promised(message: Heard, validator: jsonschema_rs.Validator) -> None:
    fact, properties = message.fact, message.properties
    assert properties.content_type == "application/cloudevents+json"
    assert (properties.delivery_mode, properties.message_id) == (2, fact["id"])
    assert message.exchange == "playdesk.events"
    assert fact["type"] == f"playdesk.{message.key}"
    assert set(fact) == ATTRIBUTES, f"{message.key}: {set(fact) ^ ATTRIBUTES}"
    assert (fact["specversion"], fact["datacontenttype"]) == ("1.0", "application/json")
    assert fact["source"] == f"/playdesk/{OWNERS[message.key]}"
    assert fact["dataschema"] == f"/docs/events/schemas/{message.key}.json"
    assert UUID7.match(fact["id"])
    assert UUID7.match(fact["subject"])
    assert TIME.match(fact["time"])
    assert TRACE.match(fact["traceparent"])
    assert int(fact["sequence"]) > 0
    assert fact["entityversion"] >= 1
    assert validator.is_valid(fact["data"]), (
        f"{message.key}: {[e.message for e in validator.iter_errors(fact['data'])]}"
    )
    assert isinstance(fact["data"]["changed"], list)
    assert not MOBILE.search(IDS.sub("", message.body.decode())), f"{message.key} tells a phone number"


def test_9_a_phone_number_in_a_text_is_masked_in_its_fact(walk):
    go(walk, 2)
    ear, number = walk.listener, walk.made["phone"].removeprefix("+86")
    ticket = walk["A001"].post(
        "/tickets", {"player_id": walk.made["player"]["id"], "question": f"用 {number} 登录不了，换成 {number} 也不行"}
    )
    assert isinstance(ear, Ear)
    fact = until("the fact", lambda: ear.of(ticket["id"]))[0]
    assert number not in fact["data"]["question"]
    assert "****" in fact["data"]["question"]


def test_10_without_a_service_and_without_the_broker_the_work_goes_on(alone, walk):
    go(walk, 10)
    ear = walk.listener
    assert isinstance(ear, Ear)
    for source, facts in ear.once().items():
        sequences = [int(fact["sequence"]) for fact in facts]
        assert sequences == sorted(sequences), f"{source}: out of order after the broker's death"
        assert sequences[-1] - sequences[0] + 1 == len(facts), f"{source}: a fact was lost with the broker"
