"""The outbox: what must reach another system is sent, once, or shown to a person.

A row is leased before it is sent, so that a crash during the call is found by the lease that it left, as "may have
acted". From there only the target's own strategy may follow: the same key again inside its window, or a look-up first.
What a row goes to is spared while it fails or asks for a wait: see `breaker`.
"""

import json
import time
import uuid
from dataclasses import replace
from datetime import timedelta

import structlog

from bridge.domain.escalation import OutboxKind, OutboxRow, OutboxState
from bridge.domain.health import Alarm
from bridge.domain.instants import HOUR, MINUTE, SECOND
from bridge.domain.occasions import REFUSED
from bridge.domain.upstream import Upstream
from bridge.domain.values import Millis
from bridge.ports import (
    AdapterError,
    DeskFiling,
    DeskNotes,
    Fault,
    Mail,
    NotDone,
    OutcomeUnknown,
    Rejected,
    StoreBusy,
    Strategy,
    TicketRef,
    Tx,
)
from bridge.service import breaker, team_mails
from bridge.service.chat_events import first_session
from bridge.service.context import Bridge, Systems, new_id, open_case
from bridge.service.customer_mails import is_to_customer
from bridge.service.each_site import on_its_own
from bridge.service.leases import LEASE
from bridge.service.verdicts import in_mail

log = structlog.get_logger()

FIRST_WAIT = 5 * SECOND
LONGEST_WAIT = HOUR
OVERDUE_AFTER = 2 * MINUTE
"""Milliseconds for which a row may lie due before it is looked up first, as one that may have been sent."""
NOTE_RETRY_S = 0.5
"""Seconds until the database is asked again to note what the other side has taken."""
MOST_ATTEMPTS = 30
"""Attempts until a row is parked for a person to look at; with the back-off that is about a day. What befell every row
of its system does not count."""
LEASE_LOST = "lease_lost"
"""What the log says of a row that somebody else has taken over before its sending ended."""
DUPLICATE_ALARM = "duplicate_ticket:"
"""With the escalation's id: the kind of the alarm about tickets that a look-up has found twice."""


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
        claimed = _claim(bridge, owner)
        if claimed is None:
            return tried
        deliver(bridge, owner, claimed[0], probe=claimed[1])
    return limit


def _claim(bridge: Bridge, owner: str) -> tuple[OutboxRow, bool] | None:
    """The next row, and whether it goes as a probe."""
    now, take_over = bridge.leases.now()
    try:
        with bridge.store.write() as tx:
            rows = tx.work.claim_outbox(owner, now, now + LEASE, 1, take_over=take_over)
            return (rows[0], breaker.admit(bridge, tx, rows[0], now)) if rows else None
    except breaker.NoRoom:
        return None


def deliver(bridge: Bridge, owner: str, row: OutboxRow, *, probe: bool = False) -> None:
    """Send one claimed row and write down how it ended."""
    row = suspect_sent_if_overdue(row, bridge.clock.now())
    try:
        ref = _call(bridge, row)
    except AdapterError as error:
        _not_sent(bridge, owner, row, error, probe=probe)
    except StoreBusy:  # it is read before anything is sent
        _not_sent(bridge, owner, row, NotDone("database busy", fault=Fault.OURS), probe=probe)
    except Exception:
        log.exception("outbox.broken", row=row.id, target=row.target)
        _not_sent(bridge, owner, row, OutcomeUnknown("adapter error"), probe=probe)
    else:
        state = OutboxState.SENT.value if _keep_sent(bridge, owner, row, ref) else LEASE_LOST
        breaker.record_success(bridge, row)
        log.info("outbox.tried", **_told(row), state=state, attempts=row.attempts, error=None)


def _keep_sent(bridge: Bridge, owner: str, row: OutboxRow, ref: TicketRef | None) -> bool:
    """Note that the other side has the row; False where somebody else holds it by now, and will find that out.

    A full disk is waited for: a mail that is not noted goes out again.

    Raises:
        StoreBusy: it could not be noted in a third of the lease; once that is over somebody sends the row again.
    """
    ends = time.monotonic() + LEASE / SECOND / 3
    while True:
        try:
            return _note_sent(bridge, owner, row, ref)
        except StoreBusy:
            if time.monotonic() > ends:
                raise
            time.sleep(NOTE_RETRY_S)


def _note_sent(bridge: Bridge, owner: str, row: OutboxRow, ref: TicketRef | None) -> bool:
    with bridge.store.write() as tx:
        kept = tx.work.sent(row.id, owner, ref)
        if ref and ref.others:
            tx.alarms.start(row.site, _duplicate(row, ref, bridge.clock.now()))
    return kept


def _duplicate(row: OutboxRow, ref: TicketRef, now: Millis) -> Alarm:
    every = ", ".join((ref.id, *ref.others))
    text = (
        f"The helpdesk {row.target} has more than one ticket of escalation {row.escalation_id}: {every}. The first one "
        "is kept up to date; merge the others into it."
    )
    detail = {"escalation_id": row.escalation_id, "tickets": [ref.id, *ref.others]}
    return Alarm(new_id("alm"), DUPLICATE_ALARM + row.escalation_id, text, detail, now)


def _not_sent(bridge: Bridge, owner: str, row: OutboxRow, error: AdapterError, *, probe: bool) -> None:
    upstream = breaker.record_failure(bridge, row, error, probe=probe)
    counts, now = counts_against(error, upstream), bridge.clock.now()
    certain = isinstance(error, NotDone | Rejected)
    kept = replace(
        row,
        attempts=row.attempts if counts else row.attempts - 1,
        unsure_since=row.unsure_since if certain else now,
    )
    state = state_after(kept, error, counts=counts)
    due_at = next_try(kept, error, upstream, now)
    with bridge.store.write() as tx:
        held = tx.work.not_sent(kept, owner, state=state, due_at=due_at, error=error.detail)
    told = state.value if held else LEASE_LOST
    log.warning("outbox.tried", **_told(row), state=told, attempts=kept.attempts, error=error.detail)
    if held and state is OutboxState.PARKED and is_to_customer(row):
        with on_its_own(row.site, "refused mail"):
            _tell_refused(bridge, row)


def _tell_refused(bridge: Bridge, row: OutboxRow) -> None:
    """Whoever has the customer's request must not rely on mail."""
    with bridge.store.write() as tx:
        case = open_case(bridge, tx, row.site)
        about = tx.escalations.get(row.site, row.escalation_id)
        if about:
            team_mails.tell(case, in_mail(case.policy, first_session(case, about), about), REFUSED)


def _told(row: OutboxRow) -> dict[str, str]:
    return {
        "site": row.site,
        "escalation": row.escalation_id,
        "row": row.id,
        "kind": row.kind.value,
        "target": row.target,
    }


def counts_against(error: AdapterError, upstream: Upstream) -> bool:
    """Whether a failure is one more attempt of the row: not where every row of its system would have met it."""
    if error.fault is Fault.SYSTEM:
        return not upstream.paused
    return error.fault is Fault.CALL


def state_after(row: OutboxRow, error: AdapterError, *, counts: bool) -> OutboxState:
    """What becomes of a row that was not sent; `row` is as it is kept."""
    refused = isinstance(error, Rejected) and error.fault is Fault.CALL
    if refused or (counts and row.attempts >= MOST_ATTEMPTS):
        return OutboxState.PARKED
    return OutboxState.UNKNOWN if in_doubt(row) else OutboxState.DUE


def next_try(row: OutboxRow, error: AdapterError, upstream: Upstream, now: Millis) -> Millis:
    """When the row is due again. Once its system is known to be down, that is with its next probe but one."""
    if error.fault is Fault.SYSTEM and upstream.paused:
        return max(upstream.paused_until, now) + breaker.AFTER_OTHERS
    return now + wait_before(row.attempts, error.retry_after)


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


def _ticket(desk: DeskFiling, row: OutboxRow, now: Millis) -> TicketRef:
    if in_doubt(row) and not _repeat_is_safe(desk, row, now):
        _let_settle(desk, row, now)
        if found := desk.find(row.external_id, row.payload):
            return found
    return desk.create(row.external_id, row.payload)


def _let_settle(desk: DeskFiling, row: OutboxRow, now: Millis) -> None:
    """A look-up proves nothing before the desk lists what was just made."""
    unsure = max(filter(None, (row.first_sent_at, row.unsure_since)), default=now)
    left = min(unsure, now) + millis(desk.settle) - now  # a clock that was ahead may have written it
    if left > 0:
        raise NotDone("waiting to look it up", retry_after=left / SECOND, fault=Fault.OURS)


def _completed(desk: DeskFiling, row: OutboxRow, filed: TicketRef) -> TicketRef:
    """From here on the ticket exists: no failure may lead to a second one, nor keep its notes from it for good."""
    try:
        desk.complete(filed.id, row.payload)
    except Rejected as error:
        log.warning("outbox.not_completed", row=row.id, target=row.target, error=error.detail)
    except AdapterError as error:
        raise OutcomeUnknown(
            f"not completed: {error.detail}", retry_after=error.retry_after, fault=error.fault
        ) from None
    return filed


def _note(bridge: Bridge, desk: DeskNotes, row: OutboxRow) -> None:
    with bridge.store.read() as tx:
        filed = tx.escalations.delivery(row.escalation_id)
    if filed is None or filed.ref is None:
        raise NotDone("ticket not filed", fault=Fault.OURS)
    if not (in_doubt(row) and desk.has_note(filed.ref, row.external_id)):
        desk.append(filed.ref, row.external_id, row.payload)


def suspect_sent_if_overdue(row: OutboxRow, now: Millis) -> OutboxRow:
    """A row that nobody took for so long counts as one whose sending we do not remember.

    Either nothing ran, and a look-up costs little; or the database was restored from an older copy, and the row has
    been sent since that copy was made.
    """
    if now - row.due_at <= OVERDUE_AFTER:
        return row
    since = row.due_at if row.unsure_since is None else row.unsure_since
    return replace(row, unsure_since=since, first_sent_at=min(row.first_sent_at or now, row.due_at))


def in_doubt(row: OutboxRow) -> bool:
    """Whether an earlier attempt may have acted."""
    return row.unsure_since is not None


def millis(span: timedelta) -> Millis:
    """The span in milliseconds."""
    return round(span.total_seconds() * SECOND)


def _repeat_is_safe(desk: DeskFiling, row: OutboxRow, now: Millis) -> bool:
    """Whether the same request may simply be sent again after an unknown outcome."""
    if desk.strategy is Strategy.NATIVE_KEY:
        first = row.first_sent_at if row.first_sent_at is not None else now
        return now - first < millis(desk.key_window)
    return desk.strategy in (Strategy.UPSERT, Strategy.CLIENT_ID)


def wait_before(attempts: int, retry_after: float | None) -> Millis:
    """Milliseconds until the next attempt: what the other side asked for, else doubling, with jitter, up to an hour."""
    if retry_after is not None:
        return max(round(retry_after * SECOND), SECOND)
    longest: Millis = min(FIRST_WAIT * 2 ** min(max(attempts - 1, 0), 12), LONGEST_WAIT)
    return round(longest * breaker.spread())
