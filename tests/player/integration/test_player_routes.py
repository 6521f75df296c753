"""Every route of players: what it answers, to whom, and what it tells the others."""

from __future__ import annotations

import pytest

from chassis.clock import new_id
from tests.player.lobby import CREATE, DELETE, READ, Lobby, new_handle, new_phone

BASICS = {
    *("id", "phone", "phone_visible", "wechat_id", "wechat_name", "nickname", "former", "source", "note", "agent_id"),
    *("wechat_account_id", "vip_tier", "registered", "tags", "custom", "member", "last_contact_at", "game", "deleted"),
    *("created_at", "updated_at", "version", "merged_into_id", "also_known"),
}


def test_a_player_is_written_down_with_all_fields(lobby: Lobby):
    handle, phone = new_handle(), new_phone()
    answer = lobby.create(
        phone=phone,
        wechat_id=handle,
        wechat_name="清茶",
        nickname="半盏清茶",
        source="campaign",
        note="周末在线",
        tags=["大方", "夜猫子", "大方"],
        custom={"city": "成都"},
    )
    assert answer.status_code == 201
    player = answer.json
    assert player.keys() == BASICS
    assert answer.headers["Location"] == f"/api/v1/players/{player['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert (player["wechat_id"], player["nickname"], player["source"]) == (handle, "半盏清茶", "campaign")
    assert player["tags"] == ["大方", "夜猫子"]
    assert player["custom"] == {"city": "成都"}
    assert player["agent_id"] == lobby.agent.id
    assert player["phone"] == f"{phone[3:6]}****{phone[-4:]}"
    assert player["phone_visible"] is False
    assert player["game"]["state"] == "unknown"
    assert lobby.read(player) == player


def test_the_fact_of_a_new_player_carries_the_whole_state(lobby: Lobby):
    player = lobby.a_player(phone=new_phone(), nickname="半盏清茶", tags=["大方"])
    (fact,) = lobby.facts(player)
    assert (fact.type, fact.entity_version) == ("player.created.v1", 1)
    told = fact.data
    same = ("nickname", "wechat_id", "wechat_name", "agent_id", "vip_tier", "registered", "deleted", "phone", "source")
    assert {name: told[name] for name in same} == {name: player[name] for name in same}
    assert told["tags"] == ["大方"]
    assert told["game"] is None
    assert told["changed"] == []


def test_whoever_sees_more_than_their_own_leaves_the_agent_open(lobby: Lobby):
    assert lobby.a_player(by=lobby.boss)["agent_id"] is None
    colleague = lobby.know_staff()
    assert lobby.a_player(by=lobby.boss, agent_id=colleague["id"])["agent_id"] == colleague["id"]
    assert lobby.create(by=lobby.boss, agent_id=new_id()).status_code == 404


def test_an_agent_who_has_just_joined_comes_in_the_token(lobby: Lobby):
    newcomer = {
        "id": new_id(),
        "version": 1,
        "no": "A010",
        "name": "新人",
        "department_id": None,
        "state": "in_service",
    }
    lobby.boss.references = {"staff": [newcomer]}
    assert lobby.a_player(by=lobby.boss, agent_id=newcomer["id"])["agent_id"] == newcomer["id"]


def test_giving_a_new_player_to_somebody_else_is_binding(lobby: Lobby):
    plain = lobby.service.person(CREATE)
    assert lobby.create(by=plain, agent_id=new_id()).status_code == 403
    assert lobby.create(by=plain, agent_id=plain.id).status_code == 201


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"phone": "12345", "wechat_id": "a"}, "/phone", "not_a_phone"),
        ({"phone": 13800008000, "wechat_id": "a"}, "/phone", "not_a_phone"),
        ({"phone": "1" * 5000, "wechat_id": "a"}, "/phone", "not_a_phone"),
        ({"phone": "+86138000080００;ext=5", "wechat_id": "a"}, "/phone", "not_a_phone"),
        ({}, "", "at_least_one_of"),
        ({"phone": None, "wechat_id": None}, "", "at_least_one_of"),
        ({"wechat_id": " "}, "/wechat_id", "blank"),
        ({"wechat_id": "a" * 65}, "/wechat_id", "too_long"),
        ({"wechat_id": "a", "nickname": "字" * 65}, "/nickname", "too_long"),
        ({"wechat_id": "a", "nickname": "a\u0001b"}, "/nickname", "not_text"),
        ({"wechat_id": "a", "note": "字" * 5001}, "/note", "too_long"),
        ({"wechat_id": "a", "source": "elsewhere"}, "/source", "not_a_choice"),
        ({"wechat_id": "a", "agent_id": "A001"}, "/agent_id", "not_an_id"),
        ({"wechat_id": "a", "tags": ["x"] * 31}, "/tags", "too_many"),
        ({"wechat_id": "a", "tags": "x"}, "/tags", "wrong_type"),
        ({"wechat_id": "a", "custom": {"Bad Name": 1}}, "/custom", "invalid"),
        ({"wechat_id": "a", "vip_tier": 4}, "/vip_tier", "unknown_field"),
        ({"wechat_id": "a", "version": 9}, "/version", "unknown_field"),
    ],
)
def test_wrong_fields_are_refused_by_name(lobby: Lobby, fields, pointer, code):
    answer = lobby.agent.post("/players", fields)
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json["errors"]]


@pytest.mark.parametrize(
    "written", ["13800138000", "138 0013 8000", "+86-138-0013-8000", "008613800138000", "１３８００１３８０００"]
)
def test_a_phone_number_is_one_however_it_is_written(lobby: Lobby, written):
    answer = lobby.create(phone=written)
    assert answer.status_code in (201, 409)  # the first of these wrote it down
    assert lobby.create(phone="+8613800138000").json["code"] == "duplicate_player"


@pytest.mark.parametrize("field", ["phone", "wechat_id"])
def test_a_duplicate_names_the_one_that_is_there(lobby: Lobby, field):
    player = lobby.a_player(phone=new_phone(), nickname="在先")
    value = lobby.read(player, by=lobby.boss)[field]
    answer = lobby.create(**{field: value.upper()})
    assert answer.status_code == 409
    assert answer.json["code"] == "duplicate_player"
    assert answer.json["existing"] == {name: player[name] for name in ("id", "nickname", "wechat_id")}


def test_a_duplicate_of_another_agents_player_is_not_named(lobby: Lobby):
    player = lobby.a_player(phone=new_phone())
    stranger = lobby.service.person(CREATE)
    answer = stranger.post("/players", {"wechat_id": player["wechat_id"]}, headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert answer.json["existing"] is None
    assert "another agent" in answer.json["detail"]
    assert player["id"] not in answer.text


def test_players_outside_the_scope_are_not_there(lobby: Lobby):
    player = lobby.a_player()
    stranger = lobby.service.person(
        "player.read", "player.update", "player.delete", "player.bind", "player.phone.reveal"
    )
    path = f"/players/{player['id']}"
    answers = [
        stranger.get(path),
        stranger.get(f"{path}/bindings"),
        stranger.patch(path, {"nickname": "x"}, version=1),
        stranger.delete(path, version=1),
        stranger.post(f"{path}/game-snapshot"),
        stranger.post(f"{path}/binding", {"agent_id": stranger.id, "reason": "x"}),
        stranger.post(f"{path}/phone-reveals", {"reason": "x"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 7
    assert stranger.get("/players").json["items"] == []
    assert lobby.read(player)["version"] == 1


def test_a_department_sees_its_agents_players_and_those_without_one(lobby: Lobby):
    lobby.know_staff(id=lobby.agent.id)
    mine, nobodys = lobby.a_player(), lobby.a_player(by=lobby.boss)
    supervisor = lobby.service.person("player.read", scope="departments", departments=(lobby.department,))
    other = lobby.service.person("player.read", scope="departments", departments=(new_id(),))
    assert supervisor.get(f"/players/{mine['id']}").status_code == 200
    assert supervisor.get(f"/players/{nobodys['id']}").status_code == 200
    assert other.get(f"/players/{mine['id']}").status_code == 404


def test_nothing_is_done_without_the_permission(lobby: Lobby):
    player = lobby.a_player()
    nobody = lobby.service.person(scope="all")
    path = f"/players/{player['id']}"
    answers = [
        nobody.post("/players", {"wechat_id": new_handle()}),
        nobody.get("/players"),
        nobody.get(path),
        nobody.patch(path, {}, version=1),
        nobody.delete(path, version=1),
        nobody.post(f"{path}/game-snapshot"),
        nobody.post(f"{path}/phone-reveals", {"reason": "x"}),
        nobody.post(f"{path}/binding", {"agent_id": None, "reason": "x"}),
        nobody.get(f"{path}/bindings"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 9


def test_an_edit_changes_what_was_sent_and_tells_what_changed(lobby: Lobby):
    player = lobby.a_player(phone=new_phone(), nickname="旧名", custom={"city": "成都", "age": 30})
    after = lobby.edited(player, nickname="新名", note="长文\n两行", custom={"city": None, "job": "老师"}, source=None)
    assert (after["nickname"], after["note"], after["version"]) == ("新名", "长文\n两行", 2)
    assert after["custom"] == {"age": 30, "job": "老师"}
    assert after["former"]["nicknames"] == ["旧名"]
    fact = lobby.facts(player)[-1]
    assert (fact.type, fact.entity_version) == ("player.updated.v1", 2)
    assert sorted(fact.data["changed"]) == ["custom", "nickname", "note"]
    assert "note" not in set(fact.data) - {"changed"}


def test_tags_have_a_fact_of_their_own(lobby: Lobby):
    player = lobby.edited(lobby.a_player(tags=["甲"]), tags=["甲", "乙"])
    lobby.edited(player, tags=["乙"], note="也改了")
    types = [(fact.type, fact.data["changed"]) for fact in lobby.facts(player)]
    assert types[1:] == [
        ("player.tagged.v1", ["tags"]),
        ("player.updated.v1", ["note"]),
        ("player.tagged.v1", ["tags"]),
    ]
    assert lobby.facts(player)[-1].data["tags"] == ["乙"]


def test_an_edit_that_changes_nothing_makes_no_version_and_no_fact(lobby: Lobby):
    player = lobby.a_player(nickname="同名", phone=new_phone())
    assert lobby.edited(player, nickname="同名", tags=[])["version"] == 1
    assert len(lobby.facts(player)) == 1


def test_an_edit_needs_the_version_it_was_made_from(lobby: Lobby):
    player = lobby.a_player()
    path = f"/players/{player['id']}"
    assert lobby.agent.patch(path, {"note": "x"}).status_code == 428
    lobby.edited(player, note="先")
    answer = lobby.edit(player, note="后")
    assert answer.status_code == 412
    assert answer.json["current"]["note"] == "先"
    assert lobby.edit({**player, "version": 99}, note="后").status_code == 412


def test_the_last_contact_of_a_player_is_kept(lobby: Lobby):
    player = lobby.a_player(phone=new_phone())
    after = lobby.edited(player, wechat_id=None)
    answer = lobby.edit(after, phone=None)
    assert (answer.status_code, answer.json["code"]) == (409, "contact_missing")


def test_an_edit_does_not_take_somebody_elses_phone_number_or_wechat_id(lobby: Lobby):
    first, second = lobby.a_player(phone=new_phone()), lobby.a_player(phone=new_phone())
    phone = lobby.read(first, by=lobby.boss)["phone"]
    for fields in ({"phone": phone}, {"wechat_id": first["wechat_id"].upper()}):
        answer = lobby.edit(second, **fields)
        assert (answer.status_code, answer.json["code"]) == (409, "duplicate_player")
        assert answer.json["existing"]["id"] == first["id"]
    assert lobby.edit(first, phone=phone, wechat_id=first["wechat_id"].upper()).status_code == 200


def test_a_deleted_player_is_gone_and_their_contacts_are_free_again(lobby: Lobby):
    phone = new_phone()
    player = lobby.a_player(phone=phone, nickname="将要离去")
    assert lobby.agent.delete(f"/players/{player['id']}", version=1).status_code == 403
    path = f"/players/{player['id']}"
    assert lobby.boss.delete(path).status_code == 428
    assert lobby.boss.delete(path, version=7).status_code == 412
    assert lobby.boss.delete(path, version=1).status_code == 204
    assert lobby.boss.get(path).status_code == lobby.agent.get(path).status_code == 404
    assert lobby.boss.delete(path, version=2).status_code == 404
    assert player["id"] not in lobby.found("将要离去", by=lobby.boss)
    fact = lobby.facts(player)[-1]
    assert (fact.type, fact.entity_version, fact.data["deleted"]) == ("player.deleted.v1", 2, True)
    assert fact.data["phone"] is None
    (row,) = lobby.rows("SELECT * FROM players WHERE id = :id", id=player["id"])
    assert row.phone_sealed is row.phone_index is row.phone_tail_index is None
    assert lobby.a_player(phone=phone, wechat_id=player["wechat_id"])["id"] != player["id"]


def test_a_deleted_player_is_in_no_list_even_of_those_who_see_all(lobby: Lobby):
    player = lobby.a_player(tags=["要删"])
    lobby.boss.delete(f"/players/{player['id']}", version=1)
    assert lobby.boss.get("/players?tag=要删").json["items"] == []
    assert lobby.service.person(READ, DELETE, scope="all").get("/players?tag=要删&count=true").json["total"] == 0


def test_a_repeated_key_has_one_effect(lobby: Lobby):
    body = {"wechat_id": new_handle(), "phone": new_phone()}
    first, again = (lobby.agent.post("/players", body, key="the same") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = lobby.agent.post("/players", {**body, "note": "x"}, key="the same")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert len(lobby.facts(first.json)) == 1
