"""Options, with the codes that are built in."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

BUILT_IN = {
    "ticket_category": (
        ("complaint", "投诉", "Complaint"),
        ("recharge", "充值", "Top-up"),
        ("account", "账号", "Account"),
        ("gameplay", "玩法", "Gameplay"),
        ("bug", "故障", "Bug"),
        ("refund", "退款", "Refund"),
        ("suggestion", "建议", "Suggestion"),
        ("other", "其他", "Other"),
    ),
    "channel": (
        ("wechat", "微信", "WeChat"),
        ("in_game", "游戏内", "In game"),
        ("web_chat", "网页", "Web chat"),
        ("phone", "电话", "Phone"),
        ("portal", "自助", "Self-service"),
    ),
    "lost_reason": (
        ("too_expensive", "觉得贵", "Too expensive"),
        ("not_needed", "不需要", "Not needed"),
        ("already_has", "已有同类", "Already has it"),
        ("no_money_now", "手头紧", "Short of money"),
        ("bad_timing", "不方便", "Bad timing"),
        ("unhappy", "有不满", "Unhappy"),
        ("other", "其他", "Other"),
    ),
    "payment_method": (
        ("wechat_pay", "微信支付", "WeChat Pay"),
        ("alipay", "支付宝", "Alipay"),
        ("bank_transfer", "银行转账", "Bank transfer"),
        ("in_game", "游戏内支付", "Paid in game"),
        ("other", "其他", "Other"),
    ),
    "player_source": (
        ("in_game_guide", "游戏内引导", "In-game guide"),
        ("campaign", "市场活动", "Campaign"),
        ("referral", "老玩家介绍", "Referral"),
        ("other", "其他", "Other"),
    ),
}


def upgrade() -> None:
    options = op.create_table(
        "options",
        sa.Column("list", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("zh", sa.String(length=32), nullable=False),
        sa.Column("en", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("built_in", sa.Boolean(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_options")),
        sa.UniqueConstraint("list", "code", name=op.f("uq_options_list_code")),
    )
    op.create_index("ix_options_position", "options", ["position", "id"])
    rows = [
        {"list": name, "code": code, "zh": zh, "en": en, "position": place}
        for name, codes in BUILT_IN.items()
        for place, (code, zh, en) in enumerate(codes, 1)
    ]
    given = {"version": 1, "active": True, "built_in": True, "used": True}
    for number, row in enumerate(rows, 0x1501):  # apart from the built-in roles
        moments = {"created_at": sa.func.now(), "updated_at": sa.func.now()}
        op.execute(options.insert().values(id=str(UUID(int=number)), **row, **given, **moments))


def downgrade() -> None:
    op.drop_table("options")
