"""The words for what becomes of orders: their states, returns, claims and campaigns."""

from flask_babel import lazy_gettext as _

SALES_LABELS = {
    "order_state": {
        "awaiting_approval": _("待审批"),
        "awaiting_payment": _("待付款"),
        "part_paid": _("部分付款"),
        "paid": _("已付款"),
        "shipped": _("已发放"),
        "completed": _("已完成"),
        "cancelled": _("已取消"),
    },
    "return_state": {
        "requested": _("待审批"),
        "approved": _("待退款"),
        "refunded": _("已退款"),
        "rejected": _("已驳回"),
    },
    "return_rule": {
        "called_off": _("订单已取消，付过的钱可以退"),
        "not_handed_out": _("还没发放，可以退"),
        "within_days": _("在可退期限内"),
        "nothing_paid": _("没有付过款"),
        "cancel_first": _("没付清的订单先取消，再退已付的钱"),
        "return_too_late": _("过了可退期限"),
        "nothing_left_to_return": _("已付的钱都已退回或正在退"),
    },
    "campaign_state": {
        "draft": _("筹备中"),
        "running": _("进行中"),
        "ended": _("已结束"),
        "cancelled": _("已取消"),
    },
    "claim_kind": {"compensation": _("补偿"), "price_difference": _("贵就赔")},
    "claim_state": {
        "requested": _("待审批"),
        "approved": _("待赔付"),
        "paid": _("已赔付"),
        "rejected": _("已驳回"),
        "withdrawn": _("已撤回"),
    },
    "claim_rule": {
        "compensation": _("补偿"),
        "sold_cheaper": _("期限内卖过更低的价格"),
        "order_not_paid": _("只有已付清的订单可以理赔"),
        "no_cheaper_price": _("没有卖过更低的价格"),
        "difference_claimed": _("这个差价已经赔过或正在赔"),
        "nothing_left_to_return": _("已付的钱都已退回或正在退"),
    },
}
