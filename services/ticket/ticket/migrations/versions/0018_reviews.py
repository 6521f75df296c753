"""Quality reviews: scorecards, rules by which tickets are drawn, and the reviews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"

ID, AT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)


def _record() -> list[sa.Column]:
    return [
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "scorecards",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sections", JSONB(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        *_record(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecards")),
    )
    op.create_index("ix_scorecards_created_at", "scorecards", ["created_at", "id"])
    op.create_table(
        "sampling_rules",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("share", sa.Numeric(7, 6), nullable=False),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        *_record(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampling_rules")),
    )
    op.create_index("ix_sampling_rules_created_at", "sampling_rules", ["created_at", "id"])
    op.create_table(
        "reviews",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("ticket_no", sa.String(length=24), nullable=False),
        sa.Column("session_id", ID, nullable=True),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("inspector_id", sa.String(length=64), nullable=True),
        sa.Column("scorecard_id", ID, nullable=True),
        sa.Column("scorecard_name", sa.String(length=64), nullable=False),
        sa.Column("scorecard_revision", sa.Integer(), nullable=True),
        sa.Column("sections", JSONB(), nullable=False),
        sa.Column("answers", JSONB(), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Numeric(5, 2), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("appeal", sa.Text(), nullable=False),
        sa.Column("appealed_at", AT, nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", AT, nullable=True),
        *_record(),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_reviews_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_reviews_ticket_id")),
    )
    op.create_index("ix_reviews_created_at", "reviews", ["created_at", "id"])
    op.create_index("ix_reviews_agent_id_created_at", "reviews", ["agent_id", "created_at", "id"])
    to_do = sa.text("state IN ('waiting', 'appealed')")
    op.create_index("ix_reviews_to_do", "reviews", ["state", "created_at", "id"], postgresql_where=to_do)


def downgrade() -> None:
    op.drop_table("reviews")
    op.drop_table("sampling_rules")
    op.drop_table("scorecards")
