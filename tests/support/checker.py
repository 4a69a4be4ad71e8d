"""The eight invariants, held against what witnesses saw.

These are the answers that the clients got, the ledgers of helpdesk and mail server, and the database at the end.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bridge.domain import hours
from bridge.domain.customer import Fetch
from bridge.domain.escalation import ACTIVE, Commitment, CommitmentState, Escalation, EscalationState
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.policy_check import stored_policy
from bridge.domain.session import Session
from bridge.domain.values import Channel, Json
from bridge.ports import Tx

ALL = 100_000
FOR_EVER = 2**53
STATES = ("due", "leased", "unknown", "sent", "parked")
ENDED = ("sent", "parked")


@dataclass(frozen=True)
class Said:
    """One answer that a client got, with when its call began and ended. `turn` is empty where none was sent."""

    session: str
    turn: str
    began: float
    ended: float
    status: int
    verdict: Json

    @property
    def accepted(self) -> bool:
        return self.status in (200, 201)


@dataclass(frozen=True)
class Seen:
    """Everything that is held against the invariants.

    `tickets` counts what the helpdesk made by external id, None where there is no helpdesk; `mails` what the mail
    server took by Message-ID, None where nobody counts it. `repeats` says how many mails may have been taken twice:
    one for each sender that was killed. `notes` counts what was added to tickets by their own ids, None where nobody
    counts it. `secrets` are words that only the CRM knows. `drained`: nothing is due any more.
    """

    tx: Tx
    site: str
    said: Sequence[Said] = ()
    tickets: Counter[str] | None = None
    mails: Counter[str] | None = None
    repeats: int = 0
    notes: Counter[str] | None = None
    secrets: Sequence[str] = ()
    drained: bool = True
    promises: dict[str, list[Commitment]] = field(default_factory=dict)

    @cached_property
    def escalations(self) -> list[Escalation]:
        return self.tx.escalations.page(self.site, tuple(EscalationState), ALL, None)

    @cached_property
    def sessions(self) -> dict[str, Session | None]:
        """Those that were spoken of, by id; None where there is no such one."""
        return {name: self.tx.sessions.get(self.site, name) for name in {one.session for one in self.said}}

    @cached_property
    def policy(self) -> Policy:
        current = self.tx.policies.current(self.site)
        assert current is not None
        return stored_policy(current.document)

    @cached_property
    def outbox(self) -> list[Json]:
        return self.tx.work.outbox(STATES, ALL)

    def rows(self, kind: str) -> dict[str, str]:
        """The state of each row of the outbox of this kind, by its external id."""
        return {row["external_id"]: row["state"] for row in self.outbox if row["kind"] == kind}

    def promised(self, escalation: str) -> list[Commitment]:
        """All promises of an escalation, read once."""
        if escalation not in self.promises:
            self.promises[escalation] = self.tx.escalations.commitments(escalation)
        return self.promises[escalation]


Broken = Iterator[str]


def promised(said: Sequence[Said]) -> set[str]:
    """The escalations that clients were told of."""
    return {one.verdict["escalation"]["id"] for one in said if one.accepted and one.verdict["escalation"]}


def one_ticket(seen: Seen) -> Broken:
    """I1: an escalated session has one ticket, known by one id."""
    active = Counter(one.session_id for one in seen.escalations if one.state in ACTIVE)
    yield from (f"{number} escalations of {name}" for name, number in active.items() if number > 1)
    if seen.tickets is None:
        return
    known = {one.id for one in seen.escalations}
    yield from (f"a ticket of no escalation: {name}" for name in seen.tickets.keys() - known)
    yield from (f"{number} tickets of {name}" for name, number in seen.tickets.items() if number > 1)
    if seen.drained:
        parked = {row["escalation_id"] for row in seen.outbox if row["kind"] == "ticket" and row["state"] == "parked"}
        yield from (f"no ticket of {name}" for name in known - seen.tickets.keys() - parked)


def one_note_each(seen: Seen) -> Broken:
    """I1, of what is added to a ticket: each note is there, and once."""
    if seen.notes is None:
        return
    rows = seen.rows("note")
    yield from (f"{number} notes {name}" for name, number in seen.notes.items() if number > 1)
    yield from (f"a note that nobody wrote: {name}" for name in seen.notes.keys() - rows.keys())
    sent = {name for name, state in rows.items() if state == "sent"}
    yield from (f"note {name} counts as sent and was not" for name in sent - seen.notes.keys())


def durable_turns(seen: Seen) -> Broken:
    """I2: a turn that was answered with 2xx is there."""
    for name, session in seen.sessions.items():
        accepted = [one for one in seen.said if one.session == name and one.accepted]
        if session is None:
            yield from (f"session {name} was accepted and is gone" for _ in accepted[:1])
            continue
        kept = {turn.turn_id for turn in seen.tx.sessions.turns(seen.site, name)}
        yield from (f"turn {one.turn} of {name} is gone" for one in accepted if one.turn and one.turn not in kept)


def monotone_lock(seen: Seen) -> Broken:
    """I3: after an answer that silenced the AI no call that began later lets it speak."""
    locked: dict[str, float] = {}
    for one in seen.said:
        if one.accepted and one.verdict["action"] == "say":
            locked[one.session] = min(one.ended, locked.get(one.session, one.ended))
    for one in seen.said:
        if one.accepted and one.verdict["action"] == "answer" and one.began > locked.get(one.session, one.began):
            yield f"the AI may speak in {one.session} after the lock"


def commitments(seen: Seen) -> Broken:
    """I4: every escalation had a promise at its decision: later than it, in a zone, in staffed time, as it was told."""
    for one in seen.escalations:
        made = seen.promised(one.id)
        if not any(promise.made_at == one.decided_at for promise in made):
            yield f"no promise when {one.id} was decided"
        yield from (f"{one.id}: {why}" for promise in made for why in _bad_promise(seen, one, promise))
    for said in seen.said:
        told = said.verdict["escalation"] if said.accepted else None
        if told and told["commitment"]["due_at"] not in {to_rfc3339(x.due_at) for x in seen.promised(told["id"])}:
            yield f"{said.session} was told an instant that is none of its promises"
        if said.accepted and said.verdict["state"] == "escalated" and not told:
            yield f"{said.session} was told of no promise"


def _bad_promise(seen: Seen, one: Escalation, promise: Commitment) -> Broken:
    if promise.due_at <= promise.made_at:
        yield "a promise for a time that is over"
    if not promise.timezone:
        yield "a promise without a zone"
    queue = seen.policy.queues[one.queue].for_tier(one.packet.customer.tier)
    calendar = seen.policy.hours[queue.hours]
    staffed = hours.is_open(calendar, promise.due_at) or hours.is_open(calendar, promise.due_at - 1)
    if promise.channel is not Channel.LIVE and not staffed:
        yield "a promise outside staffed time"


def follow_ups(seen: Seen) -> Broken:
    """I5: a mail is sent, or stands somewhere as not sent; twice only where a sender died, with the same Message-ID."""
    planned = {(row["commitment_id"], row["kind"]) for row in seen.tx.work.due(FOR_EVER, ALL)}
    for one in seen.escalations:
        standing = one.commitment
        pending = one.state in ACTIVE and standing.state is CommitmentState.PENDING and one.answered_at is None
        if pending and (standing.id, "promise") not in planned:
            yield f"nothing watches the promise of {one.id}"
    if seen.mails is None:
        return
    mails = {_message_id(name, seen.site): state for name, state in seen.rows("mail").items()}
    sent = {name for name, state in mails.items() if state == "sent"}
    yield from (f"a mail that nobody decided on: {name}" for name in seen.mails.keys() - mails.keys())
    yield from (f"{name} counts as sent and was not" for name in sent - seen.mails.keys())
    repeated = sum(number - 1 for number in seen.mails.values())
    if repeated > seen.repeats:
        yield f"{repeated} mails too many, and {seen.repeats} may have been"


def _message_id(external_id: str, site: str) -> str:
    return f"<{external_id.removeprefix(f'{site}.')}@{site}.escalation-bridge>"


def crm_failures(seen: Seen) -> Broken:
    """I6: where the CRM did not answer usably the tier is the highest, assumed; nowhere else."""
    for name, session in seen.sessions.items():
        if session is None:
            continue
        customer, failed = session.customer, session.customer.fetch is Fetch.FAILED
        if customer.tier_assumed != failed or (failed and customer.tier != seen.policy.tiers[-1]):
            yield f"{name}: the CRM said {customer.fetch}, and the tier is {customer.tier}"


def walls(seen: Seen) -> Broken:
    """I7: nothing that only the CRM knows is in an answer to a visitor."""
    for one in seen.said:
        text = json.dumps(one.verdict)
        yield from (f"{one.session} was told what only the CRM knows" for secret in seen.secrets if secret in text)


def nothing_silent(seen: Seen) -> Broken:
    """I8: every escalation has its rows in the outbox, and at the end each is sent, or parked with its reason."""
    posted = {(row["escalation_id"], row["kind"]) for row in seen.outbox}
    wanted = ("mail",) if seen.tickets is None else ("mail", "ticket")
    for one in seen.escalations:
        yield from (f"{one.id} has no {kind} in the outbox" for kind in wanted if (one.id, kind) not in posted)
    for row in seen.outbox:
        if seen.drained and row["state"] not in ENDED:
            yield f"{row['id']} is {row['state']} for ever"
        if row["state"] == "parked" and not row["error"]:
            yield f"{row['id']} is parked without a reason"


INVARIANTS: Mapping[str, Callable[[Seen], Broken]] = {
    "I1": one_ticket,
    "I1, notes": one_note_each,
    "I2": durable_turns,
    "I3": monotone_lock,
    "I4": commitments,
    "I5": follow_ups,
    "I6": crm_failures,
    "I7": walls,
    "I8": nothing_silent,
}


def broken_invariants(seen: Seen) -> list[str]:
    """What is not as it has to be, each with the invariant's number."""
    return [f"{name}: {what}" for name, check in INVARIANTS.items() for what in check(seen)]
