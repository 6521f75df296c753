"""Who was merged into whom, what was taken over, and what merged players are found by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("players", sa.Column("merged_into_id", sa.Uuid(as_uuid=False), nullable=True))
    op.add_column(
        "players",
        sa.Column("also_known", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"),
    )
    op.create_table(
        "merges",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("into_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("taken", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["players.id"], name=op.f("fk_merges_player_id")),
        sa.ForeignKeyConstraint(["into_id"], ["players.id"], name=op.f("fk_merges_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index("ix_merges_player_id_at", "merges", ["player_id", "at", "id"])
    op.create_index("ix_merges_into_id_at", "merges", ["into_id", "at", "id"])
    op.create_index(
        "uq_merges_standing", "merges", ["player_id"], unique=True, postgresql_where=sa.text("undone_at IS NULL")
    )


def downgrade() -> None:
    """Only while nobody is merged: merged players would stand beside their survivors again."""
    op.drop_table("merges")
    for column in ("also_known", "merged_into_id"):
        op.drop_column("players", column)
