"""Fields take what is right, normalised, and refuse everything else with a code that has words, never with an error."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from chassis.http.fields import (
    Body,
    Choice,
    Choices,
    Custom,
    Flag,
    Fraction,
    Id,
    ListOf,
    Moment,
    MoneyField,
    Part,
    Text,
    Whole,
)
from chassis.http.words import WORDS, say
from chassis.money import Money


class Line(Body):
    """One line of a pack."""

    item_id = Id(required=True)
    quantity = Whole(1, 999, required=True)


class Everything(Body):
    """A body with a field of every kind."""

    text = Text(20)
    name = Text(10, min_length=2, handle=True)
    maybe = Text(10, allow_none=True)
    id = Id()
    choice = Choice(("a", "b"))
    choices = Choices(("a", "b"))
    whole = Whole(-5, 5)
    number = Whole(0, 9, text=True)
    flag = Flag()
    switch = Flag(text=True)
    moment = Moment()
    money = MoneyField(least="0.01")
    fraction = Fraction()
    list = ListOf(Text(5), most=3, least=1)
    part = Part(Line)
    lines = ListOf(Part(Line), most=2)
    custom = Custom()


NAMES = list(Everything().fields)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.just(10**400), st.just(-(10**400)),
    st.sampled_from(["a", "true", "0.15", "648.00", "CNY", "2026-11-22T10:00:00Z", "01a202d0-1d2f-7768-b4ff-4c329e300ad4"]),
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.text(max_size=8), st.sampled_from(["amount", "currency", "item_id"])), inner, max_size=4
        ),
    ),
    max_leaves=10,
)


def codes(messages: Any) -> list[str]:
    """Every code in the errors of a body."""
    if isinstance(messages, dict):
        return [code for inner in messages.values() for code in codes(inner)]
    if isinstance(messages, list):
        return [code for inner in messages for code in codes(inner)]
    return [messages]


def errors_of(body: Any) -> list[str]:
    """The codes a body is refused with; none where it is taken."""
    try:
        Everything().load(body)
    except ValidationError as error:
        return codes(error.messages)
    return []


@given(st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), anything, max_size=5))
def test_any_json_is_taken_or_refused_with_codes_that_have_words(body):
    for code in errors_of(body):
        assert code.partition(":")[0] in WORDS, code
        for language in ("zh", "en"):
            assert say(code, language) != code


@given(st.sampled_from(NAMES), anything)
def test_any_value_in_any_field_is_taken_or_refused_with_codes_that_have_words(name, value):
    for code in errors_of({name: value}):
        assert code.partition(":")[0] in WORDS, code


@given(anything)
def test_a_body_that_is_no_object_is_refused(value):
    if not isinstance(value, dict):
        assert set(errors_of(value)) == {"wrong_type"}


@given(st.text(max_size=100))
def test_text_that_is_taken_is_trimmed_normal_and_short_enough(given_text):
    try:
        found = Text(20).deserialize(given_text)
    except ValidationError:
        return
    assert len(found) <= 20
    assert found == found.strip() == unicodedata.normalize("NFC", found)
    found.encode("utf-8")
    assert "\x00" not in found
    assert Text(20).deserialize(found) == found, "what is kept can be sent again"


@given(st.text(max_size=40))
def test_a_handle_that_is_taken_is_one_line_and_stays_the_same(given_text):
    try:
        found = Text(20, handle=True).deserialize(given_text)
    except ValidationError:
        return
    assert len(found.splitlines()) <= 1
    assert Text(20, handle=True).deserialize(found) == found


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 1), timezones=st.timezones(), allow_imaginary=False))
def test_a_moment_is_the_same_moment_in_utc(moment):
    if moment.utcoffset() % timedelta(minutes=1):
        return
    found = Moment().deserialize(moment.isoformat())
    assert found.timestamp() == moment.timestamp()
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    ["2026-11-22", "2026-11-22T10:00:00", "10:00:00Z", "1999-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "", "x" * 100, 5,
     "2026-02-30T00:00:00Z", "2026-11-22T25:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", None],
)  # fmt: skip
def test_what_is_no_moment_is_refused(value):
    with pytest.raises(ValidationError):
        Moment().deserialize(value)


@given(st.decimals("0.01", "99999999.99", places=2))
def test_money_is_kept_to_the_cent(amount):
    assert MoneyField(least="0.01").deserialize({"amount": str(amount), "currency": "CNY"}) == Money(amount, "CNY")


AMOUNTS = [
    "648.001",
    "6e2",
    "-1",
    "0.00",
    "NaN",
    "６４８",
    "100000000.00",
    " 648",
    "648\n",
    "1" * 5000,
    "",
    648,
    None,
    ["648"],
]
OTHERS = ["648", 648, {"amount": "648"}, {"amount": "648", "currency": "USD"}, {"amount": "1", "currency": {"CNY": 1}}]
MORE = {"amount": "648", "currency": "CNY", "x": 1}


@pytest.mark.parametrize(
    "value", [*({"amount": amount, "currency": "CNY"} for amount in AMOUNTS), *OTHERS, MORE], ids=repr
)
def test_what_is_no_money_is_refused(value):
    with pytest.raises(ValidationError):
        MoneyField(least="0.01").deserialize(value)


@pytest.mark.parametrize("value", ["1.1", "-0.1", "0.1234567", ".5", "1e-1", "0,5", "NaN", "0.1\n", 0.5, "０.5", ""])
def test_what_is_no_fraction_is_refused(value):
    with pytest.raises(ValidationError):
        Fraction().deserialize(value)


@given(st.decimals(0, 1, places=6))
def test_a_fraction_is_kept_as_it_is(value):
    assert Fraction().deserialize(f"{value:f}") == Decimal(value)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("text", "x" * 21, "too_long:20"),
        ("text", "é" * 5000, "too_long:20"),
        ("text", "a\x00b", "not_text"),
        ("text", "a\ud800", "not_text"),
        ("text", None, "null"),
        ("name", "   ", "blank"),
        ("name", "x", "too_short:2"),
        ("name", "a\nb", "not_text"),
        ("id", "01A202D01D2F7768B4FF4C329E300AD4", "not_an_id"),
        ("id", "{1a202d0-1d2f-7768-b4ff-4c329e300ad}", "not_an_id"),
        ("choice", "c", "not_a_choice:a b"),
        ("choices", "a,c", "not_a_choice:a b"),
        ("whole", 6, "out_of_range:-5–5"),
        ("whole", True, "wrong_type"),
        ("whole", 1.0, "wrong_type"),
        ("whole", "1", "wrong_type"),
        ("number", "１", "wrong_type"),
        ("flag", 1, "wrong_type"),
        ("switch", "True", "wrong_type"),
        ("list", [], "too_few:1"),
        ("list", ["a"] * 4, "too_many:3"),
        ("custom", {"k": 10**16}, "wrong_type"),
        ("custom", {"Bad Key": 1}, "invalid"),
        ("custom", {f"k{n}": 1 for n in range(51)}, "too_many:50"),
        ("custom", {"k": {"nested": 1}}, "wrong_type"),
        ("colour", 1, "unknown_field"),
    ],
)
def test_each_wrong_value_has_its_code(field, value, code):
    assert code in errors_of({field: value})


def test_errors_of_lines_name_the_line():
    with pytest.raises(ValidationError) as refused:
        Everything().load({"lines": [{"item_id": "x", "quantity": 0}, {"quantity": 1, "price": 5}]})
    assert refused.value.messages["lines"].keys() == {0, 1}
    assert set(refused.value.messages["lines"][1]) == {"item_id", "price"}


def test_an_id_is_kept_in_its_usual_form():
    assert Id().deserialize("01A202D0-1D2F-7768-B4FF-4C329E300AD4") == "01a202d0-1d2f-7768-b4ff-4c329e300ad4"


def test_everything_that_can_be_said_is_said_in_both_languages():
    for code, (zh, en) in WORDS.items():
        assert zh != en
        json.dumps(say(f"{code}:5", "zh"))
        assert "{" not in say(f"{code}:5", "en").replace('{"amount"', "")
