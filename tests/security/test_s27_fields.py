"""S1 and S27 for rules of fields: what is hidden or masked leaves by no exit and finds nobody; what is read only stays."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import pytest
from sqlalchemy import text as sql

from chassis.clock import new_id
from chassis.data.masking import mask_phone
from chassis.field_rules import EVERYWHERE, FIELDS, HIDDEN, LISTS, READ
from chassis.jobs.running import work_off
from deploy.local.game.players import phone
from gateway.identity.roles import GRANT
from gateway.identity.schemas import GRANTABLE
from tests.gateway.integration.test_jobs import run_jobs
from tests.gateway.integration.test_roles import a_role
from tests.security.expectations import KIND_OF_PART
from tests.security.expected_pages import PAGES
from tests.security.test_s01_s02_api import operations
from tests.security.test_s01_s02_pages import address, rules
from tests.security.test_s16_cells import cells_of
from tests.support.rows_in_suite import Rows, a_dead_letter, a_delivery
from tests.support.suite_in_process import Api, InProcessSuite, Pages, new_member

# What stands in each field that can be hidden, nowhere else, and is found again by being typed.
CANARIES = {
    "player.phone": phone(417).removeprefix("+86"),
    "player.wechat_id": "sentry_wx_0417",
    "player.wechat_name": "字段哨微信名",
    "player.nickname": "字段哨昵称",
    "player.note": "字段哨备注",
    "player.tags": "字段哨标签",
    "player.custom": "字段哨自定义",
    "player.member": "SENTRY-4711",
    "touch.note": "字段哨接触",
    "lead.phone": phone(418).removeprefix("+86"),
    "lead.wechat_id": "sentry_lead_0418",
    "lead.note": "字段哨线索",
    "item.note": "字段哨物品",
    "pack.note": "字段哨礼包",
}
FORMER = {
    "player.wechat_id": "sentry_old_0417",
    "player.wechat_name": "字段哨旧微信名",
    "player.nickname": "字段哨旧昵称",
}
HIDEABLE = [field for field, known in FIELDS.items() if known.hides]
MASKABLE = [field for field, known in FIELDS.items() if known.masked]
EVERYTHING = sorted(set(GRANTABLE) - {GRANT})


@pytest.fixture(scope="module")
def filled(suite: InProcessSuite, rows: Rows) -> Rows:
    """Rows of A001 with a canary in every field."""
    return fill(suite, rows)


def fill(suite: InProcessSuite, rows: Rows) -> Rows:
    """Write a canary into every field, and let it be told everywhere."""
    agent, admin = suite.api("A001"), suite.api("admin")
    names = {"wechat_id": FORMER["player.wechat_id"], "wechat_name": FORMER["player.wechat_name"]}
    player = agent.made("/players", {"phone": CANARIES["player.phone"], "nickname": FORMER["player.nickname"], **names})
    plain = {name: CANARIES[f"player.{name}"] for name in ("wechat_id", "wechat_name", "nickname", "note")}
    edit = {**plain, "tags": [CANARIES["player.tags"]], "custom": {"hobby": CANARIES["player.custom"]}}
    player = agent.patch(f"/players/{player['id']}", edit, version=player["version"]).json
    player = agent.made(f"/players/{player['id']}/game-snapshot", None)
    with suite.raw("player") as connection:
        told = {"level": None, "points": 3, "identity": None, "verified": True, "version": 1, "at": "2026-11-28"}
        member = {"member_no": CANARIES["player.member"], **told}
        update = sql("UPDATE players SET member = CAST(:member AS jsonb) WHERE id = :id")
        connection.execute(update, {"member": json.dumps(member), "id": player["id"]})
        connection.commit()
    own = {"player": player, "ticket": agent.made("/tickets", {"player_id": player["id"], "question": "没有哨"})}
    pack_no = rows.shared["pack_on_sale"]["no"]
    touch = {"channel": "wechat", "outcome": "considering", "note": CANARIES["touch.note"], "pack_no": pack_no}
    own["touch"] = agent.made("/touches", {"player_id": player["id"], **touch})
    own["lead"] = agent.made("/leads", {name: CANARIES[f"lead.{name}"] for name in ("phone", "wechat_id", "note")})
    order = {"player_id": player["id"], "pack_no": pack_no}
    own["order"] = agent.made("/orders", order, key="fields")
    shared = dict(rows.shared)
    for kind in ("item", "pack"):
        record = admin.get(f"/{kind}s/{rows.shared[kind]['id']}").json
        edited = admin.patch(f"/{kind}s/{record['id']}", {"note": CANARIES[f"{kind}.note"]}, version=record["version"])
        assert edited.status_code == 200, edited.text
        shared[kind] = edited.json
    suite.pump()
    told = admin.get("/events", query_string={"types": "player.updated.v1", "limit": 500}).json["items"]
    fact = next(fact for fact in told if fact["subject"] == player["id"])
    shared["delivery"] = a_delivery(suite, rows.shared["subscription"]["id"], {**fact, "id": new_id()})
    shared["dead_letter"] = a_dead_letter(suite, json.dumps(fact).encode())
    return Rows({"A001": {**rows.of["A001"], **own}}, shared)


def secrets_of(suite: InProcessSuite, filled: Rows) -> dict[str, set[str]]:
    """{field: texts that tell it}."""
    game = suite.api("admin").get(f"/players/{filled.record('player', 'A001')['id']}").json["game"]
    found = {field: {value} | ({FORMER[field]} if field in FORMER else set()) for field, value in CANARIES.items()}
    return {**found, "player.game": {game["uid"], game["nickname"], f'"amount":"{game["total_spend"]["amount"]}"'}}


def somebody(suite: InProcessSuite, field_rules: dict[str, Any]) -> tuple[Api, Pages]:
    """One who may do everything, reaches everything, and has these rules; by API and in a browser."""
    role = a_role(suite.api("admin"), scope="all", actions=EVERYTHING, field_rules=field_rules)
    no = new_member(suite, role["code"]).no
    return suite.api(no, fresh=True), suite.pages(no)


def answers(suite: InProcessSuite, api: Api, browser: Pages, filled: Rows) -> dict[str, str]:
    """{what was asked: the text of the answer}: each list, record, page, export, the events and the audit log."""
    ids = {part: filled.record(kind, "A001")["id"] for part, kind in KIND_OF_PART.items() if kind != "role"}
    found: dict[str, str] = {}
    for name in operations(suite):
        method, _, path = name.partition(" ")
        if method != "GET" or "{role_id}" in path:
            continue
        path = re.sub(r"\{(\w+)\}", lambda part: str(ids[part[1]]), path)
        of_player = path in ("/home", "/ticket-summary", "/sales-summary")
        query: dict[str, Any] = {"player_id": ids["player_id"]} if of_player else {}
        found[f"{name} {query}"] = api.get(path, query_string=query).data.decode("utf-8", "replace")
    for path in ("/players", "/tickets", "/touches", "/orders", "/leads", "/items", "/packs", "/audit"):
        found[f"all of {path}"] = str(api.everything(path))
    found["events"] = everything_told(api)
    for path in ("/players", "/tickets", "/touches", "/orders", "/leads", "/audit"):
        for form in ("csv", "xlsx"):
            found[f"{path} as {form}"] = exported(suite, api, f"{path}/exports", form)
    for name, rule in rules(suite).items():
        if name.startswith("GET") and PAGES[name] != "public" and "role_id" not in name:
            for headers in ({}, {"HX-Request": "true"}):
                found[f"{name} {headers}"] = browser.get(address(rule, filled, "A001"), headers=headers).data.decode(
                    "utf-8", "replace"
                )
    found["home page"] = browser.get(f"/?player={ids['player_id']}").text
    return found


def everything_told(api: Api) -> str:
    """All events, as far back as they are kept."""
    found, cursor = "", ""
    while True:
        page = api.get("/events", query_string={"limit": 200, **({"after": cursor} if cursor else {})}).json
        found += str(page["items"])
        cursor = page["next_cursor"]
        if not page["more"]:
            return found


def exported(suite: InProcessSuite, api: Api, path: str, form: str) -> str:
    """The text of all cells of an export, whichever service makes it."""
    job = api.made(path, {"format": form})
    run_jobs(suite)
    while work_off(suite.gateway_runtime, threading.Event()):
        pass
    answer = api.get(f"/jobs/{job['id']}/result")
    assert answer.status_code == 200, answer.text
    return "\n".join(cells_of(answer.data, form))


def test_the_canaries_would_be_seen_at_their_exits(suite: InProcessSuite, filled: Rows):
    """Whoever has no rules meets every one of them: else the walk would prove nothing."""
    shown = answers(suite, *somebody(suite, {}), filled)
    for field, texts in secrets_of(suite, filled).items():
        if field == "player.phone":
            texts = {f"+86{CANARIES[field]}"}
        met = [name for name, answer in shown.items() if any(text in answer for text in texts)]
        assert len(met) >= 2, f"{field} is met only at {met}"


def test_a_hidden_field_leaves_by_no_exit(suite: InProcessSuite, filled: Rows, figure):
    api, browser = somebody(suite, {field: {"access": HIDDEN} for field in HIDEABLE})
    shown = answers(suite, api, browser, filled)
    found = [
        f"{field}: {text} in {name}"
        for field, texts in secrets_of(suite, filled).items()
        for name, answer in shown.items()
        for text in texts
        if text in answer
    ]
    assert not [name for name, answer in shown.items() if mask_phone(CANARIES["player.phone"]) in answer]
    figure("S27 hidden fields", fields=len(HIDEABLE), answers=len(shown), leaks=len(found))
    assert not found, "\n".join(sorted(found)[:30])


def test_a_hidden_field_finds_nobody(suite: InProcessSuite, filled: Rows):
    api, _ = somebody(suite, {field: {"access": HIDDEN} for field in HIDEABLE})
    player = filled.record("player", "A001")["id"]
    for field, texts in secrets_of(suite, filled).items():
        for typed in texts | {text[:4] for text in texts} | {text[-4:] for text in texts}:
            for path in ("/players", "/search"):
                answer = api.get(path, query_string={"q": typed}).json
                ids = [one["id"] for one in answer.get("items") or answer.get("players") or ()]
                assert player not in ids, f"{field}: {path}?q={typed}"
    for path, query in (
        ("/players", {"phone": CANARIES["player.phone"]}),
        ("/players", {"wechat_id": CANARIES["player.wechat_id"]}),
        ("/players", {"tag": CANARIES["player.tags"]}),
        ("/players", {"source": "other"}),
        ("/tickets", {"phone": CANARIES["player.phone"]}),
        ("/tickets", {"wechat_id": CANARIES["player.wechat_id"]}),
        ("/home", {"wechat_id": CANARIES["player.wechat_id"]}),
        ("/home", {"phone": CANARIES["player.phone"]}),
    ):
        answer = api.get(path, query_string=query)
        assert (answer.status_code, answer.json["code"]) == (403, "field_hidden"), (path, query, answer.text)
    refused = api.post("/players", {"wechat_name": "新来的", "wechat_id": CANARIES["player.wechat_id"]})
    assert refused.status_code == 403
    assert api.post(f"/players/{player}/phone-reveals", {"reason": "想看"}).status_code == 403


def test_who_is_there_already_is_named_without_their_hidden_fields(suite: InProcessSuite, filled: Rows):
    for access, told in ((None, True), (HIDDEN, False)):
        api, _ = somebody(suite, {"player.nickname": {"access": access}} if access else {})
        refused = api.post("/players", {"wechat_id": CANARIES["player.wechat_id"]})
        assert (refused.status_code, refused.json["existing"]["id"]) == (409, filled.record("player", "A001")["id"])
        assert (CANARIES["player.nickname"] in refused.text) is told


def test_a_masked_field_shows_its_ends_alone(suite: InProcessSuite, filled: Rows, figure):
    api, browser = somebody(suite, {field: {"mask": EVERYWHERE} for field in MASKABLE})
    shown, texts = answers(suite, api, browser, filled), secrets_of(suite, filled)
    found = [
        f"{field}: {text} in {name}"
        for field in MASKABLE
        for name, answer in shown.items()
        for text in texts[field]
        if text in answer
    ]
    figure("S27 masked fields", fields=len(MASKABLE), answers=len(shown), leaks=len(found))
    assert not found, "\n".join(sorted(found)[:30])
    player = api.get(f"/players/{filled.record('player', 'A001')['id']}").json
    assert player["wechat_id"] == "se****17"
    assert player["nickname"] == "字****称"
    assert player["phone"] == mask_phone(CANARIES["player.phone"])
    assert player["phone_visible"] is False


def test_a_masked_field_is_found_whole_and_not_spelt_out(suite: InProcessSuite, filled: Rows):
    api, _ = somebody(suite, {field: {"mask": EVERYWHERE} for field in MASKABLE})
    player = filled.record("player", "A001")["id"]

    def found(typed: str) -> bool:
        return player in [one["id"] for one in api.get("/players", query_string={"q": typed}).json["items"]]

    assert found(CANARIES["player.wechat_id"])
    assert found(CANARIES["player.phone"])
    assert not found(CANARIES["player.wechat_id"][:-1])
    assert not found(FORMER["player.wechat_id"][:-1])
    assert not found("字段哨昵")
    assert not found("zds")


def test_masked_in_lists_is_whole_in_the_record_itself(suite: InProcessSuite, filled: Rows):
    api, _ = somebody(suite, {field: {"mask": LISTS} for field in MASKABLE})
    player, ticket = (filled.record(kind, "A001") for kind in ("player", "ticket"))
    alone = api.get(f"/players/{player['id']}").json
    assert alone["wechat_id"] == CANARIES["player.wechat_id"]
    assert alone["phone"] == f"+86{CANARIES['player.phone']}"
    assert FORMER["player.nickname"] in alone["former"]["nicknames"]
    one_of_many = next(one for one in api.everything("/players") if one["id"] == player["id"])
    assert (one_of_many["wechat_id"], one_of_many["phone_visible"]) == ("se****17", False)
    assert one_of_many["phone"] == mask_phone(CANARIES["player.phone"])
    assert api.get(f"/tickets/{ticket['id']}").json["player"]["wechat_id"] == "se****17"
    assert CANARIES["player.wechat_id"] not in everything_told(api)
    home = api.get("/home", query_string={"wechat_id": CANARIES["player.wechat_id"]}).json
    assert home["player"]["wechat_id"] == CANARIES["player.wechat_id"]


WRITES = {
    "player.phone": ("/players/{player}", "13917006063"),
    "player.wechat_id": ("/players/{player}", "other_wx"),
    "player.wechat_name": ("/players/{player}", "别的"),
    "player.nickname": ("/players/{player}", "别的"),
    "player.source": ("/players/{player}", "other"),
    "player.note": ("/players/{player}", "别的"),
    "player.tags": ("/players/{player}", ["别的"]),
    "player.custom": ("/players/{player}", {"a": 1}),
    "ticket.category": ("/tickets/{ticket}", "bug"),
    "ticket.priority": ("/tickets/{ticket}", "high"),
    "ticket.solution": ("/tickets/{ticket}", "别的"),
    "touch.note": ("/touches/{touch}", "别的"),
    "lead.phone": ("/leads/{lead}", "13917006064"),
    "lead.wechat_id": ("/leads/{lead}", "other_lead"),
    "lead.note": ("/leads/{lead}", "别的"),
    "item.note": ("/items/{item}", "别的"),
    "pack.note": ("/packs/{pack}", "别的"),
}


@pytest.mark.parametrize("access", [READ, HIDDEN])
def test_what_is_read_only_or_hidden_is_set_by_no_way(suite: InProcessSuite, filled: Rows, access: str):
    settable = [field for field, known in FIELDS.items() if access in known.choices and known.sets]
    assert {field for field, known in FIELDS.items() if known.sets} <= WRITES.keys() | {"order.price"}
    api, browser = somebody(suite, {field: {"access": access} for field in settable})
    for field in settable:
        if field == "order.price":
            continue
        path, value = WRITES[field]
        kind, name = field.split(".")
        record = filled.record(kind, "A001")
        answer = api.patch(path.format(**{kind: record["id"]}), {name: value}, version=record["version"])
        assert (answer.status_code, answer.json["code"]) == (403, "field_read_only"), (field, answer.text)
        assert answer.json["fields"] == [field]
    player, pack_no = filled.record("player", "A001")["id"], filled.shared["pack_on_sale"]["no"]
    ticket = filled.record("ticket", "A001")
    if access == READ:
        price = {"amount": "0.10", "currency": "CNY"}
        order = api.post("/orders", {"player_id": player, "pack_no": pack_no, "price": price}, key="priced")
        assert (order.status_code, order.json["code"]) == (403, "field_read_only")
        done = api.post(f"/tickets/{ticket['id']}/complete", {"solution": "好了"}, version=ticket["version"])
        assert done.status_code == 403
    touch = {"player_id": player, "channel": "wechat", "outcome": "considering"}
    assert api.post("/touches", {**touch, "note": "别的"}).status_code == 403
    assert api.post("/touches", touch).status_code == 201
    page = browser.get(f"/players/{player}/edit").text
    assert ("字段哨备注" in page) is (access == READ)
    assert (' name="note"' in page) is (access == READ)


def test_copies_that_services_keep_are_whole_whoever_asked_first(suite: InProcessSuite, rows: Rows):
    """Where a service does not know a player yet, it gets a copy with the request: never what a rule left of it."""
    api, _ = somebody(suite, {"player.wechat_id": {"access": HIDDEN}, "player.nickname": {"mask": EVERYWHERE}})
    player = suite.api("A001").made("/players", {"wechat_id": "sentry_copy_1", "nickname": "副本字段哨"})
    ticket = api.made("/tickets", {"player_id": player["id"], "question": "马上就问"})
    assert ticket["player"]["nickname"] == "副****哨"
    assert ticket["player"]["wechat_id"] is None
    whole = suite.api("admin").get(f"/tickets/{ticket['id']}").json["player"]
    assert (whole["wechat_id"], whole["nickname"]) == ("sentry_copy_1", "副本字段哨")
