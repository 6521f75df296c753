"""The codes, thresholds and spans of players."""

from datetime import timedelta
from decimal import Decimal

SOURCE_LIST = "player_source"
SOURCES = ("in_game_guide", "campaign", "referral", "other")

# Total spend (CNY) from which a player is 小R, 中R, 大R, 超R (P9).
TIER_FROM = (Decimal(100), Decimal(1_000), Decimal(10_000), Decimal(50_000))
REFRESHED_FROM = 10_000  # of these spenders the game data are fetched again on a schedule

FRESH_FOR = timedelta(hours=6)

# When the game server is asked again: after a failure, and where it does not know the phone number.
AFTER_FAILURE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
)
AFTER_NOT_FOUND = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))

REVEALED_FOR = timedelta(minutes=2)

SOURCE_WORDS = {
    "in_game_guide": ("游戏内引导", "In-game guide"),
    "campaign": ("市场活动", "Campaign"),
    "referral": ("老玩家介绍", "Referral"),
    "other": ("其他", "Other"),
}
TIER_WORDS = {0: ("", ""), 1: ("小R", "Small"), 2: ("中R", "Middle"), 3: ("大R", "Big"), 4: ("超R", "Top")}


def tier_of(total_spend: Decimal) -> int:
    """The VIP tier, 0 to 4, of somebody who has spent this much (CNY)."""
    return sum(total_spend >= threshold for threshold in TIER_FROM)
