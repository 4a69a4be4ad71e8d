"""What is stored about one person: shown to whoever has to answer them, or erased.

A person is found by the address that WordPress knows or the visitor typed, or by their WordPress user. What a helpdesk
has of them is not ours to delete: each ticket is named, as a task for a person.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

import structlog

from bridge.domain.escalation import ACTIVE, Escalation
from bridge.domain.forgetting import Person, emptied, emptied_escalation
from bridge.domain.instants import to_rfc3339
from bridge.domain.session import Session, Turn, folded
from bridge.domain.values import Json
from bridge.ports import BridgeError, Tx
from bridge.service.context import Bridge, Case, open_case
from bridge.service.customer_mails import mailbox_digest
from bridge.service.owe_answer import spenders
from bridge.service.read_escalations import show, show_packet
from bridge.service.send_digest import digests_of
from bridge.service.work_ticket import withdraw

log = structlog.get_logger()

SESSIONS_PER_PAGE = 20
"""Sessions of one answer of an export."""
SESSIONS_PER_ERASURE = 1000
"""Sessions that are looked up at once to be erased."""


class EscalationOpen(BridgeError):  # noqa: N818
    """An escalation of this person is active: somebody still owes them an answer."""

    def __init__(self, escalation_id: str) -> None:
        super().__init__(f"the escalation {escalation_id} is active: resolve it first, or force it to end")
        self.escalation_id = escalation_id


# -- export ------------------------------------------------------------------------------------------------------------


def export(bridge: Bridge, tx: Tx, site: str, person: Person, after: str = "") -> Json:
    """A page of what is stored about a person at a site, as one document.

    Args:
        bridge: the product.
        tx: the transaction.
        site: the site's id.
        person: whom the request is about.
        after: the `next_after` of the page before.
    """
    found = tx.privacy.sessions(site, person, after, SESSIONS_PER_PAGE + 1)
    page = [session for one in found[:SESSIONS_PER_PAGE] if (session := tx.sessions.get(site, one))]
    decided = {session.id: list(_decided_in(tx, [session])) for session in page}
    addresses = _addresses(person, page, chain.from_iterable(decided.values()))
    return {
        "site": site,
        "person": {"email": person.email, "user_id": person.user_id},
        "exported_at": to_rfc3339(bridge.clock.now()),
        "sessions": [_session(tx, session, decided[session.id]) for session in page],
        "crm": [known for email in addresses if (known := _account(tx, site, email))],
        "next_after": found[SESSIONS_PER_PAGE - 1] if len(found) > SESSIONS_PER_PAGE else None,
    }


def _addresses(person: Person, sessions: Iterable[Session], escalations: Iterable[Escalation]) -> list[str]:
    """Every address of theirs; one that was replaced since a session was handed over stands in its packet."""
    now = (session.visitor.email for session in sessions)
    before = (escalation.packet.customer.email for escalation in escalations)
    given = (person.email, *now, *before)
    return sorted({email for one in given if (email := folded(one))})


def _account(tx: Tx, site: str, email: str) -> Json:
    """What the CRM said of an address, as long as it is remembered."""
    known = tx.ops.cached_account(site, email)
    return {"email": email, "account": known.account.model_dump(mode="json")} if known and known.account else None


def _session(tx: Tx, session: Session, decided: Iterable[Escalation]) -> Json:
    return {
        "id": session.id,
        "state": session.state.value,
        "started_at": to_rfc3339(session.started_at),
        "visitor": session.visitor.model_dump(mode="json"),
        "phone": session.phone,
        "locale": session.locale,
        "timezone": session.timezone,
        "page_url": session.page_url,
        "flow": session.flow,
        "shop": session.shop.model_dump(mode="json") if session.shop else None,
        "customer": session.customer.model_dump(mode="json"),
        "turns": [_turn(turn) for turn in tx.sessions.turns(session.site, session.id)],
        "events": list(_events(tx, session)),
        "escalations": [_escalation(tx, one) for one in decided],
        "answers": [_answer(row) for row in tx.privacy.answers(session.site, session.id)],
        "labels": [_label(row) for row in tx.privacy.labels(session.site, session.id)],
    }


def _turn(turn: Turn) -> Json:
    replied = turn.reply_at is not None
    return {
        "turn_id": turn.turn_id,
        "at": to_rfc3339(turn.at),
        "text": turn.text,
        "reply": {"at": to_rfc3339(turn.reply_at), "text": turn.reply_text, "shown": turn.reply_shown}
        if turn.reply_at is not None
        else None,
        "signals": json.loads(turn.signals),
        "decision": json.loads(turn.trace),
        "reply_decision": json.loads(turn.reply_trace) if replied and turn.reply_trace else None,
    }


def _answer(row: Json) -> Json:
    """What our own responder said of its answer to a turn; the text stands with the turn."""
    said = {name: row[name] for name in ("state", "failure", "intent", "summary")}
    rating = None if row["confidence"] is None else row["confidence"] / 1000
    return {"turn": row["seq"], **said, "confidence": rating, "sources": json.loads(row["sources"])}


def _events(tx: Tx, session: Session) -> Iterator[Json]:
    after = 0
    while page := tx.sessions.events(session.site, session.id, after):
        for event in page:
            yield {"kind": event.kind.value, "at": to_rfc3339(event.at), "text": event.text, "author": event.author}
        after = page[-1].n


def _escalation(tx: Tx, escalation: Escalation) -> Json:
    kept = ("id", "state", "queue", "priority", "channel", "rule", "reason", "decided_at", "ticket")
    shown = show(tx, escalation)
    promises, replies = tx.escalations.commitments(escalation.id), tx.escalations.replies(escalation.id)
    return {
        **{name: shown[name] for name in kept},
        "packet": show_packet(escalation.packet),
        "promises": [
            {
                "made_at": to_rfc3339(one.made_at),
                "due_at": to_rfc3339(one.due_at),
                "channel": one.channel.value,
                "state": one.state.value,
                "text": one.text,
            }
            for one in promises
        ],
        "replies": [
            {"at": to_rfc3339(one.at), "agent": one.agent.name, "text": one.text, "shown": one.shown} for one in replies
        ],
        "calls": [_call(row) for row in tx.privacy.calls(escalation.id)],
        "mails": [_mail(row) for row in tx.privacy.mails(escalation.id) if row["payload"]],
    }


def _call(row: Json) -> Json:
    return {
        "state": row["state"],
        "booked_at": to_rfc3339(row["booked_at"]),
        "starts_at": to_rfc3339(row["starts_at"]),
        "ends_at": to_rfc3339(row["ends_at"]),
    }


def _mail(row: Json) -> Json:
    mail = json.loads(row["payload"])
    return {"to": mail["to"], "subject": mail["subject"], "at": to_rfc3339(row["created_at"]), "state": row["state"]}


def _label(row: Json) -> Json:
    return {"verdict": row["verdict"], "author": row["author"], "at": to_rfc3339(row["labelled_at"])}


# -- erase -------------------------------------------------------------------------------------------------------------


def erase(bridge: Bridge, tx: Tx, site: str, person: Person, *, force: bool = False) -> Json:
    """Take every text and identifying value of a person out of a site's rows; what was removed, and what is left to do.

    Args:
        bridge: the product.
        tx: the transaction: all of it, or nothing.
        site: the site's id.
        person: whom the request is about.
        force: end what is active, instead of refusing.

    Raises:
        EscalationOpen: an escalation is active.
        SiteUnknown: there is no such site.
    """
    case = open_case(bridge, tx, site)
    sessions = list(_hold(tx, site, list(_all(tx, site, person))))
    escalations = list(_decided_in(tx, sessions))
    for one in escalations:
        _end(case, one, force=force)
    joined = list(_joined(tx, sessions, {one.id for one in escalations}))
    concerned = {one.id: one for one in (*escalations, *(escalation for _, escalation in joined))}
    tasks = [task for one in concerned.values() for task in _tasks(tx, one)]
    removed = _empty(case, sessions, escalations)
    for session, escalation in joined:
        removed.update(_leave(case, session, escalation))
    for email in _addresses(person, sessions, escalations):
        tx.privacy.drop_address(site, email, mailbox_digest(email))
    tx.after_commit(bridge.store.scrub)
    log.info("privacy.erased", site=site, tasks=len(tasks), **removed)
    return {"removed": dict(removed), "tasks": tasks}


def _all(tx: Tx, site: str, person: Person) -> Iterator[str]:
    after = ""
    while page := tx.privacy.sessions(site, person, after, SESSIONS_PER_ERASURE):
        yield from page
        after = page[-1]


def _hold(tx: Tx, site: str, sessions: Sequence[str]) -> Iterator[Session]:
    """First the escalations, then the sessions: an agent who answers takes them in this order."""
    for decided in [one for session in sessions for one in tx.privacy.escalations(site, session)]:
        tx.escalations.hold(site, decided)
    for one in sessions:
        if held := tx.sessions.hold(site, one):
            yield held


def _decided_in(tx: Tx, sessions: Iterable[Session]) -> Iterator[Escalation]:
    for session in sessions:
        for one in tx.privacy.escalations(session.site, session.id):
            if escalation := tx.escalations.get(session.site, one):
                yield escalation


def _joined(tx: Tx, sessions: Iterable[Session], own: Collection[str]) -> Iterator[tuple[Session, Escalation]]:
    """The sessions that have joined an escalation which is not theirs to be erased, with it."""
    for session in sessions:
        if session.escalation_id and session.escalation_id not in own:
            escalation = tx.escalations.get(session.site, session.escalation_id)
            if escalation:
                yield session, escalation


def _end(case: Case, escalation: Escalation, *, force: bool) -> None:
    if escalation.state not in ACTIVE:
        return
    if not force:
        raise EscalationOpen(escalation.id)
    withdraw(case, escalation.id)


def _tasks(tx: Tx, escalation: Escalation) -> Iterator[Json]:
    """Its ticket, where a helpdesk has it, or may have it: one without a ref is to be looked for by our id."""
    for row in tx.privacy.tickets(escalation.id):
        yield {
            "escalation_id": escalation.id,
            "desk": row["target"],
            "ref": row["ref"],
            "url": row["url"],
            "external_id": row["external_id"],
        }


REMOVED_KINDS = ("sessions", "turns", "events", "escalations", "replies", "messages", "cancelled")
"""What is told to have been removed; `cancelled` of the messages were not sent yet."""


def _empty(case: Case, sessions: Iterable[Session], escalations: Iterable[Escalation]) -> Counter[str]:
    removed = Counter(dict.fromkeys(REMOVED_KINDS, 0))
    for escalation in escalations:
        _empty_digests(case, escalation)
        removed.update(case.tx.privacy.empty_escalation(emptied_escalation(escalation)))
    for session in sessions:
        removed.update(case.tx.privacy.empty_session(emptied(session)))
        case.tx.privacy.drop_spent(session.site, spenders(session))
    return Counter({name: removed[name] for name in REMOVED_KINDS})


def _leave(case: Case, session: Session, escalation: Escalation) -> dict[str, int]:
    """Take out what a session has added to the ticket of another one, which stays."""
    _empty_digests(case, escalation)
    said = [one for one in (session.visitor.email, session.phone) if one]
    return case.tx.privacy.empty_messages(escalation.id, session.id, said)


def _empty_digests(case: Case, escalation: Escalation) -> None:
    """The mails about everybody who waited for an opening: each links to all of them, and lies beside one of them."""
    case.tx.privacy.empty_shared(case.site.id, digests_of(case), escalation.id)
