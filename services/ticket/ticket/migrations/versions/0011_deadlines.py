"""Calendars, deadline policies and the alarms of tickets; as delivered around the clock, with the times there were."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"

ID, AT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)
COLUMNS = (
    ("first_response_due_at", AT),
    ("policy_id", ID),
    ("alarms", JSONB()),
    ("told", JSONB()),
    ("pauses", JSONB()),
    ("next_alarm_at", AT),
)
CALENDAR, POLICY = "01890000-0000-7000-8000-00000000d001", "01890000-0000-7000-8000-00000000d002"
WEEK = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
STANDARD = {
    "urgent": {"first_response": 15, "completion": 60},
    "high": {"first_response": 30, "completion": 240},
    "normal": {"first_response": 120, "completion": 1440},
    "low": {"first_response": 480, "completion": 4320},
}


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("week", JSONB(), nullable=False),
        sa.Column("holidays", JSONB(), nullable=False),
        sa.Column("workdays", JSONB(), nullable=False),
        *_record("calendars"),
    )
    op.create_index("ix_calendars_created_at", "calendars", ["created_at", "id"])
    op.create_table(
        "deadline_policies",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=True),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("applies_to", sa.String(length=80), nullable=False),
        sa.Column("calendar_id", ID, nullable=False),
        sa.Column("standard", JSONB(), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=True),
        sa.Column("warn_minutes", sa.Integer(), nullable=True),
        sa.Column("escalate_after", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_deadline_policies_calendar_id")),
        *_record("deadline_policies"),
    )
    op.create_index("uq_deadline_policies_applies_to", "deadline_policies", ["applies_to"], unique=True)
    op.create_index("ix_deadline_policies_created_at", "deadline_policies", ["created_at", "id"])
    op.create_index("ix_deadline_policies_calendar_id", "deadline_policies", ["calendar_id"])
    _deliver()
    for name, kind in COLUMNS:
        op.add_column("tickets", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name, _ in reversed(COLUMNS):
        op.drop_column("tickets", name)
    op.drop_table("deadline_policies")
    op.drop_table("calendars")


def _record(table: str) -> tuple:
    return (
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _deliver() -> None:
    calendar = sa.text(
        "INSERT INTO calendars (id, version, name, timezone, week, holidays, workdays, created_at, updated_at) "
        "VALUES (CAST(:id AS uuid), 1, '全天候', 'Asia/Shanghai', CAST(:week AS jsonb), '[]', '[]', now(), now())"
    )
    op.execute(calendar.bindparams(id=CALENDAR, week=json.dumps(WEEK)))
    policy = sa.text(
        "INSERT INTO deadline_policies (id, version, name, applies_to, calendar_id, standard, warn_percent, "
        "escalate_after, created_at, updated_at) VALUES (CAST(:id AS uuid), 1, '标准时限', '/', CAST(:calendar AS uuid), CAST(:standard AS jsonb), "
        "80, '[0, 30, 120]', now(), now())"
    )
    op.execute(policy.bindparams(id=POLICY, calendar=CALENDAR, standard=json.dumps(STANDARD)))
