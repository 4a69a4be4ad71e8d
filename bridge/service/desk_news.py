"""What people do to a ticket in the helpdesk: they pick it up, answer, solve it. A webhook or a poll tells us.

News may come late, twice, out of order or after the end. What it changes counts from the instant at which it happened.
"""

from dataclasses import replace

from bridge.domain.escalation import ACTIVE, Agent, Escalation, EscalationState, EventKind
from bridge.domain.forgetting import is_erased
from bridge.domain.values import Millis
from bridge.ports import AgentReply, DeskNews, NewsKind
from bridge.service.absence import is_there
from bridge.service.chat_events import Said, announce
from bridge.service.context import Case
from bridge.service.work_ticket import hold, mail_answer, resolve, take_answer, tell_all

ANSWERED_THERE = "(answered in the helpdesk)"
"""What the team's record holds of an answer whose text the desk does not tell."""


def take_news(case: Case, news: DeskNews) -> Escalation:
    """Let the news have its effect, whichever it is.

    Raises:
        EscalationUnknown: this site has no such escalation.
    """
    if news.kind is NewsKind.PICKED_UP:
        return picked_up(case, news.escalation_id, news.agent)
    if news.kind is NewsKind.SOLVED:
        return solved(case, news.escalation_id, news.agent, news.at)
    answer = AgentReply(news.message_id, news.agent, news.text or "", news.at)
    return answered(case, news.escalation_id, answer, delivered=news.delivered)


def picked_up(case: Case, escalation_id: str, agent: Agent) -> Escalation:
    """A person took the ticket, or it was given to them; the customer hears of the first.

    The desk says who of its people has it. Who claimed the escalation elsewhere keeps it.

    Raises:
        EscalationUnknown: this site has no such escalation.
    """
    held = hold(case, escalation_id)
    if held.state not in ACTIVE or (held.claimed_by and not _passed_on(held.claimed_by, agent)):
        return held
    is_there(case, held, agent)
    claimed = replace(held, state=EscalationState.CLAIMED, claimed_by=agent)
    case.tx.escalations.set_state(claimed)
    if held.state is EscalationState.OPEN:
        tell_all(case, claimed, EventKind.NOTICE, "claimed", agent=agent.name)
    return claimed


def _passed_on(before: Agent, now: Agent) -> bool:
    """Whether one person of a desk has it from another; their ids begin with the desk's name."""
    return before.id != now.id and before.id.partition(":")[0] == now.id.partition(":")[0]


def answered(case: Case, escalation_id: str, answer: AgentReply, *, delivered: bool = True) -> Escalation:
    """A person answered the customer: the chat shows it, and a promise that was not due then is kept.

    A desk that writes to its customer itself leaves no mail to us. An empty text shows nothing in the chat. Nothing is
    kept of what is said to somebody who was forgotten.

    Args:
        case: the site's case.
        escalation_id: the ticket's external id.
        answer: `reply_id` is the desk's own id of the message: the second time nothing happens. A desk whose clock
            is ahead of ours answered now, and not later.
        delivered: whether the desk brings the answer to the customer itself.

    Raises:
        EscalationUnknown: this site has no such escalation.
    """
    held = hold(case, escalation_id)
    told = replace(answer, at=min(answer.at, case.at), text=answer.text or ANSWERED_THERE)
    if is_erased(held.trace) or not case.tx.escalations.keep_reply(case.site.id, escalation_id, told):
        return held
    changed = take_answer(case, held, told)
    if answer.text:
        announce(case, changed, Said(EventKind.AGENT, answer.text, answer.agent.name))
    if answer.text and not delivered:
        mail_answer(case, changed, answer)
    return changed


def solved(case: Case, escalation_id: str, agent: Agent, at: Millis) -> Escalation:
    """A person is done with the ticket: as `work_ticket.resolve`, at that instant; nothing where it is over already.

    Raises:
        EscalationUnknown: this site has no such escalation.
    """
    held = hold(case, escalation_id)
    return resolve(case, escalation_id, agent, min(at, case.at)) if held.state in ACTIVE else held
