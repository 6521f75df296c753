"""Sensitive words: masked however they are spaced or written, and nothing else with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.data.search import folded
from ticket.domain.masks import HIDDEN, Hit, Rule, masked

RULES = (
    Rule("w1", "abusive", "傻瓜"),
    Rule("w2", "sensitive", "外挂"),
    Rule("w3", "abusive", "damn"),
    Rule("w4", "abusive", "大傻瓜"),
)
TEXTS = st.text(alphabet="傻瓜外挂大 ·damnDAMNｄ*1380013800好.\n", max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("你这个傻瓜！", "你这个***！"),
        ("傻 瓜", "***"),
        ("傻·瓜，傻\u200b瓜", "***，***"),
        ("大傻瓜", "***"),
        ("卖外挂傻瓜", "卖***"),
        ("DAMN it, Ｄａｍｎ", "*** it, ***"),
        ("d.a.m.n", "***"),
        ("goddamned", "goddamned"),
        ("傻人有傻福", "傻人有傻福"),
        ("打 13800138000 找我", "打 138****8000 找我"),
        ("", ""),
    ],
)
def test_what_others_read(text: str, shown: str):
    assert masked(text, RULES).text == shown


def test_each_rule_that_hit_is_named_once_and_a_phone_number_is_one_of_them():
    found = masked("傻瓜傻瓜 外挂 +86 138 0013 8000", RULES)
    assert set(found.hits) == {Hit("abusive", "w1"), Hit("sensitive", "w2"), Hit("phone")}
    assert masked("你好", RULES).hits == ()


@given(TEXTS)
def test_no_word_of_the_list_is_left(text: str):
    shown = folded(masked(text, RULES).text.replace(HIDDEN, "\n¦\n"))
    assert not any(word in shown for word in ("傻瓜", "外挂"))


@given(TEXTS)
def test_a_text_without_hits_is_as_it_was_and_one_with_hits_is_not(text: str):
    found = masked(text, RULES)
    assert (found.text == text) == (not found.hits)


@given(TEXTS)
def test_what_is_masked_once_has_nothing_left_to_mask(text: str):
    once = masked(text, RULES).text
    assert masked(once, RULES).text == once
