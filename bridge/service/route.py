"""Routing: which queue takes over, on which rung, with who is there at this moment."""

from bridge.domain import routing
from bridge.domain.hours import Calendar
from bridge.domain.queues import Queue
from bridge.domain.routing import Route, Staffing
from bridge.domain.values import Channel, Priority
from bridge.service.context import Case


def queue_of(case: Case, name: str, tier: str) -> tuple[str, Queue]:
    """The queue of this name for a customer's tier; the first one where the policy has lost it since."""
    queues = case.policy.queues
    found = name if name in queues else next(iter(queues))
    return found, queues[found].for_tier(tier)


def calendar_of(case: Case, name: str, queue: Queue) -> Calendar:
    """When the people of a queue are there, as feeds of closures and the team's commands have it now."""
    return case.hours.calendar(name, queue.hours)


def staffing(case: Case, name: str, tier: str) -> Staffing:
    """A queue as it is now for a customer's tier, with who is there and how much they have in hand."""
    found, queue = queue_of(case, name, tier)
    present, load = case.tx.people.present(case.site.id, case.at), case.tx.escalations.load(case.site.id)
    return Staffing(found, queue, calendar_of(case, found, queue), routing.someone_free(found, present, load, case.at))


def route_now(case: Case, name: str, tier: str, priority: Priority, below: Channel | None = None) -> Route:
    """The first rung that is possible now."""
    return routing.route(staffing(case, name, tier), priority, case.at, below=below)
