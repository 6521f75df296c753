"""Search made for Chinese: grams find every part of a name, initials are typed, and a query is guessed from its form."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chassis.data.search import escaped_like, folded, grams, guess, initials, query_grams, tokens

names = st.text(alphabet="半盏清茶ABab01·_- 　🎮Ａｂ", max_size=12)


@given(names, st.data())
def test_any_part_of_a_name_finds_it(name, data):
    plain = folded(name)
    assume(plain)
    start = data.draw(st.integers(0, len(plain) - 1))
    part = plain[start : data.draw(st.integers(start + 1, len(plain)))]
    assert set(query_grams(part)) <= set(grams(name))


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once_and_grams_are_short(text):
    once = folded(text)
    assert all(len(gram) in (1, 2) for gram in grams(text))
    assert set("".join(grams(text))) == set(once)


@given(st.text(max_size=40))
def test_no_text_is_too_strange_to_search_for(text):
    query_grams(text)
    initials(text)
    tokens([text])
    assert guess(text) in {
        "phone", "phone_tail", "ticket_no", "session_no", "order_no", "pack_no", "item_no", "name", "handle"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("13800138000", "phone"),
        ("+86 138 0013 8000", "phone"),
        ("138-0013-8000", "phone"),
        ("１３８００１３８０００", "phone"),
        ("8000", "phone_tail"),
        ("T20261122-0042", "ticket_no"),
        ("t20261122", "ticket_no"),
        ("S20261122-0042", "session_no"),
        ("T20261122-", "ticket_no"),
        ("O20261122-0007", "order_no"),
        ("P1024", "pack_no"),
        ("p1024", "pack_no"),
        ("I1042", "item_no"),
        ("半盏", "name"),
        ("abc半", "name"),
        ("wx_banzhan", "handle"),
        ("bzqc", "handle"),
        ("123", "handle"),
        ("P", "handle"),
    ],
)
def test_what_was_typed_is_guessed_from_its_form(typed, meant):
    assert guess(typed) == meant


@pytest.mark.parametrize(
    ("name", "typed"),
    [("半盏清茶", "bzqc"), ("半盏·清茶", "bzqc"), ("Leo半盏", "leobz"), ("Leo", None), ("", None), (None, None)],
)
def test_initials_are_those_of_the_pinyin(name, typed):
    assert initials(name) == ([typed] if typed else [])


def test_width_case_and_signs_people_leave_out_make_no_difference():
    assert folded("ＡＢ·半 盏!") == folded("ab半盏")


def test_old_and_new_names_go_into_one_set_of_grams():
    assert set(grams("半盏", None, "清茶")) == {"半", "盏", "半盏", "清", "茶", "清茶"}


@given(st.text(max_size=30))
def test_wildcards_are_made_harmless(text):
    escaped = escaped_like(text)
    assert re.sub(r"\\(.)", r"\1", escaped) == text
    assert not re.search("[%_\\\\]", re.sub(r"\\.", "", escaped))


def test_words_of_a_longer_text_are_found_by_a_word_of_it():
    words = tokens(["充值了648，礼包没有到账", "已补发"])
    assert set(tokens(["礼包"])) <= set(words)
    assert set(tokens(["648"])) <= set(words)
    assert set(tokens(["补发"])) <= set(words)
    assert unicodedata.normalize("NFKC", "６４８") in words
