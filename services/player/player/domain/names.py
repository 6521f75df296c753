"""Names of players: how they are compared, what is remembered of former ones, and what they are searched by."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from chassis.data.search import folded, grams, initials

KINDS = {"wechat_id": "wechat_ids", "wechat_name": "wechat_names", "nickname": "nicknames"}
REMEMBERED = 50  # former values of each kind
BETWEEN = "\x1f"  # stands between two names and at both ends; no name can hold it
INITIALS = "\x1e"  # marks the initials among the search terms
_INITIALS_LENGTH = 12

Former = dict[str, list[str]]


def handle_key(handle: str) -> str:
    """A WeChat ID as it is compared: NFKC, without case."""
    return unicodedata.normalize("NFKC", handle).casefold()


def nothing_former() -> Former:
    """The former names of somebody who never changed them."""
    return {kind: [] for kind in KINDS.values()}


def remember(former: Mapping[str, list[str]], field: str, old: str | None, new: str | None) -> Former:
    """The former names after `field` went from `old` to `new`, newest first; what is current is not former."""
    kind = KINDS[field]
    current = handle_key(new) if new else None
    kept: dict[str, str] = {}
    for value in ([old] if old else []) + list(former[kind]):
        kept.setdefault(handle_key(value), value)
    return {**former, kind: [value for key, value in kept.items() if key != current][:REMEMBERED]}


def search_terms(names: Iterable[str | None]) -> list[str]:
    """The 1- and 2-grams of all names, and every beginning of their pinyin initials, marked."""
    known = [name for name in names if name]
    begun = {word[:length] for word in initials(*known) for length in range(1, min(len(word), _INITIALS_LENGTH) + 1)}
    return sorted({*grams(*known), *(INITIALS + beginning for beginning in begun)})


def initials_term(query: str) -> str:
    """The term by which a beginning of pinyin initials is found."""
    return INITIALS + folded(query)[:_INITIALS_LENGTH]


def search_text(names: Iterable[str | None]) -> str:
    """All names folded, in one text that is looked into where the grams alone do not decide."""
    plain = list(dict.fromkeys(folded(name) for name in names if name))
    return f"{BETWEEN}{BETWEEN.join(plain)}{BETWEEN}" if plain else ""
