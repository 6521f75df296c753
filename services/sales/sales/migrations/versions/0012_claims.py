"""Claims, the price history of packs they are judged by, and on each order what open claims hold."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE c_numbers")
    op.add_column("orders", sa.Column("claimed_total", sa.Numeric(16, 2), nullable=False, server_default=sa.text("0")))
    # NOT VALID: no order is read while the table is locked; those that are there have 0, which holds.
    op.create_check_constraint(
        op.f("ck_orders_claims_within"),
        "orders",
        "claimed_total >= 0 AND claimed_total <= returned_total - refunded_total",
        postgresql_not_valid=True,
    )
    _create_claims()
    _create_pack_prices()


def _create_claims() -> None:
    op.create_table(
        "claims",
        sa.Column("no", sa.String(24), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_no", sa.String(24), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("pack_no", sa.String(32), nullable=False),
        sa.Column("pack_name", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(16, 2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(64), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(64), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.String(32), nullable=True),
        sa.Column("external_no", sa.String(64), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("basis", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("paid_by", sa.String(64), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_claims_amount_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_claims_order_id")),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_claims_player_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("no", name=op.f("uq_claims_no")),
        sa.UniqueConstraint("method", "external_no", name="uq_claims_method_external_no"),
    )
    for first in ("order_id", "player_id", "staff_id", "state"):
        op.create_index(f"ix_claims_{first}_created_at", "claims", [first, "created_at", "id"])
    op.create_index("ix_claims_created_at", "claims", ["created_at", "id"])


def _create_pack_prices() -> None:
    """The history begins with what is known now: since when each price has held before, nobody has told."""
    op.create_table(
        "pack_prices",
        sa.Column("pack_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("no", sa.String(32), nullable=False),
        sa.Column("price", sa.Numeric(12, 2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pack_id", "version", name=op.f("pk_pack_prices")),
    )
    op.execute(
        "INSERT INTO pack_prices (pack_id, version, no, price, currency, state, player_id, valid_until, at) "
        "SELECT id, version, no, price, currency, state, player_id, valid_until, now() FROM pack_copies"
    )
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER pack_prices_append_only BEFORE UPDATE OR DELETE ON pack_prices "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("pack_prices")
    op.execute("DROP FUNCTION refuse_change()")
    op.drop_table("claims")
    op.drop_constraint(op.f("ck_orders_claims_within"), "orders", type_="check")
    op.drop_column("orders", "claimed_total")
    op.execute("DROP SEQUENCE c_numbers")
