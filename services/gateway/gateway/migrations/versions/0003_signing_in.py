"""Sessions by ID with their last use, second factors with recovery codes, API clients with secrets and tokens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0006"

ID = sa.Uuid(as_uuid=False)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("sessions", sa.Column("id", ID, nullable=False, server_default=sa.text("gen_random_uuid()")))
    op.add_column("sessions", sa.Column("last_used_at", AT, nullable=False, server_default=sa.text("now()")))
    op.add_column("sessions", sa.Column("way", sa.String(length=16), nullable=False, server_default="password"))
    for name in ("id", "last_used_at", "way"):
        op.alter_column("sessions", name, server_default=None)
    op.create_index("uq_sessions_id", "sessions", ["id"], unique=True)
    _second_factors()
    _api_clients()


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("confirmed_at", AT, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_second_factors_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recovery_codes_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "code_hash", name=op.f("pk_recovery_codes")),
    )


def _api_clients() -> None:
    op.create_table(
        "api_clients",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("addresses", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("rate_per_minute", sa.Integer(), nullable=True),
        sa.Column("expires_at", AT, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("last_used_at", AT, nullable=True),
        sa.Column("last_address", sa.String(length=64), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_api_clients_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_clients")),
    )
    op.create_index(op.f("ix_api_clients_department_id"), "api_clients", ["department_id"])
    op.create_index("uq_api_clients_name", "api_clients", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "api_client_secrets",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["api_clients.id"], name=op.f("fk_api_client_secrets_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_client_secrets")),
    )
    op.create_index(op.f("ix_api_client_secrets_client_id"), "api_client_secrets", ["client_id"])
    op.create_table(
        "api_client_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("secret_id", ID, nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["api_clients.id"], name=op.f("fk_api_client_tokens_client_id")),
        sa.ForeignKeyConstraint(
            ["secret_id"], ["api_client_secrets.id"], name=op.f("fk_api_client_tokens_secret_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_api_client_tokens")),
    )
    for name in ("client_id", "secret_id", "expires_at"):
        op.create_index(op.f(f"ix_api_client_tokens_{name}"), "api_client_tokens", [name])
