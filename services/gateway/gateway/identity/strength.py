"""How strong a password is: counted in letters that are not told by the ones before, by a word or by the person."""

from __future__ import annotations

import re
from itertools import pairwise

from gateway.identity.errors import WeakPassword

SHORTEST, LEAST_UNITS, DIGITS_ALONE = 10, 6, 14
_ROWS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p",
    "!@#$%^&*()", "qazwsxedcrfvtgbyhnujmikolp",
)  # fmt: skip
# What people begin with when they are asked for a password; each counts as one letter.
_WORDS = (
    "password", "passwort", "passw", "pass", "admin", "administrator", "root", "welcome", "letmein", "login", "master",
    "monkey", "dragon", "football", "baseball", "basketball", "iloveyou", "sunshine", "princess", "superman", "batman",
    "shadow", "michael", "jordan", "hello", "freedom", "whatever", "trustno", "starwars", "computer", "internet",
    "secret", "default", "guest", "user", "test", "system", "server", "database", "changeme", "playdesk", "kefu",
    "woaini", "1314", "5201314", "woaiwojia", "mima", "wodemima", "zhanghao", "nihao", "aini", "wangyi",
    "tencent", "weixin", "wechat",
    "taobao", "alipay", "baidu", "qq", "beijing", "shanghai", "shenzhen", "guangzhou", "china", "zhongguo", "youxi",
    "game", "player", "spring", "summer", "autumn", "winter", "january", "monday", "company", "studio", "office",
    "密码", "口令", "客服", "管理员", "工单", "游戏", "玩家", "我爱你",
)  # fmt: skip
_LOOKALIKES = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"})
_YEAR = re.compile(r"(19|20)\d\d")
_WORD = re.compile("|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)))


def check_strength(password: str, *, staff_no: str, name: str = "") -> None:
    """Raise WeakPassword, which says why, for what is guessed first."""
    folded = password.casefold()
    if len(password) < SHORTEST:
        raise WeakPassword("too_short")
    if any(own in folded for own in _own(staff_no, name)):
        raise WeakPassword("own_name")
    if folded.isdigit() and len(folded) < DIGITS_ALONE:
        raise WeakPassword("digits")
    if _repeated(folded) or len(set(folded)) < 4:
        raise WeakPassword("repetition")
    if units(folded) < LEAST_UNITS:
        raise WeakPassword("sequence")
    if units(without_words(folded)) < LEAST_UNITS:
        raise WeakPassword("common")


def _own(staff_no: str, name: str) -> list[str]:
    """The person's number and name as far as they are long enough to mean anything."""
    parts = [staff_no.casefold(), *name.casefold().split()]
    return [part for part in parts if len(part) >= 3 or (len(part) == 2 and not part.isascii())]


def _repeated(folded: str) -> bool:
    """Whether it is one piece over and over, the last time perhaps cut off."""
    return any(
        (folded[:size] * len(folded))[: len(folded)] == folded for size in range(1, min(5, len(folded) // 2) + 1)
    )


def units(folded: str) -> int:
    """How many letters do not go on with a run: the same, the next, or the one beside it on the keyboard, three times."""
    steps = [_told(before, letter) for before, letter in pairwise(folded)]
    return len(folded) - sum(1 for one, next_one in pairwise(steps) if one and next_one)


def _told(before: str, letter: str) -> bool:
    if abs(ord(letter) - ord(before)) <= 1 and (letter.isalnum() or letter == before):
        return True
    return any(before + letter in row or letter + before in row for row in _ROWS)


def without_words(folded: str) -> str:
    """With each common word, also one written with look-alike signs, and each year made one letter."""
    return min((_YEAR.sub("~", _WORD.sub("~", text)) for text in (folded, _looked_at(folded))), key=len)


def _looked_at(folded: str) -> str:
    """With look-alike signs read as letters, but for years."""
    return "".join(
        part if _YEAR.fullmatch(part) else part.translate(_LOOKALIKES) for part in re.split(r"((?:19|20)\d\d)", folded)
    )
