"""Sessions, what is said in them, and the list of sensitive words with a few to begin with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

ID, AT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)
WORDS = (
    ("01890000-0000-7000-8000-00000000b001", "傻逼", "abusive"),
    ("01890000-0000-7000-8000-00000000b002", "操你妈", "abusive"),
    ("01890000-0000-7000-8000-00000000b003", "去死", "abusive"),
    ("01890000-0000-7000-8000-00000000b004", "fuck", "abusive"),
    ("01890000-0000-7000-8000-00000000b005", "外挂", "sensitive"),
    ("01890000-0000-7000-8000-00000000b006", "私服", "sensitive"),
    ("01890000-0000-7000-8000-00000000b007", "代充", "sensitive"),
    ("01890000-0000-7000-8000-00000000b008", "赌博", "sensitive"),
)


def upgrade() -> None:
    op.execute("CREATE SEQUENCE s_numbers")
    _sessions()
    _messages()
    words = op.create_table(
        "sensitive_words",
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("folded", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_words")),
        sa.UniqueConstraint("folded", name=op.f("uq_sensitive_words_folded")),
    )
    op.create_index("ix_sensitive_words_created_at", "sensitive_words", ["created_at", "id"])
    always = {"version": 1, "created_at": sa.func.now(), "updated_at": sa.func.now()}
    for key, word, kind in WORDS:
        op.execute(words.insert().values(id=key, word=word, folded=word, kind=kind, **always))


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("no", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("player_id", ID, nullable=True),
        sa.Column("contact", sa.String(length=255), nullable=False),
        sa.Column("order_id", ID, nullable=True),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("masked_messages", sa.Integer(), nullable=False),
        sa.Column("first_response_seconds", sa.Integer(), nullable=True),
        sa.Column("average_response_seconds", sa.Integer(), nullable=True),
        sa.Column("handling_seconds", sa.Integer(), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_sessions_player_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("no", name=op.f("uq_sessions_no")),
    )
    op.create_index("ix_sessions_opened_at", "sessions", ["opened_at", "id"])
    op.create_index("ix_sessions_updated_at", "sessions", ["updated_at", "id"])
    op.create_index("ix_sessions_player_id_opened_at", "sessions", ["player_id", "opened_at", "id"])
    op.create_index("ix_sessions_agent_id_opened_at", "sessions", ["agent_id", "opened_at", "id"])
    op.create_index("ix_sessions_department_id_opened_at", "sessions", ["department_id", "opened_at", "id"])
    known, still_open = sa.text("order_id IS NOT NULL"), sa.text("state = 'open'")
    op.create_index("ix_sessions_order_id", "sessions", ["order_id"], postgresql_where=known)
    op.create_index("ix_sessions_open_by_agent", "sessions", ["agent_id", "id"], postgresql_where=still_open)


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=16), nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("original", sa.LargeBinary(), nullable=True),
        sa.Column("hits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_messages_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_session_id_at", "messages", ["session_id", "at", "id"])
    external = sa.text("external_id IS NOT NULL")
    op.create_index(
        "uq_messages_channel_external_id",
        "messages",
        ["channel", "external_id"],
        unique=True,
        postgresql_where=external,
    )


def downgrade() -> None:
    op.drop_table("sensitive_words")
    op.drop_table("messages")
    op.drop_table("sessions")
    op.execute("DROP SEQUENCE s_numbers")
    op.execute("DELETE FROM number_days WHERE kind = 'S'")
