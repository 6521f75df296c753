"""Players with sealed phone numbers, blind indexes and search terms, made by the player service's own functions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from chassis.data.phones import Phones
from deploy.local.game import names, players
from player.domain.codes import tier_of
from player.domain.names import handle_key, nothing_former, search_terms, search_text
from tests.bench.fill.copying import id_at

MONTHS = timedelta(days=400)
_FORMER_SHARE, _IN_GAME = 0.08, 0.93
PLAYER = (
    "id", "version", "created_at", "updated_at", "phone_sealed", "phone_index", "phone_tail_index", "wechat_id",
    "wechat_key", "wechat_name", "nickname", "former", "source", "note", "agent_id", "vip_tier", "registered", "tags",
    "custom", "last_contact_at", "deleted", "edited_version", "terms", "names",
)  # fmt: skip
GAME = (
    "player_id", "uid", "server", "nickname", "level", "vip_level", "total_spend", "currency", "last_login_at",
    "registered_at", "roles", "fetched_at",
)  # fmt: skip
COPY = "id, version, nickname, wechat_id, wechat_name, agent_id, vip_tier, deleted"
BINDING = ("id", "player_id", "agent_id", "reason", "from_at", "by")
KEY = ("player_id", "kind", "key")


@dataclass(frozen=True)
class Person:
    """One player, small enough to have hundreds of thousands of them."""

    number: int
    id: str
    agent_id: str
    wechat_id: str
    wechat_name: str
    nickname: str
    phone: str
    former: str | None
    since: datetime
    spend: int | None


def everybody(count: int, agents: Sequence[str], now: datetime) -> list[Person]:
    """`count` players, the same in every run; the first two agents have more of them than the others."""
    rng, taken = random.Random("bench players"), set[str]()
    shares = [0.18, 0.16, *[0.66 / max(1, len(agents) - 2)] * (len(agents) - 2)][: len(agents)]
    owners = rng.choices(agents, shares, k=count)
    return [_person(rng, number, owners[number], now, taken) for number in range(count)]


def _person(rng: random.Random, number: int, agent_id: str, now: datetime, taken: set[str]) -> Person:
    since = now - MONTHS * rng.random() - timedelta(days=3)
    return Person(
        number,
        id_at(rng, since),
        agent_id,
        _fresh(rng, number, taken),
        names.wechat_name(rng),
        names.nickname(rng),
        players.phone(number),
        _fresh(rng, number, taken) if rng.random() < _FORMER_SHARE else None,
        since,
        int(2 ** (rng.random() * 17)) if rng.random() < _IN_GAME else None,
    )


def _fresh(rng: random.Random, number: int, taken: set[str]) -> str:
    handle = names.wechat_id(rng)
    handle = handle if handle not in taken else f"{handle}_{number}"
    taken.add(handle)
    return handle


def player_rows(everyone: Sequence[Person], phones: Phones, now: datetime) -> Iterator[Sequence[Any]]:
    """Rows of `players`, as PLAYER names their columns."""
    for one in everyone:
        spoken = (one.nickname, one.wechat_name)
        former = {**nothing_former(), "wechat_ids": [one.former] if one.former else []}
        sealed = (phones.seal(one.phone, one.id), phones.index(one.phone), phones.tail_index(one.phone))
        tier = tier_of(one.spend) if one.spend else 0  # type: ignore[arg-type]
        yield (
            one.id, 1, one.since, one.since, *sealed, one.wechat_id, handle_key(one.wechat_id), one.wechat_name,
            one.nickname, Jsonb(former), "in_game_guide", "", one.agent_id, tier, one.spend is not None,
            ["老玩家"] if one.number % 3 else [], Jsonb({}), now - timedelta(hours=one.number % 900), False, 1,
            search_terms(spoken), search_text(spoken),
        )  # fmt: skip


def game_rows(everyone: Sequence[Person], now: datetime) -> Iterator[Sequence[Any]]:
    """Rows of `game_snapshots`, fetched within the last hours, so that nothing asks for them meanwhile."""
    for one in everyone:
        if one.spend is not None:
            role = [{"name": one.nickname, "server": "天下归心", "level": 30 + one.number % 80}]
            yield (
                one.id, _uid(one), "天下归心", one.nickname, 30 + one.number % 80, one.number % 15, one.spend, "CNY",
                now - timedelta(hours=one.number % 300), one.since, Jsonb(role), now - timedelta(minutes=one.number % 60),
            )  # fmt: skip


def binding_rows(everyone: Sequence[Person]) -> Iterator[Sequence[Any]]:
    """Rows of `bindings`: the one that holds now."""
    rng = random.Random("bench bindings")
    for one in everyone:
        yield id_at(rng, one.since), one.id, one.agent_id, "", one.since, one.agent_id


def key_rows(everyone: Sequence[Person]) -> Iterator[Sequence[Any]]:
    """Rows of `search_keys`: former WeChat IDs and UIDs."""
    for one in everyone:
        if one.former:
            yield one.id, "former_wechat_id", handle_key(one.former)
        if one.spend is not None:
            yield one.id, "game_uid", _uid(one)


def _uid(one: Person) -> str:
    return str(10_000_000 + one.number * 7)
