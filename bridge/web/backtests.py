"""The admin scope: a backtest, and the shadow policy. Nothing is judged inside a transaction."""

from collections.abc import Iterable

from flask import Blueprint, Response

from bridge.domain import backtest
from bridge.domain.backtest import Backtest, Named
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy_check import PolicyRefused
from bridge.domain.replay import Conversation
from bridge.ports import Scope, ShadowPolicy
from bridge.service import shadow_policy
from bridge.service.replay_sessions import (
    MOST_SESSIONS,
    StoredSessions,
    judge_here,
    last_days,
    named_in_force,
)
from bridge.web import problems
from bridge.web.admin_bodies import PolicyIn, ReplayIn
from bridge.web.signed_calls import Call, answer, signed

backtests = Blueprint("backtests", __name__)

DAYS = 7
"""Days of the site's own sessions that are judged, unless the call asks for others."""


@backtests.post("/v1/replay")
@signed(Scope.ADMIN, ReplayIn, answer="Backtest")
def replay(call: Call[ReplayIn]) -> Response:
    """Judge conversations again, those of the call or the site's own, and change nothing."""
    with call.write():
        pass  # the nonce: judging takes seconds, and nobody has to wait for that
    report = _report(call)
    if call.body.sessions is not None:
        return answer(_judged(report, call.body.sessions))
    found = last_days(call.bridge, call.site, call.body.days or DAYS)
    return answer(_judged(report, found.conversations(), found))


def _report(call: Call[ReplayIn]) -> Backtest:
    with call.bridge.store.read() as tx:
        present = named_in_force(call.bridge, tx, call.site)
    if call.body.policy is None:
        return Backtest(present)
    return Backtest(Named("the policy that was sent", call.accept(call.body.policy).policy), present)


def _judged(
    report: Backtest, conversations: Iterable[Conversation], found: StoredSessions | None = None
) -> dict[str, object]:
    judge_here(report, conversations)
    return {
        **backtest.as_json(report),
        "passed_over": sorted(report.unknown),
        "left_out": found.silent if found else 0,
        "newest_only": found is not None and found.total() > MOST_SESSIONS,
    }


@backtests.get("/v1/policy/shadow")
@signed(Scope.ADMIN, answer="ShadowPolicy")
def shadow(call: Call[None]) -> Response:
    """Read the policy that is tried on live traffic."""
    with call.write() as tx:
        known = shadow_policy.read_shadow(tx, call.site)
    return answer({**_show(known), "document": known.document})


@backtests.put("/v1/policy/shadow")
@signed(Scope.ADMIN, PolicyIn, answer="ShadowStored")
def put_shadow(call: Call[PolicyIn]) -> Response:
    """Try a policy on live traffic from now on; it acts on none of it."""
    accepted = call.accept(call.body.document)
    with call.write() as tx:
        kept = shadow_policy.set_shadow(call.bridge, tx, call.site, accepted, call.body.author)
    return answer({**_show(kept), "findings": [problems.show_finding(one) for one in accepted.findings]})


@backtests.delete("/v1/policy/shadow")
@signed(Scope.ADMIN, answer="ShadowGone")
def drop_shadow(call: Call[None]) -> Response:
    """Try it no longer."""
    with call.write() as tx:
        shadow_policy.drop_shadow(tx, call.site)
    return answer({"removed": True})


@backtests.get("/v1/policy/shadow/report")
@signed(Scope.ADMIN, answer="ShadowReport")
def shadow_report(call: Call[None]) -> Response:
    """Say what the shadow policy would have done with the sessions since it was set."""
    with call.write():
        pass
    try:
        with call.bridge.store.read() as tx:
            report, found = shadow_policy.begin_report(call.bridge, tx, call.site, MOST_SESSIONS)
    except PolicyRefused as error:
        raise problems.refused_policy(error) from None
    return answer({"since": to_rfc3339(found.since), **_judged(report, found.conversations(), found)})


def _show(known: ShadowPolicy) -> dict[str, object]:
    return {"author": known.author, "since": to_rfc3339(known.since)}
