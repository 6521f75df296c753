"""Whose a player is and was (P5)."""

from __future__ import annotations

from chassis.clock import new_id
from tests.player.lobby import BIND, Lobby


def bindings(lobby: Lobby, player: dict) -> list[dict]:
    answer = lobby.boss.get(f"/players/{player['id']}/bindings")
    assert answer.status_code == 200
    return answer.json["items"]


def test_a_new_player_is_bound_from_the_first_moment(lobby: Lobby):
    player = lobby.a_player()
    (span,) = bindings(lobby, player)
    assert span.keys() == {"agent_id", "wechat_account_id", "reason", "from_at", "until_at", "by"}
    assert (span["agent_id"], span["until_at"], span["by"]) == (lobby.agent.id, None, lobby.agent.id)
    assert bindings(lobby, lobby.a_player(by=lobby.boss)) == []


def test_a_player_goes_to_a_colleague_and_the_history_stays(lobby: Lobby):
    player, colleague, account = lobby.a_player(), lobby.know_staff(), new_id()
    body = {"agent_id": colleague["id"], "wechat_account_id": account, "reason": "换班"}
    answer = lobby.agent.post(f"/players/{player['id']}/binding", body, version=1)
    assert answer.status_code == 200, answer.text
    assert (answer.json["agent_id"], answer.json["wechat_account_id"]) == (colleague["id"], account)
    assert answer.headers["ETag"] == '"2"'
    now, before = bindings(lobby, player)
    assert (now["agent_id"], now["wechat_account_id"], now["reason"]) == (colleague["id"], account, "换班")
    assert before["agent_id"] == lobby.agent.id
    assert before["until_at"] == now["from_at"]
    assert lobby.agent.get(f"/players/{player['id']}").status_code == 404
    fact = lobby.facts(player)[-1]
    assert (fact.type, fact.data["agent_id"], fact.data["agent_id_before"]) == (
        "player.bound.v1",
        colleague["id"],
        lobby.agent.id,
    )
    assert (fact.data["changed"], fact.data["reason"]) == (["agent_id", "wechat_account_id"], "换班")


def test_a_player_can_be_let_go(lobby: Lobby):
    player = lobby.a_player()
    answer = lobby.boss.post(f"/players/{player['id']}/binding", {"agent_id": None, "reason": "离职"})
    assert answer.json["agent_id"] is None
    assert [span["until_at"] is None for span in bindings(lobby, player)] == [True, False]


def test_binding_as_it_is_already_changes_nothing(lobby: Lobby):
    player = lobby.a_player()
    answer = lobby.agent.post(f"/players/{player['id']}/binding", {"agent_id": lobby.agent.id, "reason": "再来"})
    assert (answer.status_code, answer.json["version"]) == (200, 1)
    assert len(bindings(lobby, player)) == 1
    assert len(lobby.facts(player)) == 1


def test_nobody_is_bound_to_a_stranger_or_a_leaver(lobby: Lobby):
    player, leaver = lobby.a_player(), lobby.know_staff(state="left")
    for agent_id, status in ((new_id(), 404), (leaver["id"], 409)):
        answer = lobby.agent.post(f"/players/{player['id']}/binding", {"agent_id": agent_id, "reason": "x"})
        assert answer.status_code == status


def test_a_binding_from_a_stale_version_is_refused_where_the_version_is_sent(lobby: Lobby):
    player = lobby.a_player()
    lobby.edited(player, note="x")
    path, body = f"/players/{player['id']}/binding", {"agent_id": None, "reason": "x"}
    assert lobby.boss.post(path, body, version=1).status_code == 412
    assert lobby.boss.post(path, body, version=2).status_code == 200


def test_wrong_bindings_are_refused(lobby: Lobby):
    player = lobby.a_player()
    path = f"/players/{player['id']}/binding"
    wrong = [
        {},
        {"agent_id": None},
        {"reason": "x"},
        {"agent_id": "A001", "reason": "x"},
        {"agent_id": None, "reason": " "},
    ]
    assert [lobby.agent.post(path, body).status_code for body in wrong] == [422] * 5
    assert lobby.service.person(BIND).post(path, {"agent_id": None, "reason": "x"}).status_code == 404
