"""An index by which a delivery finds whether an older one of the same record still waits."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    columns = ["subscription_id", "subject", "id"]
    op.create_index(
        "ix_webhook_deliveries_turn", "webhook_deliveries", columns, postgresql_where=sa.text("state = 'pending'")
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_turn", "webhook_deliveries")
