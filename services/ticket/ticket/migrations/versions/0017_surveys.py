"""Surveys: how satisfied players were with what was done, and the links by which they say it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"

ID, AT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "surveys",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("ticket_no", sa.String(length=24), nullable=False),
        sa.Column("session_id", ID, nullable=True),
        sa.Column("player_id", ID, nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("sent_at", AT, nullable=True),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("follow_up", sa.String(length=16), nullable=True),
        sa.Column("follow_up_note", sa.Text(), nullable=False),
        sa.Column("followed_up_by", sa.String(length=64), nullable=True),
        sa.Column("followed_up_at", AT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_surveys_ticket_id")),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_surveys_player_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_surveys_ticket_id")),
    )
    op.create_index("ix_surveys_created_at", "surveys", ["created_at", "id"])
    op.create_index("ix_surveys_agent_id_created_at", "surveys", ["agent_id", "created_at", "id"])
    op.create_index("ix_surveys_player_id_created_at", "surveys", ["player_id", "created_at"])
    needed = sa.text("follow_up = 'needed'")
    op.create_index("ix_surveys_to_follow_up", "surveys", ["created_at", "id"], postgresql_where=needed)
    op.create_table(
        "survey_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("survey_id", ID, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], name=op.f("fk_survey_links_survey_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_survey_links")),
    )
    op.create_index("ix_survey_links_survey_id", "survey_links", ["survey_id", "created_at"])


def downgrade() -> None:
    op.drop_table("survey_links")
    op.drop_table("surveys")
