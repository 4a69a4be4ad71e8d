"""Tickets are found by the id that the helpdesk gave them; what is known of the systems that rows are sent to.

How often the reconciler has mended what, which releases the schema still serves, and what a person's rows are found
by, when they are to be shown, erased or purged. The answers that a responder owes, what they have cost, and the site's
own pages, from which it answers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

compatible_from = "0003"

FILED = sa.text("ref IS NOT NULL")
ASKED = sa.text("state = 'asked'")
OPEN = sa.text("state NOT IN ('sent', 'failed', 'cancelled', 'parked')")
LOCKED = sa.text("state = 'escalated'")
ADDRESSED = sa.text("email IS NOT NULL")
CLAIMED_BY = ["rank", "due_at", "id", "site", "target"]


def upgrade() -> None:
    op.add_column("site_secret", sa.Column("until_at", sa.BigInteger(), nullable=True))
    op.add_column("outbox", sa.Column("unsure_since", sa.BigInteger(), nullable=True))
    op.create_index("ix_outbox_filed", "outbox", ["target", "ref"], sqlite_where=FILED, postgresql_where=FILED)
    op.drop_index("ix_outbox_open", "outbox")
    op.create_index("ix_outbox_open", "outbox", CLAIMED_BY, sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_index("ix_outbox_escalation_id", "outbox")
    op.create_index("ix_outbox_escalation_id_kind", "outbox", ["escalation_id", "kind"])
    op.create_index("ix_session_locked", "session", ["site", "id"], sqlite_where=LOCKED, postgresql_where=LOCKED)
    op.drop_index("ix_session_escalation_id", "session")
    op.create_index("ix_session_escalation_id_site", "session", ["escalation_id", "site"])
    _person()
    _upstream()
    _repair()
    _answer()
    _page()
    op.create_table(
        "schema_mark",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("compatible_from", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_mark")),
    )


def _person() -> None:
    op.add_column("session", sa.Column("email", sa.Text(), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    email = "json_extract(visitor, '$.email')" if sqlite else "CAST(visitor AS json) ->> 'email'"
    fill = sa.text(f"UPDATE session SET email = lower({email}) WHERE visitor LIKE :known")
    op.execute(fill.bindparams(known='{%"email":"%'))
    op.create_index("ix_session_email", "session", ["site", "email"], sqlite_where=ADDRESSED,
                    postgresql_where=ADDRESSED)  # fmt: skip
    op.create_index("ix_escalation_session_id_site", "escalation", ["session_id", "site"])
    op.create_index("ix_follow_up_escalation_id", "follow_up", ["escalation_id"])


def _upstream() -> None:
    op.create_table(
        "upstream",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("paused_until", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_upstream_site")),
        sa.PrimaryKeyConstraint("site", "target", name=op.f("pk_upstream")),
    )


def _repair() -> None:
    op.create_table(
        "repair",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_repair")),
    )


def _answer() -> None:
    op.create_table(
        "answer",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site", "session_id"], ["session.site", "session.id"],
                                name=op.f("fk_answer_site_session_id")),
        sa.PrimaryKeyConstraint("site", "session_id", "seq", name=op.f("pk_answer")),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("ix_answer_asked", "answer", ["due_at"], sqlite_where=ASKED, postgresql_where=ASKED)
    op.create_table(
        "spent",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_spent_site")),
        sa.PrimaryKeyConstraint("site", "day", "who", name=op.f("pk_spent")),
    )


def _page() -> None:
    op.create_table(
        "page",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_page_site")),
        sa.PrimaryKeyConstraint("site", "id", name=op.f("pk_page")),
    )
    op.create_table(
        "passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("page_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site", "page_id"], ["page.site", "page.id"],
                                name=op.f("fk_passage_site_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
        sa.UniqueConstraint("site", "page_id", "n", name=op.f("uq_passage_site_page_id_n")),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_table(
        "passage_word",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_passage_word_site")),
        sa.PrimaryKeyConstraint("site", "word", name=op.f("pk_passage_word")),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        _index_with_fts5()
    else:
        op.execute("CREATE INDEX passage_index ON passage USING gin (array_to_tsvector(string_to_array(words, ' ')))")


def _index_with_fts5() -> None:
    """It holds no text of its own, only which passage has a word; a word that no text has names the site."""
    op.execute(
        "CREATE VIRTUAL TABLE passage_index USING fts5"
        "(words, content='', detail=none, columnsize=0, tokenize=\"ascii tokenchars '@=-'\")"
    )
    op.execute(
        "CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN "
        "INSERT INTO passage_index(rowid, words) VALUES (new.id, '@' || new.site || ' ' || new.words); END"
    )
    op.execute(
        "CREATE TRIGGER passage_gone AFTER DELETE ON passage BEGIN "
        "INSERT INTO passage_index(passage_index, rowid, words) VALUES ('delete', old.id, "
        "'@' || old.site || ' ' || old.words); END"
    )
