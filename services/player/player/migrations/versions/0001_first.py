"""Players, their search keys, bindings, game data and their jobs, reveals, copies, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.data.migrations import create_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op)
    op.create_table(
        "players",
        sa.Column("phone_sealed", sa.String(length=160), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_tail_index", sa.LargeBinary(), nullable=True),
        sa.Column("wechat_id", sa.String(length=64), nullable=True),
        sa.Column("wechat_key", sa.String(length=200), nullable=True),
        sa.Column("wechat_name", sa.String(length=64), nullable=True),
        sa.Column("nickname", sa.String(length=64), nullable=True),
        sa.Column("former", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("wechat_account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("vip_tier", sa.Integer(), nullable=False),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("custom", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("edited_version", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.ARRAY(sa.String(length=80)), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_players")),
        sa.UniqueConstraint("phone_index", name=op.f("uq_players_phone_index")),
    )
    op.create_index(
        "ix_players_contact",
        "players",
        [sa.literal_column("coalesce(last_contact_at, created_at)"), "id"],
        unique=False,
    )
    op.create_index("ix_players_created_at", "players", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_players_owner_contact",
        "players",
        [
            sa.literal_column("coalesce(agent_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            sa.literal_column("coalesce(last_contact_at, created_at)"),
            "id",
        ],
        unique=False,
    )
    op.create_index(
        "ix_players_owner_created_at",
        "players",
        [sa.literal_column("coalesce(agent_id, '00000000-0000-0000-0000-000000000000'::uuid)"), "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_players_phone_tail_index"), "players", ["phone_tail_index"], unique=False)
    op.create_index("ix_players_tags", "players", ["tags"], unique=False, postgresql_using="gin")
    op.create_index("ix_players_terms", "players", ["terms"], unique=False, postgresql_using="gin")
    op.create_index("ix_players_updated_at", "players", ["updated_at", "id"], unique=False)
    op.create_index(
        "uq_players_wechat_key",
        "players",
        ["wechat_key"],
        unique=True,
        postgresql_ops={"wechat_key": "text_pattern_ops"},
    )
    op.create_table(
        "staff_copies",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("department_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_copies")),
    )
    op.create_index(op.f("ix_staff_copies_department_id"), "staff_copies", ["department_id"], unique=False)
    op.create_table(
        "bindings",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("agent_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("wechat_account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["players.id"], name=op.f("fk_bindings_player_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bindings")),
    )
    op.create_index("ix_bindings_player_id_from_at", "bindings", ["player_id", "from_at", "id"], unique=False)
    op.create_index(
        "uq_bindings_current", "bindings", ["player_id"], unique=True, postgresql_where=sa.text("until_at IS NULL")
    )
    op.create_table(
        "game_snapshots",
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=True),
        sa.Column("server", sa.String(length=64), nullable=True),
        sa.Column("nickname", sa.String(length=64), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("vip_level", sa.Integer(), nullable=True),
        sa.Column("total_spend", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("last_pay_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=16), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["player_id"], ["players.id"], name=op.f("fk_game_snapshots_player_id")),
        sa.PrimaryKeyConstraint("player_id", name=op.f("pk_game_snapshots")),
    )
    op.create_index(
        "ix_game_snapshots_refreshed",
        "game_snapshots",
        ["fetched_at"],
        unique=False,
        postgresql_where=sa.text("total_spend >= 10000"),
    )
    op.create_table(
        "phone_reveals",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["players.id"], name=op.f("fk_phone_reveals_player_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_reveals")),
    )
    op.create_index("ix_phone_reveals_by_at", "phone_reveals", ["by", "at"], unique=False)
    op.create_index(op.f("ix_phone_reveals_player_id"), "phone_reveals", ["player_id"], unique=False)
    op.create_table(
        "search_keys",
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["players.id"], name=op.f("fk_search_keys_player_id")),
        sa.PrimaryKeyConstraint("player_id", "kind", "key", name=op.f("pk_search_keys")),
    )
    op.create_index(
        "ix_search_keys_key", "search_keys", ["key"], unique=False, postgresql_ops={"key": "text_pattern_ops"}
    )
    op.create_table(
        "snapshot_jobs",
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["players.id"], name=op.f("fk_snapshot_jobs_player_id")),
        sa.PrimaryKeyConstraint("player_id", name=op.f("pk_snapshot_jobs")),
    )
    op.create_index("ix_snapshot_jobs_due", "snapshot_jobs", ["urgent", "due_at"], unique=False)
