"""The admin scope: staffed hours as they are in force, and the team's own word on them."""

from flask import Blueprint, Response

from bridge.domain.instants import SECOND, from_datetime
from bridge.ports import Scope
from bridge.service import command_hours
from bridge.service.command_hours import BadSpan, Order
from bridge.service.read_hours import read_hours
from bridge.web import problems
from bridge.web.admin_bodies import ByAgentIn, HoursIn
from bridge.web.signed_calls import Call, answer, signed

hours = Blueprint("hours", __name__)


@hours.get("/v1/hours")
@signed(Scope.ADMIN, answer="Hours")
def read(call: Call[None]) -> Response:
    """Read who is in now, what was commanded, and how the feeds of closures stand."""
    with call.write() as tx:
        found = read_hours(call.bridge, tx, call.site)
    return answer(found)


@hours.post("/v1/hours")
@signed(Scope.ADMIN, HoursIn, answer="HoursCommanded")
def command(call: Call[HoursIn]) -> Response:
    """Close or open by command, from the next decision on."""
    try:
        with call.write() as tx:
            order = ordered(call.body, call.bridge.clock.now())
            given = command_hours.command_hours(call.bridge, tx, call.site, order)
    except BadSpan as error:
        raise problems.bad_member(f"/{error.field}", str(error)) from None
    after = command_hours.see_to_waiting(call.bridge, call.site, given)
    shown = command_hours.show_command(given, call.bridge.clock.now())
    return answer({"command": shown, "fell": after.fell, "late": after.late})


@hours.post("/v1/hours/<command>/revoke")
@signed(Scope.ADMIN, ByAgentIn, answer="Hours")
def revoke(call: Call[ByAgentIn], command: str) -> Response:
    """End a command before its time."""
    with call.write() as tx:
        command_hours.revoke_command(call.bridge, tx, call.site, command)
        found = read_hours(call.bridge, tx, call.site)
    return answer(found)


def ordered(body: HoursIn, now: int) -> Order:
    """What a body asks for."""
    from_ = from_datetime(body.from_) if body.from_ else None
    until = from_datetime(body.until) if body.until else None
    if body.for_s is not None:
        until = (from_ if from_ is not None else now) + body.for_s * SECOND
    return Order(body.open, body.queue, from_, until, body.why, body.agent.author)
