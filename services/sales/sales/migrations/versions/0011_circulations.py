"""Runs that took back what was idle, and what each took from whom."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ID, _MOMENT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "circulations",
        sa.Column("pool_id", _ID, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("undone_at", _MOMENT, nullable=True),
        sa.Column("undone_by", sa.String(64), nullable=True),
        sa.Column("given_back", sa.Integer(), nullable=True),
        sa.Column("id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_circulations_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circulations")),
    )
    op.create_index("ix_circulations_pool_id_created_at", "circulations", ["pool_id", "created_at", "id"])
    op.create_index("ix_circulations_created_at", "circulations", ["created_at", "id"])
    op.create_table(
        "circulation_losses",
        sa.Column("id", _ID, nullable=False),
        sa.Column("circulation_id", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("record_id", _ID, nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner_id", _ID, nullable=False),
        sa.Column("active_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.ForeignKeyConstraint(
            ["circulation_id"], ["circulations.id"], name=op.f("fk_circulation_losses_circulation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circulation_losses")),
    )
    op.create_index("ix_circulation_losses_circulation_id", "circulation_losses", ["circulation_id"])


def downgrade() -> None:
    op.drop_table("circulation_losses")
    op.drop_table("circulations")
