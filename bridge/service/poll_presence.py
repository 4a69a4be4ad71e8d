"""Asks each site's helpdesk who is there, and remembers the answer for a while: what is stale counts as absent.

Never in a turn: the scheduler asks, a decision reads rows. A helpdesk that does not answer costs nobody anything but
the people whom it would have named; after five minutes an alarm says so, which the next good answer ends.
"""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from bridge.domain.escalation import Agent, Presence
from bridge.domain.health import Alarm
from bridge.domain.instants import MINUTE, SECOND, in_the_last
from bridge.domain.values import Millis
from bridge.ports import AdapterError, Seen, Site
from bridge.service import alarms
from bridge.service.context import Bridge, Roster, new_id, usable_systems
from bridge.service.each_site import on_its_own

PARALLEL_POLLS = 8
"""Sites that are asked at once: one helpdesk that hangs must not make the people of other sites look absent."""
POLL_BUDGET_S = 10.0
"""Seconds that one helpdesk has for a whole answer."""
POLLS_KEPT = 3
"""Polls for which an answer counts: two may fail before the people whom it named are absent."""
ALARM_AFTER = 5 * MINUTE
"""Milliseconds without a good answer after which somebody has to look."""
LONGEST_PAUSE = 10 * MINUTE
"""Milliseconds: a helpdesk that asks for a longer pause is asked again after this one."""
DEFAULT_CAPACITY = 3
"""Conversations of a person whose helpdesk names no number, as for one who is there in wp-admin."""
MOST_CAPACITY = 100
LONGEST_NAME = 120
ALARM_PREFIX = "presence:"
"""How the kinds of these alarms begin; the helpdesk's name follows."""
QUEUES_ALARM = f"{ALARM_PREFIX}queues"
"""The kind of the alarm about queues that a group should serve and the policy does not have."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Failing:
    """Since when a helpdesk has given no good answer, how often in a row, and when it may be asked again."""

    since: Millis
    in_a_row: int
    not_before: Millis


class PresencePoll:
    """One look at all helpdesks, again and again.

    Args:
        bridge: the assembled product.
        every: seconds between two looks; what one says counts for three of them.
        stop: set when the process is asked to end: no further helpdesk is asked then.
    """

    def __init__(self, bridge: Bridge, every: float, stop: threading.Event | None = None) -> None:
        self._bridge = bridge
        self._every = round(every * SECOND)
        self._stop = stop or threading.Event()
        self._failing: dict[str, Failing] = {}

    def __call__(self) -> None:
        """Ask the helpdesk of every site that has one."""
        with self._bridge.store.read() as tx:
            sites = tx.sites.all()
        with ThreadPoolExecutor(PARALLEL_POLLS, thread_name_prefix="presence") as pool:
            for done in [pool.submit(self._look, site) for site in sites]:
                done.result()

    def _look(self, site: Site) -> None:
        with on_its_own(site.id, "presence"):
            self._ask(site)

    def _ask(self, site: Site) -> None:
        roster = self._bridge.systems(site).roster
        self._end_alarms_of_others(site, roster)
        if roster is None or self._stop.is_set() or not self._is_time(site):
            return
        try:
            seen = roster.presences.who(budget=POLL_BUDGET_S)
        except AdapterError as error:
            self._failed(site, roster, error)
        else:
            self._answered(site, roster, seen)

    def _is_time(self, site: Site) -> bool:
        """Whether it may be asked: it wants no pause, and another scheduler has not just done it.

        An instant that lies further ahead than we ever wait was written before the clock was set back.
        """
        now, failing = self._bridge.clock.now(), self._failing.get(site.id)
        if failing:
            return not 0 < failing.not_before - now <= LONGEST_PAUSE
        with self._bridge.store.read() as tx:
            heard = tx.ops.last_beat(beat_of(site))
        return heard is None or not in_the_last(self._every // 2, heard, now)

    def _answered(self, site: Site, roster: Roster, seen: list[Seen]) -> None:
        now, name = self._bridge.clock.now(), roster.presences.name
        people = presences(name, seen, roster.queues, now + POLLS_KEPT * self._every)
        with self._bridge.store.write() as tx:
            tx.people.note_all(site.id, name, people)
            tx.ops.beat(beat_of(site), now)
        self._failing.pop(site.id, None)
        log.debug("presence.read", site=site.id, helpdesk=name, people=sum(one.available for one in people))
        self._tell(site, _ended(ALARM_PREFIX + name, now), self._of_queues(site, roster, now))

    def _of_queues(self, site: Site, roster: Roster, now: Millis) -> Alarm:
        """A queue that is misspelt in the settings, or gone from the policy, would have nobody without a word."""
        with self._bridge.store.read() as tx:
            known = self._bridge.policies.current(tx, site.id).document.queues.keys()
        lost = sorted({queue for served in roster.queues.values() for queue in served} - known)
        text = f"BRIDGE_PRESENCE_QUEUES names what is no queue of the policy: {', '.join(lost)}." if lost else ""
        return Alarm(new_id("alm"), QUEUES_ALARM, text, {"queues": lost}, now)

    def _failed(self, site: Site, roster: Roster, error: AdapterError) -> None:
        now, name = self._bridge.clock.now(), roster.presences.name
        before = self._failing.get(site.id, Failing(now, 0, now))
        pause = min(round((error.retry_after or 0) * SECOND), LONGEST_PAUSE)
        failing = Failing(min(before.since, now), before.in_a_row + 1, now + pause)
        self._failing[site.id] = failing
        log.warning("presence.failed", site=site.id, helpdesk=name, cause=error.detail, in_a_row=failing.in_a_row)
        if now - failing.since >= ALARM_AFTER:
            detail = {"helpdesk": name, "cause": error.detail, "in_a_row": failing.in_a_row}
            self._tell(site, Alarm(new_id("alm"), ALARM_PREFIX + name, alarm_text(name, error.detail), detail, now))

    def _end_alarms_of_others(self, site: Site, roster: Roster | None) -> None:
        """An alarm about a helpdesk that is not asked any more would stand for ever."""
        asked = {ALARM_PREFIX + roster.presences.name, QUEUES_ALARM} if roster else set()
        with self._bridge.store.read() as tx:
            ours = {kind for kind in alarms.standing_texts(tx, site.id) if kind.startswith(ALARM_PREFIX)}
        self._tell(site, *(_ended(kind, self._bridge.clock.now()) for kind in ours - asked))

    def _tell(self, site: Site, *told: Alarm) -> None:
        with self._bridge.store.read() as tx:
            standing = alarms.standing_texts(tx, site.id)
        alarms.tell(self._bridge, site.id, told, standing, raised="presence.alarm", ended="presence.cleared")


def _ended(kind: str, now: Millis) -> Alarm:
    return Alarm(new_id("alm"), kind, "", {}, now)


def beat_of(site: Site) -> str:
    """The name under which the instant of a site's last good answer is kept."""
    return f"presence:{site.id}"


def presences(
    helpdesk: str, seen: list[Seen], queues: Mapping[str, tuple[str, ...]], expires_at: Millis
) -> list[Presence]:
    """What a helpdesk said in our terms, each person once."""
    people = {one.id: one for one in seen}
    return [_presence(helpdesk, one, queues, expires_at) for one in people.values()]


def _presence(helpdesk: str, one: Seen, queues: Mapping[str, tuple[str, ...]], expires_at: Millis) -> Presence:
    """Where groups are mapped, somebody who is in none of them serves nobody here."""
    served = tuple(dict.fromkeys(queue for group in one.groups for queue in queues.get(group, ())))
    capacity = DEFAULT_CAPACITY if one.capacity is None else min(max(one.capacity, 0), MOST_CAPACITY)
    there = one.available and capacity > 0 and bool(served or not queues)
    # a name is shown to people and kept in a database: neither takes a NUL or half a character
    name = "".join(letter for letter in one.name if letter.isprintable()).strip()[:LONGEST_NAME]
    return Presence(Agent(f"{helpdesk}:{one.id}", name or one.id), served, capacity, there, expires_at)


def alarm_text(helpdesk: str, cause: str) -> str:
    """The alarm in words for the owner."""
    return (
        f"{helpdesk.capitalize()} has not said for {ALARM_AFTER // MINUTE} minutes who of the team is there ({cause}). "
        "Its people count as absent until it answers: chats that would go to them get a callback or an e-mail."
    )


def presence_ages(bridge: Bridge) -> dict[str, float]:
    """Seconds since the last good answer, by site that asks a helpdesk and ever got one."""
    with bridge.store.read() as tx:
        asking = [site for site in tx.sites.all() if (systems := usable_systems(bridge, site)) and systems.roster]
        heard = {site.id: tx.ops.last_beat(beat_of(site)) for site in asking}
    return {site: (bridge.clock.now() - at) / SECOND for site, at in heard.items() if at is not None}
