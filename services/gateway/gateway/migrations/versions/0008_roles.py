"""Roles, with the five that are delivered; who works here has one of them."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0010"

BUILT_IN = (
    ("agent", "客服", "Agent", "self"),
    ("specialist", "二线", "Specialist", "all"),
    ("inspector", "质检", "Quality inspector", "all"),
    ("supervisor", "主管", "Supervisor", "department_and_below"),
    ("admin", "管理员", "Administrator", "all"),
)


def upgrade() -> None:
    roles = op.create_table(
        "roles",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("zh", sa.String(length=32), nullable=False),
        sa.Column("en", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=24), nullable=False),
        sa.Column("departments", postgresql.ARRAY(sa.Uuid(as_uuid=False)), nullable=False),
        sa.Column("granted", postgresql.ARRAY(sa.String(length=48)), nullable=False),
        sa.Column("withheld", postgresql.ARRAY(sa.String(length=48)), nullable=False),
        sa.Column("requires_second_factor", sa.Boolean(), nullable=False),
        sa.Column("built_in", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("code", name=op.f("uq_roles_code")),
    )
    now = sa.func.now()
    empty: dict[str, object] = {
        "departments": [],
        "granted": [],
        "withheld": [],
        "requires_second_factor": False,
        "built_in": True,
    }
    for number, (code, zh, en, scope) in enumerate(BUILT_IN, 1):
        names = {"code": code, "zh": zh, "en": en, "scope": scope}
        row = {"id": str(UUID(int=number)), "version": 1, "created_at": now, "updated_at": now}
        op.execute(roles.insert().values(**row, **names, **empty))
    op.create_foreign_key(op.f("fk_staff_role_roles"), "staff", "roles", ["role"], ["code"])
    op.create_index("ix_staff_role", "staff", ["role"])
