"""Sensitive and abusive words in a text are masked, however they are spaced, and phone numbers as everywhere (T31)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from chassis.data.masking import mask_text
from chassis.data.search import folded
from ticket.domain.codes import PHONE

HIDDEN = "***"  # says that something was there, and not how long it was


@dataclass(frozen=True)
class Rule:
    """One word of the list as it is compared: folded, so that case, width, spaces and signs make no difference."""

    id: str
    kind: str
    word: str


@dataclass(frozen=True)
class Hit:
    """Which rule hit: its kind, and the ID of the word; a phone number is a rule without one."""

    kind: str
    word_id: str | None = None


@dataclass(frozen=True)
class Masked:
    """A text as others may see it, and the rules that hit, each once; none where the text is as it was."""

    text: str
    hits: tuple[Hit, ...]


def masked(text: str, rules: tuple[Rule, ...]) -> Masked:
    """The text with every word of the rules and every phone number in it masked."""
    plain, places = _folded_with_places(text)
    found = [hit for at in range(len(plain)) for hit in _hits_at(text, plain, places, at, _by_beginning(rules))]
    hits = {Hit(rule.kind, rule.id): None for rule, _, _ in found}
    shown = mask_text(_without(text, [(begin, end) for _, begin, end in found]))
    if mask_text(text) != text:
        hits[Hit(PHONE)] = None
    return Masked(shown, tuple(hits))


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its characters where it stands in the text."""
    plain: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        same = folded(sign)
        plain.append(same)
        places.extend([place] * len(same))
    return "".join(plain), places


@lru_cache(maxsize=8)
def _by_beginning(rules: tuple[Rule, ...]) -> Mapping[str, Sequence[Rule]]:
    """The rules by their first character, so that at each place few are compared."""
    found: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        found[rule.word[0]].append(rule)
    return dict(found)


def _hits_at(
    text: str, plain: str, places: list[int], at: int, rules: Mapping[str, Sequence[Rule]]
) -> list[tuple[Rule, int, int]]:
    """The rules that hit from this character on, each with where it begins and ends in the text."""
    found = []
    for rule in rules.get(plain[at], ()):
        if plain.startswith(rule.word, at):
            begin, end = places[at], places[at + len(rule.word) - 1] + 1
            if _stands_alone(text, rule.word, begin, end):
                found.append((rule, begin, end))
    return found


def _stands_alone(text: str, word: str, begin: int, end: int) -> bool:
    """A word of Latin letters is not looked for within a longer one; Chinese is written without spaces."""
    before, after = text[begin - 1 : begin], text[end : end + 1]
    return not (_latin(word[0]) and _latin(before)) and not (_latin(word[-1]) and _latin(after))


def _latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with these parts hidden; parts that touch are one."""
    shown: list[str] = []
    until = 0
    for begin, end in sorted(spans):
        if begin > until or not shown:
            shown += [text[until:begin], HIDDEN]
        until = max(until, end)
    return "".join(shown) + text[until:]
