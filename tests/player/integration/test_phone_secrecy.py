"""A phone number stands in plain nowhere: not in a column, a fact, a kept answer, an error or a log (P2)."""

from __future__ import annotations

import json
import logging

import pytest

from chassis.ops.logging import configure
from tests.player.lobby import AGENT, REVEAL, SEE, Lobby, known_phone, new_handle, new_phone


def test_who_may_see_sees_and_the_others_see_the_mask(lobby: Lobby):
    phone = new_phone()
    player = lobby.a_player(phone=phone)
    masked = f"{phone[3:6]}****{phone[-4:]}"
    assert (player["phone"], player["phone_visible"]) == (masked, False)
    seen = lobby.read(player, by=lobby.boss)
    assert (seen["phone"], seen["phone_visible"]) == (phone, True)
    (row,) = lobby.boss.get("/players", query_string={"phone": phone}).json["items"]
    assert row["phone"] == phone
    assert lobby.search(phone)[0]["phone"] == masked


def test_answers_to_posts_show_the_number_to_who_may_see_it_also_when_repeated(lobby: Lobby):
    body = {"phone": new_phone(), "wechat_id": new_handle()}
    first, again = (lobby.boss.post("/players", body, key="a supervisor's") for _ in range(2))
    assert first.json["phone"] == again.json["phone"] == body["phone"]
    path = f"/players/{first.json['id']}"
    fetched = lobby.boss.post(f"{path}/game-snapshot", key="a fetch")
    bound = lobby.boss.post(f"{path}/binding", {"agent_id": lobby.boss.id, "reason": "x"}, key="a binding")
    assert fetched.json["phone"] == bound.json["phone"] == body["phone"]
    stale = lobby.boss.post(f"{path}/binding", {"agent_id": None, "reason": "x"}, version=1, key="a stale one")
    assert (stale.status_code, stale.json["current"]["phone"]) == (412, body["phone"])


def test_who_may_not_see_any_more_gets_a_repeated_answer_masked(lobby: Lobby):
    phone = new_phone()
    body = {"phone": phone, "wechat_id": new_handle()}
    lobby.boss.post("/players", body, key="k")
    demoted = lobby.service.person("player.create", scope="all", staff_id=lobby.boss.id)
    assert demoted.post("/players", body, key="k").json["phone"] == f"{phone[3:6]}****{phone[-4:]}"


def test_a_reveal_shows_the_number_once_for_a_reason_that_is_kept(lobby: Lobby):
    phone = new_phone()
    player = lobby.a_player(phone=phone)
    path = f"/players/{player['id']}/phone-reveals"
    assert lobby.agent.post(path, {}).status_code == 422
    assert lobby.agent.post(path, {"reason": " "}).status_code == 422
    answer = lobby.agent.post(path, {"reason": "回电"}, key="r")
    assert (answer.status_code, answer.json["phone"]) == (201, phone)
    assert answer.json.keys() == {"phone", "expires_at", "left"}
    assert lobby.agent.post(path, {"reason": "回电"}, key="r").json == answer.json
    (row,) = lobby.rows("SELECT * FROM phone_reveals WHERE player_id = :id", id=player["id"])
    assert (row.by, row.reason) == (lobby.agent.id, "回电")
    assert lobby.read(player)["phone_visible"] is False
    _, revealed = lobby.facts(player)
    assert (revealed.type, revealed.actor, revealed.data["reason"]) == ("phone.revealed.v1", lobby.agent.id, "回电")
    assert phone[-8:] not in str(revealed.data)


def test_reveals_are_rationed(lobby: Lobby):
    player = lobby.a_player(phone=new_phone())
    path = f"/players/{player['id']}/phone-reveals"
    answers = [lobby.agent.post(path, {"reason": f"第{number}次"}) for number in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]
    assert answers[-1].json["code"] == "reveal_quota"
    assert [answer.json["left"] for answer in answers] == [*range(19, -1, -1), 0]
    told = lobby.agent.get(path).json
    assert (told["limit"], told["left"]) == (20, 0)
    assert told["again_at"] is not None
    assert 86_000 < int(answers[-1].headers["Retry-After"]) <= 86_400
    assert player["phone"][-4:] not in answers[-1].text
    other = lobby.service.person(REVEAL, scope="all")
    assert other.get(path).json == {"limit": 20, "left": 20, "again_at": None}
    assert other.post(path, {"reason": "x"}).status_code == 201


def test_a_reveal_needs_a_number(lobby: Lobby):
    answer = lobby.agent.post(f"/players/{lobby.a_player()['id']}/phone-reveals", {"reason": "x"})
    assert (answer.status_code, answer.json["code"]) == (409, "no_phone")


def test_known_numbers_are_found_in_no_column_and_no_fact(lobby: Lobby):
    phones = [_used_in_every_way(lobby) for _ in range(5)]
    public = "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    tables = [row.name for row in lobby.rows(public)]
    assert {"players", "outbox", "idempotency_keys", "phone_reveals", "bindings"} <= set(tables)
    for table in tables:
        for row in lobby.rows(f"SELECT CAST(whole AS text) AS row FROM {table} AS whole"):
            for phone in phones:
                assert phone[3:] not in row.row, table
                assert phone[3:].encode().hex() not in row.row, table


def _used_in_every_way(lobby: Lobby) -> str:
    phone = known_phone()
    player = lobby.a_player(by=lobby.boss, phone=phone, key=f"create {phone[-4:]}")
    path = f"/players/{player['id']}"
    lobby.boss.post("/players", {"phone": phone}, key=f"again {phone[-4:]}")
    lobby.boss.get("/players", query_string={"q": phone})
    lobby.boss.post(f"{path}/game-snapshot", key=f"fetch {phone[-4:]}")
    lobby.boss.post(f"{path}/phone-reveals", {"reason": "x"}, key=f"reveal {phone[-4:]}")
    lobby.boss.post(f"{path}/binding", {"agent_id": lobby.boss.id, "reason": "x"}, key=f"bind {phone[-4:]}")
    player = lobby.read(player, by=lobby.boss)
    other = known_phone()
    player = lobby.boss.patch(path, {"phone": other, "tags": ["x"]}, version=player["version"]).json
    assert player["phone"] == other
    lobby.boss.patch(path, {"phone": phone}, version=player["version"])
    return phone


@pytest.mark.parametrize("mode", ["drop", "down", "nonsense"])
def test_a_failing_game_server_brings_no_number_into_the_log(lobby: Lobby, capfd, mode: str):
    configure("player", "DEBUG")
    try:
        phone = known_phone()
        lobby.game.world.behave(mode)
        player = lobby.a_player(phone=phone)
        lobby.agent.post(f"/players/{player['id']}/game-snapshot")
        lobby.service.runtime.settings.__dict__.pop("game")
        lobby.create(phone=phone)
        logged = capfd.readouterr().err
    finally:
        logging.getLogger().handlers.clear()
        logging.getLogger().setLevel(logging.WARNING)
    assert phone[3:] not in logged


def test_an_error_repeats_no_number(lobby: Lobby):
    phone = new_phone()
    lobby.a_player(by=lobby.boss, phone=phone)
    stranger = lobby.service.person(*AGENT)
    answers = [
        stranger.post("/players", {"phone": phone}),
        stranger.post("/players", {"phone": f"{phone}0"}),
        stranger.post("/players", {"phone": phone, "source": phone}),
        stranger.get("/players", query_string={"phone": f"{phone}0"}),
    ]
    assert [answer.status_code for answer in answers] == [409, 422, 422, 400]
    assert all(phone[3:] not in json.dumps(answer.json) for answer in answers)


def test_a_sealed_number_opens_in_no_other_row(lobby: Lobby):
    first, second = lobby.a_player(phone=new_phone()), lobby.a_player(phone=new_phone())
    steal = (
        "UPDATE players SET phone_sealed = (SELECT phone_sealed FROM players WHERE id = :a) WHERE id = :b RETURNING 1"
    )
    lobby.rows(steal, a=first["id"], b=second["id"])
    assert lobby.agent.get(f"/players/{second['id']}").status_code == 500
    assert lobby.service.person("player.read", SEE, scope="all").get(f"/players/{first['id']}").status_code == 200
    lobby.rows("UPDATE players SET phone_sealed = NULL WHERE id = :b RETURNING 1", b=second["id"])
