"""The outbox: what must reach another system is sent, once, or shown to a person.

A row is leased before it is sent; the lease counts an open send, so that a crash during the call is found as "may have
acted". From there only the target's own strategy may follow: the same key again inside its window, or a look-up first.
"""

import json
import random
import uuid
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bridge.domain.escalation import OutboxKind, OutboxRow
from bridge.domain.instants import HOUR, SECOND
from bridge.domain.values import Millis
from bridge.ports import AdapterError, Desk, Mail, NotDone, OutcomeUnknown, Rejected, Strategy, TicketRef, Tx
from bridge.service.context import Bridge, Systems
from bridge.service.leases import LEASE

log = structlog.get_logger()

FIRST_WAIT = 5 * SECOND
LONGEST_WAIT = HOUR
TRIES = 30
"""Attempts until a row is parked for a person to look at; with the back-off that is about a day."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended."""

    state: str
    ref: TicketRef | None = None
    error: str | None = None
    retry_after: float | None = None
    certain: bool = False
    """Whether this attempt surely did nothing at the other side."""


def soon(bridge: Bridge, tx: Tx) -> None:
    """Try the outbox in the background once the transaction is through; the scheduler covers what is missed."""
    if bridge.deliver_at_once:
        tx.after_commit(lambda: bridge.background.submit(deliver_due, bridge, limit=5))


def deliver_due(bridge: Bridge, *, limit: int = 20) -> int:
    """Send what is due, most urgent first, and return how many rows were tried.

    Rows are claimed one at a time: a lease has to outlive the call it covers, and not a queue of them.
    """
    owner = uuid.uuid4().hex
    for tried in range(limit):
        now, take_over = bridge.leases.now()
        with bridge.store.write() as tx:
            rows = tx.work.claim_outbox(owner, now, now + LEASE, 1, take_over=take_over)
        if not rows:
            return tried
        deliver(bridge, owner, rows[0])
    return limit


def deliver(bridge: Bridge, owner: str, row: OutboxRow) -> None:
    """Send one claimed row and write down how it ended."""
    outcome = _send(bridge, row)
    now = bridge.clock.now()
    with bridge.store.write() as tx:
        if outcome.state == "sent":
            tx.work.sent(row.id, owner, outcome.ref)
        else:
            tx.work.not_sent(
                row,
                owner,
                state=outcome.state,
                due_at=now + wait_before(row.attempts, outcome.retry_after),
                error=outcome.error or "",
                open_sends=row.open_sends - 1 if outcome.certain else row.open_sends,
            )
    level = log.info if outcome.state == "sent" else log.warning
    level(
        "outbox.tried",
        site=row.site,
        escalation=row.escalation_id,
        row=row.id,
        kind=row.kind.value,
        target=row.target,
        state=outcome.state,
        attempts=row.attempts,
        error=outcome.error,
    )


def _send(bridge: Bridge, row: OutboxRow) -> Outcome:
    try:
        ref = _call(bridge, row)
    except Rejected as error:
        return Outcome("parked", error=error.detail, certain=True)
    except NotDone as error:
        state = "parked" if row.attempts >= TRIES else ("due" if row.open_sends <= 1 else "unknown")
        return Outcome(state, error=error.detail, retry_after=error.retry_after, certain=True)
    except AdapterError as error:
        state = "parked" if row.attempts >= TRIES else "unknown"
        return Outcome(state, error=error.detail, retry_after=error.retry_after)
    except Exception:
        log.exception("outbox.broken", row=row.id, target=row.target)
        return Outcome("parked" if row.attempts >= TRIES else "unknown", error="adapter error")
    return Outcome("sent", ref=ref)


def _call(bridge: Bridge, row: OutboxRow) -> TicketRef | None:
    with bridge.store.read() as tx:
        site = tx.sites.get(row.site)
    if site is None:
        raise Rejected("site is gone")
    systems = bridge.systems(site)
    if row.kind is OutboxKind.MAIL:
        systems.mailer.send(Mail(**json.loads(row.payload)))
        return None
    if row.kind is OutboxKind.NOTICE:
        _notify(systems, row)
        return None
    if systems.desk is None or systems.desk.name != row.target:
        raise Rejected("desk is no longer configured")
    if row.kind is OutboxKind.NOTE:
        _note(bridge, systems.desk, row)
        return None
    filed = _ticket(systems.desk, row, bridge.clock.now())
    return _completed(systems.desk, row, filed)


def _notify(systems: Systems, row: OutboxRow) -> None:
    channel = next((one for one in systems.notifiers if one.name == row.target), None)
    if channel is None:
        raise Rejected("channel is no longer configured")
    channel.send(row.payload)


def _ticket(desk: Desk, row: OutboxRow, now: Millis) -> TicketRef:
    if in_doubt(row) and not _repeat_is_safe(desk, row, now):
        _let_settle(desk, row, now)
        if found := desk.find(row.external_id, row.payload):
            return found
    return desk.create(row.external_id, row.payload)


def _let_settle(desk: Desk, row: OutboxRow, now: Millis) -> None:
    """A look-up proves nothing before the desk lists what was just made."""
    left = (row.first_sent_at or now) + millis(desk.settle) - now
    if left > 0:
        raise NotDone("waiting to look it up", retry_after=left / SECOND)


def _completed(desk: Desk, row: OutboxRow, filed: TicketRef) -> TicketRef:
    """From here on the ticket exists: no failure may lead to a second one, nor keep its notes from it for good."""
    try:
        desk.complete(filed.id, row.payload)
    except Rejected as error:
        log.warning("outbox.not_completed", row=row.id, target=row.target, error=error.detail)
    except AdapterError as error:
        raise OutcomeUnknown(f"not completed: {error.detail}", retry_after=error.retry_after) from None
    return filed


def _note(bridge: Bridge, desk: Desk, row: OutboxRow) -> None:
    with bridge.store.read() as tx:
        filed = tx.escalations.delivery(row.escalation_id)
    if filed is None or filed.ref is None:
        raise NotDone("ticket not filed")
    if not (in_doubt(row) and desk.has_note(filed.ref, row.external_id)):
        desk.append(filed.ref, row.external_id, row.payload)


def in_doubt(row: OutboxRow) -> bool:
    """Whether an earlier attempt may have acted."""
    return row.open_sends > 1


def millis(span: timedelta) -> Millis:
    """The span in milliseconds."""
    return round(span.total_seconds() * SECOND)


def _repeat_is_safe(desk: Desk, row: OutboxRow, now: Millis) -> bool:
    """Whether the same request may simply be sent again after an unknown outcome."""
    if desk.strategy is Strategy.NATIVE_KEY:
        first = row.first_sent_at if row.first_sent_at is not None else now
        return now - first < millis(desk.key_window)
    return desk.strategy in (Strategy.UPSERT, Strategy.CLIENT_ID)


def wait_before(attempts: int, retry_after: float | None) -> Millis:
    """Milliseconds until the next attempt: what the other side asked for, else doubling, with jitter, up to an hour."""
    if retry_after is not None:
        return max(round(retry_after * SECOND), SECOND)
    longest: Millis = min(FIRST_WAIT * 2 ** min(attempts - 1, 12), LONGEST_WAIT)
    return round(longest * random.uniform(0.75, 1.0))  # noqa: S311 - jitter, no secret
