"""Calls that are booked, hours that are overridden, closures that are read, who is away, and what goes first.

And how many mails an address that nobody verified has had.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BOOKED = sa.text("state = 'booked'")
OPEN = sa.text("state NOT IN ('sent', 'failed', 'cancelled', 'parked')")


def upgrade() -> None:
    for table in ("follow_up", "outbox"):
        op.add_column(table, sa.Column("rank", sa.Integer(), nullable=False, server_default=sa.text("0")))
        op.create_index(f"ix_{table}_open", table, ["rank", "due_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.add_column("follow_up", sa.Column("done_at", sa.BigInteger(), nullable=True))
    op.add_column("presence", sa.Column("source", sa.Text(), nullable=False, server_default=sa.text("'api'")))
    _absence()
    _hours_override()
    _closure_feed()
    _callback()
    _mail_slot()


def _mail_slot() -> None:
    op.create_table(
        "mail_slot",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_mail_slot_site")),
        sa.PrimaryKeyConstraint("site", "address", "slot", name=op.f("pk_mail_slot")),
    )


def _absence() -> None:
    op.create_table(
        "absence",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_absence_site")),
        sa.PrimaryKeyConstraint("site", "who", "id", name=op.f("pk_absence")),
    )


def _hours_override() -> None:
    op.create_table(
        "hours_override",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_hours_override_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_override")),
    )
    op.create_index("ix_hours_override_site_until_at", "hours_override", ["site", "until_at"])


def _closure_feed() -> None:
    op.create_table(
        "closure_feed",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("closures", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_closure_feed_site")),
        sa.PrimaryKeyConstraint("site", "url", name=op.f("pk_closure_feed")),
    )


def _callback() -> None:
    op.create_table(
        "callback",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("escalation_id", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("booked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], name=op.f("fk_callback_escalation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
    )
    op.create_index(
        "uq_callback_seat",
        "callback",
        ["site", "queue", "starts_at", "seat"],
        unique=True,
        sqlite_where=BOOKED,
        postgresql_where=BOOKED,
    )
    op.create_index(
        "uq_callback_escalation",
        "callback",
        ["escalation_id"],
        unique=True,
        sqlite_where=BOOKED,
        postgresql_where=BOOKED,
    )
    op.create_index("ix_callback_escalation_id", "callback", ["escalation_id"])
