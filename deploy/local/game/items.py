"""The game's price list: 300 items in six categories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deploy.local.game.words import words

MATERIALS = words(
    "玄铁 灵木 星砂 龙鳞 凤羽 寒玉 赤铜 云锦 琉璃 月华石 紫晶 沉香 天蚕丝 雷击木 陨铁 朱砂 冰魄 火绒 鲛珠 麒麟角"
)
BAGS = (("小袋", 10, 1), ("中袋", 50, 4), ("大箱", 200, 14), ("珍藏箱", 800, 48))
SPEED_UPS = (
    ("建造加速", 1.0),
    ("研究加速", 1.1),
    ("训练加速", 0.9),
    ("治疗加速", 0.8),
    ("行军加速", 1.2),
    ("通用加速", 1.5),
)
SPANS = (
    ("5分钟", 5, 1),
    ("15分钟", 15, 2),
    ("1小时", 60, 6),
    ("3小时", 180, 15),
    ("8小时", 480, 30),
    ("24小时", 1440, 68),
    ("3天", 4320, 168),
    ("7天", 10080, 328),
)
TOKENS = (
    ("寻将令", 3),
    ("点将令", 6),
    ("名将令", 12),
    ("神将令", 25),
    ("招贤帖", 2),
    ("青龙符", 18),
    ("白虎符", 18),
    ("朱雀符", 18),
    ("玄武符", 18),
    ("万宝签", 8),
)
DRAWS = (1, 5, 10, 20)
THEMES = words("霜雪 赤焰 锦鲤 星河 青龙 白虎 朱雀 玄武 中秋 元宵 敦煌 江南")
LOOKS = (("城堡皮肤", 328), ("坐骑", 258), ("行军特效", 168), ("头像框", 45), ("聊天气泡", 30), ("专属称号", 68))
RESOURCES = (("粮草", 1.0), ("木材", 1.0), ("石料", 1.1), ("铁矿", 1.2), ("银币", 1.4), ("金币", 2.0))
AMOUNTS = (("1万", 1), ("10万", 6), ("50万", 25), ("100万", 45), ("500万", 178), ("1000万", 318))
VOUCHERS = (
    *((f"礼券{points}点", points) for points in (1, 6, 12, 18, 30, 68, 98, 128, 198, 328, 448, 648)),
    ("周卡", 18),
    ("月卡", 30),
    ("季卡", 78),
    ("年卡", 268),
    ("至尊月卡", 98),
    ("至尊季卡", 258),
    ("成长基金一阶", 68),
    ("成长基金二阶", 128),
    ("成长基金三阶", 198),
    ("战令进阶", 98),
    ("战令典藏", 168),
    ("改名券", 12),
)


def price_list() -> list[dict[str, Any]]:
    """All items as the game server tells them, in order of their IDs; the same on every call."""
    return [
        {
            "game_item_id": f"{100_000 * group + number}",
            "name": name,
            "price": f"{min(max(price, 1), 648):.2f}",
            "currency": "CNY",
            "category": category,
            "attributes": attributes,
            "on_sale": True,
            "icon_url": f"/icons/{100_000 * group + number}.png",
        }
        for group, (category, items) in enumerate(_categories(), 1)
        for number, (name, price, attributes) in enumerate(items, 1)
    ]


def _categories() -> list[tuple[str, list[tuple[str, float, dict[str, Any]]]]]:
    return [
        ("材料", list(_materials())),
        ("加速", list(_speed_ups())),
        ("召集", list(_tokens())),
        ("外观", list(_looks())),
        ("资源", list(_resources())),
        ("礼券", [(name, price, {"bind": False}) for name, price in VOUCHERS]),
    ]


def _materials() -> Iterator[tuple[str, float, dict[str, Any]]]:
    for rank, material in enumerate(MATERIALS):
        for bag, count, price in BAGS:
            yield f"{material}{bag}", round(price * (1 + rank * 0.35)), {"count": count, "grade": 1 + rank // 4}


def _speed_ups() -> Iterator[tuple[str, float, dict[str, Any]]]:
    for kind, factor in SPEED_UPS:
        for span, minutes, price in SPANS:
            yield f"{span}{kind}", max(1, round(price * factor)), {"minutes": minutes}


def _tokens() -> Iterator[tuple[str, float, dict[str, Any]]]:
    for token, price in TOKENS:
        for draws in DRAWS:
            yield f"{token}×{draws}", round(price * draws * (0.9 if draws >= 10 else 1)), {"draws": draws}


def _looks() -> Iterator[tuple[str, float, dict[str, Any]]]:
    for rank, theme in enumerate(THEMES):
        for look, price in LOOKS:
            days = 30 if look in ("聊天气泡", "头像框") else None
            yield f"{theme}{look}", price + 10 * (rank % 4), {"theme": theme, "days": days}


def _resources() -> Iterator[tuple[str, float, dict[str, Any]]]:
    for resource, factor in RESOURCES:
        for amount, price in AMOUNTS:
            yield f"{amount}{resource}", round(price * factor), {"resource": resource}
