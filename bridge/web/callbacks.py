"""Calls: the times that a chat may choose from, the page behind the link of a mail, and the call that was made."""

from flask import Blueprint, Response

from bridge.domain.instants import from_rfc3339
from bridge.ports import Scope
from bridge.service import book_call, call_page, deliver, read_escalations, work_ticket
from bridge.service.call_page import CallChanged, Wish
from bridge.service.context import open_case
from bridge.web import problems
from bridge.web.admin_bodies import ByAgentIn
from bridge.web.chat_bodies import CallIn
from bridge.web.signed_calls import Call, answer, signed

callbacks = Blueprint("callbacks", __name__)


@callbacks.get("/v1/sessions/<session>/slots")
@signed(Scope.CHAT, answer="Slots")
def slots(call: Call[None], session: str) -> Response:
    """List the times for a call that the session may choose from."""
    with call.write() as tx:
        found = book_call.session_slots(open_case(call.bridge, tx, call.site), session)
    return answer(found)


@callbacks.get("/v1/calls/<token>")
@signed(Scope.CHAT, answer="Call")
def visit(call: Call[None], token: str) -> Response:
    """Show the call behind the link of a mail; nothing is changed."""
    with call.write() as tx:
        found = call_page.visit(open_case(call.bridge, tx, call.site), token)
    return answer(found)


@callbacks.post("/v1/calls/<token>")
@signed(Scope.CHAT, CallIn, answer="Call")
def act(call: Call[CallIn], token: str) -> Response:
    """Book, confirm, move or cancel the call behind the link of a mail."""
    body = call.body
    wish = Wish(body.action, from_rfc3339(body.slot) if body.slot else None, body.sequence)
    with call.write() as tx:
        if body.phone:
            call_page.keep_phone(open_case(call.bridge, tx, call.site), token, body.phone)
    try:
        with call.bridge.store.write() as tx:  # another one: a time that is taken must not cost the number
            found = call_page.act(open_case(call.bridge, tx, call.site), token, wish)
            deliver.soon(call.bridge, tx)
    except CallChanged as error:
        raise problems.call_changed(error.present) from None
    return answer(found)


@callbacks.post("/v1/escalations/<escalation>/called")
@signed(Scope.ADMIN, ByAgentIn, answer="Escalation")
def called(call: Call[ByAgentIn], escalation: str) -> Response:
    """Say that a person has called the customer."""
    with call.write() as tx:
        changed = work_ticket.called(open_case(call.bridge, tx, call.site), escalation, call.body.agent.value())
        return answer(read_escalations.show(tx, changed))
