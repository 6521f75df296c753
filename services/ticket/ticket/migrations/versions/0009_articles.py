"""The knowledge base: articles and what was published of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID, AT, WORDS = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True), sa.ARRAY(sa.String(length=64))


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("live_id", ID, nullable=True),
        sa.Column("submitted_by", sa.String(length=64), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=False),
        sa.Column("source_ticket_id", ID, nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["source_ticket_id"], ["tickets.id"], name=op.f("fk_articles_source_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
    )
    op.create_index("ix_articles_state_updated_at", "articles", ["state", "updated_at", "id"])
    op.create_index("ix_articles_updated_at", "articles", ["updated_at", "id"])
    op.create_index("ix_articles_source_ticket_id", "articles", ["source_ticket_id"])
    op.create_index("ix_articles_words", "articles", ["words"], postgresql_using="gin")
    op.create_table(
        "article_revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("published_at", AT, nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_revisions_article_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_revisions")),
        sa.UniqueConstraint("article_id", "revision", name="uq_article_revisions_article_id_revision"),
    )
    op.create_index("ix_article_revisions_words", "article_revisions", ["words"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("article_revisions")
    op.drop_table("articles")
