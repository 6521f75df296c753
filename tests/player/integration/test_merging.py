"""Duplicates are merged without loss, and taken apart again as they were (P13, O8)."""

from __future__ import annotations

from chassis.clock import new_id
from tests.player.lobby import SUPERVISOR, new_handle, new_phone
from tests.player.pair import MERGE, Pair, lasting


def test_the_survivor_takes_over_what_it_lacks_and_keeps_what_it_has(pair: Pair):
    named = {"phone": new_phone(), "wechat_name": "茶茶", "nickname": "茶", "note": "爱皮肤"}
    gone = pair.player(**named, tags=["大方", "夜猫子"], custom={"city": "成都", "pet": "猫"})
    into = pair.player(nickname="半盏清茶", note="周末在线", tags=["夜猫子", "新手"], custom={"pet": "狗"})
    after = pair.merged(gone, into)
    assert (after["phone"], after["wechat_name"]) == (gone["phone"], "茶茶")
    assert (after["nickname"], after["wechat_id"]) == ("半盏清茶", into["wechat_id"])
    assert after["tags"] == ["夜猫子", "新手", "大方"]
    assert after["custom"] == {"pet": "狗", "city": "成都"}
    assert after["note"] == "周末在线\n\n爱皮肤"
    assert after["agent_id"] == into["agent_id"]


def test_the_survivor_keeps_its_own_number_and_the_other_stays_searchable(pair: Pair):
    gone, into = pair.player(phone=new_phone()), pair.player(phone=new_phone())
    after = pair.merged(gone, into)
    assert after["phone"] == into["phone"]
    numbers = (into["phone"], gone["phone"], gone["phone"][-4:], gone["phone"][-8:])
    assert all(into["id"] in pair.lobby.found(number, by=pair.boss) for number in numbers)
    listed = pair.boss.get("/players", query_string={"phone": gone["phone"]}).json["items"]
    assert [one["id"] for one in listed] == [into["id"]]


def test_a_merged_player_is_in_no_list_but_leads_to_the_survivor(pair: Pair):
    handle, before = new_handle(), new_handle()
    gone = pair.lobby.a_player(wechat_id=before, nickname="独角兽骑士", wechat_name="老名字甲")
    pair.lobby.edited(gone, wechat_id=handle, wechat_name="新名字乙")
    into = pair.player(nickname="另一位")
    pair.merged(gone, into)
    for word in (handle, before, handle[:8], "独角兽骑士", "独角", "djsqs", "老名字甲", "新名字乙"):
        found = pair.lobby.found(word)
        assert into["id"] in found, word
        assert gone["id"] not in found, word
    (listed,) = pair.boss.get("/players", query_string={"wechat_id": handle}).json["items"]
    assert listed["id"] == into["id"]
    assert into["id"] in [one["id"] for one in pair.lobby.agent.get("/players").json["items"]]
    assert gone["id"] not in [one["id"] for one in pair.lobby.agent.get("/players").json["items"]]
    (hit,) = pair.lobby.search(before)
    assert hit["match"] == {"field": "former_wechat_id", "value": before}


def test_a_merged_player_is_read_and_says_who_stands_for_them(pair: Pair):
    gone, into = pair.player(nickname="旧"), pair.player()
    pair.merged(gone, into)
    read = pair.lobby.read(gone)
    assert (read["merged_into_id"], read["nickname"]) == (into["id"], "旧")


def test_nothing_is_written_on_a_merged_player_and_the_survivor_is_named(pair: Pair):
    gone, into = pair.player(phone=new_phone()), pair.player(nickname="留下的")
    pair.merged(gone, into)
    path, version = f"/players/{gone['id']}", pair.read(gone)["version"]
    other = pair.player()
    refused = [
        pair.boss.patch(path, {"note": "x"}, version=version),
        pair.boss.delete(path, version=version),
        pair.boss.post(f"{path}/binding", {"agent_id": None, "reason": "x"}),
        pair.boss.post(f"{path}/game-snapshot", {}),
        pair.boss.post(f"{path}/erasure", {"reason": "x"}, version=version),
        pair.boss.post(f"{path}/merge", {"into_id": other["id"]}, version=version),
        pair.merge(other, gone),
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in refused} == {(409, "player_merged")}
    named = {"id": into["id"], "nickname": "留下的", "wechat_id": into["wechat_id"]}
    assert all(answer.json["survivor"] == named for answer in refused)


def test_unmerging_restores_both_exactly(pair: Pair):
    gone = pair.player(
        phone=new_phone(), wechat_name="茶茶", nickname="茶", note="爱皮肤", tags=["大方"], custom={"a": 1}
    )
    into = pair.player(tags=["新手"])
    pair.merged(gone, into)
    assert lasting(pair.unmerged(gone)) == lasting(gone)
    assert lasting(pair.read(into)) == lasting(into)
    assert pair.lobby.found(gone["phone"], by=pair.boss) == [gone["id"]]
    assert pair.lobby.found(gone["wechat_id"], by=pair.boss) == [gone["id"]]


def test_what_was_changed_since_the_merge_stays_when_it_is_taken_back(pair: Pair):
    gone = pair.player(phone=new_phone(), nickname="茶", tags=["大方"], custom={"city": "成都", "pet": "猫"}, note="甲")
    into = pair.player()
    after = pair.merged(gone, into)
    own = new_phone()
    change = {
        "nickname": "新昵称",
        "phone": own,
        "tags": ["大方", "后来的"],
        "custom": {"pet": "狗"},
        "note": "甲，后来补充",
    }
    assert pair.lobby.edit(after, by=pair.boss, **change).status_code == 200
    back, left = pair.unmerged(gone), pair.read(into)
    assert lasting(back) == lasting(gone)
    assert (left["nickname"], left["phone"], left["note"]) == ("新昵称", own, "甲，后来补充")
    assert (left["tags"], left["custom"]) == (["后来的"], {"pet": "狗"})


def test_a_number_given_up_by_the_survivor_is_still_held_for_the_other(pair: Pair):
    gone, into = pair.player(phone=new_phone()), pair.player()
    after = pair.merged(gone, into)
    assert pair.lobby.edit(after, by=pair.boss, phone=new_phone()).status_code == 200
    refused = pair.lobby.create(phone=gone["phone"])
    assert (refused.status_code, refused.json["existing"]["id"]) == (409, into["id"])
    assert pair.lobby.found(gone["phone"], by=pair.boss) == [into["id"]]


def test_the_pair_may_share_a_wechat_id_but_nobody_else_may(pair: Pair):
    gone, into = pair.player(), pair.player()
    after = pair.merged(gone, into)
    refused = pair.lobby.create(wechat_id=gone["wechat_id"])
    assert (refused.json["code"], refused.json["existing"]["id"]) == ("duplicate_player", into["id"])
    shared = pair.lobby.edit(after, by=pair.boss, wechat_id=gone["wechat_id"])
    assert shared.status_code == 200, shared.text
    stuck = pair.unmerge(gone)
    assert (stuck.status_code, stuck.json["code"]) == (409, "duplicate_player")
    again = pair.lobby.edit(shared.json, by=pair.boss, wechat_id=into["wechat_id"])
    assert again.status_code == 200
    assert lasting(pair.unmerged(gone)) == lasting(gone)


def test_a_survivor_without_any_contact_of_their_own_cannot_be_left_alone(pair: Pair):
    gone, into = pair.player(phone=new_phone()), pair.player()
    after = pair.merged(gone, into)
    assert pair.lobby.edit(after, by=pair.boss, wechat_id=None).status_code == 200
    refused = pair.unmerge(gone)
    assert (refused.status_code, refused.json["code"]) == (409, "contact_missing")


def test_merges_one_after_the_other_lead_to_the_last_survivor_and_are_taken_back_in_turn(pair: Pair):
    a, b, c = pair.player(nickname="甲甲", note="a"), pair.player(note="b"), pair.player(note="c")
    with_a = pair.merged(a, b)
    pair.merged(b, c)
    assert pair.read(a)["merged_into_id"] == pair.read(b)["merged_into_id"] == c["id"]
    assert pair.read(c)["nickname"] == "甲甲"
    assert pair.lobby.found("甲甲") == [c["id"]]
    early = pair.unmerge(a)
    assert (early.status_code, early.json["code"], early.json["first"]["id"]) == (409, "merged_further", b["id"])
    assert lasting(pair.unmerged(b)) == lasting(with_a)
    assert pair.read(a)["merged_into_id"] == b["id"]
    assert lasting(pair.read(c)) == lasting(c)
    assert lasting(pair.unmerged(a)) == lasting(a)
    assert lasting(pair.read(b)) == lasting(b)


def test_of_two_merged_into_one_the_first_can_be_taken_back_before_the_second(pair: Pair):
    a = pair.player(phone=new_phone(), nickname="甲", tags=["x", "y"], note="a")
    b = pair.player(phone=new_phone(), nickname="乙", tags=["y", "z"], note="b")
    c = pair.player(note="c")
    pair.merged(a, c)
    pair.merged(b, c)
    assert lasting(pair.unmerged(a)) == lasting(a)
    left = pair.read(c)
    assert (left["phone"], left["nickname"], left["tags"], left["note"]) == (b["phone"], "乙", ["y", "z"], "c\n\nb")
    assert lasting(pair.unmerged(b)) == lasting(b)
    assert lasting(pair.read(c)) == lasting(c)


def test_wrong_merges_are_refused(pair: Pair):
    one, other, stranger = pair.player(), pair.player(), pair.lobby.a_player(by=pair.lobby.boss)
    path, version = f"/players/{one['id']}/merge", one["version"]
    boss, limited = pair.boss, pair.lobby.service.person(*SUPERVISOR, MERGE, staff_id=pair.lobby.agent.id)
    assert boss.post(path, {"into_id": one["id"]}, version=version).json["code"] == "same_player"
    assert boss.post(path, {"into_id": new_id()}, version=version).status_code == 404
    assert boss.post(path, {"into_id": other["id"]}).status_code == 428
    assert boss.post(path, {"into_id": other["id"]}, version=99).status_code == 412
    assert boss.post(path, {}, version=version).status_code == 422
    assert limited.post(path, {"into_id": stranger["id"]}, version=version).status_code == 404
    outside = f"/players/{stranger['id']}/merge"
    assert limited.post(outside, {"into_id": one["id"]}, version=1).status_code == 404
    assert pair.lobby.agent.post(path, {"into_id": other["id"]}, version=version).status_code == 403
    not_merged = boss.post(f"/players/{one['id']}/unmerge", {}, version=version)
    assert (not_merged.status_code, not_merged.json["code"]) == (409, "not_merged")
    assert limited.post(f"/players/{stranger['id']}/unmerge", {}, version=1).status_code == 404


def test_who_reaches_the_survivor_reaches_the_merged_player_and_nobody_else(pair: Pair):
    elsewhere = pair.lobby.service.person(*SUPERVISOR, MERGE)
    gone, into = pair.lobby.a_player(by=elsewhere), pair.player()
    pair.merged(gone, into)
    assert pair.lobby.read(gone)["merged_into_id"] == into["id"]
    assert elsewhere.get(f"/players/{gone['id']}").status_code == 404
    assert elsewhere.post(f"/players/{gone['id']}/unmerge", {}, version=9).status_code == 404
