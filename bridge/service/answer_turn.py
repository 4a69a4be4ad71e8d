"""The answer of our own responder: asked for outside the request, stored once, and never shown after the lock."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import structlog

from bridge.domain import languages, signals
from bridge.domain.answering import Answer, AnswerState, Failure, Owed, Question, shown_text
from bridge.domain.calibration import Point, calibrated
from bridge.domain.claims import claims
from bridge.domain.disclosure import facts_for
from bridge.domain.escalation import EventKind
from bridge.domain.health import Alarm
from bridge.domain.instants import MINUTE, SECOND
from bridge.domain.judging import LONGEST_REPLY, Reply
from bridge.domain.session import Session
from bridge.domain.signals import Value
from bridge.domain.values import Json, Millis
from bridge.ports import Tx
from bridge.service.alarms import raise_or_restate
from bridge.service.chat_events import Said, tell_at
from bridge.service.context import Bridge, CurrentPolicy, new_id, write_patiently
from bridge.service.decision_trace import as_text
from bridge.service.errors import SessionUnknown
from bridge.service.judge_reply import digest_of_reply, drop_reply, judge_reply, was_locked_since
from bridge.service.locked_session import standing_escalation
from bridge.service.owe_answer import STORING_GRACE
from bridge.service.responder_threads import WaitingRequest
from bridge.service.verdicts import reply_verdict, say

log = structlog.get_logger()

HISTORY_LINES = 12
"""Lines of the conversation that a responder is given."""
MOST_PASSAGES = 5
"""Pieces of the site's pages that it is given."""
RETRY_AFTER = 5 * MINUTE
"""Milliseconds until an overdue answer that could not be given is tried again."""
ALARM_KIND = "responder"
ALARM_TEXT = (
    "The responder {name} lets us in no more: its key, model or billing is wrong, and visitors get no answers. bridge "
    "doctor says more."
)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and how many pieces of the site's pages it could be made from."""

    answer: Answer
    retrieved: int = 0


def answer_turn(waiting: WaitingRequest | None, bridge: Bridge, owed: Owed, affordable: bool) -> None:
    """Ask the responder about an owed turn, and store what it says. It runs on a thread of its own."""
    verdict = None
    try:
        found = _ask(bridge, owed) if affordable else Answered(Answer(failure=Failure.OVER_BUDGET))
        verdict = _keep(bridge, owed, found, waiting)
    except Exception:
        # it is owed still: see `answer_overdue`
        log.exception("answer.broken", site=owed.site, session=owed.session_id)
    finally:
        if waiting is not None:
            waiting.give(verdict)


def answer_overdue(bridge: Bridge, *, limit: int = 20) -> int:
    """Answer for whoever has asked and is no more; returns how many answers were overdue."""
    with bridge.store.read() as tx:
        overdue = tx.answers.overdue(bridge.clock.now(), limit)
    for owed in overdue:
        try:
            _keep(bridge, owed, Answered(Answer(failure=Failure.LOST)), None)
        except Exception:
            # the oldest comes first: it must not keep those behind it waiting
            log.exception("answer.broken", site=owed.site, session=owed.session_id)
            with bridge.store.write() as tx:
                tx.answers.postpone(owed, bridge.clock.now() + RETRY_AFTER)
    return len(overdue)


def _ask(bridge: Bridge, owed: Owed) -> Answered:
    assistant = bridge.assistants(owed.site)
    left = (owed.due_at - STORING_GRACE - bridge.clock.now()) / SECOND
    if assistant is None or left <= 0:
        return Answered(Answer(failure=Failure.TIMEOUT))
    with bridge.store.read() as tx:
        question = question_of(tx, bridge.policies.current(tx, owed.site), owed)
    began = time.monotonic()
    answer = assistant.responder.answer(question, budget=left)
    log.info(
        "answer.given",
        site=owed.site,
        session=owed.session_id,
        responder=assistant.responder.name,
        failure=answer.failure,
        ms=round((time.monotonic() - began) * 1000),
    )
    return Answered(without_promise(answer, question.locale), len(question.passages))


def question_of(tx: Tx, current: CurrentPolicy, owed: Owed) -> Question:
    """What the responder is asked.

    Raises:
        SessionUnknown: the conversation was erased meanwhile.
    """
    session, site = tx.sessions.get(owed.site, owed.session_id), tx.sites.get(owed.site)
    turn = tx.sessions.turn(owed.site, owed.session_id, owed.turn_id)
    if session is None or site is None or turn is None:
        raise SessionUnknown(owed.session_id)
    return Question(
        text=turn.text,
        history=tx.answers.said_before(owed, HISTORY_LINES),
        passages=tuple(tx.pages.search(owed.site, turn.text, signals.language_of(session.locale), MOST_PASSAGES)),
        facts=facts_for(current.document.responder.facts, session.visitor, session.customer),
        locale=session.locale,
        site_name=urlsplit(site.url).hostname or "",
    )


def without_promise(answer: Answer, locale: str | None) -> Answer:
    """The answer, or that it failed: while a session is open, nothing of ours bears out what it claims was done.

    A summary that claims something is left out.
    """
    if answer.summary and claims(answer.summary, languages.ENGLISH):
        answer = replace(answer, summary="")
    if answer.usable and claims(answer.text, signals.language_of(locale)):
        return replace(answer, failure=Failure.PROMISED)
    return answer


# -- what comes of it --------------------------------------------------------------------------------------------------


def _keep(bridge: Bridge, owed: Owed, found: Answered, waiting: WaitingRequest | None) -> Json:
    """Store the answer, and return what the waiting request is told; a busy database is asked again."""
    return write_patiently(bridge, lambda tx: _store(bridge, tx, owed, found, waiting))


def _store(bridge: Bridge, tx: Tx, owed: Owed, found: Answered, waiting: WaitingRequest | None) -> Json:
    session = tx.sessions.hold(owed.site, owed.session_id)
    turn = tx.sessions.turn(owed.site, owed.session_id, owed.turn_id)
    if session is None or turn is None or not tx.answers.waits(owed):
        return None  # the scheduler has answered, or the visitor has written again
    current, now = bridge.policies.current(tx, owed.site), bridge.clock.now()
    reply = reply_of(found, current.document.responder.calibration)
    turn = replace(turn, reply_text=reply.text, reply_at=now, reply_digest=digest_of_reply(reply))
    if turn.reply_verdict or was_locked_since(tx, session, turn):
        tx.answers.settle(owed, AnswerState.DROPPED, found.answer, now)
        return None if turn.reply_verdict else drop_reply(tx, current, session, turn, now)  # another bot has replied
    turn = replace(turn, reply_shown=not reply.failed)
    judged, verdict = judge_reply(bridge, tx, current, session, turn, reply)
    shown = verdict["action"] == "answer" and not reply.failed
    tx.answers.settle(owed, AnswerState.SHOWN if shown else AnswerState.WITHHELD, found.answer, now)
    _mind_the_alarm(bridge, tx, owed.site, found.answer, now)
    told = judged.last_event > session.last_event
    return _tell(tx, current, judged, owed, Outcome(found.answer, verdict, now, told=told), waiting)


def reply_of(found: Answered, calibration: Sequence[Point] = ()) -> Reply:
    """The answer as the rules judge it. Who was asked how sure they are, and does not say, is not sure at all.

    The intent that a model names is kept with its answer and chooses no flow: a text that talks it into another one
    must not change thresholds, rules or queue.
    """
    answer, failed = found.answer, not found.answer.usable
    values: dict[str, Value] = {"retrieved": found.retrieved, "sources": len(answer.sources)}
    if answer.probability is not None:
        values["probability"] = answer.probability
    if answer.failure:
        values["responder_failure"] = answer.failure.value
    return Reply(
        text=shown_text(answer)[:LONGEST_REPLY],
        confidence=None if failed else _worth(calibration, answer.confidence),
        intent_matched=answer.answered,
        failed=failed,
        withheld=failed,
        signals=tuple(values.items()),
    )


def _worth(calibration: Sequence[Point], rating: float | None) -> float:
    return 0.0 if rating is None else calibrated(calibration, rating)


def _mind_the_alarm(bridge: Bridge, tx: Tx, site: str, answer: Answer, now: Millis) -> None:
    """What only the operator can mend is told to the operator, until it is mended."""
    if answer.failure is Failure.MISCONFIGURED:
        assistant = bridge.assistants(site)
        name = assistant.responder.name if assistant else "none"
        alarm = Alarm(new_id("alm"), ALARM_KIND, ALARM_TEXT.format(name=name), {"responder": name}, now)
        raise_or_restate(tx, site, alarm)
    elif answer.failure is None:
        tx.alarms.clear(site, ALARM_KIND, now)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer that was judged, the verdict on it, and when that was.

    `told`: the visitor has an event about it already; who joins an escalation that stood before has none.
    """

    answer: Answer
    verdict: Json
    at: Millis
    told: bool


def _tell(
    tx: Tx, current: CurrentPolicy, session: Session, owed: Owed, outcome: Outcome, waiting: WaitingRequest | None
) -> Json:
    """Tell the visitor, once: in the verdict of the request that waits, else by an event."""
    verdict = outcome.verdict
    if verdict["action"] == "answer":
        verdict = reply_verdict(session, _words(current, session, outcome.answer))
    if waiting is not None and waiting.claim():
        tx.sessions.amend_verdict(session, owed.seq, as_text(verdict))
        return verdict
    if not session.locked:
        tx.sessions.save(tell_at(tx, session, Said(EventKind.REPLY, verdict["say"]), outcome.at))
    elif not outcome.told and (standing := standing_escalation(tx, session)):
        tx.sessions.save(tell_at(tx, session, Said(EventKind.COMMITMENT, standing.commitment.text), outcome.at))
    return None


def _words(current: CurrentPolicy, session: Session, answer: Answer) -> str:
    if answer.usable:
        return shown_text(answer)[:LONGEST_REPLY]
    key = "no_more_answers" if answer.failure is Failure.OVER_BUDGET else "no_answer"
    return say(current.document, session, key)
