"""What was saved is found: by any part of it that an agent would type (P4, P7)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis.data.search import folded, initials
from player.domain.names import handle_key
from tests.player.lobby import READ, Lobby, known_phone, new_handle, new_phone

HAN = "清风明月长安江南塞北烟雨落花流云孤舟寒江夜半盏茶听雪踏歌醉卧把酒仗剑折柳王者"
NAMES = st.text(st.sampled_from(HAN), min_size=2, max_size=10)
DECORATED = st.builds("{}{}{}".format, NAMES, st.sampled_from(["", "丶", "·", " ", "666", "Leo"]), NAMES)
QUICK = (Phase.explicit, Phase.generate)  # making a failing example smaller would take minutes here
HANDLES = st.from_regex(r"[a-z][a-z0-9_-]{5,14}", fullmatch=True)


@settings(max_examples=10, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nickname=NAMES | DECORATED, wechat_name=NAMES, handle=HANDLES, later=HANDLES)
def test_what_was_saved_is_found(lobby: Lobby, nickname: str, wechat_name: str, handle: str, later: str):
    phone = new_phone()
    answer = lobby.create(phone=phone, wechat_id=handle, nickname=nickname, wechat_name=wechat_name)
    if answer.status_code == 409:  # this WeChat ID was drawn before
        return
    player = lobby.edited(answer.json, wechat_id=later) if later != handle else answer.json
    typed = [phone[3:], phone[-4:], f"{phone[3:6]} {phone[6:10]} {phone[10:]}"]
    typed += [nickname, wechat_name, *(a + b for a, b in pairwise(folded(nickname)))]
    typed += [later.upper(), later[:5], handle, handle[:5], initials(nickname)[0][:3], initials(wechat_name)[0][:2]]
    missed = [query for query in dict.fromkeys(typed) if player["id"] not in lobby.found(query)]
    lobby.boss.delete(f"/players/{player['id']}", version=player["version"])
    assert missed == []


def test_each_row_says_why_it_was_found(lobby: Lobby):
    phone, handle, before = known_phone(), new_handle(), new_handle()
    player = lobby.a_player(phone=phone, wechat_id=before, nickname="旧时明月", wechat_name="Leo爸爸")
    player = lobby.edited(player, wechat_id=handle, nickname="半盏清茶")
    player = lobby.agent.post(f"/players/{player['id']}/game-snapshot").json
    uid, masked = player["game"]["uid"], f"{phone[3:6]}****{phone[-4:]}"
    expected = {
        phone: ("phone", masked),
        phone[-4:]: ("phone", masked),
        handle[:8]: ("wechat_id", handle),
        before.upper(): ("former_wechat_id", before),
        "清茶": ("nickname", "半盏清茶"),
        "半盏清茶": ("nickname", "半盏清茶"),
        "茶": ("nickname", "半盏清茶"),
        "爸爸": ("wechat_name", "Leo爸爸"),
        "leo": ("wechat_name", "Leo爸爸"),
        "明月": ("former_nickname", "旧时明月"),
        "bzq": ("nickname_initials", "半盏清茶"),
        "BZ": ("nickname_initials", "半盏清茶"),
        uid: ("game_uid", uid),
        player["game"]["nickname"]: ("game_nickname", player["game"]["nickname"]),
    }
    found = {query: [row["match"] for row in lobby.search(query) if row["id"] == player["id"]] for query in expected}
    assert found == {query: [{"field": field, "value": value}] for query, (field, value) in expected.items()}


def test_of_a_masked_number_no_more_than_its_last_four_digits_finds_anybody(lobby: Lobby):
    phone = new_phone()
    player = lobby.a_player(phone=phone)
    masked = {"field": "phone", "value": f"{phone[3:6]}****{phone[-4:]}"}
    for part in (phone[-5:], phone[-6:], phone[-7:], phone[-8:]):
        assert (player["id"], masked) in [(row["id"], row["match"]) for row in lobby.search(part, lobby.boss)], part
        assert player["id"] not in lobby.found(part), part
    for query in (phone, phone[3:], phone[-4:]):
        assert player["id"] in lobby.found(query), query
    by_uid = lobby.a_player(phone=known_phone())
    uid = lobby.agent.post(f"/players/{by_uid['id']}/game-snapshot").json["game"]["uid"]
    assert by_uid["id"] in lobby.found(uid), "digits that are no number find as before"


def test_a_search_row_is_the_player_with_its_match(lobby: Lobby):
    player = lobby.a_player(nickname="独一无二的名字")
    (row,) = lobby.search("独一无二")
    assert {name: value for name, value in row.items() if name != "match"} == player


def test_the_best_comes_first(lobby: Lobby):
    handle = new_handle()
    begun, exact = lobby.a_player(wechat_id=f"{handle}_2"), lobby.a_player(wechat_id=handle)
    named = lobby.a_player(nickname=f"{handle[-6:]}甲")
    assert lobby.found(handle) == [exact["id"], begun["id"]]
    assert lobby.found(handle[-6:]) == [named["id"]]
    longer, whole = lobby.a_player(nickname="某某云深不知处"), lobby.a_player(nickname="云深不知")
    assert lobby.found("云深不知") == [whole["id"], longer["id"]]
    assert lobby.found("云深不知", sort="created_at") == [longer["id"], whole["id"]]


def test_three_characters_must_stand_together(lobby: Lobby):
    together, apart = lobby.a_player(nickname="飞鸟鱼虫"), lobby.a_player(nickname="飞鸟与鸟鱼")
    assert lobby.found("飞鸟鱼") == [together["id"]]
    assert set(lobby.found("飞鸟")) == {together["id"], apart["id"]}


def test_a_search_stays_within_the_scope_and_the_filters(lobby: Lobby):
    player = lobby.a_player(nickname="紫气东来", phone=new_phone(), tags=["常客"])
    stranger = lobby.service.person(READ)
    for query in ("紫气", "zqdl", player["wechat_id"], player["phone"][-4:]):
        assert lobby.found(query, by=stranger) == []
    assert lobby.found("紫气", tag="常客") == [player["id"]]
    assert lobby.found("紫气", tag="别的") == []
    assert lobby.found("紫气", by=lobby.boss, agent_id=lobby.agent.id) == [player["id"]]


def test_a_search_goes_on_page_by_page(lobby: Lobby):
    players = [lobby.a_player(nickname=f"千山鸟飞{number}") for number in range(7)]
    seen, cursor = [], None
    while True:
        query = {"q": "千山鸟", "limit": "3", "count": "true"} | ({"cursor": cursor} if cursor else {})
        page = lobby.agent.get("/players", query_string=query).json
        seen += [row["id"] for row in page["items"]]
        assert page["total"] == 7
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [player["id"] for player in reversed(players)]


ODD = ["%", "_", "\\", "%%%%", "'; DROP TABLE players; --", "\U0010ffff", "。。。", "ab%", "1234567890123456789", "+86"]
ODD += [" ", "０００４", "ﷺ", "a" * 100]


@pytest.mark.parametrize("query", ODD)
def test_odd_queries_find_nothing_and_harm_nothing(lobby: Lobby, query: str):
    lobby.a_player(nickname="平常")
    answer = lobby.agent.get("/players", query_string={"q": query})
    assert answer.status_code == 200
    if query.strip():
        assert answer.json["items"] == []


def test_an_id_that_came_back_is_current_again(lobby: Lobby):
    first, second = new_handle(), new_handle()
    player = lobby.edited(lobby.a_player(wechat_id=first), wechat_id=second)
    player = lobby.edited(player, wechat_id=first)
    assert player["former"]["wechat_ids"] == [second]
    assert [row["match"]["field"] for row in lobby.search(first)] == ["wechat_id"]
    assert [row["match"]["field"] for row in lobby.search(second)] == ["former_wechat_id"]
    assert lobby.a_player(wechat_id=second)["wechat_id"] == second
    assert len(lobby.search(second, by=lobby.boss)) == 2


def test_the_list_is_filtered(lobby: Lobby):
    phone, handle = new_phone(), new_handle()
    player = lobby.a_player(phone=phone, wechat_id=handle, source="referral", tags=["甲", "乙"])
    lobby.a_player(source="campaign", tags=["丙"])
    finds = {
        "phone": phone[3:], "wechat_id": handle.upper(), "source": "referral", "tag": "乙,丁", "silent_days[gte]": "0",
        "registered": "false", "vip_tier": "0,1", "agent_id": lobby.agent.id, "created_at[gte]": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    misses = {
        "phone": new_phone(), "wechat_id": "nobody", "source": "other", "tag": "丁", "silent_days[gte]": "1",
        "registered": "true", "vip_tier": "3,4", "agent_id": lobby.boss.id, "created_at[lt]": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    for name, value in finds.items():
        rows = lobby.agent.get("/players", query_string={name: value}).json["items"]
        assert player["id"] in [row["id"] for row in rows], name
        assert "match" not in rows[0]
    for name, value in misses.items():
        assert lobby.agent.get("/players", query_string={name: value}).json["items"] == [], name


@pytest.mark.parametrize(
    "query", ["phone=12345", "vip_tier=5", "silent_days[gte]=x", "sort=phone", "what=1", "limit=201", "agent_id=me"]
)
def test_wrong_queries_are_refused(lobby: Lobby, query: str):
    answer = lobby.agent.get(f"/players?{query}")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "sort", ["created_at", "-created_at", "updated_at", "-updated_at", "last_contact_at", "-last_contact_at"]
)
def test_the_list_goes_on_page_by_page_in_every_order(lobby: Lobby, sort: str):
    players = {lobby.a_player()["id"] for _ in range(5)}
    seen, cursor = [], ""
    while cursor is not None:
        page = lobby.agent.get(f"/players?limit=2&sort={sort}{'&cursor=' + cursor if cursor else ''}").json
        seen, cursor = seen + [row["id"] for row in page["items"]], page["next_cursor"]
    assert len(seen) == 5
    assert set(seen) == players


def test_handles_are_compared_without_case_and_width():
    assert handle_key("ＡＢＣ_１") == handle_key("abc_1")
