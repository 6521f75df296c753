"""A mask that cannot leak: no phone number comes through, in whatever company it appears."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.data.masking import mask_everything, mask_phone, mask_text

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
foreign = st.from_regex(r"\+[1-79][0-9]{6,13}", fullmatch=True)


@given(st.one_of(mobiles, mobiles.map(lambda m: f"+86{m}"), foreign))
def test_a_masked_phone_shows_its_ends_and_no_more(phone):
    digits = phone.removeprefix("+86").lstrip("+")
    masked = mask_phone(phone)
    assert len(masked) == len(digits)
    shown = re.sub(r"\*", "", masked)
    assert len(shown) <= 7
    assert len(digits) - len(shown) >= 1
    if len(digits) == 11 and len(set(digits[3:7])) > 1:
        assert digits not in masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("+8613800138000", "138****8000"), ("13800138000", "138****8000"), (None, None), ("", ""), ("1234", "****")],
)
def test_examples_of_the_mask(phone, masked):
    assert mask_phone(phone) == masked


FORMS = [
    "{0}",
    "+86{0}",
    "0086{0}",
    "86{0}",
    "+86 {0}",
    "+86-{0}",
    "手机号{0}找不到",
    "phone={0}&x=1",
    "tel{0}",
    "wx{0}",
    "id-{0}",
    "a.{0}.b",
    '{{"phone": "{0}"}}',
    "({0})",
    "{0},{0};{0}",
    "GET /v1/players?phone=%2B86{0} HTTP/1.1",
    "%22{0}%22",
    "phone%3D{0}",
    "_{0}_",
    "{1} {2} {3}",
    "{1}-{2}-{3}",
    "\n{0}\t",
    "𠀀{0}𠀀",
]


@pytest.mark.parametrize("form", FORMS)
@given(phone=mobiles)
def test_a_phone_number_in_a_text_is_masked_whatever_stands_around_it(form, phone):
    masked = mask_text(form.format(phone, phone[:3], phone[3:7], phone[7:]))
    assert phone not in re.sub(r"[ -]", "", masked)
    assert f"{phone[:3]}****{phone[7:]}" in masked


@given(mobiles, st.text(alphabet=st.characters(exclude_categories=["Nd", "Cs"]), max_size=5))
def test_a_phone_number_is_masked_behind_any_sign_that_is_no_digit(phone, before):
    assert phone not in mask_text(f"{before}{phone}")
    assert phone not in mask_text(quote(f"{before}+86{phone}"))


@given(st.uuids())
def test_ids_are_left_as_they_are(uuid):
    for text in (str(uuid), f"/api/v1/tickets/{uuid}/start", f"00-{uuid.hex}-{uuid.hex[:16]}-01", uuid.hex):
        assert mask_text(text) == text


@pytest.mark.parametrize(
    "text", ["T20261122-0042", "1732270000123", "2026-11-22T10:13:00.123456Z", "12345678901", "648.00", "x" * 1000, ""]
)
def test_what_is_no_phone_number_is_left_as_it_is(text):
    assert mask_text(text) == text


nested = st.recursive(
    st.one_of(mobiles, mobiles.map(int), mobiles.map(str.encode), st.integers(), st.floats(), st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(mobiles, st.text(max_size=3)), inner, max_size=3),
        inner.map(lambda value: (value,)),
        inner.map(lambda value: ValueError("failed for", value)),
    ),
    max_leaves=8,
)


@given(nested)
def test_nothing_comes_through_wherever_in_a_value_it_stands(value):
    shown = repr(mask_everything(value))
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", shown), shown


def test_what_is_not_text_keeps_its_kind():
    assert mask_everything({"a": [1, 2.5, None, True, ("x",)]}) == {"a": [1, 2.5, None, True, ["x"]]}
