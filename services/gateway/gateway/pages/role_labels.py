"""The words of roles: what each action and each reach is called, and what the company calls its roles."""

from flask import current_app, g
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from chassis.callers import service_itself
from gateway.identity.role import Role

ROLE_LABELS = {
    "role_scope": {
        "self": _("自己的"),
        "department": _("本部门"),
        "department_and_below": _("本部门及下级"),
        "departments": _("指定部门"),
        "all": _("全公司"),
    },
    "action_group": {
        "player": _("玩家"),
        "ticket": _("工单"),
        "sales": _("销售"),
        "catalog": _("物品和礼包"),
        "company": _("员工和设置"),
    },
    "action": {
        "player.read": _("查看玩家"),
        "player.create": _("新建玩家"),
        "player.update": _("改玩家资料"),
        "player.bind": _("改绑客服"),
        "player.phone.reveal": _("说明原因后看完整手机号"),
        "player.phone.see": _("直接看完整手机号"),
        "player.import": _("导入玩家"),
        "player.export": _("导出玩家"),
        "player.delete": _("删除玩家"),
        "player.merge": _("合并玩家"),
        "player.erase": _("抹除个人信息"),
        "ticket.read": _("看工单"),
        "ticket.create": _("新建工单"),
        "ticket.update": _("处理工单"),
        "ticket.transfer": _("转交工单"),
        "ticket.export": _("导出工单"),
        "session.read": _("看服务单"),
        "session.write": _("接待和回复"),
        "session.export": _("导出服务单"),
        "message.unmask": _("看被屏蔽的原文"),
        "sensitive_word.read": _("看敏感词"),
        "sensitive_word.write": _("管敏感词"),
        "cause.write": _("建原因"),
        "cause.fix": _("解决原因并完成它的工单"),
        "article.read": _("看知识库"),
        "article.write": _("写知识库文章"),
        "article.publish": _("审核和发布文章"),
        "survey.read": _("看满意度"),
        "survey.send": _("给玩家评价链接"),
        "survey.follow_up": _("跟进低分"),
        "review.read": _("看自己的质检"),
        "review.oversee": _("看别人的质检"),
        "review.write": _("做质检"),
        "review.appeal": _("对质检申诉"),
        "review.decide": _("裁定质检申诉"),
        "scorecard.write": _("管评分表"),
        "sampling_rule.write": _("管抽检规则"),
        "sales.read": _("看销售"),
        "touch.create": _("记接触"),
        "order.create": _("记成交"),
        "order.pay": _("记付款"),
        "order.approve": _("审批价格"),
        "return.create": _("申请退货"),
        "return.approve": _("审批退货"),
        "return.refund": _("记退款"),
        "claim.create": _("申请理赔"),
        "claim.approve": _("审批理赔"),
        "claim.pay": _("记赔付"),
        "campaign.write": _("管市场活动"),
        "sales.export": _("导出销售"),
        "opportunity.write": _("跟商机、领公海的商机"),
        "lead.write": _("跟线索、领公海的线索"),
        "pool.assign": _("分配线索和商机"),
        "pool.write": _("管公海和规则"),
        "pool.circulate": _("收回闲置的线索和商机"),
        "item.read": _("看物品"),
        "item.sync": _("同步物品"),
        "item.adjust": _("改物品价"),
        "supplier.read": _("看供应商"),
        "supplier.write": _("管供应商"),
        "pack.read": _("看礼包"),
        "pack.create": _("组礼包"),
        "pack.publish": _("上架礼包"),
        "pack.approve": _("审批礼包"),
        "discount_rule.read": _("看折扣规则"),
        "discount_rule.write": _("改折扣规则"),
        "staff.read": _("看员工"),
        "staff.write": _("管员工"),
        "department.read": _("看部门"),
        "department.write": _("管部门"),
        "option.read": _("看选项"),
        "option.write": _("管选项"),
        "deadline_policy.read": _("看处理时限"),
        "deadline_policy.write": _("管处理时限和日历"),
        "role.write": _("管角色"),
        "role.grant": _("授予任何权限"),
        "audit.read": _("看审计"),
        "audit.export": _("导出审计"),
        "event.read": _("看事件"),
        "api_client.read": _("看 API 客户端"),
        "api_client.write": _("管 API 客户端"),
        "subscription.read": _("看事件订阅"),
        "subscription.write": _("管事件订阅"),
        "dead_letter.read": _("看死信"),
        "dead_letter.write": _("重发和丢弃死信"),
    },
    "governed_field": {
        "player.phone": _("玩家手机号"),
        "player.wechat_id": _("玩家微信ID（含曾用）"),
        "player.wechat_name": _("玩家微信名（含曾用）"),
        "player.nickname": _("玩家昵称（含曾用）"),
        "player.source": _("玩家来源"),
        "player.note": _("玩家备注"),
        "player.tags": _("玩家标签"),
        "player.custom": _("玩家自定义字段"),
        "player.game": _("玩家游戏数据"),
        "player.member": _("玩家会员资料"),
        "ticket.category": _("工单类型"),
        "ticket.priority": _("工单优先级"),
        "ticket.solution": _("工单解决方案"),
        "touch.note": _("接触备注"),
        "lead.phone": _("线索手机号"),
        "lead.wechat_id": _("线索微信ID"),
        "lead.note": _("线索备注"),
        "order.price": _("成交价"),
        "item.note": _("物品备注"),
        "pack.note": _("礼包备注"),
    },
    "field_access": {"edit": _("可改"), "read": _("只读"), "hidden": _("隐藏")},
    "field_mask": {"none": _("不掩码"), "lists": _("列表里掩码"), "everywhere": _("处处掩码")},
}
_GROUP_OF = {
    "player": "player", "ticket": "ticket", "cause": "ticket", "article": "ticket",
    "session": "ticket", "message": "ticket", "survey": "ticket", "review": "ticket", "scorecard": "ticket",
    "sampling_rule": "ticket",
    "sales": "sales", "touch": "sales", "order": "sales", "return": "sales", "claim": "sales",
    "campaign": "sales", "opportunity": "sales", "lead": "sales", "pool": "sales",
    "item": "catalog", "supplier": "catalog", "pack": "catalog", "discount_rule": "catalog",
}  # fmt: skip
# (group, its actions) for the matrix of roles, in the glossary's order; what has no group of its own is the company's.
ACTION_GROUPS: list[tuple[str, list[str]]] = [
    (group, [action for action in ROLE_LABELS["action"] if _GROUP_OF.get(action.partition(".")[0], "company") == group])
    for group in ROLE_LABELS["action_group"]
]


def role_word(code: str) -> str:
    """What a role is called, in the reader's language; a code nobody knows is shown as it is."""
    if "role_words" not in g:
        column = Role.en if str(get_locale() or "zh").startswith("en") else Role.zh
        work = current_app.extensions["playdesk"].reading(service_itself("gateway"))
        with work.session:
            g.role_words = dict(
                work.session.execute(select(Role.code, column).order_by(Role.created_at, Role.id)).tuples().all()
            )
    words: dict[str, str] = g.role_words
    return words.get(code, code)


def role_options() -> list[tuple[str, str]]:
    """(code, word) of every role."""
    role_word("")
    return list(g.role_words.items())
