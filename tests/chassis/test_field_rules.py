"""Rules for single fields: kept whole in a token, compared with one another, and laid over what is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chassis.data.masking import mask_name
from chassis.field_rules import FIELDS, MASKS, OPEN, FieldRules, veiled

RULES = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.integers(0, 8)).map(
    lambda drawn: {
        field: {
            "access": FIELDS[field].choices[number % len(FIELDS[field].choices)],
            **({"mask": MASKS[number // 3]} if FIELDS[field].masked else {}),
        }
        for field, number in drawn.items()
    }
)
TEXT = st.one_of(st.none(), st.text(max_size=20))
PLAYER = st.fixed_dictionaries(
    {
        "id": st.just("p"),
        "phone": st.one_of(st.none(), st.from_regex(r"\\+861[3-9]\\d{9}", fullmatch=True)),
        "phone_visible": st.booleans(),
        "wechat_id": TEXT,
        "wechat_name": TEXT,
        "nickname": TEXT,
        "note": st.text(max_size=20),
        "tags": st.lists(st.text(max_size=5)),
        "former": st.fixed_dictionaries(
            {k: st.lists(st.text(max_size=9)) for k in ("wechat_ids", "wechat_names", "nicknames")}
        ),
    }
)


@given(RULES)
def test_a_token_carries_the_rules_whole(rules: dict[str, dict[str, str]]):
    assert FieldRules.of(FieldRules.of(rules).form()) == FieldRules.of(rules)


@given(RULES, RULES)
def test_the_stricter_of_two_shows_and_lets_set_no_more(
    one: dict[str, dict[str, str]], other: dict[str, dict[str, str]]
):
    strict, wide = FieldRules.of(one), FieldRules.of(other)
    assert strict.as_strict_as(strict)
    assert strict.as_strict_as(OPEN)
    if not strict.as_strict_as(wide):
        return
    for field in FIELDS:
        assert wide.may_see(field) or not strict.may_see(field)
        assert wide.may_set(field) or not strict.may_set(field)
        for listed in (True, False):
            hidden = not strict.may_see(field)
            assert hidden or strict.masks(field, listed=listed) or not wide.masks(field, listed=listed)


@given(PLAYER, RULES, st.booleans())
def test_a_veil_over_a_veil_changes_nothing_and_no_key_is_lost(player: dict, rules: dict, listed: bool):
    known = FieldRules.of(rules)
    once = veiled("player", player, known, listed=listed)
    assert once.keys() == player.keys()
    assert veiled("player", once, known, listed=listed) == once
    assert veiled("player", player, OPEN, listed=listed) == player
    assert veiled("staff", player, known, listed=listed) == player, "what has no rules is left as it is"


@given(st.text(min_size=1, max_size=64))
def test_a_masked_name_shows_at_most_four_signs_and_not_its_length(name: str):
    masked = mask_name(name) or ""
    assert len(masked.replace("****", "", 1)) <= 4
    assert mask_name(masked) == masked


def test_what_is_not_understood_opens_and_closes_nothing():
    rules = FieldRules.of({"player.soul": {"access": "hidden"}, "player.note": {"access": "perhaps"}})
    assert not rules
