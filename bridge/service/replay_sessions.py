"""Stored sessions as a record: read page by page, each as it was judged live, to be judged again."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.domain import backtest, signals
from bridge.domain import policy as policies
from bridge.domain.backtest import Backtest, Named
from bridge.domain.customer import Account, Customer
from bridge.domain.findings import PolicyRefused, check_policy, read_policy
from bridge.domain.instants import DAY
from bridge.domain.policy import Policy
from bridge.domain.replay import Conversation, read_line
from bridge.domain.session import Session, Turn
from bridge.domain.signals import ReplySignals
from bridge.domain.values import Json, Millis
from bridge.ports import BridgeError, Place, Tx
from bridge.service.context import Bridge

PAGE: Final = 200
"""Sessions that are read in one transaction."""
MOST_SESSIONS: Final = 2_000
"""Sessions that are judged while somebody waits for the answer to a call: the newest."""
LONGEST: Final = 20.0
"""Seconds for which somebody waits."""
PAUSE: Final = 0.001
"""Seconds between two conversations, so that live turns in the same process come through."""


class ReplayTooLong(BridgeError):  # noqa: N818
    """There is more to judge than one call has time for."""


@dataclass(slots=True)
class StoredSessions:
    """The sessions of a site that began in `since` <= start < `until`, the oldest first; of many, the newest `most`."""

    bridge: Bridge
    site: str
    since: Millis
    until: Millis
    most: int | None = None
    silent: int = 0
    """Sessions without a turn that was judged: nothing was said, or a person had them from the start."""
    _judges: dict[int, Policy | None] = field(default_factory=dict)
    """By version, the policies that judged live."""

    def total(self) -> int:
        """How many there are, `most` or not."""
        with self.bridge.store.read() as tx:
            return tx.records.count(self.site, self.since, self.until)

    def conversations(self) -> Iterator[Json]:
        """Each as a record has it; those in which nothing was judged are only counted."""
        for session, turns in self._sessions():
            judged = _judged(turns)
            if not judged:
                self.silent += 1
                continue
            yield _record(session, judged, self._label(session, judged[0]))

    def _sessions(self) -> Iterator[tuple[Session, list[Turn]]]:
        after = self._begin()
        while True:
            with self.bridge.store.read() as tx:
                page = tx.records.page(self.site, self.since, self.until, after, PAGE)
                turns = tx.records.turns(self.site, [session.id for session in page])
                self._learn(tx, turns)
            if not page:
                return
            yield from ((session, turns[session.id]) for session in page)
            after = Place(page[-1].started_at, page[-1].id)

    def _begin(self) -> Place:
        everything = Place(self.since, "")
        if self.most is None:
            return everything
        with self.bridge.store.read() as tx:
            return tx.records.before_newest(self.site, self.since, self.until, self.most) or everything

    def _learn(self, tx: Tx, turns: dict[str, list[Turn]]) -> None:
        """Read the policy versions that judged the first turns, where they are not known yet."""
        judged = (json.loads(taken[0].trace) for taken in turns.values() if taken)
        for version in sorted({trace["policy_version"] for trace in judged if trace} - self._judges.keys()):
            self._judges[version] = _policy_of(tx, self.site, version)

    def _label(self, session: Session, first: Turn) -> str | None:
        """The flow that the host named at session start, as far as the first decision shows it.

        What the page or the words of the first message explain is no label: another policy reads them for itself.
        """
        trace = json.loads(first.trace)
        flow, judge = str(trace["flow"]), self._judges[trace["policy_version"]]
        if judge is None:
            return flow
        start = policies.flow_at_start(judge, None, session.page_url)
        return None if policies.flow_of_message(judge, first.text, start) == flow else flow


def _policy_of(tx: Tx, site: str, version: int) -> Policy | None:
    """A version that judged; None where it cannot be read any more."""
    stored = tx.policies.get(site, version)
    try:
        return read_policy(stored.document) if stored else None
    except PolicyRefused:
        return None


# -- one session as a conversation -------------------------------------------------------------------------------------


def _decided(trace: str | None) -> bool:
    found = json.loads(trace or "null")
    return found is not None and found["rule"] is not None


def _judged(turns: Sequence[Turn]) -> list[Turn]:
    """The turns from the first on that the bot led, up to the first decision: what follows a release is left out."""
    found: list[Turn] = []
    decided_at: Millis | None = None
    for turn in turns:
        if turn.trace == "null" or (decided_at is not None and turn.at > decided_at):
            break
        found.append(turn)
        if _decided(turn.trace):
            decided_at = turn.at
        elif _decided(turn.reply_trace):
            decided_at = turn.reply_at
    return found


def _record(session: Session, turns: Sequence[Turn], label: str | None) -> Json:
    decided = any(_decided(turn.trace) or _decided(turn.reply_trace) for turn in turns)
    return {
        "session_id": session.id,
        "locale": session.locale,
        "page_url": session.page_url,
        "flow": label,
        "customer": _customer(session.customer),
        "turns": [{"visitor": turn.text, "bot": _reply(turn), "at": turn.at} for turn in turns],
        "handed_over": decided or session.escalation_id is not None,
    }


def _customer(customer: Customer) -> Json:
    account: Account = customer.account
    return {
        "fetch": customer.fetch.value,
        "tier": account.tier,
        "orders": [order.model_dump(mode="json") for order in account.orders],
        "open_tickets": [ticket.model_dump(mode="json") for ticket in account.open_tickets],
        "sla_minutes_left": account.sla_minutes_left,
    }


def _reply(turn: Turn) -> Json:
    """The reply, if it was judged: one that came after the lock was dropped."""
    if turn.reply_text is None or not turn.reply_trace or turn.reply_trace == "null":
        return None
    said: Json = {"text": turn.reply_text, "at": turn.reply_at}
    measured = signals.load(json.loads(turn.signals)).reply
    return said | _measured(measured) if measured else said


def _measured(reply: ReplySignals) -> Json:
    """What the host said of the reply; what its words say is measured again."""
    return {
        "confidence": reply.confidence,
        "intent": reply.intent,
        "intent_matched": reply.intent_matched,
        "failed": reply.down,
        "signals": dict(reply.values),
    }


# -- within a call -----------------------------------------------------------------------------------------------------


def named_in_force(bridge: Bridge, tx: Tx, site: str) -> Named:
    """The policy in force, as a backtest names it.

    Raises:
        SiteUnknown: see there.
    """
    current = bridge.policies.current(tx, site)
    return Named(f"version {current.version} of {site}", current.document)


def checked(bridge: Bridge, document: str) -> Named:
    """The policy of a document that is sent along.

    Raises:
        PolicyRefused: it has an error.
    """
    policy, findings = check_policy(document, now=bridge.clock.now())
    if policy is None:
        raise PolicyRefused(findings)
    return Named("the policy that was sent", policy)


def last_days(bridge: Bridge, site: str, days: int) -> StoredSessions:
    """The sessions of the last days, as many as a call has time for."""
    now = bridge.clock.now()
    return StoredSessions(bridge, site, now - days * DAY, now + 1, MOST_SESSIONS)


def judge_here(
    report: Backtest, conversations: Iterable[Conversation], *, timer: Callable[[], float] = time.monotonic
) -> None:
    """Judge a few conversations in this process, giving way to live turns.

    Args:
        report: what is judged with; what it comes to is counted in it.
        conversations: what is judged.
        timer: seconds; what the time limit is held against.

    Raises:
        ReplayTooLong: see there.
    """
    ends = timer() + LONGEST
    present = report.present.policy if report.present else None
    for conversation in conversations:
        if timer() > ends:
            raise ReplayTooLong
        report.add(backtest.judge(conversation, report.tried.policy, present))
        time.sleep(PAUSE)


def recorded(found: StoredSessions) -> Iterator[Conversation]:
    """Stored sessions, read as a file of them would be."""
    for conversation in found.conversations():
        yield read_line(json.dumps(conversation).encode())
