"""The rules of merging, for any two players and any order: what is taken is given back, and nothing else (P13)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.clock import new_id
from chassis.data.phones import Phones
from player.domain.player import Player
from player.domain.taking import LONGEST_NOTE, MOST_TAGS, either, give_back, take_over

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
PHONES = Phones({"k": base64.b64decode(base64.b64encode(b"k" * 32))}, "k", b"an-index-key-of-the-tests")
KEPT = (
    "wechat_id",
    "wechat_name",
    "nickname",
    "note",
    "tags",
    "custom",
    "member",
    "last_contact_at",
    "vip_tier",
    "registered",
)

words = st.text("甲乙丙\n ", max_size=6)
some = st.none() | st.text("甲乙丙", min_size=1, max_size=3)
players = st.fixed_dictionaries(
    {
        "wechat_id": some,
        "wechat_name": some,
        "nickname": some,
        "phone": st.none() | st.integers(0, 9).map(lambda n: f"+861380000800{n}"),
        "note": words,
        "tags": st.lists(st.sampled_from("abcdef"), unique=True, max_size=5),
        "custom": st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2), max_size=3),
        "member": st.none() | st.fixed_dictionaries({"member_no": st.sampled_from("MN")}),
        "last_contact_at": st.none() | st.integers(0, 5).map(lambda days: NOON + timedelta(days=days)),
        "vip_tier": st.integers(0, 4),
        "registered": st.booleans(),
    }
)


def a_player(fields: dict[str, Any]) -> Player:
    """A player with these fields; a WeChat ID stands in where there would be no contact."""
    player = Player(id=new_id())
    opened = {name: fields[name] for name in ("wechat_name", "nickname", "phone", "tags", "custom")}
    player.open({**opened, "wechat_id": fields["wechat_id"] or player.id[-12:]}, PHONES, NOON)
    for name in ("wechat_id", "note", "member", "last_contact_at", "vip_tier", "registered"):
        setattr(player, name, fields[name])
    return player


def state(player: Player) -> dict[str, Any]:
    """What a merge may change, and what must come back."""
    return {**{name: getattr(player, name) for name in KEPT}, "phone": player.phone(PHONES)}


@given(players, players)
def test_merging_and_taking_it_back_is_as_if_nothing_had_been(one: dict[str, Any], other: dict[str, Any]):
    into, gone = a_player(one), a_player(other)
    before = state(into), state(gone)
    taken = take_over(into, gone, PHONES)
    assert state(gone) == before[1], "who goes keeps everything"
    give_back(into, gone, taken, PHONES)
    assert (state(into), state(gone)) == before


@given(players, players)
def test_nothing_the_survivor_has_is_lost_and_nothing_it_lacks_is_left(one: dict[str, Any], other: dict[str, Any]):
    into, gone = a_player(one), a_player(other)
    own = state(into)
    take_over(into, gone, PHONES)
    for name in ("wechat_id", "wechat_name", "nickname", "phone", "member"):
        assert state(into)[name] == (own[name] if own[name] is not None else state(gone)[name])
    assert set(into.tags) == {*own["tags"], *gone.tags}
    assert into.custom == {**gone.custom, **own["custom"]}
    assert into.note.startswith(own["note"])
    assert gone.note in into.note
    assert into.vip_tier >= own["vip_tier"]


@settings(max_examples=200)
@given(st.lists(players, min_size=3, max_size=4), st.randoms(use_true_random=False))
def test_of_several_merges_any_can_be_taken_back_first(all_of: list[dict[str, Any]], order: Any):
    """As the service does it: all are given back, the last first, and those that stand are taken again."""
    into, *others = [a_player(fields) for fields in all_of]
    before = {one.id: state(one) for one in (into, *others)}
    standing = [(one, take_over(into, one, PHONES)) for one in others]
    while standing:
        leaving = order.choice(range(len(standing)))
        given_back = {}
        for number in reversed(range(len(standing))):
            one, taken = standing[number]
            given_back[number] = give_back(into, one, taken, PHONES)
        assert state(into) == before[into.id]
        standing = [
            (one, take_over(into, one, PHONES, either(given_back[leaving], given_back[number])))
            for number, (one, _) in enumerate(standing)
            if number != leaving
        ]
    assert {one.id: state(one) for one in (into, *others)} == before


def test_what_a_person_took_away_is_not_brought_back_when_another_merge_is_taken_back():
    into, first, second = (a_player({**EMPTY, "wechat_id": name}) for name in ("c", "a", "b"))
    first.nickname, first.tags, second.tags = "甲", ["x"], ["y"]
    took = [take_over(into, one, PHONES) for one in (first, second)]
    into.nickname, into.tags = None, ["y"]
    given_back = [
        give_back(into, one, taken, PHONES) for one, taken in zip((second, first), reversed(took), strict=True)
    ]
    take_over(into, first, PHONES, either(given_back[0], given_back[1]))
    assert (into.nickname, into.tags) == (None, [])


def test_notes_and_tags_are_together_no_longer_than_one_may_write():
    into, gone = a_player(EMPTY), a_player(EMPTY)
    into.note, gone.note = "甲" * (LONGEST_NOTE - 2), "乙"
    into.tags, gone.tags = [f"t{n}" for n in range(MOST_TAGS - 1)], ["a", "b"]
    taken = take_over(into, gone, PHONES)
    assert "note" not in taken
    assert (len(into.tags), taken["tags"]) == (MOST_TAGS, ["a"])


EMPTY: dict[str, Any] = {
    **dict.fromkeys(("wechat_id", "wechat_name", "nickname", "phone", "member", "last_contact_at")),
    **{"note": "", "tags": [], "custom": {}, "vip_tier": 0, "registered": False},
}
