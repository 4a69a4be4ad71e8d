"""Emergency hours: the team closes or opens by command, whatever the calendar says, from the next decision on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from bridge.domain import entitlement, hours
from bridge.domain.closures import LONGEST_COMMAND, Command
from bridge.domain.escalation import ACTIVE, CommitmentState, Escalation, EscalationState
from bridge.domain.instants import from_datetime, to_datetime, to_rfc3339
from bridge.domain.values import Channel, Json, Millis
from bridge.ports import BridgeError, Tx
from bridge.service.context import Bridge, Case, new_id, open_case
from bridge.service.renew_promise import fall_to_next_rung
from bridge.service.route import calendar_for, calendar_of, queue_of

MOST_COMMANDS = 100
"""Commands of a site that hold or will: each decision reads them all."""
PAGE_SIZE = 100

log = structlog.get_logger()


class QueueUnknown(BridgeError):  # noqa: N818 - it names what it is, as those below do
    """The policy has no such queue."""


class CommandUnknown(BridgeError):  # noqa: N818
    """There is no such command, or it is over or revoked already."""


class TooManyCommands(BridgeError):  # noqa: N818
    """A hundred commands hold already: revoke some, or write the hours into the policy."""


class BadSpan(BridgeError):  # noqa: N818
    """The span of a command does not fit. `field` names the end of it that is wrong."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(expected)
        self.field = field


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for. `from_`: None is now; `until`: None is the end of that day on the site's clock.

    `why` is for the team alone.
    """

    open: bool
    queue: str | None
    from_: Millis | None
    until: Millis | None
    why: str
    author: str


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a closing meant for customers who were waiting.

    `fell`: live chats that nobody had taken, promised an answer in the next way at once. `late`: standing promises
    that are due in time which is closed now; they stay, and somebody has to keep them all the same.
    """

    fell: int = 0
    late: int = 0


# -- the commands ------------------------------------------------------------------------------------------------------


def command_hours(bridge: Bridge, tx: Tx, site: str, order: Order) -> Command:
    """Put a command in force; once that is committed, see to it that `see_to_waiting` is called.

    Raises:
        BadSpan: an end of the span is in the past, too far away or before its beginning.
        QueueUnknown: the policy has no such queue.
        TooManyCommands: a hundred commands hold already.
        SiteUnknown: there is no such site.
    """
    case = open_case(bridge, tx, site)
    if order.queue is not None and order.queue not in case.policy.queues:
        raise QueueUnknown(f"there is no queue {order.queue!r}; known: {', '.join(case.policy.queues)}")
    known = case.hours.commands
    if len(known) >= MOST_COMMANDS:
        raise TooManyCommands
    from_, until = _span(case, order)
    made_at = max([case.at, *(one.made_at + 1 for one in known)])  # of two commands the later one wins
    command = Command(new_id("hrs"), order.queue, order.open, from_, until, order.why, order.author, made_at)
    tx.hours.order(site, command)
    log.info("hours.commanded", site=site, command=command.id, open=command.open, queue=command.queue)
    return command


def _span(case: Case, order: Order) -> tuple[Millis, Millis]:
    """From when until when the command holds.

    Raises:
        BadSpan: an end of the span is in the past, too far away or before its beginning.
    """
    from_ = case.at if order.from_ is None else order.from_
    if from_ - case.at > LONGEST_COMMAND:
        raise BadSpan("from", "expected at most 366 days from now")
    until = _end_of_day(max(from_, case.at), case.site.timezone) if order.until is None else order.until
    if until <= case.at:
        raise BadSpan("until", "expected an instant that is still to come")
    if until <= from_:
        raise BadSpan("until", "expected an instant after the one from which it holds")
    if until - from_ > LONGEST_COMMAND:
        raise BadSpan("until", "expected at most 366 days; hours that last belong in the policy")
    return from_, until


def _end_of_day(at: Millis, zone: str) -> Millis:
    local = to_datetime(at).astimezone(ZoneInfo(zone))
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    return from_datetime(midnight)


def revoke_command(bridge: Bridge, tx: Tx, site: str, command: str) -> None:
    """End a command before its time: from now on the hours are as if it had never been given.

    Raises:
        CommandUnknown: there is no such command, or it is over or revoked already.
    """
    now = bridge.clock.now()
    if command not in {one.id for one in tx.hours.commands(site, now)}:
        raise CommandUnknown
    tx.hours.revoke(site, command, now)
    log.info("hours.revoked", site=site, command=command)


def show_command(command: Command, now: Millis) -> Json:
    """A command as the team sees it."""
    return {
        "id": command.id,
        "open": command.open,
        "queue": command.queue,
        "from": to_rfc3339(command.from_),
        "until": to_rfc3339(command.until),
        "holds": command.from_ <= now < command.until,
        "why": command.why,
        "author": command.author,
        "made_at": to_rfc3339(command.made_at),
    }


# -- who is waiting ----------------------------------------------------------------------------------------------------


def see_to_waiting(bridge: Bridge, site: str, command: Command) -> Aftermath:
    """After a closing: let live chats that nobody took fall to the next rung, and count the promises that it overtakes.

    Each falls in a transaction of its own. Should this process die in between, their pickup watch does the same later.
    """
    if command.open:
        return Aftermath()
    with bridge.store.read() as tx:
        case = open_case(bridge, tx, site)
        waiting = [one for one in _active(case) if command.concerns(one.queue) and _pending(one)]
        late = sum(_overtaken(case, one, command) for one in waiting)
        falling = [one.id for one in waiting if _stranded(case, one)]
    fell = sum(_fall(bridge, site, one) for one in falling)
    log.info("hours.closed", site=site, command=command.id, fell=fell, late=late)
    return Aftermath(fell, late)


def _active(case: Case) -> Iterator[Escalation]:
    before = None
    while page := case.tx.escalations.page(case.site.id, ACTIVE, PAGE_SIZE, before):
        yield from page
        before = page[-1].id


def _pending(escalation: Escalation) -> bool:
    return escalation.commitment.state is CommitmentState.PENDING


def _overtaken(case: Case, escalation: Escalation, command: Command) -> bool:
    """Whether the promise is due in time that was open until the command closed it."""
    last = escalation.commitment.due_at - 1  # an answer comes before the instant that was promised
    name, queue = queue_of(case, escalation.queue, entitlement.tier_of(case.policy, escalation))
    others = [one for one in case.hours.commands if one.id != command.id and one.concerns(name)]
    return hours.is_open(case.hours.calendar_with(queue.hours, others), last) and not hours.is_open(
        calendar_of(case, name, queue), last
    )


def _stranded(case: Case, escalation: Escalation) -> bool:
    """Whether a live chat waits for people who are not there now."""
    if escalation.channel is not Channel.LIVE or escalation.state is not EscalationState.OPEN:
        return False
    return not hours.is_open(calendar_for(case, escalation.queue, escalation), case.at)


def _fall(bridge: Bridge, site: str, escalation_id: str) -> bool:
    with bridge.store.write() as tx:
        case = open_case(bridge, tx, site)
        held = tx.escalations.hold(site, escalation_id)
        if held is None or not _pending(held) or not _stranded(case, held):
            return False  # somebody took it meanwhile
        fall_to_next_rung(case, held)
    return True
