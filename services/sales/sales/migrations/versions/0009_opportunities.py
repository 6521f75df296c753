"""Opportunities, the pools they lie in, the rules of these, and the history of whose each was."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_COMPANY = "01900000-0000-7000-8000-000000000001"
_ID, _MOMENT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)


def upgrade() -> None:
    _pools()
    _rules()
    _steps()
    _opportunities()


def downgrade() -> None:
    for table in ("opportunities", "pool_steps", "pool_rules", "pools"):
        op.drop_table(table)


def _record() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
    )


def _pools() -> None:
    op.create_table(
        "pools",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("department_id", _ID, nullable=True),
        sa.Column("circulated_on", sa.Date(), nullable=True),
        *_record(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pools")),
        sa.UniqueConstraint("department_id", name="uq_pools_department_id", postgresql_nulls_not_distinct=True),
    )
    op.create_index("ix_pools_created_at", "pools", ["created_at", "id"])
    op.execute(
        "INSERT INTO pools (id, version, created_at, updated_at, name, department_id) "
        f"VALUES ('{_COMPANY}', 1, now(), now(), '全公司公海', NULL)"
    )


def _rules() -> None:
    op.create_table(
        "pool_rules",
        sa.Column("pool_id", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("max_held", "claims_a_day", "idle_days")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("warn_days", "protect_days")),
        *_record(),
        sa.CheckConstraint(
            "coalesce(least(max_held, claims_a_day, idle_days), 1) > 0 AND warn_days >= 0 AND protect_days >= 0",
            name=op.f("ck_pool_rules_limits_positive"),
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_pool_rules_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_rules")),
        sa.UniqueConstraint("pool_id", "kind", name="uq_pool_rules_pool_id"),
    )
    op.create_index("ix_pool_rules_created_at", "pool_rules", ["created_at", "id"])


def _steps() -> None:
    op.create_table(
        "pool_steps",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("record_id", _ID, nullable=False),
        sa.Column("how", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("department_id", _ID, nullable=True),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_steps")),
    )
    op.create_index("ix_pool_steps_record_id_at", "pool_steps", ["record_id", "at", "id"])
    op.create_index("ix_pool_steps_by_how_at", "pool_steps", ["by", "how", "at"])


def _opportunities() -> None:
    op.create_table(
        "opportunities",
        sa.Column("player_id", _ID, nullable=True),
        sa.Column("lead_id", _ID, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("pack_no", sa.String(32), nullable=True),
        sa.Column("pack_name", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(12, 2), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("stage_before", sa.String(32), nullable=True),
        sa.Column("next_at", _MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("lost_reason", sa.String(32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("order_id", _ID, nullable=True),
        sa.Column("order_no", sa.String(24), nullable=True),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("pool_id", _ID, nullable=True),
        sa.Column("held_since", _MOMENT, nullable=True),
        sa.Column("active_at", _MOMENT, nullable=False),
        sa.Column("back_at", _MOMENT, nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("created_by", sa.String(64), nullable=False),
        *_record(),
        sa.CheckConstraint("(owner_id IS NULL) <> (pool_id IS NULL)", name=op.f("ck_opportunities_owned_or_in_pool")),
        sa.CheckConstraint("player_id IS NOT NULL OR lead_id IS NOT NULL", name=op.f("ck_opportunities_somebodys")),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (stage IN ('won', 'lost'))",
            name=op.f("ck_opportunities_closed_when_won_or_lost"),
        ),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_opportunities_player_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_opportunities_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunities")),
    )
    for first in ("player_id", "owner_id", "stage", "pool_id"):
        op.create_index(f"ix_opportunities_{first}_created_at", "opportunities", [first, "created_at", "id"])
    op.create_index("ix_opportunities_created_at", "opportunities", ["created_at", "id"])
    lead, still_open = sa.text("lead_id IS NOT NULL"), sa.text("closed_at IS NULL")
    op.create_index("ix_opportunities_lead_id", "opportunities", ["lead_id"], postgresql_where=lead)
    columns = ["owner_id", "active_at"]
    op.create_index("ix_opportunities_owner_id_active_at", "opportunities", columns, postgresql_where=still_open)
