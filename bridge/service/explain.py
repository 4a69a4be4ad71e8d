"""Why a session went as it did, turn by turn, from the stored traces: nothing is judged again.

Where no rule decided it says which one came nearest, by the policy version that was judged with.
"""

import json
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bridge.domain import signals
from bridge.domain.customer import Fetch
from bridge.domain.escalation import Escalation
from bridge.domain.instant_in_words import say_when
from bridge.domain.instants import from_rfc3339, to_datetime, to_rfc3339
from bridge.domain.nearest_rule import nearest
from bridge.domain.replay import shortened
from bridge.domain.session import Session, Turn
from bridge.domain.values import Json, Millis
from bridge.ports import Tx
from bridge.service.errors import SessionUnknown
from bridge.service.manage_policy import Versions
from bridge.service.read_escalations import show as show_escalation

FETCHED = {
    Fetch.FOUND: "the CRM knew this customer",
    Fetch.NOT_FOUND: "the CRM knows nobody with this address",
    Fetch.FAILED: "the CRM did not answer usably",
    Fetch.SKIPPED: "the CRM was not asked",
}


def explain(tx: Tx, site: str, session_id: str) -> Json:
    """The session's turns with what fired and what decided, and its escalations, as plain JSON.

    Raises:
        SessionUnknown: this site has no such session.
    """
    session = tx.sessions.get(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    turns = tx.sessions.turns(site, session_id)
    versions = Versions(tx, site)
    return {
        **_session(session),
        "turns": [_turn(turn, versions) for turn in turns],
        "escalations": [_escalation(tx, session, one) for one in escalations_of(tx, session, turns)],
    }


def escalations_of(tx: Tx, session: Session, turns: Sequence[Turn]) -> list[Escalation]:
    """Those that the session led to or joined, in order."""
    led_to = dict.fromkeys(filter(None, [*(_led_to(turn) for turn in turns), session.escalation_id]))
    return [one for known in led_to if (one := tx.escalations.get(session.site, known))]


def _session(session: Session) -> Json:
    customer = session.customer
    return {
        "session_id": session.id,
        "site": session.site,
        "state": session.state.value,
        "started_at": to_rfc3339(session.started_at),
        "identity": session.visitor.identity.value,
        "crm": customer.fetch.value,
        "crm_cause": customer.cause,
        "tier": customer.tier,
        "tier_assumed": customer.tier_assumed,
        "claimed_tier": customer.claim.tier if customer.claim else None,
    }


def _turn(turn: Turn, versions: Versions) -> Json:
    return {
        "n": turn.seq,
        "turn_id": turn.turn_id,
        "at": to_rfc3339(turn.at),
        "visitor": shortened(turn.text),
        "judged": _judged(turn.trace, versions),
        "bot": None if turn.reply_text is None else _reply(turn, versions),
    }


def _reply(turn: Turn, versions: Versions) -> Json:
    measured = json.loads(turn.signals)
    said = signals.load(measured).reply if measured else None
    return {
        "text": shortened(turn.reply_text or ""),
        "shown": turn.reply_shown,
        "confidence": said.confidence if said else None,
        "intent": said.intent if said else None,
        "intent_matched": said.intent_matched if said else None,
        "failed": said.failed if said else None,
        "cause": said.values.get("responder_failure") if said else None,
        "judged": _judged(turn.reply_trace, versions),
    }


def _judged(trace: str | None, versions: Versions) -> Json:
    """What a stored trace says, and without a decision the rule that came nearest; None where nothing was judged."""
    judged = json.loads(trace) if trace else None
    return {**judged, "nearest": _nearest(judged, versions)} if judged else None


def _nearest(judged: Json, versions: Versions) -> Json:
    policy = versions.policy(judged["policy_version"]) if not judged["rule"] else None
    found = nearest(policy, list(judged["fired"]), flow=judged["flow"], tier=judged["tier"]) if policy else None
    return found.as_json() if found else None


def _led_to(turn: Turn) -> str | None:
    """The escalation that the turn's answers speak of."""
    for verdict in (turn.verdict, turn.reply_verdict):
        escalation = json.loads(verdict).get("escalation") if verdict else None
        if escalation:
            return str(escalation["id"])
    return None


def _escalation(tx: Tx, session: Session, escalation: Escalation) -> Json:
    shown = show_escalation(tx, escalation)
    frozen = json.loads(escalation.trace)
    kept = ("id", "state", "queue", "priority", "channel", "rule", "reason", "decided_at", "claimed_by", "ticket")
    return {
        **{name: shown[name] for name in kept},
        "policy_version": escalation.policy_version,
        "joined": escalation.session_id != session.id,
        "flow": frozen.get("flow"),
        "hours": frozen.get("calendar"),
        "commitments": [
            {
                "made_at": to_rfc3339(promise.made_at),
                "due_at": to_rfc3339(promise.due_at),
                "timezone": promise.timezone,
                "state": promise.state.value,
                "text": promise.text,
            }
            for promise in tx.escalations.commitments(escalation.id)
        ],
    }


# -- in words ----------------------------------------------------------------------------------------------------------


def tell(found: Json, zone: str, *, width: int = 100) -> str:
    """An explanation as an owner reads it.

    Args:
        found: from `explain`.
        zone: the IANA name of the zone that times are told in.
        width: characters of a line.
    """
    lines = [
        f"Session {found['session_id']} on {found['site']}: {found['state']}",
        f"Visitor: {found['identity']}, tier {_tier(found)}",
        "",
    ]
    for turn in found["turns"]:
        lines += [*_told_turn(turn, zone), ""]
    if not found["turns"]:
        lines += ["Nothing was said.", ""]
    for escalation in found["escalations"]:
        lines += [*_told_escalation(escalation, zone), ""]
    if not found["escalations"]:
        lines += ["No rule decided, so the bot went on.", ""]
    return "\n".join(_wrapped(lines[:-1], width)) + "\n"


def _tier(found: Json) -> str:
    assumed = ", assumed" if found["tier_assumed"] else ""
    cause = f": {found['crm_cause']}" if found["crm_cause"] else ""
    claimed = f", {found['claimed_tier']} if the address is theirs" if found["claimed_tier"] else ""
    return f"{found['tier']}{assumed}{claimed} ({FETCHED[Fetch(found['crm'])]}{cause})"


def _told_turn(turn: Json, zone: str) -> Iterator[str]:
    yield f"Turn {turn['n']}, {_local(turn['at'], zone)}"
    yield f'  visitor   "{turn["visitor"]}"'
    yield from _told_judgement(turn["judged"], "waits for a person; only kept for the team")
    reply = turn["bot"]
    if reply is None:
        return
    yield f'  bot       "{reply["text"]}"{_sure(reply)}'
    if not reply["shown"]:
        yield "            not shown to the visitor"
    if reply["judged"] and reply["judged"]["fired"] and reply["judged"] == turn["judged"]:
        yield "            nothing more fired with the reply"
        return
    yield from _told_judgement(reply["judged"], "came after the hand-off, so it was dropped")


def _sure(reply: Json) -> str:
    known = [f"{reply['confidence']:.0%} sure"] if reply["confidence"] is not None else []
    known += [f"intent {reply['intent']}"] if reply["intent"] else []
    known += ["did not understand"] if reply["intent_matched"] is False else []
    known += [f"could not help: {reply['cause']}" if reply["cause"] else "could not help"] if reply["failed"] else []
    return f" ({', '.join(known)})" if known else ""


def _told_judgement(judged: Json, locked: str) -> Iterator[str]:
    if judged is None:
        yield f"            {locked}"
        return
    for name, firing in judged["fired"].items():
        yield f"            {name}: {measured(firing)}"
    if judged["rule"]:
        yield f"            => rule {judged['rule']} decided (policy version {judged['policy_version']})"
    elif judged["nearest"]:
        yield f"            no rule decided; nearest was {near(judged['nearest'])}"
    elif judged["fired"]:
        yield "            no rule asks for just that: the bot goes on"


def near(found: Json) -> str:
    """A rule that came near in one line: what it has of what it needs, and what it lacks."""
    has = ", ".join(found["has"])
    return f"{found['rule']}: {found['met']} of {found['needed']} ({has}); lacks {found['lacks']}"


def measured(firing: Json) -> str:
    """A firing in one line: why, then the measured value and what it was held against."""
    if firing["threshold"] is None:
        return str(firing["why"])
    return f"{firing['why']} [{_plain(firing['value'])} against {_plain(firing['threshold'])}]"


def _plain(value: Json) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _told_escalation(escalation: Json, zone: str) -> Iterator[str]:
    head = "Joined the customer's open escalation" if escalation["joined"] else "Handed to a person"
    yield f"{head}: {escalation['id']}, {escalation['state']}"
    yield f"  reason    {escalation['reason']}"
    yield f"  topic     {escalation['flow']}"
    yield f"  queue     {escalation['queue']}, priority {escalation['priority']}, by {escalation['channel']}"
    yield from _told_hours(escalation["hours"], zone)
    if escalation["claimed_by"]:
        yield f"  claimed   by {escalation['claimed_by']['name']}"
    ticket = escalation["ticket"]
    yield f"  ticket    {ticket['desk']}: {ticket['state']}" + (f", {ticket['ref']}" if ticket["ref"] else "")
    for promise in escalation["commitments"]:
        yield f'  promise   "{promise["text"]}"'
        yield f"            due {_due(promise, zone)}: {promise['state']}"


def _told_hours(frozen: Json, zone: str) -> Iterator[str]:
    """What stood beside the calendar when it was decided; decisions of old do not know."""
    if not frozen:
        return
    said = [f"commanded {'open' if open_ else 'closed'} {_span(span, zone)}" for _, open_, *span in frozen["commands"]]
    said += [f"closed by the feed {_span(span, zone)}" for span in frozen["feed"]]
    if said:
        yield f"  hours     {frozen['name']}, {'; '.join(said)}"


def _span(span: Sequence[Millis], zone: str) -> str:
    return f"from {local_time(span[0], zone)} until {local_time(span[1], zone)}"


def _due(promise: Json, zone: str) -> str:
    due_at, made_at = from_rfc3339(promise["due_at"]), from_rfc3339(promise["made_at"])
    return say_when(
        due_at, calendar_zone=promise["timezone"], visitor_zone=zone, locale="en", now=made_at, lasting=True
    )


def _local(at: str, zone: str) -> str:
    return local_time(from_rfc3339(at), zone)


def local_time(at: Millis, zone: str) -> str:
    """An instant on the wall clock of a zone: `Sat 31 Oct 2026, 21:00:04 EDT`."""
    moment: datetime = to_datetime(at).astimezone(ZoneInfo(zone) if zone else UTC)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M:%S %Z}"


def short_local_time(at: Millis, zone: str) -> str:
    """As `local_time`, for a column: `Sat 31 Oct 21:00 EDT`."""
    moment: datetime = to_datetime(at).astimezone(ZoneInfo(zone) if zone else UTC)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M %Z}"


def _wrapped(lines: Sequence[str], width: int) -> Iterator[str]:
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) if line.startswith(" " * 12) else 12)
        yield from textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) or [""]
