"""Options: lists in the company's words and order, codes of its own accepted once told, retired and never lost (G9)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from gateway.options.option import BUILT_IN
from player.domain.codes import SOURCE_LIST, SOURCES
from sales.domain.codes import CHANNEL_LIST, CHANNELS, LOST_REASON_LIST, LOST_REASONS, METHOD_LIST, METHODS
from sales.domain.pool_codes import STAGE_LIST, STAGES
from tests.support.suite_in_process import Api, InProcessSuite, rows_of
from ticket.domain.codes import CATEGORIES, CATEGORY_LIST


@pytest.fixture
def admin(suite: InProcessSuite) -> Api:
    return suite.api("admin")


@pytest.fixture
def agent(suite: InProcessSuite) -> Api:
    return suite.api("A001")


def the_list(api: Api, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/options", query_string={"list": name, "limit": 200}).json["items"]
    return found


def own(admin: Api, name: str, **fields: Any) -> dict[str, Any]:
    code = f"own_{uuid4().hex[:8]}"
    made: dict[str, Any] = admin.made("/options", {"list": name, "code": code, "zh": "自有", "en": "Own", **fields})
    return made


def patched(admin: Api, option: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = admin.patch(f"/options/{option['id']}", fields, version=option["version"])
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def ticket_of(agent: Api, category: str) -> Any:
    player = agent.made("/players", {"wechat_id": f"wx_{uuid4().hex[:10]}"})
    return agent.post("/tickets", {"player_id": player["id"], "question": "?", "category": category})


def test_the_built_in_codes_are_those_the_services_know(admin):
    known = {
        CATEGORY_LIST: CATEGORIES,
        CHANNEL_LIST: CHANNELS,
        LOST_REASON_LIST: LOST_REASONS,
        METHOD_LIST: METHODS,
        SOURCE_LIST: SOURCES,
        STAGE_LIST: STAGES,
    }
    assert known == BUILT_IN
    for name, codes in BUILT_IN.items():
        assert tuple(one["code"] for one in the_list(admin, name) if one["built_in"]) == codes


def test_everybody_reads_options_and_only_administrators_change_them(suite, admin):
    option = own(admin, "channel")
    for no in ("A001", "M001", "S001", "Q001"):
        person = suite.api(no)
        assert option["code"] in [one["code"] for one in the_list(person, "channel")]
        assert person.get(f"/options/{option['id']}").json == option
        body = {"list": "channel", "code": "nobodys", "zh": "x", "en": "x"}
        assert person.post("/options", body).status_code == 403
        assert person.patch(f"/options/{option['id']}", {"zh": "x"}, version=1).status_code == 403
        assert person.delete(f"/options/{option['id']}", version=1).status_code == 403


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("ticket_category", lambda one, code: one["ticket"](code)),
        ("channel", lambda one, code: one["touch"](channel=code)),
        ("lost_reason", lambda one, code: one["touch"](outcome="refused", lost_reason=code)),
        ("player_source", lambda one, code: one["player"](source=code)),
    ],
)
def test_a_code_of_ones_own_is_refused_before_it_is_told_and_accepted_after(suite, admin, agent, name, use):
    player = agent.made("/players", {"wechat_id": f"wx_{uuid4().hex[:10]}"})
    ways = {
        "ticket": lambda code: ticket_of(agent, code),
        "touch": lambda **fields: agent.post(
            "/touches", {"player_id": player["id"], "channel": "wechat", "outcome": "considering", **fields}
        ),
        "player": lambda **fields: agent.post("/players", {"wechat_id": f"wx_{uuid4().hex[:10]}", **fields}),
    }
    suite.pump()
    option = own(admin, name)
    refused = use(ways, option["code"])
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "not_a_choice")
    suite.pump()
    accepted = use(ways, option["code"])
    assert accepted.status_code == 201, accepted.text


def test_a_payment_by_a_method_of_ones_own_is_taken_once_told(suite, admin, agent):
    item = admin.get("/items", query_string={"state": "on_sale", "limit": 1}).json["items"] or _stocked(admin)
    pack = agent.made("/packs", {"name": "试", "lines": [{"item_id": item[0]["id"], "quantity": 10}], "discount": "0"})
    if not admin.get("/discount-rules").json["items"]:
        limits = {"free_limit": "0.10", "approval_limit": "0.40"}
        admin.made("/discount-rules", {"name": "上限", "kind": "max_discount", **limits})
    pack = agent.made(f"/packs/{pack['id']}/publish", None, version=pack["version"])
    player = agent.made("/players", {"wechat_id": f"wx_{uuid4().hex[:10]}"})
    order = agent.made("/orders", {"player_id": player["id"], "pack_no": pack["no"]})
    option = own(admin, "payment_method")
    body = {"method": option["code"], "amount": order["total"]}
    path = f"/orders/{order['id']}/payments"
    assert agent.post(path, body, key=uuid4().hex).status_code == 422
    suite.pump()
    assert agent.post(path, body, key=uuid4().hex).status_code == 201
    suite.pump()
    retired = patched(admin, option, active=False)
    assert admin.delete(f"/options/{option['id']}", version=retired["version"]).json["code"] == "option_in_use"


def _stocked(admin: Api) -> list[dict[str, Any]]:
    admin.made("/items/sync", None)
    return list(admin.get("/items", query_string={"limit": 1}).json["items"])


def test_an_own_code_filters_lists_and_is_refused_in_a_filter_while_unknown(suite, admin, agent):
    option = own(admin, "ticket_category")
    suite.pump()
    ticket = ticket_of(agent, option["code"]).json
    found = agent.get("/tickets", query_string={"category": f"{option['code']},bug"}).json["items"]
    assert ticket["id"] in [one["id"] for one in found]
    assert agent.get("/tickets", query_string={"category": "never_told"}).status_code == 400


def test_a_code_in_use_is_retired_still_shown_and_accepted_and_not_removed(suite, admin, agent):
    option = own(admin, "ticket_category")
    suite.pump()
    ticket = ticket_of(agent, option["code"]).json
    suite.pump()
    option = patched(admin, option, active=False)
    suite.pump()
    path = f"/tickets/{ticket['id']}"
    assert agent.get(path).json["category"] == option["code"]
    away = agent.patch(path, {"category": "bug"}, version=ticket["version"]).json
    back = agent.patch(path, {"category": option["code"]}, version=away["version"])
    assert back.status_code == 200, "a change can be undone"
    refused = admin.delete(f"/options/{option['id']}", version=option["version"])
    assert (refused.status_code, refused.json["code"]) == (409, "option_in_use")
    assert patched(admin, option, active=True)["active"]


def test_what_nothing_has_had_is_retired_then_removed_and_refused_again(suite, admin, agent):
    option = own(admin, "ticket_category")
    suite.pump()
    path = f"/options/{option['id']}"
    refused = admin.delete(path, version=option["version"])
    assert (refused.status_code, refused.json["code"]) == (409, "option_active")
    option = patched(admin, option, active=False)
    assert admin.delete(path, version=option["version"]).status_code == 204
    assert admin.get(path).status_code == 404
    suite.pump()
    for service in suite.services.values():
        service.runtime.options._until = 0  # a code that was known may be taken for a second more
    assert ticket_of(agent, option["code"]).status_code == 422
    again = admin.made("/options", {name: option[name] for name in ("list", "code", "zh", "en")})
    suite.pump()
    assert (again["id"] != option["id"], ticket_of(agent, option["code"]).status_code) == (True, 201)


def test_a_built_in_code_is_called_otherwise_and_hidden_but_not_removed_and_stays_accepted(suite, admin, agent):
    option = next(one for one in the_list(admin, "ticket_category") if one["code"] == "bug")
    words = {name: option[name] for name in ("zh", "en")}
    changed = patched(admin, option, zh="程序缺陷", en="Defect", active=False)
    suite.pump()
    try:
        assert (changed["zh"], changed["en"], changed["active"]) == ("程序缺陷", "Defect", False)
        refused = admin.delete(f"/options/{option['id']}", version=changed["version"])
        assert (refused.status_code, refused.json["code"]) == (409, "built_in_option")
        assert ticket_of(agent, "bug").status_code == 201, "others are built on it"
    finally:
        patched(admin, changed, active=True, **words)
        suite.pump()


def test_a_list_always_offers_something(admin):
    found = the_list(admin, "player_source")
    hidden = []
    try:
        active = [one for one in found if one["active"]]
        hidden = [patched(admin, one, active=False) for one in active[1:]]
        last = admin.patch(f"/options/{active[0]['id']}", {"active": False}, version=active[0]["version"])
        assert (last.status_code, last.json["code"]) == (409, "last_option")
    finally:
        for one in hidden:
            patched(admin, one, active=True)


def test_an_option_is_moved_and_the_others_make_room(suite, admin):
    first, second = own(admin, "channel"), own(admin, "channel")
    order = [one["code"] for one in the_list(admin, "channel")]
    assert order[-2:] == [first["code"], second["code"]]
    moved = patched(admin, second, position=1)
    assert moved["position"] == 1
    after = the_list(admin, "channel")
    assert [one["code"] for one in after] == [second["code"], *order[:-1]]
    assert [one["position"] for one in after] == list(range(1, len(after) + 1))
    far = patched(admin, after[0], position=100)
    assert far["position"] == len(after)
    assert [one["code"] for one in the_list(admin, "channel")] == order
    suite.pump()
    told = rows_of(
        suite, "gateway", "SELECT data FROM event_log WHERE subject = :id ORDER BY entity_version", id=second["id"]
    )
    assert [row[0]["position"] for row in told] == [len(order), 1, len(order)]


def test_a_removed_option_leaves_no_gap(admin):
    gone, last = own(admin, "channel"), own(admin, "channel")
    gone = patched(admin, gone, active=False)
    assert admin.delete(f"/options/{gone['id']}", version=gone["version"]).status_code == 204
    after = the_list(admin, "channel")
    assert [one["position"] for one in after] == list(range(1, len(after) + 1))
    assert (after[-1]["id"], after[-1]["position"]) == (last["id"], last["position"] - 1)


def test_a_fact_tells_the_whole_option(suite, admin):
    option = own(admin, "channel", zh="直播间", en="Live room")
    option = patched(admin, option, active=False)
    admin.delete(f"/options/{option['id']}", version=option["version"])
    suite.pump()
    told = rows_of(
        suite, "gateway", "SELECT data FROM event_log WHERE subject = :id ORDER BY entity_version", id=option["id"]
    )
    assert [(row[0]["active"], row[0]["removed"]) for row in told] == [(True, False), (False, False), (False, True)]
    assert told[0][0]["zh"] == "直播间"


def test_the_same_code_twice_at_once_is_one(admin):
    body = {"list": "lost_reason", "code": f"own_{uuid4().hex[:8]}", "zh": "自有", "en": "Own"}
    together = Barrier(4)

    def add(_: int) -> int:
        together.wait()
        return int(admin.post("/options", body).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(4))) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"list": "colours"}, "/list", "not_a_choice"),
        ({"code": "Has-Dash"}, "/code", "invalid"),
        ({"code": "9lives"}, "/code", "invalid"),
        ({"code": "x"}, "/code", "too_short"),
        ({"zh": " "}, "/zh", "blank"),
        ({"en": "x" * 33}, "/en", "too_long"),
        ({"position": 0}, "/position", "out_of_range"),
        ({"built_in": True}, "/built_in", "unknown_field"),
    ],
)
def test_wrong_fields_are_pointed_at(admin, fields, pointer, code):
    answer = admin.post("/options", {"list": "channel", "code": "fine", "zh": "好", "en": "Fine", **fields})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert answer.json["errors"][0]["code"] == code


def test_versions_are_asked_for_and_codes_differ(admin):
    option = own(admin, "channel")
    path = f"/options/{option['id']}"
    assert admin.request("PATCH", path, {"zh": "x"}).status_code == 428
    patched(admin, option, zh="先")
    stale = admin.patch(path, {"zh": "后"}, version=option["version"])
    assert (stale.status_code, stale.json["current"]["zh"]) == (412, "先")
    body = {"list": "channel", "code": option["code"], "zh": "x", "en": "x"}
    assert admin.post("/options", body).json["code"] == "duplicate_option"
