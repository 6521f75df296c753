"""The game data arrive by themselves over real HTTP; a game server that is slow, down or mad holds nothing up (P3)."""

from __future__ import annotations

import time

import pytest

from chassis.clock import utc_now
from player.application.snapshots import refresh_vips
from tests.player.lobby import Lobby, known_phone, new_phone, wait_until

UNHAPPY = {
    "down": "unreachable",
    "error": "unreachable",
    "drop": "unreachable",
    "limited": "unreachable",
    "refused": "refused",
    "nonsense": "bad_answer",
    "empty": "bad_answer",
    "wrong_types": "bad_answer",
    "missing_fields": "bad_answer",
    "huge": "bad_answer",
}


def test_the_game_data_of_a_new_player_arrive_by_themselves(lobby: Lobby):
    phone = known_phone()
    lobby.game.world.put_player(phone, {"total_spend": "12345.60", "nickname": "半盏清茶"})
    with lobby.worker():
        player = lobby.a_player(phone=phone)
        after = lobby.wait_for_game(player, "fresh")
    game = after["game"]
    assert game["total_spend"] == {"amount": "12345.60", "currency": "CNY"}
    assert (game["nickname"], game["error"], game["next_attempt_at"]) == ("半盏清茶", None, None)
    assert game["roles"][0].keys() == {"name", "server", "level"}
    assert (after["vip_tier"], after["registered"], after["nickname"]) == (3, True, "半盏清茶")
    assert lobby.rows("SELECT 1 FROM snapshot_jobs WHERE player_id = :id", id=player["id"]) == []


def test_the_facts_tell_of_the_data_the_tier_and_the_registration(lobby: Lobby):
    phone = known_phone()
    lobby.game.world.put_player(phone, {"total_spend": "50000"})
    player = lobby.a_player(phone=phone)
    lobby.agent.post(f"/players/{player['id']}/game-snapshot")
    created, synced, tier, registered = lobby.facts(player)
    assert [f.type for f in (created, synced, tier, registered)] == [
        "player.created.v1",
        "player.game_synced.v1",
        "player.tier_changed.v1",
        "player.registered.v1",
    ]
    assert synced.data["game"]["total_spend"] == {"amount": "50000.00", "currency": "CNY"}
    assert "game.total_spend" in synced.data["changed"]
    assert (tier.data["vip_tier_before"], tier.data["vip_tier"]) == (0, 4)
    assert registered.data["registered"] is True
    assert {f.entity_version for f in (synced, tier, registered)} == {2}


def test_data_that_arrive_make_nobodys_edit_stale(lobby: Lobby):
    player = lobby.a_player(phone=known_phone())
    assert lobby.agent.post(f"/players/{player['id']}/game-snapshot").json["version"] == 2
    after = lobby.edited(player, note="从第一版改的")
    assert (after["version"], after["note"]) == (3, "从第一版改的")
    assert lobby.edit(player, note="再从第一版改").status_code == 412


@pytest.mark.parametrize("mode", UNHAPPY)
def test_a_bad_game_server_fails_the_snapshot_and_nothing_else(lobby: Lobby, mode: str):
    lobby.game.world.behave(mode)
    with lobby.worker():
        player = lobby.a_player(phone=known_phone(), nickname="照样保存")
        after = lobby.wait_for_game(player, "failed")
    assert after["game"]["error"] == UNHAPPY[mode]
    assert 50 < (_moment(after["game"]["next_attempt_at"]) - utc_now()).total_seconds() <= 60
    assert (after["nickname"], after["registered"], after["version"]) == ("照样保存", False, 1)
    assert len(lobby.facts(player)) == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"total_spend": "-1.00"},
        {"total_spend": "1e9"},
        {"total_spend": 12.5},
        {"total_spend": "99999999999999.00"},
        {"total_spend": True},
        {"level": -1},
        {"level": "90"},
        {"level": True},
        {"uid": ""},
        {"uid": "9" * 65},
        {"nickname": None},
        {"nickname": "字" * 5000},
        {"nickname": "a\u0000b"},
        {"currency": "XXX"},
        {"last_pay_at": "yesterday"},
        {"registered_at": "0001-01-01T00:00:00Z"},
        {"roles": [{"name": "x"}]},
        {"roles": [{"name": "x", "server": "s", "level": 1}] * 300},
    ],
)
def test_an_answer_that_cannot_be_true_is_a_bad_answer(lobby: Lobby, lie: dict):
    phone = known_phone()
    lobby.game.world.put_player(phone, lie)
    player = lobby.a_player(phone=phone)
    answer = lobby.agent.post(f"/players/{player['id']}/game-snapshot")
    assert answer.status_code == 200, answer.text
    assert (answer.json["game"]["state"], answer.json["game"]["error"]) == ("failed", "bad_answer")


def test_fields_the_contract_does_not_know_are_passed_over(lobby: Lobby):
    phone = known_phone()
    lobby.game.world.put_player(phone, {"guild": {"name": "?"}, "last_pay_at": None, "roles": []})
    player = lobby.a_player(phone=phone)
    assert lobby.agent.post(f"/players/{player['id']}/game-snapshot").json["game"]["state"] == "fresh"


def test_a_slow_game_server_keeps_a_waiting_person_for_the_deadline_and_no_longer(lobby: Lobby):
    lobby.game.world.behave("slow", delay_seconds=2)
    player = lobby.a_player(phone=known_phone())
    began = time.monotonic()
    answer = lobby.agent.post(f"/players/{player['id']}/game-snapshot")
    assert time.monotonic() - began < 1.7
    assert (answer.status_code, answer.json["game"]["state"], answer.json["game"]["error"]) == (
        200,
        "failed",
        "timeout",
    )
    assert answer.json["game"]["next_attempt_at"] is not None


def test_no_transaction_is_open_while_the_game_server_is_asked(lobby: Lobby):
    lobby.game.world.behave("slow", delay_seconds=0.3)
    player = lobby.a_player(phone=known_phone())
    waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    with lobby.worker():
        wait_until(lambda: lobby.game.world.state()["calls"], bool)
        seen = [lobby.rows(waiting)[0].n for _ in range(5)]
        lobby.wait_for_game(player, "fresh")
    assert min(seen) == 0, "one held over the call would be seen each time; the worker's other jobs come and go"


def test_many_are_asked_for_at_once(lobby: Lobby):
    lobby.game.world.behave("slow", delay_seconds=0.2)
    players = [lobby.a_player(phone=known_phone()) for _ in range(12)]
    began = time.monotonic()
    with lobby.worker():
        for player in players:
            lobby.wait_for_game(player, "fresh")
    assert time.monotonic() - began < 12 * 0.2 * 0.75


def test_a_failure_is_tried_again_and_the_waits_grow(lobby: Lobby):
    lobby.game.world.behave("down")
    player = lobby.a_player(phone=known_phone())
    waits = []
    for _ in range(4):
        _make_due(lobby, player)
        with lobby.worker():
            wait_until(lambda: _job(lobby, player).attempts, lambda n: n == len(waits) + 1)
            after = wait_until(
                lambda: lobby.read(player)["game"]["next_attempt_at"],
                lambda at: at is not None and (_moment(at) - utc_now()).total_seconds() > (waits or [0])[-1] * 60 + 30,
            )
        waits.append(round((_moment(after) - utc_now()).total_seconds() / 60))
    assert waits == [1, 5, 30, 120]
    lobby.game.world.reset()
    lobby.service.runtime.settings.__dict__.pop("game")
    _make_due(lobby, player)
    with lobby.worker():
        lobby.wait_for_game(player, "fresh")


def test_somebody_the_game_does_not_know_is_unknown_and_asked_for_again_much_later(lobby: Lobby):
    player = lobby.a_player(phone=new_phone())
    with lobby.worker():
        wait_until(lambda: lobby.read(player)["game"]["error"], lambda error: error == "not_found")
    after = lobby.read(player)
    assert (after["game"]["state"], after["registered"]) == ("unknown", False)
    assert (_moment(after["game"]["next_attempt_at"]) - utc_now()).days in (0, 1)


def test_a_contact_becomes_a_registered_player(lobby: Lobby):
    phone = new_phone()
    player = lobby.a_player(phone=phone)
    path = f"/players/{player['id']}/game-snapshot"
    assert lobby.agent.post(path).json["registered"] is False
    lobby.game.world.put_player(phone, {"total_spend": "0.00"})
    assert lobby.agent.post(path).json["registered"] is True
    assert lobby.agent.post(path).json["registered"] is True
    assert [fact.type for fact in lobby.facts(player)].count("player.registered.v1") == 1


def test_old_data_are_stale_and_stay_when_a_fetch_fails(lobby: Lobby):
    player = lobby.a_player(phone=known_phone())
    path = f"/players/{player['id']}/game-snapshot"
    fetched = lobby.agent.post(path).json["game"]
    _age(lobby, player, "7 hours")
    assert lobby.read(player)["game"]["state"] == "stale"
    lobby.game.world.behave("down")
    failed = lobby.agent.post(path).json["game"]
    assert (failed["state"], failed["uid"], failed["total_spend"]) == ("failed", fetched["uid"], fetched["total_spend"])
    assert failed["fetched_at"] is not None


def test_big_spenders_are_fetched_again_on_a_schedule(lobby: Lobby):
    big, small = known_phone(), known_phone()
    lobby.game.world.put_player(big, {"total_spend": "10000.00"})
    lobby.game.world.put_player(small, {"total_spend": "9999.99"})
    players = [lobby.a_player(phone=phone) for phone in (big, small)]
    for player in players:
        lobby.agent.post(f"/players/{player['id']}/game-snapshot")
        _age(lobby, player, "7 hours")
    work = lobby.service.runtime.work()
    with work.session:
        refresh_vips(work)
        work.commit()
    assert [_job(lobby, player) is not None for player in players] == [True, False]
    with lobby.worker():
        lobby.wait_for_game(players[0], "fresh")


def test_another_phone_number_is_another_account(lobby: Lobby):
    first, second = known_phone(), known_phone()
    player = lobby.a_player(phone=first)
    uid = lobby.agent.post(f"/players/{player['id']}/game-snapshot").json["game"]["uid"]
    changed = lobby.edited(lobby.read(player), phone=second)
    assert (changed["game"]["state"], changed["game"]["uid"]) == ("unknown", None)
    with lobby.worker():
        assert lobby.wait_for_game(player, "fresh")["game"]["uid"] != uid


def test_an_answer_for_a_number_changed_meanwhile_is_dropped(lobby: Lobby):
    player = lobby.a_player(phone=known_phone())
    lobby.game.world.behave("slow", delay_seconds=0.3, times=1)
    with lobby.worker():
        wait_until(lambda: lobby.game.world.state()["calls"], bool)
        lobby.edited(player, phone=new_phone())
        after = wait_until(lambda: lobby.read(player), lambda found: found["game"]["error"] is not None)
    assert (after["game"]["uid"], after["game"]["error"]) == (None, "not_found")


def test_without_a_phone_number_there_is_nothing_to_fetch(lobby: Lobby):
    answer = lobby.agent.post(f"/players/{lobby.a_player()['id']}/game-snapshot")
    assert (answer.status_code, answer.json["code"]) == (409, "no_phone")


def test_a_deleted_player_is_not_asked_for(lobby: Lobby):
    player = lobby.a_player(phone=known_phone())
    lobby.boss.delete(f"/players/{player['id']}", version=1)
    assert _job(lobby, player) is None


def test_while_the_game_server_is_away_nobody_waits_for_it(lobby: Lobby):
    lobby.game.world.behave("down")
    players = [lobby.a_player(phone=known_phone()) for _ in range(6)]
    for player in players[:5]:
        lobby.agent.post(f"/players/{player['id']}/game-snapshot")
    lobby.game.world.behave("slow", delay_seconds=1)
    began = time.monotonic()
    answer = lobby.agent.post(f"/players/{players[5]['id']}/game-snapshot")
    assert time.monotonic() - began < 0.4
    assert (answer.json["game"]["state"], answer.json["game"]["error"]) == ("failed", "unreachable")


def _moment(text: str):
    from datetime import datetime

    return datetime.fromisoformat(text)


def _job(lobby: Lobby, player: dict):
    return next(iter(lobby.rows("SELECT * FROM snapshot_jobs WHERE player_id = :id", id=player["id"])), None)


def _make_due(lobby: Lobby, player: dict) -> None:
    lobby.rows("UPDATE snapshot_jobs SET due_at = now() WHERE player_id = :id RETURNING 1", id=player["id"])


def _age(lobby: Lobby, player: dict, span: str) -> None:
    age = "UPDATE game_snapshots SET fetched_at = now() - CAST(:span AS interval) WHERE player_id = :id RETURNING 1"
    lobby.rows(age, id=player["id"], span=span)
