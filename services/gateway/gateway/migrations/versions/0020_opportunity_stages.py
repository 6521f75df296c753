"""The stages of opportunities as options, with those that are built in."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0017"

STAGES = (
    ("first_contact", "初次接触", "First contact"),
    ("interested", "有意向", "Interested"),
    ("offered", "已报价", "Offered"),
    ("negotiating", "谈价", "Negotiating"),
    ("won", "赢单", "Won"),
    ("lost", "输单", "Lost"),
)
_FIRST = 0x1601  # apart from the other built-in rows


def upgrade() -> None:
    for place, (code, zh, en) in enumerate(STAGES, 1):
        op.execute(
            sa.text(
                "INSERT INTO options (id, version, list, code, zh, en, position, active, built_in, used, created_at, "
                "updated_at) VALUES (CAST(:id AS uuid), 1, 'opportunity_stage', :code, :zh, :en, :place, true, true, "
                "true, now(), now())"
            ).bindparams(id=str(UUID(int=_FIRST + place - 1)), code=code, zh=zh, en=en, place=place)
        )


def downgrade() -> None:
    op.execute("DELETE FROM options WHERE list = 'opportunity_stage'")
