"""The chat scope: sessions, turns, replies, events, contact, close."""

from flask import Blueprint, Response, request

from bridge.domain.instants import from_datetime, from_rfc3339
from bridge.domain.judging import Reply
from bridge.ports import Scope
from bridge.service.close_session import close_session
from bridge.service.read_events import read_events
from bridge.service.record_reply import record_reply
from bridge.service.responder_threads import WaitingRequest
from bridge.service.start_session import Start, start_session
from bridge.service.take_contact import Contact, take_contact
from bridge.service.take_turn import Message, take_turn, wait_for_language
from bridge.web.chat_bodies import CloseIn, ContactIn, ReplyIn, SessionIn, TurnIn
from bridge.web.signed_calls import Call, answer, signed, whole_number

chat = Blueprint("chat", __name__)

LARGEST_EVENT = 2**31 - 1


@chat.post("/v1/sessions")
@signed(Scope.CHAT, SessionIn)
def start(call: Call[SessionIn]) -> Response:
    """Start a session: the CRM is asked, the snapshot kept."""
    body = call.body
    begun = Start(
        session_id=body.session_id,
        visitor=body.visitor.value(),
        locale=body.locale,
        timezone=body.timezone,
        page_url=body.page_url,
        flow=body.flow,
        shop=body.shop.value() if body.shop else None,
    )
    verdict, made = start_session(call.bridge, call.site, begun, call.keep_nonce)
    return answer(verdict, 201 if made else 200)


@chat.post("/v1/sessions/<session>/turns")
@signed(Scope.CHAT, TurnIn)
def turn(call: Call[TurnIn], session: str) -> Response:
    """Take a visitor's message, and say whether the bot may answer, or what our own responder answers."""
    body = call.body
    message = Message(body.turn_id, body.text, from_datetime(body.sent_at) if body.sent_at else None)
    waiting = WaitingRequest()
    wait_for_language(call.bridge, call.site, session)
    with call.write() as tx:
        verdict = take_turn(call.bridge, tx, call.site, session, message, waiting)
    return answer(call.bridge.asking.wait(waiting) or verdict)


@chat.put("/v1/sessions/<session>/turns/<turn_id>/reply")
@signed(Scope.CHAT, ReplyIn)
def reply(call: Call[ReplyIn], session: str, turn_id: str) -> Response:
    """Take the bot's reply to a turn, and say whether the visitor may see it."""
    body = call.body
    said = Reply(
        text=body.text,
        confidence=body.confidence,
        intent=body.intent,
        intent_matched=body.intent_matched,
        failed=body.failed,
        signals=tuple(body.signals.items()),
    )
    with call.write() as tx:
        verdict = record_reply(call.bridge, tx, call.site, session, turn_id, said)
    return answer(verdict)


@chat.get("/v1/sessions/<session>/events")
@signed(Scope.CHAT, answer="Events")
def events(call: Call[None], session: str) -> Response:
    """Read what happened since event `after`."""
    after = whole_number("after", request.args.get("after", "0"), 0, LARGEST_EVENT)
    with call.write() as tx:
        found = read_events(call.bridge, tx, call.site, session, after)
    return answer(found)


@chat.post("/v1/sessions/<session>/contact")
@signed(Scope.CHAT, ContactIn)
def contact(call: Call[ContactIn], session: str) -> Response:
    """Keep how the customer can be reached, and book the time for a call that they chose."""
    body = call.body
    given = Contact(body.email, body.phone, body.name)
    slot = from_rfc3339(body.callback_slot) if body.callback_slot else None
    return answer(take_contact(call.bridge, call.site, session, given, slot, call.keep_nonce))


@chat.post("/v1/sessions/<session>/close")
@signed(Scope.CHAT, CloseIn)
def close(call: Call[CloseIn], session: str) -> Response:
    """End a session; one that waits for a person goes on waiting."""
    with call.write() as tx:
        verdict = close_session(call.bridge, tx, call.site, session)
    return answer(verdict)
