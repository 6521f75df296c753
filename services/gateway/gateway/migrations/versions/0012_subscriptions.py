"""Subscriptions of other systems, the deliveries to webhooks, and the networks these may reach."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

ID, MOMENT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.String(80)), nullable=False),
        sa.Column("delivery", sa.String(8), nullable=False),
        sa.Column("url", sa.String(500)),
        sa.Column("department_id", ID),
        sa.Column("max_length", sa.Integer()),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text()),
        sa.Column("sealed_before", sa.Text()),
        sa.Column("before_until", MOMENT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT),
        sa.Column("rest_until", MOMENT),
        sa.Column("last_success_at", MOMENT),
        sa.Column("waiting", sa.Integer()),
        sa.Column("dropping_since", MOMENT),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_subscriptions_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index("ix_subscriptions_department_id", "subscriptions", ["department_id"])
    op.create_index("uq_subscriptions_name", "subscriptions", [sa.text("lower(name)")], unique=True)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("tries", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            ondelete="CASCADE",
            name=op.f("fk_webhook_deliveries_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index("ix_webhook_deliveries_created_at", "webhook_deliveries", ["created_at"])
    op.create_index("ix_webhook_deliveries_subscription_id_id", "webhook_deliveries", ["subscription_id", "id"])
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["subscription_id", "next_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "outgoing_networks",
        sa.Column("id", ID, nullable=False),
        sa.Column("network", sa.String(50), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_networks")),
        sa.UniqueConstraint("network", name=op.f("uq_outgoing_networks_network")),
    )
