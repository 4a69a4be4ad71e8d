"""Session start: fetch the customer within a budget, keep the snapshot, and join an escalation that is open."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bridge.domain import policy as policies
from bridge.domain import signals
from bridge.domain.customer import Account, Claim, Customer, Fetch, Shop, judge_tier, merge_shop
from bridge.domain.instants import in_the_last
from bridge.domain.policy import Policy
from bridge.domain.rendering import render_account
from bridge.domain.session import Session, customer_key
from bridge.domain.values import Identity, Json, State, Visitor
from bridge.ports import AdapterError, BridgeError, Crm, StoreBusy, Tx
from bridge.service import deliver, desk_tickets
from bridge.service.build_packet import account_of
from bridge.service.context import Bridge, CurrentPolicy, known_site, open_case, write_patiently
from bridge.service.locked_session import locked_verdict, standing_escalation
from bridge.service.repeated_request import digest_of
from bridge.service.verdicts import verdict
from bridge.service.watch_crm import record_lookup

log = structlog.get_logger()

MOST_HELD_S = 1.0
"""Seconds for which the start of a session is held back at most: the plugin waits two for all that a message takes."""
TOO_LATE = "too late"
"""The cause of a look-up that ran out of time, and whose answer may yet come."""


class SessionTaken(BridgeError):  # noqa: N818
    """A session of this id exists already, and belongs to another visitor."""


@dataclass(frozen=True, slots=True)
class Start:
    """What the plugin says at session start."""

    session_id: str
    visitor: Visitor
    locale: str | None = None
    timezone: str | None = None
    page_url: str | None = None
    flow: str | None = None
    shop: Shop | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a look-up ended so far; `late` is the call that still runs when it ended by time."""

    fetch: Fetch
    account: Account | None = None
    cause: str | None = None
    late: Future[Account | None] | None = None


def start_session(bridge: Bridge, site: str, start: Start, keep_nonce: Callable[[Tx], None]) -> tuple[Json, bool]:
    """The verdict for a new session, and whether it was made now.

    The CRM is asked between two transactions: no database lock is held while the network is slow.

    Raises:
        SessionTaken: the id belongs to another visitor's session.
        SiteUnknown: there is no such site.
    """
    wait_for_language = bridge.languages.begin(signals.language_of(start.locale))
    with bridge.store.read() as tx:
        known = tx.sessions.get(site, start.session_id)
        current = bridge.policies.current(tx, site)
    lookup = Lookup(Fetch.SKIPPED) if known else look_up(bridge, site, current.document, start)
    wait_for_language()
    with bridge.store.write() as tx:
        keep_nonce(tx)
        answer, made = _start(bridge, tx, current, site, start, lookup)
    if made and lookup.late:
        lookup.late.add_done_callback(lambda call: repair(bridge, site, start, call))
    return answer, made


def _start(
    bridge: Bridge, tx: Tx, current: CurrentPolicy, site: str, start: Start, lookup: Lookup
) -> tuple[Json, bool]:
    digest = digest_of(start.visitor.identity, start.visitor.user_id)
    session = _new(bridge, current.document, site, start, lookup)
    key = customer_key(start.visitor)
    if key:
        tx.sessions.alone(site, key)
    standing = tx.escalations.active_of(site, session.id, key) if key else None
    if standing:
        session = replace(session, state=State.ESCALATED, escalation_id=standing.id)
    made = tx.sessions.start(session, digest)
    if not made:
        stored = tx.sessions.hold(site, start.session_id)
        if stored is None or not (stored.erased or tx.sessions.digest(site, start.session_id) == digest):
            raise SessionTaken
        session = stored
    return (locked_verdict(tx, current, session, bridge.clock.now()) if session.locked else verdict(session)), made


def _new(bridge: Bridge, policy: Policy, site: str, start: Start, lookup: Lookup) -> Session:
    return Session(
        site=site,
        id=start.session_id,
        state=State.OPEN,
        visitor=start.visitor,
        customer=customer_of(policy, start, lookup),
        locale=start.locale,
        timezone=start.timezone,
        page_url=start.page_url,
        flow=policies.flow_at_start(policy, start.flow, start.page_url),
        shop=start.shop,
        window=(),
        turns=0,
        escalation_id=None,
        last_event=0,
        phone=None,
        started_at=bridge.clock.now(),
    )


def customer_of(policy: Policy, start: Start, lookup: Lookup) -> Customer:
    """The snapshot: what the look-up said, the shop's orders, and the tier that follows.

    A typed address may be anybody's: what the CRM says of it is a claim beside the snapshot of a customer nobody knows.
    """
    typed = start.visitor.identity is Identity.CLAIMED
    proven = None if typed else lookup.account
    tier, assumed = judge_tier(proven, lookup.fetch, tiers=policy.tiers, default_tier=policy.default_tier)
    return Customer(
        identity=start.visitor.identity,
        fetch=lookup.fetch,
        cause=lookup.cause,
        tier=tier,
        tier_assumed=assumed,
        account=merge_shop(proven or Account(), start.shop),
        claim=_claim(policy, lookup.account, start.shop) if typed and lookup.account else None,
    )


def _claim(policy: Policy, account: Account, shop: Shop | None) -> Claim:
    """It can raise the tier above that of a visitor without an address, and never lower it."""
    tier, _ = judge_tier(account, Fetch.FOUND, tiers=policy.tiers, default_tier=policy.default_tier)
    return Claim(tier=max(policy.default_tier, tier, key=policy.tiers.index), account=merge_shop(account, shop))


def look_up(bridge: Bridge, site_id: str, policy: Policy, start: Start) -> Lookup:
    """Ask the CRM, or the cache, about a visitor who has an address; one log line says how it ended.

    With a typed address it takes the whole budget, `MOST_HELD_S` at most, so that the time does not tell whose it is.
    """
    crm, key = _crm_for(bridge, site_id, policy, start)
    if crm is None or key is None:
        return Lookup(Fetch.SKIPPED)
    now, asked = bridge.clock.now(), time.monotonic()
    with bridge.store.read() as tx:
        known = tx.ops.cached_account(site_id, key)
    cached = known if known and in_the_last(bridge.crm_cache_ms, known.fetched_at, now) else None
    if cached:
        lookup, took = Lookup(Fetch.FOUND if cached.account else Fetch.NOT_FOUND, cached.account), 0.0
    else:
        began = time.monotonic()
        lookup = _ask(bridge, crm, start.visitor)
        took = time.monotonic() - began
        _remember(bridge, site_id, key, crm, lookup)
    log.info(
        "crm.fetched",
        site=site_id,
        session=start.session_id,
        crm=crm.name,
        result=lookup.fetch.value,
        cause=lookup.cause,
        cached=cached is not None,
        ms=round(took * 1000),
    )
    if start.visitor.identity is Identity.CLAIMED:  # some CRMs take more calls for a customer than for a stranger
        bridge.pause(max(0.0, asked + min(bridge.crm_wait, MOST_HELD_S) - time.monotonic()))
    return lookup


def _crm_for(bridge: Bridge, site_id: str, policy: Policy, start: Start) -> tuple[Crm | None, str | None]:
    visitor = start.visitor
    ignored = visitor.identity is Identity.CLAIMED and policy.claimed_identity == "ignore"
    if not visitor.email or visitor.identity is Identity.ANONYMOUS or ignored:
        return None, None
    with bridge.store.read() as tx:
        site = known_site(tx, site_id)
    return bridge.systems(site).crm, visitor.email.casefold()


def _ask(bridge: Bridge, crm: Crm, visitor: Visitor) -> Lookup:
    call: Future[Account | None] = bridge.lookups.submit(crm.account, visitor, budget=bridge.crm_behind)
    try:
        account = call.result(timeout=bridge.crm_wait)
    except TooLate:
        return Lookup(Fetch.FAILED, cause=TOO_LATE, late=call)
    except AdapterError as error:
        return Lookup(Fetch.FAILED, cause=error.detail[:200])
    except Exception:
        log.exception("crm.broken", crm=crm.name)
        return Lookup(Fetch.FAILED, cause="adapter error")
    return Lookup(Fetch.FOUND if account else Fetch.NOT_FOUND, account)


def _remember(bridge: Bridge, site: str, key: str, crm: Crm, lookup: Lookup) -> None:
    now = bridge.clock.now()
    with bridge.store.write() as tx:
        if lookup.fetch in (Fetch.FOUND, Fetch.NOT_FOUND):
            tx.ops.cache_account(site, key, lookup.account, now)
        record_lookup(tx, site, crm.name, lookup.fetch, lookup.cause, now)


def repair(bridge: Bridge, site: str, start: Start, call: "Future[Any]") -> None:
    """Put late data into a session that was judged by assumption.

    An escalated one keeps what it was decided on, so that no tier is lowered behind a promise; its ticket is told.
    A database that is busy is asked again: nobody will look this customer up a second time.
    """
    if call.cancelled() or call.exception():
        return
    account: Account | None = call.result()
    lookup = Lookup(Fetch.FOUND if account else Fetch.NOT_FOUND, account)
    try:
        repaired = write_patiently(bridge, lambda tx: _put_right(bridge, tx, site, start, lookup))
    except StoreBusy:
        log.warning("crm.not_repaired", site=site, session=start.session_id, result=lookup.fetch.value)
        return
    if repaired:
        log.info("crm.repaired", site=site, session=start.session_id, result=lookup.fetch.value)


def _put_right(bridge: Bridge, tx: Tx, site: str, start: Start, lookup: Lookup) -> bool:
    """Late data into the session and the cache; not where the session is over, whose customer may be forgotten."""
    session = tx.sessions.hold(site, start.session_id)
    if session is None or session.state is State.CLOSED:
        return False
    if start.visitor.email:
        tx.ops.cache_account(site, start.visitor.email.casefold(), lookup.account, bridge.clock.now())
    current = bridge.policies.current(tx, site)
    known = replace(session, customer=customer_of(current.document, start, lookup))
    if session.state is State.ESCALATED:
        _tell_the_team(bridge, tx, known)
    else:
        tx.sessions.set_customer(known)
    return True


def _tell_the_team(bridge: Bridge, tx: Tx, known: Session) -> None:
    """Add to the ticket what the CRM said of the customer, once."""
    standing = standing_escalation(tx, known)
    if standing and known.customer.fetch is Fetch.FOUND:
        customer = known.customer.at_their_word
        said = render_account(customer.tier, account_of(customer.account))
        desk_tickets.note(
            open_case(bridge, tx, known.site), standing, f"crm.{known.id}", "The CRM has answered since", said
        )
        deliver.soon(bridge, tx)
