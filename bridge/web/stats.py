"""The admin scope: what the decisions came to, and what people say of them."""

from flask import Blueprint, Response, request

from bridge.domain.health import WINDOW_DAYS
from bridge.domain.labels import Verdict
from bridge.ports import Scope
from bridge.service.context import known_site
from bridge.service.label_decisions import label_escalation as put_label
from bridge.service.label_decisions import label_session as put_missed
from bridge.service.label_decisions import show_label
from bridge.service.read_stats import LONGEST_DAYS, read_stats
from bridge.web.admin_bodies import LabelIn, MissedIn
from bridge.web.signed_calls import Call, answer, signed, whole_number

stats = Blueprint("stats", __name__)


@stats.get("/v1/stats")
@signed(Scope.ADMIN, answer="Stats")
def read(call: Call[None]) -> Response:
    """Read how many conversations are handed over, why, and what became of the promises."""
    days = whole_number("days", request.args.get("days", str(WINDOW_DAYS)), 1, LONGEST_DAYS)
    with call.write():
        pass  # the nonce; nobody who writes has to wait while weeks of sessions are counted
    with call.bridge.store.read() as tx:
        found = read_stats(call.bridge, tx, known_site(tx, call.site), days)
    return answer(found)


@stats.post("/v1/escalations/<escalation>/label")
@signed(Scope.ADMIN, LabelIn, answer="Label")
def label_escalation(call: Call[LabelIn], escalation: str) -> Response:
    """Say whether an escalation was needed; the last word counts."""
    verdict, author = Verdict(call.body.verdict), call.body.agent.author
    with call.write() as tx:
        label = put_label(tx, call.site, escalation, verdict, author, call.bridge.clock.now())
    return answer(show_label(label))


@stats.post("/v1/sessions/<session>/label")
@signed(Scope.ADMIN, MissedIn, answer="Label")
def label_session(call: Call[MissedIn], session: str) -> Response:
    """Say that a session should have been handed over."""
    with call.write() as tx:
        label = put_missed(tx, call.site, session, call.body.agent.author, call.bridge.clock.now())
    return answer(show_label(label))
