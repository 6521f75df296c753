"""The rules of leads, opportunities and pools, each by the error that names it."""

from chassis.rules import Forbidden, RuleBroken


class OpportunityClosed(RuleBroken):
    """What is won or lost is reopened first (S11)."""

    code = "opportunity_closed"
    zh = "这个商机已经结束，先重新打开"
    en = "This opportunity is closed: reopen it first"


class OpportunityOpen(RuleBroken):
    """Only what is won or lost can be reopened (S11)."""

    code = "opportunity_open"
    zh = "这个商机还没有结束"
    en = "This opportunity is not closed"


class StageIsAnEnd(RuleBroken):
    """An opportunity ends by being won or lost, each of which says more than a stage (S11)."""

    code = "stage_is_an_end"
    zh = "用“赢单”或“输单”结束商机"
    en = "Win or lose the opportunity instead"


class LeadFirst(RuleBroken):
    """An opportunity of a lead is won by a player: the lead is converted first (S9)."""

    code = "lead_first"
    zh = "先把线索转成玩家，再赢单"
    en = "Convert the lead into a player first"


class OrderOfOther(RuleBroken):
    """An opportunity is won by an order of its own player (S11)."""

    code = "order_of_other_player"
    zh = "这张订单是别的玩家的"
    en = "This order is another player's"


class OrderCalledOff(RuleBroken):
    """Nothing is won by an order that was called off (S11)."""

    code = "order_called_off"
    zh = "这张订单已取消"
    en = "This order was called off"


class NotInPool(RuleBroken):
    """Only what lies in the pool can be claimed (S13)."""

    code = "not_in_pool"
    zh = "已经有人负责，不在公海里"
    en = "Somebody has it: it is not in the pool"


class NotHeld(RuleBroken):
    """Only what somebody has can be given back (S13)."""

    code = "not_held"
    zh = "本来就在公海里"
    en = "It lies in the pool already"


class NotYours(RuleBroken):
    """One gives back what is one's own; of others', whoever assigns them does (S13)."""

    code = "not_yours"
    zh = "这不是你负责的，不能退回公海"
    en = "It is not yours to give back"


class HoldsTooMany(RuleBroken):
    """Nobody hoards: more than the limit is not claimed (S14); members `limit`, `held`."""

    code = "holds_too_many"
    zh = "手里已有 {held} 个，最多 {limit} 个：先处理或退回一些"
    en = "You hold {held}, at most {limit}: work on or give back some first"


class ClaimedTooMany(RuleBroken):
    """So many are claimed in a day and no more (S14); members `limit`, `claimed`."""

    code = "claimed_too_many"
    zh = "今天已领 {claimed} 个，每天最多 {limit} 个"
    en = "You claimed {claimed} today, at most {limit} a day"


class LeadClosed(RuleBroken):
    """What is converted or discarded is reopened first (S9)."""

    code = "lead_closed"
    zh = "这条线索已转化或已放弃，先重新打开"
    en = "This lead is converted or discarded: reopen it first"


class LeadOpen(RuleBroken):
    """Only a lead that is converted or discarded can be reopened (S9)."""

    code = "lead_open"
    zh = "这条线索还没有结束"
    en = "This lead is not closed"


class DuplicateLead(RuleBroken):
    """One person is one open lead (S9); member `existing` names it where the caller reaches it."""

    code = "duplicate_lead"
    zh = "已经有这条线索"
    en = "This lead is there already"


class ContactMissing(RuleBroken):
    """Without a phone number and a WeChat ID nobody could be reached (S9)."""

    code = "contact_missing"
    zh = "手机号和微信ID 至少留一个"
    en = "A phone number or a WeChat ID is needed"


class NoPhone(RuleBroken):
    """There is no number to be shown."""

    code = "no_phone"
    zh = "没有手机号"
    en = "There is no phone number"


class DuplicatePool(RuleBroken):
    """A department has one pool, and so has the company (S13)."""

    code = "duplicate_pool"
    zh = "这个部门已经有公海"
    en = "This department has a pool already"


class PoolInUse(RuleBroken):
    """A pool is removed when nothing lies in it; the company's own stays (S13)."""

    code = "pool_in_use"
    zh = "公海里还有线索或商机，或者是全公司的公海，不能删除"
    en = "There are still leads or opportunities in it, or it is the company's own pool"


class DuplicateRule(RuleBroken):
    """A pool has one rule for leads and one for opportunities (S13)."""

    code = "duplicate_pool_rule"
    zh = "这个公海已经有这一种规则"
    en = "This pool has such a rule already"


class PoolOfOthers(Forbidden):
    """A pool is ruled by whoever's scope holds its department; the company's by whoever's holds everything (S13)."""

    code = "pool_of_others"
    zh = "这个公海不归你管"
    en = "This pool is not yours to rule"


class PlanChanged(RuleBroken):
    """A run does just what the dry run said, or nothing (S15)."""

    code = "plan_changed"
    zh = "试算之后情况变了，请重新试算"
    en = "Things have changed since the dry run: try it again"


class CirculationUndone(RuleBroken):
    """A run is undone once (S15)."""

    code = "circulation_undone"
    zh = "这次收回已经撤销过"
    en = "This run has been undone already"
