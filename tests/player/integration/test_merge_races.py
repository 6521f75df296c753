"""Merges at once: one winner, no circle, nobody waits for ever, and the unique indexes hold (P13)."""

from __future__ import annotations

from random import Random

from tests.player.integration.test_player_races import at_once
from tests.player.lobby import new_phone
from tests.player.pair import Pair, lasting


def test_merging_both_ways_at_once_leaves_one_winner(pair: Pair):
    for _ in range(10):
        two = [pair.player(phone=new_phone()), pair.player()]
        answers = at_once(lambda n, two=two: pair.merge(two[n % 2], two[(n + 1) % 2]), times=8)
        codes = sorted(answer.status_code for answer in answers)
        assert codes[0] == 200
        assert set(codes[1:]) <= {409, 412}
        now = [pair.read(one)["merged_into_id"] for one in two]
        assert sorted(now, key=str) in ([two[0]["id"], None], [two[1]["id"], None])


def test_of_many_merges_of_one_player_one_wins(pair: Pair):
    gone, others = pair.player(), [pair.player() for _ in range(8)]
    path = f"/players/{gone['id']}/merge"
    answers = at_once(lambda n: pair.boss.post(path, {"into_id": others[n]["id"]}, version=gone["version"]))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


def test_a_merge_taken_back_many_times_at_once_is_taken_back_once(pair: Pair):
    gone, into = pair.player(), pair.player()
    pair.merged(gone, into)
    version = pair.read(gone)["version"]
    answers = at_once(lambda _n: pair.boss.post(f"/players/{gone['id']}/unmerge", {}, version=version))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert lasting(pair.read(into)) == lasting(into)


def test_any_merges_and_edits_at_once_leave_a_forest_and_come_apart_again(pair: Pair):
    """Everybody merges anybody into anybody, takes back and edits; then all is taken back."""
    whole = [pair.player(phone=new_phone(), nickname=f"混战{n}") for n in range(6)]
    before = {one["id"]: one for one in whole}

    def some(number: int) -> set[int]:
        order, codes = Random(number), set()
        for _ in range(12):
            one, other = order.sample(whole, 2)
            if order.random() < 0.5:
                codes.add(pair.merge(one, other).status_code)
            elif order.random() < 0.5:
                codes.add(pair.unmerge(one).status_code)
            else:
                now = pair.read(one)
                codes.add(pair.lobby.edit(now, by=pair.boss, phone=now["phone"], note=now["note"]).status_code)
        return codes

    assert set().union(*at_once(some, times=6)) <= {200, 409, 412}
    standing = {one["id"]: pair.read(one)["merged_into_id"] for one in whole}
    for survivor in filter(None, standing.values()):
        assert standing[survivor] is None, "who stands for others stands for themselves"
    while any(standing.values()):
        for one in whole:
            if standing[one["id"]]:
                assert pair.unmerge(one).status_code in (200, 409)
        standing = {one["id"]: pair.read(one)["merged_into_id"] for one in whole}
    assert {one["id"]: lasting(pair.read(one)) for one in whole} == {key: lasting(one) for key, one in before.items()}
    for one in whole:
        for word in (one["phone"], one["wechat_id"], one["nickname"]):
            assert pair.lobby.found(word, by=pair.boss) == [one["id"]]


def test_a_new_player_with_the_number_of_one_being_merged_is_refused(pair: Pair):
    for _ in range(5):
        gone, into = pair.player(phone=new_phone()), pair.player()
        calls = [lambda: pair.merge(gone, into), *[lambda: pair.lobby.create(phone=gone["phone"])] * 7]  # noqa: B023
        answers = at_once(lambda n, calls=calls: calls[n]())
        assert answers[0].status_code == 200
        assert {answer.status_code for answer in answers[1:]} == {409}
