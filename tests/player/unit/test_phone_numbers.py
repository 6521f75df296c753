"""Phone numbers: one written form, sealed for one owner, found by indexes that say nothing."""

from __future__ import annotations

import json
import os
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.data.phones import CannotOpen, NotAPhone, Phones, e164
from chassis.data.sealing import key_ring

NUMBERS = st.from_regex(r"\+861[38][0-9]{9}", fullmatch=True)
OLD, NEW = os.urandom(32), os.urandom(32)
RING = Phones({"k1": OLD, "k2": NEW}, "k2", b"index")


@given(NUMBERS, st.sampled_from(["{}", " {} ", "0086{}", "+86 {}", "86-{}"]))
def test_a_number_has_one_form(number: str, way: str):
    assert e164(way.format(number[3:])) == number


@pytest.mark.parametrize(
    "text", ["", "1", "12345", "abc", "1380000800x", "+", "+86", "13800008000;ext=1", "１２", "\x0013800008000"]
)
def test_what_is_no_number_is_refused_without_being_repeated(text: str):
    with pytest.raises(NotAPhone) as refusal:
        e164(text)
    assert str(refusal.value) == ""


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str):
    with suppress(NotAPhone):
        assert e164(text).startswith("+")


@given(NUMBERS)
def test_a_sealed_number_opens_for_its_owner_and_for_nobody_else(number: str):
    sealed = RING.seal(number, "one")
    assert RING.open(sealed, "one") == number
    assert number[3:] not in sealed
    assert sealed != RING.seal(number, "one")
    with pytest.raises(CannotOpen):
        RING.open(sealed, "another")


def test_keys_can_be_rotated():
    before = Phones({"k1": OLD}, "k1", b"index").seal("+8613800008000", "one")
    assert before.startswith("k1.")
    assert RING.open(before, "one") == "+8613800008000"
    assert RING.seal("+8613800008000", "one").startswith("k2.")
    with pytest.raises(CannotOpen, match="k1"):
        Phones({"k2": NEW}, "k2", b"index").open(before, "one")


@pytest.mark.parametrize("sealed", ["", "k1", "k1.", "k1.AAAA", "k9.AAAA", "k1.ä", "k2." + "A" * 80])
def test_what_was_never_sealed_does_not_open(sealed: str):
    with pytest.raises(CannotOpen):
        RING.open(sealed, "one")


def test_blind_indexes_are_the_same_for_the_same_number_and_key_only():
    other = Phones({"k1": OLD}, "k1", b"another index key")
    assert RING.index("+8613800008000") == Phones({"k1": OLD}, "k1", b"index").index("+8613800008000")
    assert RING.index("+8613800008000") != other.index("+8613800008000")
    assert RING.tail_index("+8613800008000") == RING.tail_index("8000") != RING.index("8000")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"k1": 1}', '{"k1": "AAAA"}', '{"k 1": "%s"}' % ("A" * 43 + "="), "not json"]
)
def test_a_wrong_key_ring_is_refused_and_not_shown(text: str):
    with pytest.raises(ValueError) as refusal:
        key_ring(text)
    assert "AAAA" not in str(refusal.value)


def test_a_key_ring_is_json_of_base64():
    assert key_ring(json.dumps({"k1": "A" * 43 + "="})) == {"k1": bytes(32)}
