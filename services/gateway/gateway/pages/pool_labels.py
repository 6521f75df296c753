"""The words of leads, opportunities and pools."""

from flask_babel import lazy_gettext as _

POOL_LABELS = {
    "pool_kind": {"opportunity": _("商机"), "lead": _("线索")},
    "lead_state": {
        "new": _("待领取"),
        "assigned": _("跟进中"),
        "converted": _("已转化"),
        "discarded": _("已放弃"),
    },
    "step": {
        "opened": _("新建"),
        "moved": _("移到"),
        "won": _("赢单"),
        "lost": _("输单"),
        "converted": _("转成玩家"),
        "discarded": _("放弃"),
        "reopened": _("重新打开"),
        "claimed": _("领取"),
        "assigned": _("分配"),
        "released": _("退回公海"),
        "recycled": _("闲置收回"),
        "handed_over": _("离职交接"),
        "given_back": _("收回后还回"),
    },
    "loss_reason": {"idle": _("太久没有跟进")},
    "loss_outcome": {"given_back": _("已还回"), "gone": _("没有还回：已被领走、改动或原负责人离职")},
}
POOL_JOBS = {
    "opportunities.export": _("导出商机"),
    "leads.export": _("导出线索"),
    "sales.handover": _("交接线索和商机"),
}
POOL_FIELDS = {
    "stage": _("阶段"),
    "order_id": _("订单"),
    "player_id": _("玩家"),
    "opportunity": _("商机"),
    "max_held": _("每人最多持有"),
    "claims_a_day": _("每天最多领"),
    "idle_days": _("闲置几天收回"),
    "warn_days": _("提前几天提醒"),
    "protect_days": _("领后保护几天"),
}
