"""Tickets are found by the id that the helpdesk gave them. The schema says which releases it still serves."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

compatible_from = "0003"

FILED = sa.text("ref IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_outbox_filed", "outbox", ["target", "ref"], sqlite_where=FILED, postgresql_where=FILED)
    op.create_table(
        "schema_mark",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("compatible_from", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_mark")),
    )
