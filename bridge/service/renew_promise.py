"""A new promise takes the place of one that was broken, or that another way of reaching a person replaces."""

from dataclasses import replace

from bridge.domain import entitlement, occasions
from bridge.domain.escalation import CommitmentState, Escalation, EventKind
from bridge.domain.values import Channel, Millis
from bridge.service import team_mails
from bridge.service.chat_events import Said, announce, first_session
from bridge.service.context import Case
from bridge.service.promise import Wording, make_commitment, plan_follow_ups
from bridge.service.route import home_of, route_now
from bridge.service.verdicts import in_mail

FELL_THROUGH = Wording(live="escalated_live", otherwise="fell_through")


def fall_to_next_rung(case: Case, escalation: Escalation) -> None:
    """A live chat that nobody takes goes to the next rung, with a new promise, and the customer is told.

    One that was offered while an earlier promise stands goes back to where it was: that promise was not of this.

    Args:
        case: the site's case.
        escalation: held, with its standing promise.
    """
    promised = escalation.commitment.channel
    if promised is Channel.LIVE:
        renew(case, escalation, CommitmentState.REPLACED, FELL_THROUGH, below=Channel.LIVE)
    else:
        case.tx.escalations.set_state(replace(escalation, queue=home_of(case, escalation), channel=promised))


def renew(
    case: Case,
    escalation: Escalation,
    settled: CommitmentState,
    wording: Wording,
    *,
    below: Channel | None = None,
    patience: Millis = 0,
) -> Escalation:
    """Put a new promise in place of the standing one, and tell every session of the escalation.

    It is a promise of the escalation's own queue: where another one has helped out, it comes home.

    Args:
        case: the site's case.
        escalation: held, with its standing promise.
        settled: what became of that promise.
        wording: how the customer is told.
        below: the rung that did not answer; None starts at the top of the ladder.
        patience: milliseconds after which the time to answer begins.
    """
    tier, priority = entitlement.tier_of(case.policy, escalation), entitlement.priority_of(case.policy, escalation)
    route = route_now(case, home_of(case, escalation), tier, priority, below=below, patience=patience)
    session = first_session(case, escalation)
    commitment = make_commitment(case, session, escalation.id, route, wording=wording)
    case.tx.escalations.settle(escalation.commitment.id, settled)
    case.tx.escalations.promise(case.site.id, commitment)
    fresh = replace(escalation, queue=route.queue, channel=route.channel, commitment=commitment)
    case.tx.escalations.set_state(fresh)
    plan_follow_ups(case, fresh, route)
    if fresh.queue != escalation.queue:
        team_mails.tell(case, in_mail(case.policy, session, fresh), occasions.NEW, commitment.id)
    announce(case, fresh, Said(EventKind.COMMITMENT, commitment.text))
    return fresh
