"""The admin scope: what is stored about one person, to be shown to them or erased."""

from flask import Blueprint, Response

from bridge.ports import Scope
from bridge.service import privacy as requests_of_people
from bridge.service.privacy import EscalationOpen
from bridge.web import problems
from bridge.web.admin_bodies import EraseIn, ExportIn
from bridge.web.signed_calls import Call, answer, signed

privacy = Blueprint("privacy", __name__)


@privacy.post("/v1/privacy/export")
@signed(Scope.ADMIN, ExportIn, answer="PersonExport")
def export(call: Call[ExportIn]) -> Response:
    """Read everything that is stored about a person, a page at a time."""
    with call.write() as tx:  # for the nonce
        found = requests_of_people.export(call.bridge, tx, call.site, call.body.person(), call.body.after)
    return answer(found)


@privacy.post("/v1/privacy/erase")
@signed(Scope.ADMIN, EraseIn, answer="PersonErased", of_home=True)
def erase(call: Call[EraseIn]) -> Response:
    """Erase a person; the answer lists what is left to do in the helpdesk."""
    try:
        with call.write() as tx:
            done = requests_of_people.erase(call.bridge, tx, call.site, call.body.person(), force=call.body.force)
    except EscalationOpen as error:
        raise problems.escalation_open(error.escalation_id) from None
    return answer(done)
