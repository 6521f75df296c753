"""The rules of players, each by the error that names it."""

from chassis.rules import RuleBroken


class DuplicatePlayer(RuleBroken):
    """A phone number and a WeChat ID belong to one player (P2, P4); member `existing` names the one that is there."""

    code = "duplicate_player"
    zh = "已经有这位玩家"
    en = "This player is there already"


class DuplicateElsewhere(DuplicatePlayer):
    """The same, where the existing player lies outside the caller's scope: it is not named."""

    zh_detail = "这个手机号或微信ID属于其他客服的玩家"
    en_detail = "This phone number or WeChat ID belongs to a player of another agent"


class ContactMissing(RuleBroken):
    """A player keeps a phone number or a WeChat ID (P1)."""

    code = "contact_missing"
    zh = "手机号和微信ID至少要留一个"
    en = "A player needs a phone number or a WeChat ID"


class AlreadyErased(RuleBroken):
    """Nothing is left of this player that could be erased (S31)."""

    code = "already_erased"
    zh = "这位玩家的资料已经抹除"
    en = "This player has been erased already"


class PlayerMerged(RuleBroken):
    """A player who was merged is not changed any more; member `survivor` names who stands for them (P13)."""

    code = "player_merged"
    zh = "这位玩家已合并到另一位玩家"
    en = "This player has been merged into another"


class SamePlayer(RuleBroken):
    """Nobody is merged into themselves (P13)."""

    code = "same_player"
    zh = "不能合并到自己"
    en = "A player cannot be merged into themselves"


class NotMerged(RuleBroken):
    """Only a merge that stands can be taken back (P13)."""

    code = "not_merged"
    zh = "这位玩家没有被合并"
    en = "This player is not merged"


class MergedFurther(RuleBroken):
    """Of merges one after the other the later is taken back first; member `first` names whose that is (P13)."""

    code = "merged_further"
    zh = "合并后的玩家又被合并了，先撤销那一次"
    en = "The survivor was merged in turn: take that merge back first"


class NoPhone(RuleBroken):
    """What goes by the phone number needs one (P2, P3)."""

    code = "no_phone"
    zh = "这位玩家没有手机号"
    en = "This player has no phone number"


class RevealQuota(RuleBroken):
    """Phone numbers are revealed to one person so many times a day and no more (P2); `seconds` until the next."""

    status = 429
    code = "reveal_quota"
    zh = "今天查看完整手机号的次数已用完"
    en = "No more phone numbers can be revealed today"

    def __init__(self, seconds: int, limit: int) -> None:
        super().__init__(members={"limit": limit, "left": 0})
        self.seconds = seconds


class TooManyRead(RevealQuota):
    """One person is shown so many different players in 24 hours and no more (S26); `seconds` until there is room again."""

    code = "too_many_read"
    zh = "24 小时内看过的玩家太多，先停一停"
    en = "Too many different players were read in 24 hours"
