"""Looks for rows that do not fit together, and mends them: what a crash, a restored copy or a hand may have left.

Each of our own transactions leaves everything whole, so there is nothing to find on most days. What is mended is logged
and counted; what only a person can judge raises an alarm. All of it may be done again, and by several at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import structlog

from bridge.domain import entitlement, routing
from bridge.domain.escalation import ACTIVE, Escalation, EscalationState, EventKind, FollowUpKind
from bridge.domain.health import Alarm
from bridge.domain.instants import DAY, HOUR, MINUTE
from bridge.domain.session import Session, Turn
from bridge.domain.values import Channel, Millis, State
from bridge.ports import EscalationCheck, LockedSession, Site, Tx
from bridge.service import alarms, desk_tickets, keep_calls
from bridge.service.book_call import call_follow_ups
from bridge.service.chat_events import Said, first_session, tell
from bridge.service.context import Bridge, Case, new_id, open_case, usable_systems
from bridge.service.deliver import DUPLICATE_ALARM
from bridge.service.each_site import each_site, on_its_own
from bridge.service.promise import planned
from bridge.service.route import home_of, queue_of, staffing
from bridge.service.verdicts import say

log = structlog.get_logger()

PAGE_SIZE: Final = 200
"""Rows of one read."""
PAGES_PER_RUN: Final = 100
"""Pages of a site that one run looks at; the next one goes on behind them."""
STRANDED_ALARM: Final = "locked_without_escalation"
MOST_NAMED: Final = 5
"""Sessions that an alarm names."""
FARTHEST_AHEAD: Final = {
    "lease": 10 * MINUTE,
    "follow_up_lease": 10 * MINUTE,
    "due": DAY + HOUR,
    "postponed": 10 * MINUTE,
    "wait": DAY + HOUR,
    "pause": 20 * MINUTE,
}
"""How far ahead anything of the kind can lie, with room for clocks that differ; beyond it the clock was wrong."""

Row = TypeVar("Row", EscalationCheck, LockedSession)


class Reconciler:
    """Goes through the active escalations and locked sessions of every site, by index, until `stop` says so."""

    def __init__(self, bridge: Bridge, stop: Callable[[], bool] = lambda: False) -> None:
        self._bridge = bridge
        self._stop = stop
        self._after: dict[tuple[str, str], str] = {}

    def __call__(self) -> None:
        """Look once."""
        free_the_future(self._bridge)
        each_site(self._bridge, "reconcile", self._look_at)

    def _look_at(self, site: Site) -> None:
        for untidy in self._walk(site, "escalations", _untidy_page, lambda one: one.session_id):
            with on_its_own(site.id, "reconcile"):
                _mend(self._bridge, site, untidy)
        self._sessions(site)
        _end_alarms(self._bridge, site)

    def _sessions(self, site: Site) -> None:
        whole = (site.id, "sessions") not in self._after
        lost = [
            one.session_id
            for one in self._walk(site, "sessions", _locked_page, lambda one: one.session_id)
            if one.state not in ACTIVE and not _unlock(self._bridge, site, one)
        ]
        if whole and (site.id, "sessions") not in self._after:
            _tell_stranded(self._bridge, site, lost)

    def _walk(
        self,
        site: Site,
        what: str,
        page_of: Callable[[Tx, str, str], list[Row]],
        place: Callable[[Row], str],
    ) -> Iterator[Row]:
        """Row after row from where the last run ended."""
        key = (site.id, what)
        for _ in range(PAGES_PER_RUN):
            with self._bridge.store.read() as tx:
                page = page_of(tx, site.id, self._after.get(key, ""))
            yield from page
            if len(page) < PAGE_SIZE:
                self._after.pop(key, None)
                return
            self._after[key] = place(page[-1])
            if self._stop():
                return


def _untidy_page(tx: Tx, site: str, after: str) -> list[EscalationCheck]:
    return tx.repairs.page(site, after, PAGE_SIZE)


def _locked_page(tx: Tx, site: str, after: str) -> list[LockedSession]:
    return tx.repairs.locked(site, after, PAGE_SIZE)


def free_the_future(bridge: Bridge) -> None:
    """Bring back leases, waits and pauses that a clock which was ahead has set; not while our own clock jumps."""
    now, believed = bridge.leases.now()
    if not believed:
        return
    with bridge.store.write() as tx:
        for what, times in tx.repairs.free(now, FARTHEST_AHEAD).items():
            if times:
                _count(tx, f"{what}_in_the_future", now, times=times)


def _count(tx: Tx, what: str, at: Millis, *, times: int = 1, **where: str) -> None:
    tx.repairs.count(what, times, at)
    log.warning("repair.done", what=what, times=times, **where)


# -- escalations -------------------------------------------------------------------------------------------------------


def _mend(bridge: Bridge, site: Site, seen: EscalationCheck) -> None:
    if not (seen.no_ref or seen.unwatched or seen.deserted or (seen.unfiled and _desk_of(bridge, site))):
        return
    with bridge.store.write() as tx:
        case = open_case(bridge, tx, site.id)
        held = tx.escalations.hold(site.id, seen.escalation_id)
        now = tx.repairs.look(site.id, seen.escalation_id)
        for what in _mended(case, held, now) if held and now else ():
            _count(tx, what, case.at, site=site.id, escalation=seen.escalation_id)


def _desk_of(bridge: Bridge, site: Site) -> bool:
    systems = usable_systems(bridge, site)
    return systems is not None and systems.desk is not None


def _mended(case: Case, held: Escalation, seen: EscalationCheck) -> Iterator[str]:
    """Mend what is wrong with an escalation, and name it."""
    if seen.unfiled and case.systems.desk:
        desk_tickets.post_ticket(case, held)
        desk_tickets.note(case, held, "since", "Written before the ticket was filed", _said_since(case, held))
        yield "ticket_filed"
    if seen.no_ref and case.tx.repairs.doubt(held.id, case.at):
        yield "ticket_looked_up"
    if seen.unwatched:
        _plan_again(case, held)
        yield "promise_planned"
    if seen.deserted:
        session = first_session(case, held)
        case.tx.sessions.save(replace(session, state=State.ESCALATED, escalation_id=held.id))
        yield "session_locked"


def _said_since(case: Case, held: Escalation) -> str:
    """What the visitor wrote after the hand-over, which the packet of that moment cannot hold."""
    sessions = case.tx.sessions.of_escalation(held.site, held.id)
    turns = (turn for one in sessions for turn in _since(case.tx.sessions.turns(held.site, one.id), held.decided_at))
    return "\n".join(turn.text for turn in sorted(turns, key=lambda one: one.at))


def _since(turns: Sequence[Turn], decided_at: Millis) -> list[Turn]:
    """The turns of a session that came after the decision, or were written after it and joined it.

    One that came to the locked session was not judged, whenever it was written.
    """
    judged = max((turn.seq for turn in turns if turn.trace != "null"), default=0)
    return [turn for turn in turns if turn.seq > judged or turn.at > decided_at]


def _plan_again(case: Case, held: Escalation) -> None:
    """Plan what the standing promise is kept by; what was done for it already stays done, but for its end."""
    for kind, due_at in _follow_ups(case, held):
        if kind is FollowUpKind.PROMISE:
            case.tx.work.plan_anew(planned(case, held, kind, due_at))
        elif due_at > case.at:
            case.tx.work.plan(planned(case, held, kind, due_at))


def _follow_ups(case: Case, held: Escalation) -> Iterable[tuple[FollowUpKind, Millis]]:
    name, queue = queue_of(case, home_of(case, held), entitlement.tier_of(case.policy, held))
    call, promise = keep_calls.booked_call(case, held), held.commitment
    if call and call.commitment_id == promise.id:
        yield from call_follow_ups(call, queue.callbacks.remind)
        return
    if promise.channel is Channel.LIVE:
        yield FollowUpKind.PICKUP, min(promise.made_at + queue.pickup_within, promise.due_at)
    calendar = staffing(case, name, entitlement.tier_of(case.policy, held)).calendar
    opens_at = routing.opening_before(calendar, case.at, promise.due_at)
    if opens_at is not None and promise.channel is not Channel.LIVE:
        yield FollowUpKind.OPENING, opens_at
    if queue.warn_before:
        yield FollowUpKind.WARN, promise.due_at - min(queue.warn_before, (promise.due_at - promise.made_at) // 2)
    yield FollowUpKind.PROMISE, promise.due_at


# -- sessions ----------------------------------------------------------------------------------------------------------


def _unlock(bridge: Bridge, site: Site, seen: LockedSession) -> bool:
    """Have a session follow its escalation, which is over; False where there is none that it could follow."""
    if seen.state is None:
        return False
    with bridge.store.write() as tx:
        case = open_case(bridge, tx, site.id)
        session = tx.sessions.hold(site.id, seen.session_id)
        if session and session.state is State.ESCALATED and session.escalation_id:
            over = tx.escalations.get(site.id, session.escalation_id)
            if over and over.state not in ACTIVE:
                tx.sessions.save(_followed(case, session, over.state))
                _count(tx, "session_unlocked", case.at, site=site.id, escalation=over.id)
    return True


def _followed(case: Case, session: Session, state: EscalationState) -> Session:
    """The session as a person left it when they resolved or released its escalation."""
    if state is EscalationState.RELEASED:
        told = tell(case, session, Said(EventKind.RELEASED, say(case.policy, session, "released")))
        return replace(told, state=State.OPEN, escalation_id=None, window=())
    told = tell(case, session, Said(EventKind.CLOSED, say(case.policy, session, "resolved")))
    return replace(told, state=State.CLOSED)


def _tell_stranded(bridge: Bridge, site: Site, lost: list[str]) -> None:
    """The alarm about sessions that wait for a person of whom nobody was told; only a person may end their lock."""
    with bridge.store.read() as tx:
        standing = alarms.standing_texts(tx, site.id)
    told = Alarm(new_id("alm"), STRANDED_ALARM, _stranded_text(lost), {"n": len(lost)}, bridge.clock.now())
    alarms.tell(bridge, site.id, [told], standing, raised="repair.alarm", ended="repair.cleared")


def _stranded_text(lost: list[str]) -> str:
    """What is to be said of such sessions; empty where there is none."""
    if not lost:
        return ""
    are = "1 conversation is" if len(lost) == 1 else f"{len(lost)} conversations are"
    named = ", ".join(lost[:MOST_NAMED]) + (", ..." if len(lost) > MOST_NAMED else "")
    return (
        f"{are} locked without an escalation, so nobody was told: {named}. The escalation is not in the database: read "
        "what was said with bridge explain, and answer the customer another way."
    )


# -- the helpdesk ------------------------------------------------------------------------------------------------------


def _end_alarms(bridge: Bridge, site: Site) -> None:
    """End the alarms about tickets that the helpdesk has twice, once their escalation is over."""
    with bridge.store.read() as tx:
        kinds = [one.kind for one in tx.alarms.standing(site.id) if one.kind.startswith(DUPLICATE_ALARM)]
        over = [kind for kind in kinds if not tx.repairs.look(site.id, kind.removeprefix(DUPLICATE_ALARM))]
    if over:
        with bridge.store.write() as tx:
            for kind in over:
                tx.alarms.clear(site.id, kind, bridge.clock.now())
