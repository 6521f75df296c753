"""Who works in the demo studio and which players it has, with whom each belongs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from deploy.local.demo import sales_text
from deploy.local.game import players as game
from deploy.local.game.names import nickname, person, wechat_id, wechat_name

SEED = "playdesk"
MONTHS = timedelta(days=120)
DEPARTMENTS = ("客服一部", "客服二部", "技术支持与质检")
LOGINS = frozenset({"admin", "M001", "A001", "A002", "S001", "Q001"})  # the others have no password


@dataclass(frozen=True)
class Colleague:
    """A member of staff; `department` is an index into DEPARTMENTS."""

    no: str
    name: str
    role: str
    line: int
    department: int | None
    wechat_id: str
    wechat_name: str


@dataclass(frozen=True)
class Customer:
    """A player: what an agent writes down, whose they are, since when, and their former WeChat ID if any."""

    number: int
    phone: str | None
    wechat_id: str
    wechat_name: str
    nickname: str | None
    source: str
    note: str
    tags: tuple[str, ...]
    agent_no: str | None
    since: datetime
    former_wechat_id: str | None


def colleagues() -> list[Colleague]:
    """Twenty people in three departments; the administrator belongs to none."""
    agents = [("agent", f"A{number:03d}", 1, 0 if number <= 7 else 1) for number in range(1, 13)]
    others = [
        ("supervisor", "M001", 1, 0),
        ("supervisor", "M002", 1, 1),
        ("specialist", "S001", 2, 2),
        ("specialist", "S002", 2, 2),
        ("specialist", "S003", 2, 2),
        ("inspector", "Q001", 1, 2),
        ("inspector", "Q002", 1, 2),
        ("admin", "admin", 1, None),
    ]
    return [_colleague(*who) for who in (*others, *agents)]


def customers(count: int, now: datetime) -> Iterator[Customer]:
    """`count` players; those with a phone number are the first of the game's."""
    taken: set[str] = set()
    for number in range(count):
        yield _customer(number, now, taken)


def _colleague(role: str, no: str, line: int, department: int | None) -> Colleague:
    rng = random.Random(f"{SEED} staff {no}")
    titles = {"supervisor": "主管", "specialist": "技术支持", "inspector": "质检", "admin": "管理员", "agent": "客服"}
    called = f"{titles[role]}{no}" if role != "admin" else "管理员"
    return Colleague(no, person(rng), role, line, department, f"yunling_{no.lower()}", f"云岭{called}")


def _customer(number: int, now: datetime, taken: set[str]) -> Customer:
    rng = random.Random(f"{SEED} player {number}")
    handle = _fresh(rng, taken)
    kind = rng.random()  # most are in the game, some left only a contact
    in_game = game.player(number) if kind < 0.93 else None
    phone = game.phone(number) if in_game else None
    if kind >= 0.97:
        phone = f"+86199{rng.randint(0, 99_999_999):08d}"  # a number the game does not know
    return Customer(
        number=number,
        phone=phone,
        wechat_id=handle,
        wechat_name=wechat_name(rng),
        nickname=in_game["nickname"] if in_game else rng.choice((None, nickname(rng))),
        source=rng.choices(("in_game_guide", "campaign", "referral", "other"), (55, 22, 15, 8))[0],
        note=rng.choice(sales_text.PLAYER_NOTES),
        tags=tuple(rng.sample(sales_text.TAGS, rng.choice((0, 0, 1, 1, 2, 3)))),
        agent_no=_agent(rng),
        since=now - MONTHS * rng.random() ** 0.8 - timedelta(hours=1),
        former_wechat_id=_fresh(rng, taken) if rng.random() < 0.08 else None,
    )


def _agent(rng: random.Random) -> str | None:
    """A001 and A002 look after more players than the others; some players have nobody yet."""
    numbers: list[str | None] = [f"A{number:03d}" for number in range(1, 13)]
    return rng.choices([*numbers, None], [18, 16, *[8] * 10, 9])[0]


def _fresh(rng: random.Random, taken: set[str]) -> str:
    """A WeChat ID nobody else has."""
    while (handle := wechat_id(rng)) in taken:
        pass
    taken.add(handle)
    return handle
