"""Leads: phone numbers sealed, and found by their blind index; one open lead for a number and a WeChat ID."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID, _MOMENT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)


def upgrade() -> None:
    _table()
    for first in ("owner_id", "state", "pool_id"):
        op.create_index(f"ix_leads_{first}_created_at", "leads", [first, "created_at", "id"])
    op.create_index("ix_leads_created_at", "leads", ["created_at", "id"])
    for column in ("player_id", "phone_index", "wechat_key"):
        op.create_index(f"ix_leads_{column}", "leads", [column])
    named, still_open = sa.text("campaign_id IS NOT NULL"), sa.text("closed_at IS NULL")
    op.create_index("ix_leads_campaign_id", "leads", ["campaign_id"], postgresql_where=named)
    op.create_index("ix_leads_owner_id_active_at", "leads", ["owner_id", "active_at"], postgresql_where=still_open)
    for column in ("phone_index", "wechat_key"):
        op.create_index(f"uq_leads_{column}_open", "leads", [column], unique=True, postgresql_where=still_open)


def downgrade() -> None:
    op.drop_table("leads")


def _table() -> None:
    op.create_table(
        "leads",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("phone_sealed", sa.String(255), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(32), nullable=True),
        sa.Column("phone_masked", sa.String(32), nullable=True),
        sa.Column("wechat_id", sa.String(64), nullable=True),
        sa.Column("wechat_key", sa.String(128), nullable=True),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("campaign_id", _ID, nullable=True),
        sa.Column("channel", sa.String(32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("player_id", _ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("pool_id", _ID, nullable=True),
        sa.Column("held_since", _MOMENT, nullable=True),
        sa.Column("active_at", _MOMENT, nullable=False),
        sa.Column("back_at", _MOMENT, nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("(owner_id IS NULL) <> (pool_id IS NULL)", name=op.f("ck_leads_owned_or_in_pool")),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (state IN ('converted', 'discarded'))", name=op.f("ck_leads_closed_when_over")
        ),
        sa.CheckConstraint(
            "(player_id IS NOT NULL) = (state = 'converted')", name=op.f("ck_leads_converted_into_somebody")
        ),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_leads_player_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_leads_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
