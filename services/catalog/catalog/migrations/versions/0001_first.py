"""Items and their price history, packs and their revisions, discount rules, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.data.migrations import create_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op)
    op.execute("CREATE SEQUENCE i_numbers START 1001")
    op.execute("CREATE SEQUENCE p_numbers START 1001")
    op.execute("CREATE SEQUENCE d_numbers")
    create_discount_rules()
    create_items()
    create_packs()
    forbid_changes_of_revisions()


def create_discount_rules() -> None:
    op.create_table(
        "discount_rules",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("free_limit", sa.Numeric(precision=7, scale=6), nullable=True),
        sa.Column("approval_limit", sa.Numeric(precision=7, scale=6), nullable=True),
        sa.Column("min_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discount_rules")),
        sa.UniqueConstraint("code", name=op.f("uq_discount_rules_code")),
    )
    op.create_index("ix_discount_rules_created_at", "discount_rules", ["created_at", "id"], unique=False)


def create_items() -> None:
    op.create_table(
        "items",
        sa.Column("no", sa.String(length=16), nullable=False),
        sa.Column("game_item_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("list_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("adjusted_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("icon_url", sa.String(length=500), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "conflict_price",
            sa.Numeric(precision=12, scale=2),
            nullable=True,
            comment="the list price the adjustment was made to",
        ),
        sa.Column("conflict_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint("game_item_id", name=op.f("uq_items_game_item_id")),
        sa.UniqueConstraint("no", name=op.f("uq_items_no")),
    )
    op.create_index("ix_items_category_name", "items", ["category", "name", "id"], unique=False)
    op.create_index(
        "ix_items_conflict_at",
        "items",
        ["conflict_at", "id"],
        unique=False,
        postgresql_where=sa.text("conflict_at IS NOT NULL"),
    )
    op.create_index("ix_items_created_at", "items", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_items_game_item_id_prefix",
        "items",
        ["game_item_id"],
        unique=False,
        postgresql_ops={"game_item_id": "text_pattern_ops"},
    )
    op.create_index("ix_items_grams", "items", ["grams"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_items_initials", "items", ["initials"], unique=False, postgresql_ops={"initials": "text_pattern_ops"}
    )
    op.create_index("ix_items_name", "items", ["name", "id"], unique=False)
    op.create_index("ix_items_no_prefix", "items", ["no"], unique=False, postgresql_ops={"no": "text_pattern_ops"})
    op.create_index("ix_items_price", "items", ["price", "id"], unique=False)
    op.create_table(
        "price_changes",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("item_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("before", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("after", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_price_changes_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_changes")),
    )
    op.create_index("ix_price_changes_item_id_at", "price_changes", ["item_id", "at", "id"], unique=False)


def create_packs() -> None:
    op.create_table(
        "packs",
        sa.Column("no", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column(
            "published_revision", sa.Integer(), nullable=True, comment="the newest revision that was ever on sale"
        ),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("priced_by", sa.String(length=64), nullable=False, comment="who last set lines or price"),
        sa.Column("item_ids", postgresql.ARRAY(sa.String(length=36)), nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sum", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("verdict", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("campaign_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packs")),
        sa.UniqueConstraint("no", name=op.f("uq_packs_no")),
    )
    op.create_index("ix_packs_campaign_id_created_at", "packs", ["campaign_id", "created_at", "id"], unique=False)
    op.create_index("ix_packs_created_at", "packs", ["created_at", "id"], unique=False)
    op.create_index("ix_packs_created_by_created_at", "packs", ["created_by", "created_at", "id"], unique=False)
    op.create_index("ix_packs_grams", "packs", ["grams"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_packs_initials", "packs", ["initials"], unique=False, postgresql_ops={"initials": "text_pattern_ops"}
    )
    op.create_index("ix_packs_item_ids", "packs", ["item_ids"], unique=False, postgresql_using="gin")
    op.create_index("ix_packs_name", "packs", ["name", "id"], unique=False)
    op.create_index("ix_packs_no_prefix", "packs", ["no"], unique=False, postgresql_ops={"no": "text_pattern_ops"})
    op.create_index("ix_packs_player_id_created_at", "packs", ["player_id", "created_at", "id"], unique=False)
    op.create_index("ix_packs_price", "packs", ["price", "id"], unique=False)
    op.create_index("ix_packs_state_created_at", "packs", ["state", "created_at", "id"], unique=False)
    op.create_table(
        "pack_revisions",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("pack_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sum", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("verdict", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("campaign_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["pack_id"], ["packs.id"], name=op.f("fk_pack_revisions_pack_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_revisions")),
        sa.UniqueConstraint("pack_id", "revision", name=op.f("uq_pack_revisions_pack_id_revision")),
    )


def forbid_changes_of_revisions() -> None:
    """What was sold never changes: not even by a mistake of ours."""
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER pack_revisions_append_only BEFORE UPDATE OR DELETE ON pack_revisions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
