"""Helpdesks call here: each proves itself by its own scheme, no matter through whom the call came."""

from flask import Blueprint, Response, current_app, request

from bridge.clock import machine_now
from bridge.ports import HookCall
from bridge.service.context import Bridge
from bridge.service.receive_webhook import desk_of, hear
from bridge.web import problems
from bridge.web.signed_calls import answer
from bridge.web.wire import unprintable

hooks = Blueprint("hooks", __name__)

BODY_LIMIT = 1024 * 1024
"""Bytes: a helpdesk may send a whole ticket along."""


@hooks.post("/v1/hooks/<site>/<desk>")
def take_call(site: str, desk: str) -> Response:
    """A helpdesk says that a ticket was picked up, answered or solved."""
    if unprintable(site) or unprintable(desk):
        raise problems.NOT_FOUND
    request.max_content_length = BODY_LIMIT
    bridge: Bridge = current_app.extensions["bridge"]
    ours, system = desk_of(bridge, site, desk)
    headers = {name.lower(): value for name, value in request.headers.items()}
    tickets = hear(bridge, ours, system, HookCall(headers, request.get_data(), machine_now()))
    return answer({"tickets": tickets}, 202 if tickets else 200)
