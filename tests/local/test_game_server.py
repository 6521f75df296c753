"""The game-server stand-in keeps its contract, and misbehaves when told to."""

from __future__ import annotations

import time
from urllib.parse import quote

import phonenumbers
import pytest
import requests

from deploy.local.game import items, players
from deploy.local.game.server import GameServer
from deploy.local.game.signature import SIGNATURE, TIMESTAMP, headers, sign
from deploy.local.game.world import MODES

SECRET = "not-a-secret"
REGISTERED, STRANGER = players.phone(4_321), "+8613800008000"


@pytest.fixture(scope="module")
def server():
    with GameServer(SECRET) as game:
        yield game


@pytest.fixture
def game(server):
    server.world.reset()
    return server


def get(game: GameServer, path: str, **kwargs) -> requests.Response:
    return requests.get(game.url + path, headers=headers(SECRET, "GET", path), timeout=5, **kwargs)


def by_phone(number: str) -> str:
    return f"/v1/players?phone={quote(number, safe='')}"


def test_every_player_has_a_phone_number_that_could_exist():
    numbers = [players.phone(index) for index in range(players.COUNT)]
    assert len(set(numbers)) == players.COUNT
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers[::50])
    assert [players.index_of(number) for number in numbers[::50]] == list(range(0, players.COUNT, 50))


def test_the_price_list_has_300_items_in_six_categories():
    listed = items.price_list()
    assert len({item["game_item_id"] for item in listed}) == len({item["name"] for item in listed}) == 300
    assert {item["category"] for item in listed} == {"材料", "加速", "召集", "外观", "资源", "礼券"}
    assert all(1 <= float(item["price"]) <= 648 for item in listed)


def test_a_player_is_found_by_phone(game):
    found = get(game, by_phone(REGISTERED)).json()
    assert found == players.player(4_321)
    assert found.keys() == {
        *("uid", "server", "nickname", "level", "vip_level", "total_spend", "currency"),
        *("last_pay_at", "last_login_at", "registered_at", "roles"),
    }


def test_a_stranger_is_not_found(game):
    assert get(game, by_phone(STRANGER)).status_code == 404


def test_the_price_list_comes_in_pages(game):
    seen, cursor = [], ""
    while cursor is not None:
        page = get(game, f"/v1/items?cursor={cursor}").json()
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == items.price_list()


def test_an_order_is_delivered_once(game):
    body = b'{"order_no": "O20261122-0007", "uid": "1", "items": []}'
    signed = {**headers(SECRET, "POST", "/v1/deliveries", body), "Idempotency-Key": "k1"}
    signed["Content-Type"] = "application/json"
    first, again = (requests.post(f"{game.url}/v1/deliveries", data=body, headers=signed, timeout=5) for _ in "12")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = body.replace(b"0007", b"0008")
    signed |= headers(SECRET, "POST", "/v1/deliveries", other)
    assert requests.post(f"{game.url}/v1/deliveries", data=other, headers=signed, timeout=5).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {SIGNATURE: "0" * 64},
        {SIGNATURE: ""},
        {TIMESTAMP: "1"},
        {TIMESTAMP: "now"},
        {SIGNATURE: sign("another-secret", "1", "GET", "/v1/items")},
    ],
)
def test_a_request_that_is_not_signed_is_refused(game, change):
    signed = {**headers(SECRET, "GET", "/v1/items"), **change}
    assert requests.get(f"{game.url}/v1/items", headers=signed, timeout=5).status_code == 401


def test_the_signature_covers_the_query(game):
    signed = headers(SECRET, "GET", by_phone(STRANGER))
    assert requests.get(game.url + by_phone(REGISTERED), headers=signed, timeout=5).status_code == 401


def test_it_is_slow_when_told_to(game):
    requests.post(f"{game.url}/control", json={"mode": "slow", "delay_seconds": 0.3}, timeout=5)
    start = time.monotonic()
    assert get(game, by_phone(REGISTERED)).status_code == 200
    assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize(
    ("mode", "status"), [("down", 503), ("error", 500), ("refused", 401), ("limited", 429), ("missing_fields", 200)]
)
def test_it_fails_when_told_to(game, mode, status):
    requests.post(f"{game.url}/control", json={"mode": mode}, timeout=5)
    assert get(game, by_phone(REGISTERED)).status_code == status


@pytest.mark.parametrize("mode", ["nonsense", "empty"])
def test_it_answers_nonsense_when_told_to(game, mode):
    requests.post(f"{game.url}/control", json={"mode": mode}, timeout=5)
    answer = get(game, by_phone(REGISTERED))
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_it_drops_the_connection_when_told_to(game):
    requests.post(f"{game.url}/control", json={"mode": "drop"}, timeout=5)
    with pytest.raises(requests.exceptions.ConnectionError):
        get(game, by_phone(REGISTERED))


def test_a_mode_can_be_for_some_calls_only(game):
    game.world.behave("down", only="players", times=1)
    assert get(game, "/v1/items").status_code == 200
    assert get(game, by_phone(REGISTERED)).status_code == 503
    assert get(game, by_phone(REGISTERED)).status_code == 200


def test_prices_items_and_players_can_be_changed_and_put_back(game):
    requests.post(f"{game.url}/control/prices", json={"100001": "9.5"}, timeout=5)
    requests.post(f"{game.url}/control/items", json={"100002": None, "999999": {"name": "新物品"}}, timeout=5)
    requests.post(f"{game.url}/control/players", json={STRANGER: {"nickname": "新玩家"}, REGISTERED: None}, timeout=5)
    first = get(game, "/v1/items").json()["items"]
    assert first[0]["price"] == "9.50"
    assert first[1]["game_item_id"] == "100003"
    assert get(game, by_phone(STRANGER)).json()["nickname"] == "新玩家"
    assert get(game, by_phone(REGISTERED)).status_code == 404
    requests.delete(f"{game.url}/control", timeout=5)
    assert get(game, "/v1/items").json()["items"][:2] == items.price_list()[:2]
    assert get(game, by_phone(REGISTERED)).status_code == 200


def test_an_unknown_mode_is_refused(game):
    answer = requests.post(f"{game.url}/control", json={"mode": "lazy"}, timeout=5)
    assert answer.status_code == 422
    assert all(mode in answer.json()["error"] for mode in MODES)
