"""The breaker before a system that we send to, with its budget of rows a minute and the waits that it asks for.

A system that fails as a whole (not reached, no answer in time, 5xx, not let in) so many times in a row gets nothing but
one probe at a time, with growing pauses, and the first success ends that. Rows lose no attempts by it. All of it lies
in the database: every process spares the same system.
"""

import random
from dataclasses import replace

import structlog

from bridge.domain.escalation import OutboxRow
from bridge.domain.health import Alarm
from bridge.domain.instants import SECOND, to_rfc3339
from bridge.domain.upstream import Budget, Upstream
from bridge.domain.values import Millis
from bridge.ports import AdapterError, BridgeError, Fault, Tx
from bridge.service.alarms import raise_or_restate
from bridge.service.context import Bridge, new_id
from bridge.service.leases import LEASE

log = structlog.get_logger()

UNNAMED_WAIT = 30 * SECOND
"""For a system that has had too many calls and does not say when it takes the next."""
AFTER_OTHERS = 5 * SECOND
"""A row that failed as a probe waits so much longer than the pause: the next probe is another row, if there is one."""
DOWN_ALARM = "upstream_down:"
"""With the name of the target: the kind of the alarm that stands while a system takes nothing."""
NAMES = {
    "mail": "The mail server",
    "email": "The mail server, as the way to the helpdesk's mailbox,",
    "webhook": "The address that BRIDGE_WEBHOOK_URL names",
    "slack": "Slack",
    "teams": "Teams",
}
"""Targets that are no helpdesk of a vendor."""
SECRET_SETTINGS = {
    "mail": "BRIDGE_MAIL",
    "email": "BRIDGE_MAIL",
    "slack": "BRIDGE_SLACK_WEBHOOK_URL",
    "teams": "BRIDGE_TEAMS_WEBHOOK_URL",
}
"""What an owner looks at first, where it is not named like the target."""
NOT_LET_IN = ("http 401", "http 403", "smtp 530", "smtp 535", "no log-in offered", "log-in not ascii")


class NoRoom(BridgeError):  # noqa: N818
    """Another process has just taken what room the system had."""


def admit(bridge: Bridge, tx: Tx, row: OutboxRow, now: Millis) -> bool:
    """Note that a claimed row goes to its system now, and return whether it goes as a probe.

    Raises:
        NoRoom: another process was quicker; the claim has to be undone.
    """
    known = tx.upstreams.hold(row.site, row.target)
    if not known.admits(now):
        raise NoRoom
    after = known.admitted(now, now + LEASE, _budget(bridge, tx, row))
    if after != known:
        tx.upstreams.save(after)
    return known.paused


def _budget(bridge: Bridge, tx: Tx, row: OutboxRow) -> Budget | None:
    site = tx.sites.get(row.site)
    try:
        rate = bridge.systems(site).rates.get(row.target, 0) if site else 0
    except BridgeError:
        return None  # settings that cannot be used are told where the row is sent
    return Budget(rate) if rate else None


def record_success(bridge: Bridge, row: OutboxRow) -> None:
    """The system has taken a row: whatever was wrong with it is over."""
    with bridge.store.read() as tx:
        if not tx.upstreams.get(row.site, row.target).failures:
            return
    with bridge.store.write() as tx:
        before = tx.upstreams.hold(row.site, row.target)
        tx.upstreams.save(before.succeeded())
        cleared = tx.alarms.clear(row.site, DOWN_ALARM + row.target, bridge.clock.now())
    if cleared:
        log.info("upstream.well", site=row.site, target=row.target, failures=before.failures)


def record_failure(bridge: Bridge, row: OutboxRow, error: AdapterError, *, probe: bool) -> Upstream:
    """A row was not taken: note what that says of its system, and return how it stands."""
    now = bridge.clock.now()
    with bridge.store.write() as tx:
        before = tx.upstreams.hold(row.site, row.target)
        after = _learned(before, error, now, probe=probe)
        if after != before:
            tx.upstreams.save(after)
        raised = after.paused and raise_or_restate(tx, row.site, _alarm(after, now))
    if raised:
        log.warning("upstream.alarm", site=row.site, target=row.target, cause=error.detail, in_a_row=after.failures)
    return after


def _learned(known: Upstream, error: AdapterError, now: Millis, *, probe: bool) -> Upstream:
    if error.fault is Fault.SYSTEM:
        known = known.failed(now, error.detail, probe=probe, spread=spread())
    elif error.fault is not Fault.PACE:
        known = known.learned_nothing(now, probe=probe)
    if error.fault is Fault.OURS or (error.retry_after is None and error.fault is not Fault.PACE):
        return known
    wait = UNNAMED_WAIT * spread() if error.retry_after is None else error.retry_after * SECOND
    return known.told_to_wait(now, max(round(wait), SECOND), probe=probe and error.fault is Fault.PACE)


def spread() -> float:
    """The part of a wait that is waited for: jitter, so that not everything is tried at one instant."""
    return random.uniform(0.75, 1.0)  # noqa: S311 - jitter, no secret


def _alarm(down: Upstream, now: Millis) -> Alarm:
    since = to_rfc3339(now if down.failing_since is None else down.failing_since)
    text = (
        f"{named(down.target)} has taken nothing since {since}: {down.failures} failures in a row, the last one "
        f"{down.cause}. {_advice(down)} What waits for it is kept, and goes out by itself once it answers."
    )
    detail = {"target": down.target, "since": since, "failures": down.failures, "cause": down.cause}
    return Alarm(new_id("alm"), DOWN_ALARM + down.target, text, detail, now)


def named(target: str) -> str:
    """What a target is called at the beginning of a sentence."""
    return NAMES.get(target, f"The helpdesk {target}")


def _advice(down: Upstream) -> str:
    settings = SECRET_SETTINGS.get(down.target, f"the settings BRIDGE_{down.target.upper()}_...")
    if down.cause in NOT_LET_IN:
        return f"It does not let us in: look at the token or password in {settings}."
    return f"See whether it is up and can be reached from here, and look at {settings}."


def try_again(tx: Tx, site: str, target: str) -> None:
    """A person says that the cause is gone: the next row goes at once, as a probe where the system had failed."""
    known = tx.upstreams.hold(site, target)
    tx.upstreams.save(replace(known, paused_until=0, next_at=0))
