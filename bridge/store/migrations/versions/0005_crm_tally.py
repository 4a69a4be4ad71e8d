"""How the look-ups of a site's customers ended, and how many failed in a row."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

compatible_from = "0004"


def upgrade() -> None:
    op.create_table(
        "crm_tally",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("not_found", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("in_a_row", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_crm_tally_site")),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_crm_tally")),
    )
