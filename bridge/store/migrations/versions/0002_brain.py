"""Labels, alarms and shadow policies; sessions found by when they began."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STANDING = sa.text("cleared_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_session_site_started_at", "session", ["site", "started_at"])
    op.create_table(
        "shadow_policy",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_shadow_policy_site")),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_shadow_policy")),
    )
    op.create_table(
        "label",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("escalation_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("labelled_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site", "session_id"], ["session.site", "session.id"], name=op.f("fk_label_site_session_id")
        ),
        sa.PrimaryKeyConstraint("site", "session_id", "escalation_id", name=op.f("pk_label")),
    )
    op.create_table(
        "alarm",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_alarm_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index("ix_alarm_site_raised_at", "alarm", ["site", "raised_at"])
    op.create_index(
        "uq_alarm_standing",
        "alarm",
        ["site", "kind"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
