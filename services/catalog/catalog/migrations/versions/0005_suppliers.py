"""Suppliers, and the supplier and the buyer of an item."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "suppliers",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppliers")),
    )
    op.create_index("uq_suppliers_code", "suppliers", [sa.text("lower(code)")], unique=True)
    op.create_index("ix_suppliers_created_at", "suppliers", ["created_at", "id"])
    op.create_index("ix_suppliers_name", "suppliers", ["name", "id"])
    op.create_index("ix_suppliers_grams", "suppliers", ["grams"], postgresql_using="gin")
    op.create_index("ix_suppliers_initials", "suppliers", ["initials"], postgresql_ops={"initials": "text_pattern_ops"})
    # A price list has some thousands of lines: neither the index nor the key holds anybody up.
    op.add_column("items", sa.Column("supplier_id", sa.Uuid(as_uuid=False), nullable=True))
    op.add_column("items", sa.Column("buyer", sa.Uuid(as_uuid=False), nullable=True))
    op.create_foreign_key(op.f("fk_items_supplier_id"), "items", "suppliers", ["supplier_id"], ["id"])
    op.create_index("ix_items_supplier_id_created_at", "items", ["supplier_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_column("items", "buyer")
    op.drop_column("items", "supplier_id")
    op.drop_table("suppliers")
