"""API clients: how they get in, what they reach, from where, and how it ends."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from chassis.clock import utc_now
from gateway.identity.scopes import SCOPES
from gateway.policies import ACTIONS
from tests.support.rows_in_suite import draft
from tests.support.suite_in_process import Api, InProcessSuite, rows_of


@pytest.fixture(scope="module")
def desk(suite: InProcessSuite) -> dict[str, Any]:
    """A player of A001's and one of B001's with a ticket, and a pack on sale."""
    admin, word = suite.api("admin"), uuid4().hex[:6]
    admin.made("/items/sync", None)
    item = admin.get("/items", query_string={"limit": 2, "sort": "price"}).json["items"][1]
    if not admin.get("/discount-rules").json["items"]:
        limits = {"free_limit": "0.10", "approval_limit": "0.40"}
        admin.made("/discount-rules", {"name": f"上限 {word}", "kind": "max_discount", **limits})
    pack = draft(suite, "M001", item["id"], f"礼包 {word}")
    pack = suite.api("M001").made(f"/packs/{pack['id']}/publish", None, version=pack["version"])
    players = {}
    for no, phone in (("A001", "13800018001"), ("B001", "13800018002")):
        players[no] = suite.api(no).made("/players", {"phone": phone, "wechat_id": f"wx_{no}_{word}"})
    suite.pump(1)
    ticket = suite.api("B001").made("/tickets", {"player_id": players["B001"]["id"], "question": "?"})
    return {"players": players, "ticket": ticket, "item": item, "pack": pack}


def made(suite: InProcessSuite, *scopes: str, **fields: Any) -> dict[str, Any]:
    """A new client with its secret."""
    body = {"name": f"系统 {uuid4().hex[:8]}", "scopes": list(scopes) or ["player:read"], **fields}
    return suite.api("admin").made("/api-clients", body)


def ask(suite: InProcessSuite, client: dict[str, Any], *, place: str = "192.0.2.5", **fields: Any) -> Any:
    """The answer of the token address, asked with the ID and secret in the body."""
    form = {
        "grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"], **fields,
    }  # fmt: skip
    return suite.nobody().client.post("/oauth/token", data=form, environ_base={"REMOTE_ADDR": place})


def caller(suite: InProcessSuite, *scopes: str, **fields: Any) -> Api:
    """The API as a new client with these scopes calls it."""
    return Api(
        suite.gateway.test_client(use_cookies=False), ask(suite, made(suite, *scopes, **fields)).json["access_token"]
    )


def fresh(suite: InProcessSuite) -> None:
    suite.gateway.extensions["playdesk_sessions"]._known.clear()


def test_every_scope_stands_for_actions_that_there_are():
    for scope, actions in SCOPES.items():
        assert actions, scope
        assert actions <= ACTIONS, (scope, actions - ACTIONS)


def test_a_token_is_given_for_id_and_secret_in_the_header_or_in_the_body(suite: InProcessSuite):
    client = made(suite, "player:read", "ticket:write")
    answer = ask(suite, client, scope="player:read")
    assert (answer.status_code, answer.json["token_type"], answer.json["scope"]) == (200, "Bearer", "player:read")
    assert 3590 <= answer.json["expires_in"] <= 3600
    assert answer.headers["Cache-Control"] == "no-store"
    packed = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {packed}"}
    answer = suite.nobody().client.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert (answer.status_code, answer.json["scope"]) == (200, "player:read ticket:write")


def test_what_is_wrong_is_said_as_the_rfc_has_it(suite: InProcessSuite):
    client, stranger = made(suite), {"id": str(uuid4()), "secret": "x"}
    basic = {"Authorization": "Basic " + base64.b64encode(f"{client['id']}:wrong".encode()).decode()}
    post = suite.nobody().client.post
    grant = {"grant_type": "client_credentials"}
    body = {**grant, "client_id": client["id"], "client_secret": client["secret"]}
    for answer, status, error in (
        (ask(suite, stranger), 401, "invalid_client"),
        (ask(suite, {**client, "secret": "wrong"}), 401, "invalid_client"),
        (ask(suite, {**client, "id": "x' OR 1=1"}), 401, "invalid_client"),
        (ask(suite, client, scope="ticket:write"), 400, "invalid_scope"),
        (ask(suite, client, scope="player:read nonsense"), 400, "invalid_scope"),
        (ask(suite, client, grant_type="password"), 400, "unsupported_grant_type"),
        (ask(suite, client, grant_type=""), 400, "invalid_request"),
        (post("/oauth/token", data=grant), 401, "invalid_client"),
        (post("/oauth/token", data=grant, headers=basic), 401, "invalid_client"),
        (post("/oauth/token", data=grant, headers={"Authorization": "Basic %%%"}), 401, "invalid_client"),
        (post("/oauth/token", data=grant, headers={"Authorization": "Bearer x"}), 401, "invalid_client"),
        (post("/oauth/token", data=body, headers=basic), 400, "invalid_request"),
        (post("/oauth/token", json=body), 400, "invalid_request"),
        (post("/oauth/token?grant_type=client_credentials", data=body), 400, "invalid_request"),
        (post("/oauth/token", data={**body, "scope": ["player:read", "player:read"]}), 400, "invalid_request"),
    ):
        assert (answer.status_code, answer.json["error"]) == (status, error), answer.text
        assert answer.json["error_description"]
        assert (status == 401) == ("WWW-Authenticate" in answer.headers)
    assert suite.nobody().client.get("/oauth/token").status_code == 405


def test_a_client_does_what_its_scopes_say_and_nothing_else(suite: InProcessSuite, desk: dict[str, Any]):
    reader = caller(suite, "player:read")
    player = desk["players"]["B001"]
    seen = reader.get(f"/players/{player['id']}").json
    assert seen["phone"] == "138****8002"
    assert caller(suite, "player:read", "player:pii").get(f"/players/{player['id']}").json["phone"] == "+8613800018002"
    assert reader.get("/search", query_string={"q": player["wechat_id"]}).status_code == 200
    for method, path in (("GET", "/tickets"), ("POST", "/players"), ("GET", "/staff"), ("GET", "/api-clients"),
                         ("GET", "/me"), ("POST", "/logout"), ("GET", "/me/sessions"), ("DELETE", "/me/sessions"),
                         ("POST", "/me/second-factor")):  # fmt: skip
        assert reader.request(method, path, {} if method == "POST" else None).status_code == 403, path
    for page in ("/", "/account", "/players"):
        shown = reader.client.get(page, headers={"Authorization": f"Bearer {reader.token}"})
        assert shown.status_code in (302, 303, 401, 403), page


def test_a_client_works_through_the_proxy_on_every_service(suite: InProcessSuite, desk: dict[str, Any]):
    api = caller(suite, *SCOPES)
    player = api.made("/players", {"phone": "13800018123", "wechat_id": f"wx_{uuid4().hex[:8]}"})
    ticket = api.made("/tickets", {"player_id": player["id"], "question": "从 ERP 来的问题"}, key="client-ticket")
    assert ticket["assignee_id"] is None
    started = api.post(f"/tickets/{ticket['id']}/start", version=ticket["version"])
    touch = api.post("/touches", {"player_id": player["id"], "channel": "phone", "outcome": "considering"})
    order = api.post("/orders", {"player_id": player["id"], "pack_no": desk["pack"]["no"]}, key="client-order")
    bound = api.post(f"/players/{player['id']}/binding", {"agent_id": suite.staff["A001"].id, "reason": "ERP"})
    handed = api.post(f"/tickets/{ticket['id']}/transfers", {"staff_id": suite.staff["A001"].id, "reason": "?"},
                      version=started.json.get("version"))  # fmt: skip
    line = [{"item_id": desk["item"]["id"], "quantity": 1}]
    pack = api.post("/packs", {"name": "系统建的", "discount": "0.05", "lines": line})
    for answer in (started, touch, order, bound, handed, pack):
        assert answer.status_code < 500, answer.text
        assert answer.status_code < 400 or answer.json["code"], answer.text
    for path in ("/players", "/tickets", "/touches", "/orders", "/items", "/packs", "/discount-rules", "/staff", "/departments",
                 f"/home?player_id={player['id']}", "/search?q=wx", "/counters"):  # fmt: skip
        assert api.get(path).status_code == 200, path


def test_a_client_of_a_department_reaches_what_lies_there_and_below(suite: InProcessSuite, desk: dict[str, Any]):
    api = caller(suite, "player:read", "ticket:read", department_id=suite.departments["一部"])
    assert api.get(f"/players/{desk['players']['A001']['id']}").status_code == 200
    assert api.get(f"/players/{desk['players']['B001']['id']}").status_code == 404
    assert api.get(f"/tickets/{desk['ticket']['id']}").status_code == 404


def test_the_address_counts_when_a_token_is_got_and_when_it_is_used(suite: InProcessSuite):
    client = made(suite, addresses=["192.0.2.0/28", "2001:db8::/64"])
    assert client["addresses"] == ["192.0.2.0/28", "2001:db8::/64"]
    refused = ask(suite, client, place="192.0.2.16")
    assert (refused.status_code, refused.json["error"]) == (400, "unauthorized_client")
    headers = {"Authorization": f"Bearer {ask(suite, client, place='192.0.2.15').json['access_token']}"}
    for place, status in (("192.0.2.1", 200), ("2001:db8::7", 200), ("192.0.2.16", 401), ("127.0.0.1", 401)):
        answer = suite.nobody().client.get("/api/v1/players", headers=headers, environ_base={"REMOTE_ADDR": place})
        assert answer.status_code == status, place


def test_two_secrets_serve_while_one_is_replaced(suite: InProcessSuite):
    admin, client = suite.api("admin"), made(suite)
    second = admin.made(f"/api-clients/{client['id']}/secrets", {})
    assert [ask(suite, one).status_code for one in (client, second)] == [200, 200]
    third = admin.post(f"/api-clients/{client['id']}/secrets", {})
    assert (third.status_code, third.json["code"]) == (409, "two_secrets")
    token = Api(suite.nobody().client, ask(suite, client).json["access_token"])
    assert token.get("/players").status_code == 200
    first_id = second["secrets"][0]["id"]
    left = admin.delete(f"/api-clients/{client['id']}/secrets/{first_id}")
    assert (left.status_code, len(left.json["secrets"])) == (200, 1)
    assert token.get("/players").status_code == 401, "a token dies with the secret it was got by"
    assert [ask(suite, one).status_code for one in (client, second)] == [401, 200]
    last = admin.delete(f"/api-clients/{client['id']}/secrets/{left.json['secrets'][0]['id']}")
    assert (last.status_code, last.json["code"]) == (409, "last_secret")


def test_revoking_and_narrowing_count_at_once(suite: InProcessSuite):
    admin, client = suite.api("admin"), made(suite, "player:read", "ticket:read")
    api = Api(suite.nobody().client, ask(suite, client).json["access_token"])
    assert api.get("/tickets").status_code == 200
    narrowed = admin.patch(f"/api-clients/{client['id']}", {"scopes": ["player:read"]}, version=client["version"])
    assert narrowed.status_code == 200
    assert [api.get(path).status_code for path in ("/tickets", "/players")] == [403, 200]
    revoked = admin.post(f"/api-clients/{client['id']}/revoke", version=narrowed.json["version"])
    assert (revoked.json["state"], revoked.json["secrets"]) == ("revoked", [])
    assert api.get("/players").status_code == 401
    assert ask(suite, client).status_code == 401
    again = admin.post(f"/api-clients/{client['id']}/secrets", {})
    assert (again.status_code, again.json["code"]) == (409, "client_revoked")


def test_tokens_and_clients_end_by_themselves(suite: InProcessSuite):
    until = utc_now() + timedelta(minutes=20)
    client = made(suite, expires_at=until.isoformat())
    answer = ask(suite, client).json
    assert answer["expires_in"] <= 1200, "no token outlives its client"
    api = Api(suite.nobody().client, answer["access_token"])
    assert api.get("/players").status_code == 200
    with time_machine.travel(until + timedelta(seconds=1)):
        fresh(suite)
        assert api.get("/players").status_code == 401
        assert ask(suite, client).status_code == 401
    lasting = Api(suite.nobody().client, ask(suite, made(suite)).json["access_token"])
    with time_machine.travel(utc_now() + timedelta(minutes=61)):
        fresh(suite)
        assert lasting.get("/players").status_code == 401


def test_the_last_use_is_shown_and_the_limit_is_its_own(suite: InProcessSuite):
    client = made(suite, rate_per_minute=3)
    api = Api(suite.nobody().client, ask(suite, client).json["access_token"])
    answers = [api.get("/players") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert "Retry-After" in answers[-1].headers
    assert caller(suite, "player:read").get("/players").status_code == 200
    seen = suite.api("admin").get(f"/api-clients/{client['id']}").json
    assert seen["last_used_at"] is not None
    assert "127.0.0.1" in suite.pages("admin").get("/settings/api-clients").text


def test_secrets_and_tokens_stand_nowhere_in_plain(suite: InProcessSuite):
    admin = suite.api("admin")
    body = {"name": f"系统 {uuid4().hex[:8]}", "scopes": ["player:read"]}
    key = f"client-{uuid4().hex[:8]}"
    client = admin.made("/api-clients", body, key=key)
    assert admin.made("/api-clients", body, key=key) == client, "repeated under its key, it is the same answer"
    token = ask(suite, client).json["access_token"]
    assert "secret" not in admin.get(f"/api-clients/{client['id']}").json
    hay = "\n".join(suite.log_lines)
    for table in ("api_clients", "api_client_secrets", "api_client_tokens", "idempotency_keys", "outbox", "event_log",
                  "audit_entries"):  # fmt: skip
        hay += "\n".join(row[0] for row in rows_of(suite, "gateway", f"SELECT r::text FROM {table} r"))
    assert client["id"] in hay
    assert [found for found in (client["secret"], token) if found in hay] == []


def test_the_pages_make_show_rotate_and_revoke(suite: InProcessSuite):
    admin, name = suite.pages("admin"), f"对接 {uuid4().hex[:6]}"
    assert "API 客户端" in admin.get("/settings/api-clients").text
    form = {"name": name, "scopes": ["player:read", "ticket:write"], "addresses": "192.0.2.1\n192.0.2.0/24"}
    shown = admin.post("/settings/api-clients", form).text
    assert "只显示这一次" in shown
    listed = suite.api("admin").get("/api-clients", query_string={"sort": "-created_at", "limit": 1}).json["items"][0]
    assert (listed["name"], listed["addresses"]) == (name, ["192.0.2.1/32", "192.0.2.0/24"])
    address = f"/settings/api-clients/{listed['id']}"
    assert name in admin.get(address).text
    assert "只显示这一次" in admin.post(f"{address}/secrets").text
    secrets = suite.api("admin").get(f"/api-clients/{listed['id']}").json["secrets"]
    assert admin.post(f"{address}/secrets/{secrets[0]['id']}/remove").status_code == 303
    version = suite.api("admin").get(f"/api-clients/{listed['id']}").json["version"]
    saved = admin.post(address, {**form, "name": f"{name} 二", "version": str(version)})
    assert (saved.status_code, saved.location) == (303, address)
    assert admin.post(f"{address}/revoke", {"version": str(version + 1)}).status_code == 303
    assert "已吊销" in admin.get(address).text
    assert suite.pages("A001").get("/settings/api-clients").status_code == 403
