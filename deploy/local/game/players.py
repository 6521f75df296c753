"""Five thousand players of the game, each worked out from an index, the same on every machine."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.game.names import nickname
from deploy.local.game.words import words

COUNT = 5_000
PREFIXES = words("138 139 136 137 135 150 151 152 158 159 186 188 187 182 183 177 176 189 180 133")
SPACE, STEP, SHIFT = 10**8, 48_271_961, 20_408_163  # STEP shares no factor with SPACE: the numbers never meet
SERVERS = words("烽火连城 龙争虎斗 群雄逐鹿 天下归心 风云再起 一统江山 铁马冰河 沧海横流 剑指天涯 气吞山河")
SPENDING = ((0.40, 0, 100), (0.72, 100, 1_000), (0.91, 1_000, 10_000), (0.98, 10_000, 50_000), (1.01, 50_000, 260_000))
VIP_STEPS = (1, 30, 100, 300, 600, 1_000, 2_000, 4_000, 7_000, 10_000, 20_000, 35_000, 50_000, 100_000, 200_000)


def phone(index: int) -> str:
    """The phone number (E.164) of player `index`; a plausible mobile number, different for each."""
    return f"+86{PREFIXES[index % len(PREFIXES)]}{(index * STEP + SHIFT) % SPACE:08d}"


def index_of(number: str) -> int | None:
    """Whose phone number it is, or None."""
    if not re.fullmatch(r"\+861\d{10}", number):
        return None
    index = (int(number[6:]) - SHIFT) * pow(STEP, -1, SPACE) % SPACE
    return index if index < COUNT and phone(index) == number else None


def player(index: int, today: datetime | None = None) -> dict[str, Any]:
    """What the game server knows of player `index`; times count back from `today` (midnight, UTC)."""
    rng = random.Random(f"player {index}")
    today = today or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spend, registered = _spend(rng), today - timedelta(days=rng.randint(20, 1_400), minutes=rng.randint(0, 1439))
    seen = max(registered, today - timedelta(minutes=int(rng.expovariate(1 / 9_000))))
    server = _server(rng)
    level = min(120, 8 + int((today - registered).days ** 0.5 * 2.2) + rng.randint(0, 12) + len(str(int(spend))) * 4)
    name = nickname(rng)
    return {
        "uid": str(10_000_000 + index * 7 + 3),
        "server": server,
        "nickname": name,
        "level": level,
        "vip_level": sum(spend >= step for step in VIP_STEPS),
        "total_spend": f"{spend:.2f}",
        "currency": "CNY",
        "last_pay_at": _text(max(registered, seen - timedelta(hours=rng.randint(1, 700)))) if spend else None,
        "last_login_at": _text(seen),
        "registered_at": _text(registered),
        "roles": [{"name": name, "server": server, "level": level}, *_alts(rng, name)],
    }


def _spend(rng: random.Random) -> float:
    draw = rng.random()
    low, high = next((low, high) for share, low, high in SPENDING if draw < share)
    spent = low + (high - low) * rng.random() ** 2
    return float(int(spent)) if spent >= 1 else 0.0


def _alts(rng: random.Random, name: str) -> list[dict[str, Any]]:
    """Second characters, which a few players have on other servers."""
    names = [f"{name}小号", f"{name}仓库"][: rng.choice((0, 0, 0, 0, 1, 1, 2))]
    return [{"name": alt, "server": _server(rng), "level": rng.randint(5, 60)} for alt in names]


def _server(rng: random.Random) -> str:
    number = rng.randint(1, 60)
    return f"S{number} {SERVERS[number % len(SERVERS)]}"


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
