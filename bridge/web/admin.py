"""The admin scope: escalations, presence, policy."""

from collections.abc import Collection

from flask import Blueprint, Response, request

from bridge.domain.escalation import Agent, Presence
from bridge.domain.instants import SECOND, to_rfc3339
from bridge.domain.policy_check import check_policy
from bridge.domain.values import Json
from bridge.ports import AgentReply, Scope
from bridge.service import manage_policy, read_escalations, work_ticket
from bridge.service.context import open_case
from bridge.web import problems
from bridge.web.admin_bodies import AgentReplyIn, ByAgentIn, PolicyCheckIn, PolicyIn, PresenceIn, ResolveIn
from bridge.web.signed_calls import Call, answer, signed, whole_number
from bridge.web.wire import LONGEST_ID, unprintable

admin = Blueprint("admin", __name__)

LONGEST_PAGE = 100
LATEST_VERSION = 999_999_999
BAD_BEFORE = "expected the next_before of a page in this order"


@admin.get("/v1/escalations")
@signed(Scope.ADMIN, answer="Escalations")
def escalations(call: Call[None]) -> Response:
    """List escalations, newest first, or those due soonest first."""
    states = _one_of("state", read_escalations.STATES, "active")
    limit = whole_number("limit", request.args.get("limit", "50"), 1, LONGEST_PAGE)
    before = request.args.get("before")
    if before is not None and (unprintable(before) or len(before) > LONGEST_ID):
        raise problems.bad_query("before", BAD_BEFORE)
    if _one_of("order", ("newest", "due"), "newest") == "due":
        return _due_first(call, states, limit, before)
    with call.write() as tx:
        page = read_escalations.list_escalations(tx, call.site, states, limit, before)
    return answer(page)


def _due_first(call: Call[None], states: str, limit: int, before: str | None) -> Response:
    if states not in read_escalations.STATES_OWED:
        raise problems.bad_query("order", f"due goes with state {', '.join(read_escalations.STATES_OWED)}")
    place = read_escalations.MOST_URGENT if before is None else read_escalations.read_place(before)
    if place is None:
        raise problems.bad_query("before", BAD_BEFORE)
    with call.write() as tx:
        page = read_escalations.list_due_first(tx, call.site, states, limit, place)
    return answer(page)


def _one_of(name: str, known: Collection[str], default: str) -> str:
    given = request.args.get(name, default)
    if given not in known:
        raise problems.bad_query(name, f"expected one of {', '.join(known)}")
    return given


@admin.get("/v1/escalations/<escalation>")
@signed(Scope.ADMIN, answer="EscalationDetail")
def escalation(call: Call[None], escalation: str) -> Response:
    """Read one escalation with its packet and the whole conversation."""
    with call.write() as tx:
        found = read_escalations.read_escalation(tx, call.site, escalation)
    return answer(found)


@admin.post("/v1/escalations/<escalation>/claim")
@signed(Scope.ADMIN, ByAgentIn, answer="Escalation")
def claim(call: Call[ByAgentIn], escalation: str) -> Response:
    """Take an escalation."""
    with call.write() as tx:
        changed = work_ticket.claim(open_case(call.bridge, tx, call.site), escalation, call.body.agent.value())
        return answer(read_escalations.show(tx, changed))


@admin.post("/v1/escalations/<escalation>/reply")
@signed(Scope.ADMIN, AgentReplyIn, answer="Escalation")
def reply(call: Call[AgentReplyIn], escalation: str) -> Response:
    """Answer the customer."""
    body = call.body
    said = AgentReply(body.reply_id, body.agent.value(), body.text, call.bridge.clock.now())
    with call.write() as tx:
        changed = work_ticket.reply(open_case(call.bridge, tx, call.site), escalation, said)
        return answer(read_escalations.show(tx, changed))


@admin.post("/v1/escalations/<escalation>/resolve")
@signed(Scope.ADMIN, ResolveIn, answer="Escalation")
def resolve(call: Call[ResolveIn], escalation: str) -> Response:
    """Be done with an escalation; its sessions close."""
    with call.write() as tx:
        case, agent = open_case(call.bridge, tx, call.site), call.body.agent.value()
        changed = work_ticket.resolve(case, escalation, agent, note=call.body.note)
        return answer(read_escalations.show(tx, changed))


@admin.post("/v1/escalations/<escalation>/release")
@signed(Scope.ADMIN, ByAgentIn, answer="Escalation")
def release(call: Call[ByAgentIn], escalation: str) -> Response:
    """Give the conversation back to the bot."""
    with call.write() as tx:
        changed = work_ticket.release(open_case(call.bridge, tx, call.site), escalation, call.body.agent.value())
        return answer(read_escalations.show(tx, changed))


@admin.get("/v1/agents")
@signed(Scope.ADMIN, answer="Agents")
def agents(call: Call[None]) -> Response:
    """List who is seen as there; whoever counts as away is not."""
    with call.write() as tx:
        there = tx.people.present(call.site, call.bridge.clock.now())
    return answer({"agents": [_show_presence(one) for one in sorted(there, key=lambda one: one.agent.name)]})


def _show_presence(seen: Presence) -> Json:
    return {
        "id": seen.agent.id,
        "name": seen.agent.name,
        "queues": list(seen.queues),
        "capacity": seen.capacity,
        "expires_at": to_rfc3339(seen.expires_at),
    }


@admin.put("/v1/agents/<agent>/presence")
@signed(Scope.ADMIN, PresenceIn, answer="Presence", of_home=True)
def presence(call: Call[PresenceIn], agent: str) -> Response:
    """Say that somebody is there, for so many seconds."""
    if len(agent) > LONGEST_ID:
        raise problems.bad_query("agent", "expected 1 to 64 characters")
    body = call.body
    expires_at = call.bridge.clock.now() + body.ttl_s * SECOND
    who = Agent(agent, body.name)
    seen = Presence(who, tuple(body.queues), body.capacity, body.available, expires_at)
    with call.write() as tx:
        tx.people.note(call.site, seen)
    return answer({"agent_id": agent, "available": body.available, "expires_at": to_rfc3339(expires_at)})


@admin.get("/v1/policy")
@signed(Scope.ADMIN, answer="Policy")
def policy(call: Call[None]) -> Response:
    """Read the policy in force, or an earlier version."""
    asked = request.args.get("version")
    version = None if asked is None else whole_number("version", asked, 1, LATEST_VERSION)
    with call.write() as tx:
        known = manage_policy.policy_version(tx, call.site, version)
    shown = {"version": known.version, "author": known.author, "created_at": to_rfc3339(known.created_at)}
    return answer({**shown, "document": known.document})


@admin.get("/v1/policy/versions")
@signed(Scope.ADMIN, answer="PolicyVersions")
def policy_versions(call: Call[None]) -> Response:
    """List the versions of the policy, newest first."""
    with call.write() as tx:
        return answer({"versions": manage_policy.list_versions(tx, call.site)})


@admin.put("/v1/policy")
@signed(Scope.ADMIN, PolicyIn, answer="PolicyStored")
def put_policy(call: Call[PolicyIn]) -> Response:
    """Put a new version of the policy in force."""
    accepted = call.accept(call.body.document)
    with call.write() as tx:
        version = manage_policy.put_policy(call.bridge, tx, call.site, accepted, call.body.author)
    return answer({"version": version, "findings": [problems.show_finding(one) for one in accepted.findings]})


@admin.post("/v1/policy/check")
@signed(Scope.ADMIN, PolicyCheckIn, answer="PolicyFindings")
def check(call: Call[PolicyCheckIn]) -> Response:
    """Say what would be found in a policy, and change nothing."""
    with call.write() as tx:  # no longer than this: a long document is judged for seconds
        known = manage_policy.host_of(call.bridge, tx, call.site)
    host = call.body.host.over(known) if call.body.host else known
    checked, found = check_policy(call.body.document, now=call.bridge.clock.now(), host=host)
    return answer({"valid": checked is not None, "findings": [problems.show_finding(one) for one in found]})
