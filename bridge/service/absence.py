"""Who did not pick up counts as away for a while: the next visitor must not be told that a person is joining."""

from bridge.domain import entitlement, routing
from bridge.domain.escalation import Agent, Escalation, Who
from bridge.domain.instants import MINUTE
from bridge.service.context import Case
from bridge.service.route import queue_of

AWAY_FOR = 15 * MINUTE


def nobody_came(case: Case, escalation: Escalation) -> None:
    """Nobody took a live chat in time: whoever was free for its queue is away; the queue itself where nobody is seen.

    A heartbeat does not end that. What does: a claim, a reply, switching oneself off and on again, or time.
    """
    people, site, until = case.tx.people, case.site.id, case.at + AWAY_FOR
    name, queue = queue_of(case, escalation.queue, entitlement.tier_of(case.policy, escalation))
    if queue.staffing == "schedule":
        people.send_away(site, Who.QUEUE, name, until)
        return
    present, load = people.present(site, case.at), case.tx.escalations.load(site)
    for person in routing.free_people(name, present, load, case.at):
        people.send_away(site, Who.AGENT, person.agent.id, until)


def is_there(case: Case, escalation: Escalation, agent: Agent) -> None:
    """A person works on an escalation: they are there, and so is its queue."""
    case.tx.people.call_back(case.site.id, Who.AGENT, agent.id)
    case.tx.people.call_back(case.site.id, Who.QUEUE, escalation.queue)
