"""Stored sessions as a record: read page by page, each as it was judged live, to be judged again."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain import backtest, signals
from bridge.domain import policy as policies
from bridge.domain.backtest import Backtest, Named
from bridge.domain.customer import Account, Customer
from bridge.domain.instants import DAY
from bridge.domain.replay import Conversation, read_line
from bridge.domain.session import Session, Turn
from bridge.domain.signals import ReplySignals
from bridge.domain.values import Json, Millis
from bridge.ports import BridgeError, Place, Tx
from bridge.service.context import Bridge
from bridge.service.manage_policy import Versions

PAGE_SIZE: Final = 200
"""Sessions that are read in one transaction."""
MOST_SESSIONS: Final = 2_000
"""Sessions that are judged while somebody waits for the answer to a call: the newest."""
TIME_LIMIT_S: Final = 20.0
"""Seconds for which somebody waits."""
PAUSE_S: Final = 0.001
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

    def total(self) -> int:
        """How many there are, `most` or not."""
        with self.bridge.store.read() as tx:
            return tx.records.count(self.site, self.since, self.until)

    def records(self) -> Iterator[Json]:
        """Each as a record has it; those in which nothing was judged are only counted."""
        for found in self._every():
            if found is None:
                self.silent += 1
            else:
                yield found

    def conversations(self) -> Iterator[Conversation]:
        """Each as a replay reads it."""
        return map(_conversation, self.records())

    def _every(self) -> Iterator[Json]:
        after: Place | None = self._begin()
        while after:
            with self.bridge.store.read() as tx:
                page = tx.records.page(self.site, self.since, self.until, after, PAGE_SIZE)
                found = _records(tx, self.site, page)
            yield from found
            after = Place(page[-1].started_at, page[-1].id) if page else None

    def _begin(self) -> Place:
        everything = Place(self.since, "")
        if self.most is None:
            return everything
        with self.bridge.store.read() as tx:
            return tx.records.before_newest(self.site, self.since, self.until, self.most) or everything


def conversations_of(tx: Tx, site: str, sessions: Sequence[str]) -> Iterator[Conversation]:
    """Those of the sessions, named by their ids, in which something was judged."""
    for first in range(0, len(sessions), PAGE_SIZE):
        known = [found for one in sessions[first : first + PAGE_SIZE] if (found := tx.sessions.get(site, one))]
        yield from map(_conversation, filter(None, _records(tx, site, known)))


def _conversation(record: Json) -> Conversation:
    """A stored session, read as a line of a file would be."""
    return read_line(json.dumps(record).encode())


# -- one session as a record -------------------------------------------------------------------------------------------


def _records(tx: Tx, site: str, sessions: Sequence[Session]) -> list[Json]:
    """The sessions as a record has them; None in place of one in which nothing was judged."""
    versions = Versions(tx, site)
    turns = tx.records.turns(site, [session.id for session in sessions])
    return [_record(session, _judged(turns[session.id]), versions) for session in sessions]


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


def _record(session: Session, turns: Sequence[Turn], versions: Versions) -> Json:
    if not turns:
        return None
    decided = any(_decided(turn.trace) or _decided(turn.reply_trace) for turn in turns)
    return {
        "session_id": session.id,
        "locale": session.locale,
        "page_url": session.page_url,
        "flow": _label(session, turns[0], versions),
        "customer": _customer(session.customer),
        "turns": [{"visitor": turn.text, "bot": _reply(turn), "at": turn.at} for turn in turns],
        "handed_over": decided or session.escalation_id is not None,
    }


def _label(session: Session, first: Turn, versions: Versions) -> str | None:
    """The flow that the host named at session start, as far as the first decision shows it.

    What the page or the words of the first message explain is no label: another policy reads them for itself.
    """
    trace = json.loads(first.trace)
    flow, judge = str(trace["flow"]), versions.policy(trace["policy_version"])
    if judge is None:
        return flow
    start = policies.flow_at_start(judge, None, session.page_url)
    return None if policies.flow_of_message(judge, first.text, start) == flow else flow


def _customer(customer: Customer) -> Json:
    """As it was judged by: what the CRM says of an address that was only typed is not."""
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
        SiteUnknown: there is no such site.
    """
    current = bridge.policies.current(tx, site)
    return Named(f"version {current.version} of {site}", current.document)


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
        ReplayTooLong: there is more to judge than one call has time for.
    """
    ends = timer() + TIME_LIMIT_S
    present = report.present.policy if report.present else None
    for conversation in conversations:
        if timer() > ends:
            raise ReplayTooLong
        report.add(backtest.judge(conversation, report.tried.policy, present))
        time.sleep(PAUSE_S)
