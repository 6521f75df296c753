"""Duplicates are merged without loss, and taken apart again as they were (P13, O8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.clock import new_id
from player.persistence.contacts import keep_newest
from tests.player.lobby import SUPERVISOR, Lobby, new_handle, new_phone

MERGE = "player.merge"
PASSING = ("version", "updated_at")  # what says only that something was done


@pytest.fixture
def pair(lobby: Lobby) -> Pair:
    """Two players of one agent, and a supervisor who may merge."""
    return Pair(lobby)


class Pair:
    """What is done with duplicates, by a supervisor who sees whole numbers."""

    def __init__(self, lobby: Lobby) -> None:
        self.lobby = lobby
        self.boss = lobby.service.person(*SUPERVISOR, MERGE, "player.erase", scope="all")

    def player(self, **fields: Any) -> dict[str, Any]:
        """A player of the lobby's agent, as the supervisor sees them."""
        return self.read(self.lobby.a_player(**fields))

    def read(self, player: dict[str, Any]) -> dict[str, Any]:
        """The player as they are now."""
        return self.lobby.read(player, by=self.boss)

    def merge(self, gone: dict[str, Any], into: dict[str, Any], **more: Any) -> Any:
        """POST …/merge at the version of now."""
        body = {"into_id": into["id"], **more}
        return self.boss.post(f"/players/{gone['id']}/merge", body, version=self.read(gone)["version"])

    def merged(self, gone: dict[str, Any], into: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The survivor after a merge that was allowed."""
        answer = self.merge(gone, into, **more)
        assert answer.status_code == 200, answer.text
        assert answer.json["merged_into_id"] == into["id"]
        return self.read(into)

    def unmerge(self, gone: dict[str, Any], **more: Any) -> Any:
        """POST …/unmerge at the version of now."""
        return self.boss.post(f"/players/{gone['id']}/unmerge", more, version=self.read(gone)["version"])

    def unmerged(self, gone: dict[str, Any]) -> dict[str, Any]:
        """Who comes back by an unmerge that was allowed."""
        answer = self.unmerge(gone)
        assert answer.status_code == 200, answer.text
        return self.read(gone)


def lasting(player: dict[str, Any]) -> dict[str, Any]:
    """A player without what every change moves on."""
    return {name: value for name, value in player.items() if name not in PASSING}


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


def test_the_facts_carry_the_whole_state_and_who_stands_for_whom(pair: Pair):
    a, b, c = pair.player(nickname="甲"), pair.player(tags=["t"]), pair.player()
    pair.merged(a, b, reason="同一人 13800138000")
    merged = pair.lobby.facts(a)[-1]
    assert (merged.type, merged.data["into_id"], merged.data["merged_into_id"]) == (
        "player.merged.v1",
        b["id"],
        b["id"],
    )
    assert (merged.data["nickname"], merged.data["wechat_id"]) == ("甲", a["wechat_id"])
    assert "13800138000" not in str(merged.data)
    assert (pair.lobby.facts(b)[-1].type, pair.lobby.facts(b)[-1].data["changed"]) == (
        "player.updated.v1",
        ["nickname"],
    )
    pair.merged(b, c)
    again = pair.lobby.facts(a)[-1]
    assert (again.type, again.data["into_id"], again.entity_version) == (
        "player.merged.v1",
        c["id"],
        pair.read(a)["version"],
    )
    assert [fact.type for fact in pair.lobby.facts(c)[-2:]] == ["player.updated.v1", "player.tagged.v1"]
    pair.unmerged(b)
    back = pair.lobby.facts(b)[-1]
    assert (back.type, back.data["from_id"], back.data["merged_into_id"]) == ("player.unmerged.v1", c["id"], None)
    assert pair.lobby.facts(a)[-1].data["into_id"] == b["id"]


def test_the_preview_is_what_the_merge_makes_and_writes_nothing(pair: Pair):
    gone, into = pair.player(phone=new_phone(), nickname="茶", tags=["a"]), pair.player(tags=["b"], note="n")
    query = {"into_id": into["id"]}
    preview = pair.boss.get(f"/players/{gone['id']}/merge-preview", query_string=query)
    assert preview.status_code == 200, preview.text
    assert preview.json["taken"] == ["nickname", "phone", "tags"]
    assert pair.read(into) == into
    after = pair.merged(gone, into)
    known = ("version", "updated_at", "also_known")
    assert {k: v for k, v in preview.json["into"].items() if k not in known} == {
        k: v for k, v in after.items() if k not in known
    }


def test_every_merge_is_kept_with_who_and_why(pair: Pair):
    a, b, c = pair.player(nickname="甲"), pair.player(), pair.player()
    pair.merged(a, b, reason="同一个人")
    pair.merged(b, c)
    items = pair.boss.get(f"/players/{c['id']}/merges").json["items"]
    assert [(one["player"]["id"], one["into"]["id"]) for one in items] == [(b["id"], c["id"]), (a["id"], b["id"])]
    assert (items[1]["reason"], items[1]["by"], items[1]["taken"]) == ("同一个人", pair.boss.id, ["nickname"])
    assert pair.unmerge(b, reason="看错了").status_code == 200
    (undone, _) = pair.boss.get(f"/players/{b['id']}/merges").json["items"]
    assert (undone["undone_by"], undone["undone_reason"]) == (pair.boss.id, "看错了")


def test_the_same_key_merges_once(pair: Pair):
    gone, into = pair.player(), pair.player()
    path, body = f"/players/{gone['id']}/merge", {"into_id": into["id"]}
    answers = [pair.boss.post(path, body, version=gone["version"], key="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert len([fact for fact in pair.lobby.facts(gone) if fact.type == "player.merged.v1"]) == 1


def test_contacts_with_a_merged_player_are_the_survivors_too(pair: Pair):
    gone, into = pair.player(), pair.player()
    pair.merged(gone, into)
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    with (work := pair.lobby.service.runtime.work()).session:
        keep_newest(work.session, {gone["id"]: at})
        work.commit()
    assert pair.read(gone)["last_contact_at"] == pair.read(into)["last_contact_at"] is not None
    pair.unmerged(gone)
    assert pair.read(into)["last_contact_at"] != pair.read(gone)["last_contact_at"]


def test_erasing_the_survivor_erases_whoever_was_merged_into_them(pair: Pair):
    gone, into = pair.player(nickname="要忘记的甲", phone=new_phone()), pair.player()
    after = pair.merged(gone, into, reason="说了名字")
    answer = pair.boss.post(f"/players/{into['id']}/erasure", {"reason": "本人要求"}, version=after["version"])
    assert answer.status_code == 200, answer.text
    for one in (gone, into):
        assert pair.lobby.facts(one)[-1].type == "player.erased.v1"
        (row,) = pair.lobby.rows("SELECT players::text AS all FROM players WHERE id = :id", id=one["id"])
        assert gone["wechat_id"] not in row.all
        assert "要忘记的甲" not in row.all
        assert pair.boss.get(f"/players/{one['id']}").status_code == 404
    (merge,) = pair.lobby.rows("SELECT taken, reason FROM merges WHERE player_id = :id", id=gone["id"])
    assert (merge.taken, merge.reason) == ({}, "（已抹除）")
    assert pair.lobby.create(phone=gone["phone"], wechat_id=gone["wechat_id"]).status_code == 201


def test_of_a_player_erased_after_a_merge_was_taken_back_nothing_is_left_with_the_other(pair: Pair):
    gone, into = pair.player(nickname="要忘记的乙"), pair.player()
    after = pair.merged(gone, into)
    pair.lobby.edit(after, by=pair.boss, nickname="改过了")  # what was taken over is a former nickname now
    back = pair.unmerged(gone)
    answer = pair.boss.post(f"/players/{gone['id']}/erasure", {"reason": "本人要求"}, version=back["version"])
    assert answer.status_code == 200, answer.text
    told = str([fact.data for fact in (*pair.lobby.facts(into), *pair.lobby.facts(gone))])
    (row,) = pair.lobby.rows("SELECT players::text AS all FROM players WHERE id = :id", id=into["id"])
    assert "要忘记的乙" not in told
    assert "要忘记的乙" not in row.all
    assert pair.lobby.facts(into)[-1].data["nickname"] == "改过了"


def test_deleting_the_survivor_deletes_whoever_was_merged_into_them(pair: Pair):
    gone, into = pair.player(phone=new_phone()), pair.player()
    after = pair.merged(gone, into)
    assert pair.boss.delete(f"/players/{into['id']}", version=after["version"]).status_code == 204
    assert pair.boss.get(f"/players/{gone['id']}").status_code == 404
    assert pair.lobby.facts(gone)[-1].type == "player.deleted.v1"
    assert pair.lobby.create(phone=gone["phone"], wechat_id=gone["wechat_id"]).status_code == 201
