"""The words for every code a page shows; Chinese is the source, other languages come from the catalogue, options from their
lists.
"""

from flask_babel import lazy_gettext as _

from gateway.pages.option_labels import LISTS, OPTION_LABELS, offered, option_word
from gateway.pages.role_labels import ROLE_LABELS

LABELS = {
    "status": {"pending": _("待处理"), "in_progress": _("处理中"), "done": _("完成")},
    "category": {
        "complaint": _("投诉"),
        "recharge": _("充值"),
        "account": _("账号"),
        "gameplay": _("玩法"),
        "bug": _("故障"),
        "refund": _("退款"),
        "suggestion": _("建议"),
        "other": _("其他"),
    },
    "priority": {"low": _("低"), "normal": _("普通"), "high": _("高"), "urgent": _("紧急")},
    "line": {"1": _("一线"), "2": _("二线")},
    "channel": {
        "wechat": _("微信"),
        "in_game": _("游戏内"),
        "web_chat": _("网页"),
        "phone": _("电话"),
        "portal": _("自助"),
    },
    "outcome": {
        "sold": _("成交"),
        "considering": _("考虑中"),
        "refused": _("未成交"),
        "no_answer": _("没回应"),
    },
    "lost_reason": {
        "too_expensive": _("觉得贵"),
        "not_needed": _("不需要"),
        "already_has": _("已有同类"),
        "no_money_now": _("手头紧"),
        "bad_timing": _("不方便"),
        "unhappy": _("有不满"),
        "other": _("其他"),
    },
    "method": {
        "wechat_pay": _("微信支付"),
        "alipay": _("支付宝"),
        "bank_transfer": _("银行转账"),
        "in_game": _("游戏内支付"),
        "other": _("其他"),
    },
    "order_state": {
        "awaiting_approval": _("待审批"),
        "awaiting_payment": _("待付款"),
        "part_paid": _("部分付款"),
        "paid": _("已付款"),
        "shipped": _("已发放"),
        "completed": _("已完成"),
        "cancelled": _("已取消"),
    },
    "pack_state": {
        "draft": _("草稿"),
        "awaiting_approval": _("待审批"),
        "on_sale": _("在售"),
        "withdrawn": _("已下架"),
    },
    "item_state": {"on_sale": _("在售"), "withdrawn": _("已下架")},
    "source": {
        "in_game_guide": _("游戏内引导"),
        "campaign": _("市场活动"),
        "referral": _("老玩家介绍"),
        "other": _("其他"),
    },
    **ROLE_LABELS,
    **OPTION_LABELS,
    "staff_state": {"in_service": _("在职"), "left": _("已离职")},
    "rule_kind": {"max_discount": _("折扣上限"), "min_price": _("最低售价")},
    "tier": {"1": _("小R"), "2": _("中R"), "3": _("大R"), "4": _("超R")},
    "service": {
        "player": _("玩家服务"),
        "ticket": _("工单服务"),
        "sales": _("销售服务"),
        "catalog": _("礼包服务"),
        "gateway": _("网关"),
    },
    "way": {"password": _("密码"), "oidc": _("单点登录"), "wecom": _("企业微信")},
    "guess": {
        "phone": _("手机号"),
        "phone_tail": _("手机尾号"),
        "ticket_no": _("工单号"),
        "order_no": _("订单号"),
        "pack_no": _("礼包编号"),
        "item_no": _("物品编号"),
        "name": _("名字"),
        "handle": _("微信ID 或拼音"),
    },
    "job_kind": {
        "players.export": _("导出玩家"),
        "tickets.export": _("导出工单"),
        "touches.export": _("导出销售记录"),
        "orders.export": _("导出订单"),
        "players.import": _("导入玩家"),
        "players.handover": _("交接玩家"),
        "tickets.handover": _("交接工单"),
        "events.replay": _("重放事件"),
        "audit.export": _("导出审计"),
        "staff.import": _("导入员工"),
    },
    "delivery": {"webhook": "Webhook", "amqp": _("消息队列")},
    "delivery_state": {"pending": _("待送"), "delivered": _("已送达"), "failed": _("已放弃")},
    "letter_state": {"parked": _("待处理"), "sent": _("已重发"), "discarded": _("已丢弃")},
    "job_state": {
        "queued": _("排队中"),
        "running": _("进行中"),
        "done": _("已完成"),
        "failed": _("失败"),
        "cancelled": _("已取消"),
    },
    "field": {
        "question": _("问题详情"),
        "solution": _("解决方案"),
        "category": _("类型"),
        "priority": _("优先级"),
        "status": _("状态"),
        "assignee_id": _("负责人"),
        "department_id": _("部门"),
        "line": _("几线"),
        "waiting": _("等玩家回复"),
        "due_at": _("时限"),
        "reopen_count": _("重开次数"),
        "completed_at": _("完成时间"),
        "started_at": _("开始时间"),
        "phone": _("手机号"),
        "wechat_id": _("微信ID"),
        "wechat_name": _("微信名"),
        "nickname": _("昵称"),
        "source": _("来源"),
        "note": _("备注"),
        "tags": _("标签"),
        "agent_id": _("所属客服"),
        "wechat_account_id": _("客服微信"),
        "name": _("名称"),
        "price": _("售价"),
        "adjusted_price": _("调整价"),
        "lines": _("物品"),
        "discount": _("折扣"),
        "valid_until": _("有效期"),
        "no": _("工号"),
        "role": _("角色"),
        "free_limit": _("可自定上限"),
        "approval_limit": _("可审批上限"),
        "min_price": _("最低售价"),
        "active": _("启用"),
        "kind": _("种类"),
        "code": _("编号"),
        "reason": _("原因"),
        "lost_reason": _("未成功原因"),
        "outcome": _("结果"),
        "pack_no": _("礼包编号"),
        "next_at": _("下次跟进"),
        "quantity": _("数量"),
        "amount": _("金额"),
        "method": _("付款方式"),
        "paid_at": _("付款时间"),
        "channel": _("方式"),
        "password": _("密码"),
        "payments": _("付款"),
        "password_old": _("现在的密码"),
        "password_new": _("新密码"),
        "staff_id": _("接手人"),
        "uid": _("玩家UID"),
        "pinyin": _("拼音"),
        "old_wechat_id": _("旧微信ID"),
        "old_wechat_name": _("旧微信名"),
        "old_nickname": _("旧昵称"),
        "parent_id": _("上级部门"),
        "wechat_accounts": _("客服微信"),
        "supplier_id": _("供应商"),
        "buyer": _("采购人"),
        "contact": _("联系人"),
        "zh": _("中文名"),
        "en": _("英文名"),
        "position": _("顺序"),
        "version": _("版本"),
    },
    "change": {
        "created": _("建立"),
        "updated": _("修改"),
        "started": _("开始处理"),
        "completed": _("完成"),
        "reopened": _("重开"),
        "transferred": _("转交"),
        "transfer_requested": _("转交"),
        "transfer_accepted": _("接手"),
        "transfer_returned": _("退回"),
        "handed_over": _("离职交接"),
        "assigned": _("分配"),
    },
    "price_kind": {
        "list": _("价目价"),
        "adjusted": _("调整价"),
        "list_price": _("价目价"),
        "adjusted_price": _("调整价"),
    },
    "price_cause": {
        "sync": _("同步"),
        "adjustment": _("改价"),
        "adjusted": _("改价"),
        "resolution": _("处理冲突"),
        "withdrawn": _("下架"),
    },
    "problem": {
        "solution_missing": _("完成前要先写解决方案"),
        "not_pending": _("这张工单已经在处理了"),
        "not_in_progress": _("先开始处理，才能完成"),
        "not_done": _("只有完成的工单可以重开"),
        "price_not_allowed": _("这个价格低于可审批的下限"),
        "overpaid": _("付款超过了应付金额"),
        "duplicate_player": _("这位玩家已经在了"),
        "discount_not_allowed": _("折扣规则不允许这个价格"),
        "wrong_credentials": _("工号或密码不对"),
        "too_many_attempts": _("输错太多次，请稍后再试"),
        "rate_limited": _("太频繁了，请稍后再试"),
    },
}


def label(code: object, kind: str) -> str:
    """The word for a code, for one of an option's list as the company calls it; an unknown code is shown as it is."""
    if code is None or code == "":
        return ""
    called = option_word(kind, str(code)) if kind in LISTS else None
    return called or str(LABELS[kind].get(str(code), code))


def options(kind: str, *without: str, keep: str | None = None, retired: bool = False) -> list[tuple[str, str]]:
    """(code, word) pairs for chips and selects, in the list's order, else the glossary's.

    Of the options that were retired, `keep` names the one that a record has; a filter wants all of them.
    """
    own = kind in LISTS
    pairs = offered(kind, keep, retired) if own else [(code, str(word)) for code, word in LABELS[kind].items()]
    return [(code, word) for code, word in pairs if code not in without]


def problem_text(problem: dict) -> str:
    """What a refused change says: our own sentence for a known code, else the service's."""
    known = LABELS["problem"].get(problem.get("code", ""))
    return str(known) if known else problem.get("detail") or problem.get("title") or ""
