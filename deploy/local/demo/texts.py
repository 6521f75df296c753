"""Fills templates in: every text the demo needs, varied and yet the same for the same random source."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from deploy.local.demo import sales_text, tickets_text
from deploy.local.game.items import price_list
from deploy.local.game.players import SERVERS
from deploy.local.game.words import words

HEROES = words("赵子龙 关云长 诸葛亮 吕奉先 花木兰 穆桂英 岳鹏举 霍去病 白起 韩信 虞姬 妲己 秦良玉 李靖 红拂 周公瑾")
BUILDINGS = words("主城 兵营 校场 书院 医馆 铁匠铺 瞭望塔 仓库 城墙 市集 马厩 祭坛")
EVENTS = words("跨服争霸 联盟远征 烽火试炼 群英会 夺旗战 王城战 寻宝大会 月末冲榜 中秋灯会 周年庆典")
RANKS = words("黄金三段 铂金一段 钻石二段 星耀一段 王者")
THEMES = words("敦煌 水墨 赛博 海洋 雪国 竹林 宫廷 星空")
PHONES = words("小米14 红米K70 华为Mate60 荣耀100 OPPO·Reno11 vivo·X100 iPhone13 iPhone15 三星S23 一加12")
PAYS = ("微信支付", "支付宝", "苹果支付", "银行卡")
WHENS = ("昨天晚上", "今天早上", "前天", "刚刚", "上周六", "中午", "凌晨", "半小时前", "周日下午", "更新之后")
DAYS = ("下周一", "后天", "周五晚上", "月底", "十号以后", "周末", "明天中午", "三天后")
FRIENDS = ("朋友", "盟友", "老婆", "弟弟", "同事")
AMOUNTS = (6, 12, 18, 30, 68, 98, 128, 198, 328, 648)
_ITEMS = tuple(item["name"] for item in price_list())
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Case:
    """A player's question, its category, and what was done about it."""

    category: str
    question: str
    solution: str


def case(rng: random.Random) -> Case:
    """A ticket's two texts, which speak of the same thing."""
    category = rng.choices(list(tickets_text.SHARES), list(tickets_text.SHARES.values()))[0]
    asked, done = rng.choice(tickets_text.CASES[category])
    values = Slots(rng)
    question = f"{rng.choice(tickets_text.OPENINGS)}{filled(asked, values)}{rng.choice(tickets_text.ENDINGS)}"
    more = filled(rng.choice(tickets_text.FOLLOW_UPS), values)
    solution = filled(done, values) + rng.choice(tickets_text.CLOSINGS)
    return Case(category, f"{question}\n{more}" if more else question, solution)


class Slots:
    """The values of one text's slots: each drawn once, so that the answer speaks of what was asked."""

    def __init__(self, rng: random.Random):
        self._rng, self._drawn = rng, dict[str, str]()

    def __getitem__(self, slot: str) -> str:
        if slot not in self._drawn:
            self._drawn[slot] = _value(self._rng, slot)
        return self._drawn[slot]


def filled(template: str, values: Slots) -> str:
    """The template with each `{slot}` filled in."""
    return _SLOT.sub(lambda slot: values[slot[1]], template)


def touch_note(rng: random.Random, outcome: str) -> str:
    """What an agent writes down about a contact; often nothing."""
    return "" if rng.random() < 0.25 else filled(rng.choice(sales_text.NOTES[outcome]), Slots(rng))


def lost_reason(rng: random.Random) -> tuple[str, str]:
    """(code, note) of why it did not sell; the code `other` always has a note."""
    codes, weights = zip(*sales_text.LOST_REASONS, strict=True)
    code = rng.choices(codes, weights)[0]
    return code, rng.choice(sales_text.OTHER_REASONS) if code == "other" else touch_note(rng, "refused")


_LISTS: dict[str, tuple[object, ...]] = {
    "pay": PAYS,
    "item": _ITEMS,
    "hero": HEROES,
    "hero2": HEROES,
    "building": BUILDINGS,
    "event": EVENTS,
    "rank": RANKS,
    "theme": THEMES,
    "phone": PHONES,
    "when": WHENS,
    "day": DAYS,
    "friend": FRIENDS,
    "amount": AMOUNTS,
    "days": (2, 3, 5, 7, 15, 30),
    "count": (12, 30, 48, 60, 80, 120, 350, 1200),
    "diff": (3, 6, 10, 18, 30),
}


def _value(rng: random.Random, slot: str) -> str:
    if slot in _LISTS:
        return str(rng.choice(_LISTS[slot])).replace("·", " ")
    made = {
        "server": lambda: f"S{rng.randint(1, 60)} {rng.choice(SERVERS)}",
        "digits": lambda: f"{rng.randint(0, 9999):04d}",
        "level": lambda: str(rng.randint(12, 118)),
        "month": lambda: str(rng.randint(1, 12)),
    }
    return made[slot]()
