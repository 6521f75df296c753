"""The rules of claims, each by the error that names it."""

from chassis.rules import RuleBroken


class OrderNotPaid(RuleBroken):
    """A claim is made on an order that is paid in full, handed out or not (S27)."""

    code = "order_not_paid"
    zh = "只有已付清的订单可以理赔"
    en = "A claim is made on an order that is paid in full"


class NoCheaperPrice(RuleBroken):
    """A price difference is paid where the same pack was sold cheaper within so many days (S27); member `days`."""

    code = "no_cheaper_price"
    zh = "下单后的期限内，这个礼包没有卖过更低的价格"
    en = "Within the days that count, this pack was not sold at a lower price"


class DifferenceClaimed(RuleBroken):
    """The same difference is paid once; only a price that is lower still gives a further one (S27)."""

    code = "difference_claimed"
    zh = "这个差价已经赔过或正在赔"
    en = "This difference has been paid already, or is claimed"


class OwnClaim(RuleBroken):
    """Who made a claim, or sold the order, never approves it (S27)."""

    code = "own_claim"
    zh = "不能审批自己申请的理赔，也不能审批自己订单的理赔"
    en = "A claim is approved by somebody who neither made it nor sold the order"


class ClaimNotOpen(RuleBroken):
    """A claim is approved, rejected or withdrawn once (S27)."""

    code = "claim_not_open"
    zh = "这笔理赔已经审批过或撤回了"
    en = "This claim has been decided or withdrawn already"


class NotOwnClaim(RuleBroken):
    """A claim is withdrawn by whoever made it; others reject it (S27)."""

    code = "not_own_claim"
    zh = "只有申请人可以撤回理赔"
    en = "A claim is withdrawn by whoever made it"


class ClaimNotApproved(RuleBroken):
    """Money is paid only for a claim that was approved (S27)."""

    code = "claim_not_approved"
    zh = "只有已批准的理赔可以赔付"
    en = "Only a claim that was approved can be paid"


class ClaimPaidAlready(RuleBroken):
    """The money of a claim is paid once (S27)."""

    code = "claim_paid_already"
    zh = "这笔理赔已经赔付过"
    en = "This claim has been paid already"


class ClaimPaymentKnown(RuleBroken):
    """One payment outside is one payment here (S27)."""

    code = "claim_payment_known"
    zh = "这笔赔付已经登记过"
    en = "This payment of a claim has been recorded already"
