"""The rules of touches and orders, each by the error that names it."""

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
