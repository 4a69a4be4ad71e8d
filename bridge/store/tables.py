"""The tables. Instants are milliseconds UTC; JSON is text; every row carries its site."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Instant = BigInteger
ACTIVE = text("state IN ('open', 'claimed')")

schema_mark = Table(  # one row: the schema's revision, and the oldest one whose code works on it
    "schema_mark",
    metadata,
    Column("revision", Text, primary_key=True),
    Column("compatible_from", Text, nullable=False),
)

site = Table(
    "site",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("team_email", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

site_secret = Table(
    "site_secret",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("until_at", Instant),  # renewed from WordPress: it still serves calls that are on their way
    UniqueConstraint("secret"),
    ForeignKeyConstraint(["site"], ["site.id"]),
    Index(None, "site"),
    sqlite_autoincrement=True,
)

nonce = Table(
    "nonce",
    metadata,
    Column("site", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "nonce"),
    sqlite_with_rowid=False,  # one page a turn instead of three
)

policy_version = Table(
    "policy_version",
    metadata,
    Column("site", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "version"),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

shadow_policy = Table(
    "shadow_policy",
    metadata,
    Column("site", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("since", Instant, nullable=False),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

LOCKED = text("state = 'escalated'")
ADDRESSED = text("email IS NOT NULL")

session = Table(
    "session",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("visitor", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("customer_key", Text),
    Column("email", Text),  # the visitor's, case folded: what is asked for by address is found by it
    Column("locale", Text),
    Column("timezone", Text),
    Column("page_url", Text),
    Column("flow", Text, nullable=False),
    Column("shop", Text),
    Column("window", Text, nullable=False),
    Column("turns", Integer, nullable=False),
    Column("escalation_id", Text),
    Column("last_event", Integer, nullable=False),
    Column("phone", Text),
    Column("digest", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "id"),
    ForeignKeyConstraint(["site"], ["site.id"]),
    Index(None, "site", "customer_key", "state"),
    Index(None, "site", "started_at"),
    Index(None, "escalation_id", "site"),
    Index("ix_session_email", "site", "email", sqlite_where=ADDRESSED, postgresql_where=ADDRESSED),
    Index("ix_session_locked", "site", "id", sqlite_where=LOCKED, postgresql_where=LOCKED),
)

turn = Table(
    "turn",
    metadata,
    Column("site", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("digest", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("signals", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("reply_text", Text),
    Column("reply_at", Instant),
    Column("reply_digest", Text),
    Column("reply_verdict", Text),
    Column("reply_trace", Text),
    Column("reply_shown", Boolean, nullable=False, default=True),
    PrimaryKeyConstraint("site", "session_id", "seq"),
    UniqueConstraint("site", "session_id", "turn_id"),
    ForeignKeyConstraint(["site", "session_id"], ["session.site", "session.id"]),
    sqlite_with_rowid=False,  # the turns of a session lie together, in order
)

event = Table(
    "event",
    metadata,
    Column("site", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", Text),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "session_id", "n"),
    ForeignKeyConstraint(["site", "session_id"], ["session.site", "session.id"]),
)

escalation = Table(
    "escalation",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("customer_key", Text),
    Column("state", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("packet", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_by_name", Text),
    Column("answered_at", Instant),
    ForeignKeyConstraint(["site", "session_id"], ["session.site", "session.id"]),
    # one open escalation a session, and one a verified customer: whatever races, the second insert finds the first
    Index(
        "uq_escalation_active_session", "site", "session_id", unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE
    ),
    Index(
        "uq_escalation_active_customer",
        "site",
        "customer_key",
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    ),
    Index(None, "site", "decided_at"),
    Index(None, "session_id", "site"),
    Index(None, "site", "claimed_by", "state"),
)

PENDING = text("state = 'pending'")

commitment = Table(
    "commitment",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, primary_key=True),
    Column("escalation_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("wall", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    ForeignKeyConstraint(["escalation_id"], ["escalation.id"]),
    # one standing promise an escalation
    Index(
        "uq_commitment_pending",
        "escalation_id",
        unique=True,
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    ),
    Index(None, "escalation_id", "made_at"),
)

agent_reply = Table(
    "agent_reply",
    metadata,
    Column("site", Text, nullable=False),
    Column("escalation_id", Text, nullable=False),
    Column("reply_id", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("agent_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("escalation_id", "reply_id"),
    ForeignKeyConstraint(["escalation_id"], ["escalation.id"]),
)

OPEN = text("state NOT IN ('sent', 'failed', 'cancelled', 'parked')")
"""Work that is still to be done. Written so that no index but the one over it answers a claim."""

FILED = text("ref IS NOT NULL")
"""Tickets that a helpdesk has: those that it can tell us of."""

follow_up = Table(
    "follow_up",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, primary_key=True),
    Column("escalation_id", Text, nullable=False),
    Column("commitment_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("rank", Integer, nullable=False, server_default=text("0")),
    Column("done_at", Instant),
    ForeignKeyConstraint(["escalation_id"], ["escalation.id"]),
    UniqueConstraint("commitment_id", "kind"),
    Index(None, "escalation_id"),
    Index(None, "state", "due_at"),
    # claims walk along it, the most urgent first, and stop when they have enough
    Index("ix_follow_up_open", "rank", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
)

outbox = Table(
    "outbox",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, primary_key=True),
    Column("escalation_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("open_sends", Integer, nullable=False, default=0),  # nothing reads it any more
    Column("first_sent_at", Instant),
    Column("unsure_since", Instant),
    Column("error", Text),
    Column("ref", Text),
    Column("url", Text),
    Column("created_at", Instant, nullable=False),
    Column("rank", Integer, nullable=False, server_default=text("0")),
    ForeignKeyConstraint(["escalation_id"], ["escalation.id"]),
    UniqueConstraint("target", "external_id"),
    Index(None, "state", "due_at"),
    # with site and target, so that a claim passes over what a system may not get now without reading its rows
    Index("ix_outbox_open", "rank", "due_at", "id", "site", "target", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_outbox_filed", "target", "ref", sqlite_where=FILED, postgresql_where=FILED),
    # with its kind: a note looks for its ticket among the rows of its own escalation, and not among all that were sent
    Index(None, "escalation_id", "kind"),
)

upstream = Table(  # what rows are sent to: see `bridge.domain.upstream`
    "upstream",
    metadata,
    Column("site", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("cause", Text),
    Column("paused_until", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "target"),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

repair = Table(  # how often the reconciler has mended what
    "repair",
    metadata,
    Column("what", Text, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)

mail_slot = Table(  # mails to an address that nobody verified: each takes one of a few slots for a day
    "mail_slot",
    metadata,
    Column("site", Text, nullable=False),
    Column("address", Text, nullable=False),  # its digest
    Column("slot", Integer, nullable=False),
    Column("taken_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "address", "slot"),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

presence = Table(
    "presence",
    metadata,
    Column("site", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("available", Boolean, nullable=False),
    Column("queues", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("source", Text, nullable=False, server_default=text("'api'")),
    PrimaryKeyConstraint("site", "agent_id"),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

absence = Table(  # who did not pick up counts as away for a while, whatever the heartbeat says
    "absence",
    metadata,
    Column("site", Text, nullable=False),
    Column("who", Text, nullable=False),  # "agent" or "queue"
    Column("id", Text, nullable=False),
    Column("until_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "who", "id"),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

hours_override = Table(
    "hours_override",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, primary_key=True),
    Column("queue", Text, nullable=False),  # empty: every queue
    Column("open", Boolean, nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("why", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    ForeignKeyConstraint(["site"], ["site.id"]),
    Index(None, "site", "until_at"),
)

closure_feed = Table(
    "closure_feed",
    metadata,
    Column("site", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("closures", Text, nullable=False),
    Column("etag", Text),
    Column("read_at", Instant),  # when it was last read well
    Column("tried_at", Instant, nullable=False),
    Column("error", Text),
    Column("failures", Integer, nullable=False),  # since it was last read well
    PrimaryKeyConstraint("site", "url"),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

BOOKED = text("state = 'booked'")

callback = Table(
    "callback",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, primary_key=True),
    Column("escalation_id", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("seat", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("sequence", Integer, nullable=False),  # counts the changes, as iCalendar's SEQUENCE does
    Column("commitment_id", Text, nullable=False),
    Column("confirmed_at", Instant),
    Column("booked_at", Instant, nullable=False),
    ForeignKeyConstraint(["escalation_id"], ["escalation.id"]),
    # one seat of a slot is booked once, and one call an escalation: whatever races, the second one is refused
    Index(
        "uq_callback_seat",
        "site",
        "queue",
        "starts_at",
        "seat",
        unique=True,
        sqlite_where=BOOKED,
        postgresql_where=BOOKED,
    ),
    Index("uq_callback_escalation", "escalation_id", unique=True, sqlite_where=BOOKED, postgresql_where=BOOKED),
    Index(None, "escalation_id"),
)

crm_cache = Table(
    "crm_cache",
    metadata,
    Column("site", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account", Text),
    Column("fetched_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "key"),
)

crm_tally = Table(  # how the look-ups of a site's customers ended
    "crm_tally",
    metadata,
    Column("site", Text, primary_key=True),
    Column("found", Integer, nullable=False),
    Column("not_found", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("in_a_row", Integer, nullable=False),  # failures since the last one that worked
    Column("failing_since", Instant),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

label = Table(
    "label",
    metadata,
    Column("site", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("escalation_id", Text, nullable=False),  # empty: the session itself, of which an escalation was missed
    Column("verdict", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("labelled_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "session_id", "escalation_id"),
    ForeignKeyConstraint(["site", "session_id"], ["session.site", "session.id"]),
)

alarm = Table(
    "alarm",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant),
    ForeignKeyConstraint(["site"], ["site.id"]),
    # one standing alarm of a kind: a second process that sees the same raises nothing
    Index(
        "uq_alarm_standing",
        "site",
        "kind",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
    Index(None, "site", "raised_at"),
)

ASKED = text("state = 'asked'")

answer = Table(  # a turn that the sidecar's own responder is to answer, or has answered
    "answer",
    metadata,
    Column("site", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("state", Text, nullable=False),  # asked, shown, withheld (it counts as failed), dropped (after the lock)
    Column("asked_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),  # from then on it counts as lost, and the scheduler answers
    Column("answered_at", Instant),
    Column("failure", Text),
    Column("confidence", Integer),  # the model's own rating, in thousandths
    Column("intent", Text),
    Column("sources", Text, nullable=False),  # JSON list of addresses
    Column("summary", Text, nullable=False),
    PrimaryKeyConstraint("site", "session_id", "seq"),
    ForeignKeyConstraint(["site", "session_id"], ["session.site", "session.id"]),
    Index("ix_answer_asked", "due_at", sqlite_where=ASKED, postgresql_where=ASKED),
    sqlite_with_rowid=False,
)

spent = Table(  # how often the model was asked: for whom, on which day of UTC
    "spent",
    metadata,
    Column("site", Text, nullable=False),
    Column("day", Integer, nullable=False),  # since 1970-01-01
    Column("who", Text, nullable=False),  # "site", "session ID", or "visitor KEY"
    Column("times", Integer, nullable=False),
    PrimaryKeyConstraint("site", "day", "who"),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

page = Table(  # what the site has published, as the plugin has sent it
    "page",
    metadata,
    Column("site", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # page, post, product, ...
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("language", Text),
    Column("digest", Text, nullable=False),
    Column("modified_at", Instant, nullable=False),
    PrimaryKeyConstraint("site", "id"),
    ForeignKeyConstraint(["site"], ["site.id"]),
)

PASSAGE_INDEX = "passage_index"
"""The full-text index over passages, as the migration lays it: a table of FTS5 with its triggers, or an index."""

passage = Table(  # pieces of pages
    "passage",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("page_id", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("words", Text, nullable=False),  # by which it is found, parted by spaces: see domain/relevance.py
    UniqueConstraint("site", "page_id", "n"),
    ForeignKeyConstraint(["site", "page_id"], ["page.site", "page.id"]),
    sqlite_autoincrement=True,
)

passage_word = Table(  # how many of a site's passages have a word: counted as they change, for a search has no time to
    "passage_word",
    metadata,
    Column("site", Text, nullable=False),
    Column("word", Text, nullable=False),  # "@" is in all of them
    Column("passages", Integer, nullable=False),
    PrimaryKeyConstraint("site", "word"),
    ForeignKeyConstraint(["site"], ["site.id"]),
    sqlite_with_rowid=False,
)
