"""Many at once: one player for one phone number, one winner for one version."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.player.lobby import Lobby, new_handle, new_phone

AT_ONCE = 8


def at_once(call, times: int = AT_ONCE) -> list:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [call.result() for call in [threads.submit(call, number) for number in range(times)]]


@pytest.mark.parametrize("field", ["phone", "wechat_id"])
def test_the_same_player_written_down_at_once_is_one_player(lobby: Lobby, field: str):
    for _ in range(5):
        value = new_phone() if field == "phone" else new_handle()
        answers = at_once(lambda _number, same=value: lobby.agent.post("/players", {field: same}))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * (AT_ONCE - 1)
        (made,) = [answer.json["id"] for answer in answers if answer.status_code == 201]
        refused = [answer.json for answer in answers if answer.status_code == 409]
        assert {answer["code"] for answer in refused} == {"duplicate_player"}
        assert {answer["existing"]["id"] for answer in refused} == {made}


def test_the_same_key_at_once_makes_one_player(lobby: Lobby):
    body = {"phone": new_phone(), "wechat_id": new_handle()}
    answers = at_once(lambda _number: lobby.agent.post("/players", body, key="one"))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} <= {"request_in_progress"}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1


def test_of_many_edits_from_one_version_one_wins(lobby: Lobby):
    player = lobby.a_player()
    answers = at_once(lambda number: lobby.edit(player, note=f"第{number}个"))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (AT_ONCE - 1)
    assert lobby.read(player)["version"] == 2


def test_two_players_taking_one_id_at_once_leave_it_to_one(lobby: Lobby):
    players, handle = [lobby.a_player() for _ in range(AT_ONCE)], new_handle()
    answers = at_once(lambda number: lobby.edit(players[number], wechat_id=handle))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (AT_ONCE - 1)


def test_reveals_at_once_do_not_pass_the_ration(lobby: Lobby):
    path = f"/players/{lobby.a_player(phone=new_phone())['id']}/phone-reveals"
    answers = at_once(lambda number: lobby.agent.post(path, {"reason": f"{number}"}), times=30)
    assert [answer.status_code for answer in answers].count(201) == 20
