"""The rules of players: tiers, names of before, whom an edit makes stale, when the game server is asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from chassis.data.phones import Phones
from chassis.money import Money
from player.domain.codes import tier_of
from player.domain.errors import ContactMissing
from player.domain.game import GameData, GameSnapshot, delay_after
from player.domain.names import handle_key, nothing_former, remember, search_terms, search_text
from player.domain.player import Player

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PHONES = Phones({"k": bytes(32)}, "k", b"index")
DATA = GameData("100", "S1", "半盏清茶", 9, 1, Money(Decimal("99.99")), None, None, NOON, ())
WORDS = st.text("ab字", min_size=1, max_size=2)


def a_player(**fields) -> Player:
    player = Player(id=new_id())
    player.open({"wechat_id": "tea", **fields}, PHONES, NOON)
    return player


@pytest.mark.parametrize(
    ("spend", "tier"),
    [
        ("0", 0),
        ("99.99", 0),
        ("100", 1),
        ("999.99", 1),
        ("1000", 2),
        ("9999.99", 2),
        ("10000", 3),
        ("49999.99", 3),
        ("50000", 4),
    ],
)
def test_the_tier_follows_the_spend(spend: str, tier: int):
    assert tier_of(Decimal(spend)) == tier


@given(st.decimals(0, 10**9, places=2), st.decimals(0, 10**9, places=2))
def test_who_spends_more_has_no_lower_tier(one: Decimal, other: Decimal):
    assert tier_of(max(one, other)) >= tier_of(min(one, other))


def test_somebody_needs_a_way_to_be_reached():
    with pytest.raises(ContactMissing):
        a_player(wechat_id=None)
    with pytest.raises(ContactMissing):
        a_player().edit({"wechat_id": None}, PHONES, NOON)
    assert a_player(wechat_id=None, phone="+8613800008000").wechat_key is None


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_every_former_name_is_remembered_once_and_the_current_is_not_among_them(names: list[str]):
    player = a_player(nickname=names[0])
    for name in names[1:]:
        player.edit({"nickname": name}, PHONES, NOON)
    former = player.former["nicknames"]
    keys = [handle_key(name) for name in former]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {handle_key(name) for name in names} - {handle_key(player.nickname or "")}


def test_the_newest_former_name_comes_first():
    former = remember(remember(nothing_former(), "nickname", "甲", "乙"), "nickname", "乙", "丙")
    assert former["nicknames"] == ["乙", "甲"]
    assert remember(former, "nickname", "丙", "甲")["nicknames"] == ["丙", "乙"]


def test_names_are_searched_by_grams_and_initials():
    assert {"半盏", "茶", "\x1eb", "\x1ebzqc"} <= set(search_terms(["半盏清茶", None]))
    assert search_text(["半盏·清茶", None, "Leo"]) == "\x1f半盏清茶\x1fleo\x1f"
    assert search_text([None]) == ""
    assert max(len(term) for term in search_terms(["字" * 64])) <= 13


@given(st.text(max_size=64))
def test_no_name_brings_a_sign_of_ours_into_the_search_text(name: str):
    assert search_text([name]).strip("\x1f").count("\x1f") == 0


def test_an_edit_is_stale_only_after_another_persons():
    player = a_player(phone="+8613800008000")
    player.play(DATA, PHONES, NOON)
    player.play(replace(DATA, level=10), PHONES, NOON)
    assert [player.is_stale_for(version) for version in (0, 1, 2, 3, 4)] == [True, False, False, False, True]
    player.edit({"note": "x"}, PHONES, NOON)
    assert [player.is_stale_for(version) for version in (1, 3, 4)] == [True, True, False]


def test_game_data_fill_an_empty_nickname_and_no_other():
    player, named = a_player(), a_player(nickname="自己的")
    for one in (player, named):
        one.play(DATA, PHONES, NOON)
    assert (player.nickname, named.nickname) == ("半盏清茶", "自己的")


def test_the_tier_can_fall_again():
    player = a_player()
    player.play(replace(DATA, total_spend=Money(Decimal(10_000))), PHONES, NOON)
    facts = player.play(DATA, PHONES, NOON)
    assert [fact.key for fact in facts] == ["player.game_synced.v1", "player.tier_changed.v1"]
    assert player.vip_tier == 0


def test_a_fact_shows_the_mask_only():
    (fact,) = Player(id=new_id()).open({"phone": "+8613800008000"}, PHONES, NOON)
    assert fact.data()["phone"] == "138****8000"
    assert "13800008000" not in str(fact)


def test_a_snapshot_ages_and_fails():
    snapshot = GameSnapshot(player_id="x", roles=[])
    assert snapshot.state(NOON) == "unknown"
    snapshot.take(DATA, NOON)
    assert snapshot.state(NOON + timedelta(hours=6)) == "fresh"
    assert snapshot.state(NOON + timedelta(hours=6, seconds=1)) == "stale"
    snapshot.fail("timeout", NOON, NOON + timedelta(minutes=1))
    assert (snapshot.state(NOON), snapshot.uid) == ("failed", "100")
    snapshot.fail("not_found", NOON, NOON + timedelta(days=1))
    assert snapshot.state(NOON) == "unknown"
    snapshot.take(DATA, NOON)
    assert (snapshot.state(NOON), snapshot.error, snapshot.next_attempt_at) == ("fresh", None, None)


def test_the_waits_between_attempts_grow_and_end_growing():
    minutes = [delay_after("timeout", attempt).total_seconds() / 60 for attempt in range(1, 9)]
    assert minutes == [1, 5, 30, 120, 360, 1440, 1440, 1440]
    assert delay_after("not_found", 1) == timedelta(days=1)
    assert delay_after("not_found", 99) == timedelta(days=30)


def test_binding_as_it_is_changes_nothing():
    player = a_player(agent_id="a")
    assert player.bind("a", None, "x", PHONES, NOON) == []
    (fact,) = player.bind("a", "account", "x", PHONES, NOON)
    assert fact.changed == ("wechat_account_id",)
