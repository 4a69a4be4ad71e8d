"""Tickets are found by the id that the helpdesk gave them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILED = sa.text("ref IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_outbox_filed", "outbox", ["target", "ref"], sqlite_where=FILED, postgresql_where=FILED)
