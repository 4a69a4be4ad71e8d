"""Routing: which queue takes over, on which rung, with who is there at this moment."""

from collections import Counter

from bridge.domain import entitlement, hours, routing
from bridge.domain.calendars import Calendar
from bridge.domain.escalation import Escalation, Who
from bridge.domain.queues import Queue
from bridge.domain.routing import Route, Staffing
from bridge.domain.values import Channel, Millis, Priority
from bridge.service.context import Case


def known_name(case: Case, name: str) -> str:
    """The name of the queue that has what was given to this one: the first one where the policy has lost it since."""
    queues = case.policy.queues
    return name if name in queues else next(iter(queues))


def queue_of(case: Case, name: str, tier: str) -> tuple[str, Queue]:
    """The queue of this name for a customer's tier; the first one where the policy has lost it since."""
    found = known_name(case, name)
    return found, case.policy.queues[found].for_tier(tier)


def calendar_of(case: Case, name: str, queue: Queue) -> Calendar:
    """When the people of a queue are there, as feeds of closures and the team's commands have it now."""
    return case.hours.calendar(name, queue.hours)


def calendar_for(case: Case, name: str, escalation: Escalation) -> Calendar:
    """The same of a queue for the customer of an escalation."""
    return calendar_of(case, *queue_of(case, name, entitlement.tier_of(case.policy, escalation)))


def home_of(case: Case, escalation: Escalation) -> str:
    """The queue that the escalation's rule leads to: another one may have it while its people help out."""
    rule = case.policy.rule_named(escalation.rule)
    return case.policy.queue_for(rule, entitlement.tier_of(case.policy, escalation)) if rule else escalation.queue


def staffing(case: Case, name: str, tier: str) -> Staffing:
    """A queue as it is now for a customer's tier."""
    found, queue = queue_of(case, name, tier)
    calendar = calendar_of(case, found, queue)
    could_be_live = Channel.LIVE in queue.ladder and hours.is_open(calendar, case.at)
    return Staffing(found, queue, calendar, free=could_be_live and _someone_free(case, found, queue))


def taking(case: Case, name: str, tier: str) -> Staffing:
    """The queue that takes over now: this one, or one of its overflow whose people can take a live chat."""
    own = staffing(case, name, tier)
    return routing.choose(own, (staffing(case, other, tier) for other in own.queue.overflow), case.at)


def route_now(
    case: Case, name: str, tier: str, priority: Priority, *, below: Channel | None = None, patience: Millis = 0
) -> Route:
    """The first rung that is possible now; below a rung no other queue is asked."""
    chosen = staffing(case, name, tier) if below else taking(case, name, tier)
    return routing.route(chosen, priority, case.at, below=below, patience=patience)


def _someone_free(case: Case, name: str, queue: Queue) -> bool:
    """Whether a live chat finds a person; from here to the end of the transaction nobody else gives the place away."""
    people, site = case.tx.people, case.site.id
    if queue.staffing == "schedule":
        return not people.is_away(site, Who.QUEUE, name, case.at)
    present = people.present(site, case.at)
    if not present:
        return False
    people.alone(site)
    offered: Counter[str] = Counter()
    for known, chats in case.tx.escalations.offered(site).items():
        offered[known_name(case, known)] += chats
    return routing.someone_free(name, present, case.tx.escalations.load(site), offered, case.at)
