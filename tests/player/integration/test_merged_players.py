"""What hangs on players who were merged: facts, history, contacts, marks, game data, keys, and being erased (P13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.data.phones import Phones
from chassis.data.sealing import KeyVault, key_ring
from player.application.members import mark_member, players_of_member
from player.application.rotation import rotate
from player.domain.member import marks_of
from player.persistence.contacts import keep_newest
from tests.player.lobby import known_phone, new_phone
from tests.player.pair import Pair


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


def told(pair: Pair, phone: str | None = None, **marks: Any) -> None:
    """The member system tells of a player, by ID or by phone number."""
    with (work := pair.lobby.service.runtime.work()).session:
        players = players_of_member(work, marks.pop("player_id", None), phone)
        mark_member(work, players, marks_of(marks, version=1, at="2026-11-22T04:00:00Z"))
        work.commit()


def test_marks_of_a_merged_player_find_the_survivor_who_has_none_of_their_own(pair: Pair):
    gone, into = pair.player(phone=new_phone()), pair.player()
    pair.merged(gone, into)
    told(pair, player_id=gone["id"], member_no="M1", level="gold")
    told(pair, gone["phone"], member_no="M1", level="platinum")
    assert [pair.read(one)["member"]["level"] for one in (gone, into)] == ["platinum"] * 2
    assert (pair.unmerged(gone)["member"]["level"], pair.read(into)["member"]) == ("platinum", None)


def test_a_survivor_keeps_its_own_marks_and_the_others_wait_for_them(pair: Pair):
    gone, into = pair.player(), pair.player(phone=new_phone())
    told(pair, player_id=into["id"], member_no="M2")
    pair.merged(gone, into)
    told(pair, player_id=gone["id"], member_no="M1")
    assert [pair.read(one)["member"]["member_no"] for one in (gone, into)] == ["M1", "M2"]
    told(pair, into["phone"], member_no="M3")
    assert [pair.read(one)["member"]["member_no"] for one in (gone, into)] == ["M1", "M3"]


def test_game_data_go_with_the_number_and_come_back_with_what_was_fetched_since(pair: Pair):
    lobby, phone = pair.lobby, known_phone()
    lobby.game.world.put_player(phone, {"total_spend": "60000.00", "nickname": "江湖人"})
    gone, into = pair.player(phone=phone), pair.player()
    assert pair.boss.post(f"/players/{gone['id']}/game-snapshot", {}).json["vip_tier"] == 4
    after = pair.merged(gone, into)
    assert (after["vip_tier"], after["registered"], after["game"]["nickname"]) == (4, True, "江湖人")
    assert [fact.type for fact in lobby.facts(into)[-2:]] == ["player.updated.v1", "player.tier_changed.v1"]
    assert after["id"] in lobby.found(after["game"]["uid"], by=pair.boss)
    lobby.game.world.put_player(phone, {"total_spend": "70000.00"})
    assert pair.boss.post(f"/players/{into['id']}/game-snapshot", {}).status_code == 200
    back, left = pair.unmerged(gone), pair.read(into)
    assert (back["game"]["total_spend"]["amount"], back["vip_tier"], back["registered"]) == ("70000.00", 4, True)
    assert (left["vip_tier"], left["registered"], left["game"]["state"]) == (0, False, "unknown")
    assert lobby.found(back["game"]["uid"], by=pair.boss) == [gone["id"]]


def test_the_game_is_not_asked_for_a_merged_player(pair: Pair):
    gone, into = pair.player(phone=new_phone()), pair.player(phone=new_phone())
    pair.merged(gone, into)
    jobs = "SELECT 1 FROM snapshot_jobs WHERE player_id = :id"
    assert pair.lobby.rows(jobs, id=gone["id"]) == []
    pair.unmerged(gone)
    assert len(pair.lobby.rows(jobs, id=gone["id"])) == 1


def test_keys_are_rotated_while_players_are_merged(pair: Pair):
    """A merged player whose number the survivor holds has no index, and gets none."""
    runtime = pair.lobby.service.runtime
    shared, apart, into = pair.player(phone=new_phone()), pair.player(phone=new_phone()), pair.player()
    pair.merged(shared, into)
    pair.merged(apart, into)
    settings: Any = runtime.settings
    fresh = Phones(key_ring(settings.phone_keys), "k1", settings.phone_index_key.encode())
    vault = KeyVault(key_ring(settings.phone_keys), "k1")
    for ring, its_vault in ((fresh, vault), (settings.phones, settings.vault)):
        for _ in rotate(runtime.database.session, ring, its_vault, batch=50):
            pass
        held = "SELECT phone_index IS NULL AS released FROM players WHERE id = :id"
        assert [pair.lobby.rows(held, id=one["id"])[0].released for one in (shared, apart, into)] == [
            True,
            False,
            False,
        ]
    assert pair.read(shared)["phone"] == pair.read(into)["phone"] == shared["phone"]
