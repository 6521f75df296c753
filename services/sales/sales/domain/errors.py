"""The rules of touches, orders and returns, each by the error that names it."""

from chassis.rules import RuleBroken


class PackNotOnSale(RuleBroken):
    """Only a pack that is on sale can be sold (S3)."""

    code = "pack_not_on_sale"
    zh = "这个礼包现在不在售"
    en = "This pack is not on sale"


class PackExpired(RuleBroken):
    """A pack is sold only as long as it is valid (S3)."""

    code = "pack_expired"
    zh = "这个礼包已过期"
    en = "This pack has expired"


class PackForOtherPlayer(RuleBroken):
    """A pack made for one player is sold to that player only (S3, C5)."""

    code = "pack_for_other_player"
    zh = "这个礼包是为别的玩家做的"
    en = "This pack was made for another player"


class PriceAbovePack(RuleBroken):
    """Nobody pays more than the pack's own price (S28)."""

    code = "price_above_pack"
    zh = "成交价不能高于礼包价"
    en = "The price may not lie above the pack's price"


class PriceNotAllowed(RuleBroken):
    """Below the lowest price nobody may sell, with approval or without (S28); member `lowest` names that price."""

    code = "price_not_allowed"
    zh = "成交价低于可审批的下限"
    en = "The price lies below what can be approved"


class Overpaid(RuleBroken):
    """No more is taken than is due (S4); member `due` is what is still open."""

    code = "overpaid"
    zh = "付款超过应付金额"
    en = "The payment is more than what is due"


class NotPayable(RuleBroken):
    """An order that awaits approval or is cancelled takes no payment (S28)."""

    code = "not_payable"
    zh = "待审批或已取消的订单不能收款"
    en = "An order that awaits approval or is cancelled takes no payment"


class PaymentKnown(RuleBroken):
    """One payment outside is one payment here (S4)."""

    code = "payment_known"
    zh = "这笔付款已经登记过"
    en = "This payment has been recorded already"


class OwnOrder(RuleBroken):
    """Nobody decides on the price of an order they placed themselves (S28)."""

    code = "own_order"
    zh = "不能审批自己下的订单"
    en = "One's own order is decided by somebody else"


class NotAwaitingApproval(RuleBroken):
    """Only an order that awaits approval is approved or rejected (S28)."""

    code = "not_awaiting_approval"
    zh = "只有待审批的订单可以审批"
    en = "Only an order that awaits approval can be decided"


class NotCancellable(RuleBroken):
    """An order is cancelled before it is paid; afterwards it is a return (S25)."""

    code = "not_cancellable"
    zh = "已付清、已发放、已完成或已取消的订单不能取消"
    en = "An order that is paid, shipped, completed or cancelled cannot be cancelled"


class NotPaid(RuleBroken):
    """Only a paid order is shipped (S24)."""

    code = "not_paid"
    zh = "只有已付清的订单可以发放"
    en = "Only a paid order can be shipped"


class NotShipped(RuleBroken):
    """Only a shipped order is completed (S24)."""

    code = "not_shipped"
    zh = "只有已发放的订单可以完成"
    en = "Only a shipped order can be completed"


class TouchHasOrder(RuleBroken):
    """A touch that ended in an order stays sold, with that order's pack (S1, S3)."""

    code = "touch_has_order"
    zh = "这次接触已经成交，结果和礼包不能再改"
    en = "This touch ended in an order: its outcome and pack stay as they are"


class NothingPaid(RuleBroken):
    """Only what was paid can be returned (S25)."""

    code = "nothing_paid"
    zh = "这张订单没有付过款，没有可退的"
    en = "Nothing has been paid for this order, so nothing can be returned"


class CancelFirst(RuleBroken):
    """An order that is paid in part is cancelled first; what was paid then goes back by a return (S25)."""

    code = "cancel_first"
    zh = "没付清的订单先取消，再退已付的钱"
    en = "Cancel the part-paid order first, then return what was paid"


class ReturnTooLate(RuleBroken):
    """What was handed out can be returned for so many days (S25); members `days` and `until` say until when."""

    code = "return_too_late"
    zh = "已经过了可退的期限"
    en = "The days in which this could be returned are over"


class NothingLeft(RuleBroken):
    """All that was paid is returned or asked back already (S25)."""

    code = "nothing_left_to_return"
    zh = "已付的钱都已退回或正在退"
    en = "All that was paid is returned already, or asked back"


class MoreThanPaid(RuleBroken):
    """All returns of an order that are open or granted never exceed what was paid (S25); member `left` is what can be."""

    code = "more_than_paid"
    zh = "退款加起来不能超过已付的钱"
    en = "The returns of an order may not exceed what was paid"


class MoreThanSold(RuleBroken):
    """Of each item no more comes back than was sold (S25)."""

    code = "more_than_sold"
    zh = "退的数量超过买的数量"
    en = "More would be returned than was sold"


class OwnReturn(RuleBroken):
    """Who asked for a return, or sold the order, never approves it (S25)."""

    code = "own_return"
    zh = "不能审批自己申请的退货，也不能审批自己订单的退货"
    en = "A return is approved by somebody who neither asked for it nor sold the order"


class NotRequested(RuleBroken):
    """A return is approved or rejected once (S25)."""

    code = "return_not_open"
    zh = "这笔退货已经审批过"
    en = "This return has been decided already"


class NotGranted(RuleBroken):
    """Money goes back only for a return that was approved (S25)."""

    code = "return_not_approved"
    zh = "只有已批准的退货可以退款"
    en = "Only a return that was approved can be refunded"


class RefundedAlready(RuleBroken):
    """The money of a return goes back once (S25)."""

    code = "already_refunded"
    zh = "这笔退货已经退过款"
    en = "This return has been refunded already"


class RefundKnown(RuleBroken):
    """One refund outside is one refund here (S25)."""

    code = "refund_known"
    zh = "这笔退款已经登记过"
    en = "This refund has been recorded already"


class OrderInReturn(RuleBroken):
    """An order is not handed out while its money is asked back, or once all of it is back (S25)."""

    code = "order_in_return"
    zh = "这张订单正在退货或已全部退款，不能发放"
    en = "This order is being returned, or is refunded in full: it cannot be shipped"
