"""Signed calls: the vectors that PHP agrees with, the window of time, rotation, replay, scopes, signed answers."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.sidecar import SHOP, Live, Sidecar, looking, new_session_id, running_sidecar

from bridge.ports import Scope, SiteSecret
from bridge.service.manage_sites import revoke, rotate_site
from bridge.web.signing import (
    REQUEST_SALT,
    RESPONSE_SALT,
    Gatekeeper,
    SignedHeaders,
    Stale,
    Unauthorized,
    canonical_request,
    canonical_response,
    check_time,
    sign_request,
    sign_response,
    signer,
)

VECTORS: Any = json.loads((Path(__file__).parents[1] / "vectors" / "signing-vectors.json").read_text("utf-8"))


def named(part: str) -> pytest.MarkDecorator:
    cases = VECTORS[part]
    return pytest.mark.parametrize("vector", cases, ids=[case["id"] for case in cases])


def body_of(vector: Any) -> bytes:
    return base64.b64decode(vector["body_base64"])


def keeper_of(*secrets: str) -> Gatekeeper:
    """A gatekeeper whose every site has these chat secrets, oldest first."""

    @contextmanager
    def read() -> Iterator[Any]:
        known = [SiteSecret(Scope.CHAT, secret, 0) for secret in secrets]
        yield SimpleNamespace(sites=SimpleNamespace(secrets=lambda _site, _at: known))

    return Gatekeeper(SimpleNamespace(read=read))


# ------------------------------------------------------------------------------------------------- vectors


@named("requests")
def test_a_request_is_signed_as_the_vectors_say(vector: Any) -> None:
    parts = (vector["method"], vector["target"], str(vector["timestamp"]), vector["nonce"], body_of(vector))
    assert canonical_request(*parts).decode() == vector["canonical"]
    method, target, _, nonce, body = parts
    made = sign_request(vector["signs_with"], method, target, vector["timestamp"], nonce, body)
    assert made == vector["signature"]


@named("requests")
def test_the_gatekeeper_lets_every_vector_in_by_the_secret_that_signed_it(vector: Any) -> None:
    headers = SignedHeaders(*(vector["headers"][f"X-Bridge-{n}"] for n in ("Site", "Timestamp", "Nonce", "Signature")))
    caller = keeper_of(*vector["secrets"]).caller(headers, vector["method"], vector["target"], body_of(vector))
    assert caller.secret == vector["signs_with"]
    assert caller.nonce == vector["nonce"]


@named("responses")
def test_an_answer_is_signed_as_the_vectors_say(vector: Any) -> None:
    assert (
        canonical_response(vector["status"], vector["request_nonce"], body_of(vector)).decode() == vector["canonical"]
    )
    made = sign_response(vector["secret"], vector["status"], vector["request_nonce"], body_of(vector))
    assert made == vector["signature"]


@named("verify")
def test_a_signature_is_accepted_or_refused_as_the_vectors_say(vector: Any) -> None:
    salt = REQUEST_SALT if vector["kind"] == "request" else RESPONSE_SALT
    verified = signer(vector["secrets"], salt).verify_signature(vector["canonical"].encode(), vector["signature"])
    assert verified == vector["accept"]


@pytest.mark.parametrize("into_the_second", [0.0, 0.001, 0.999])
@pytest.mark.parametrize("case", VECTORS["window"]["cases"], ids=lambda case: str(case["offset_seconds"]))
def test_the_clocks_may_differ_by_five_minutes(case: Any, into_the_second: float) -> None:
    now = VECTORS["window"]["now"]
    try:
        check_time(str(now + case["offset_seconds"]), now + into_the_second)
        accepted = True
    except Stale:
        accepted = False
    assert accepted == case["accept"]


@pytest.mark.parametrize("case", VECTORS["malleable"]["cases"], ids=lambda case: case["signature"][-2:])
def test_another_spelling_of_a_signature_is_the_same_call(case: Any) -> None:
    vector = next(one for one in VECTORS["requests"] if one["id"] == VECTORS["malleable"]["of"])
    headers = SignedHeaders(vector["site"], str(vector["timestamp"]), vector["nonce"], case["signature"])
    caller = keeper_of(*vector["secrets"]).caller(headers, vector["method"], vector["target"], body_of(vector))
    assert caller.nonce == vector["nonce"]


@pytest.mark.parametrize("change", [
    {"site": ""}, {"site": "Shop"}, {"site": "shop 1"}, {"site": "x" * 41}, {"site": "shop-1\n"},
    {"timestamp": ""}, {"timestamp": "-1"}, {"timestamp": "1767225600.0"}, {"timestamp": "１７６７２２５６００"},
    {"timestamp": "1" * 13}, {"timestamp": "0x1"}, {"timestamp": "1767225600\n"},
    {"nonce": ""}, {"nonce": "short"}, {"nonce": "x" * 129}, {"nonce": "ż" * 20}, {"nonce": "0" * 16 + "\n"},
    {"signature": ""}, {"signature": "ż"}, {"signature": "\udcff\udcfe"}, {"signature": "=" * 1000},
], ids=repr)  # fmt: skip
def test_headers_that_are_none_are_refused_and_break_nothing(change: dict[str, str]) -> None:
    vector = VECTORS["requests"][0]
    good = {"site": vector["site"], "timestamp": str(vector["timestamp"]), "nonce": vector["nonce"],
            "signature": vector["signature"]}  # fmt: skip
    with pytest.raises(Unauthorized):
        keeper_of(*vector["secrets"]).caller(
            SignedHeaders(**{**good, **change}), vector["method"], vector["target"], body_of(vector)
        )


# ------------------------------------------------------------------------------------------------- on the wire


def test_every_answer_to_an_authentic_call_is_signed_with_its_secret(sidecar: Sidecar) -> None:
    answer = sidecar.caller().send("GET", "/v1/health")
    expected = sign_response(sidecar.pairing.chat_secret, 200, answer.nonce, answer.body)
    assert answer.headers["X-Bridge-Signature"] == expected


@pytest.mark.parametrize(("method", "target", "status"), [
    ("GET", "/v1/sessions/ses_0000000000000000/events", 404), ("POST", "/v1/sessions", 422),
    ("GET", "/v1/escalations", 403), ("GET", "/v1/nowhere?x=1", 404), ("POST", "/v1//sessions", 404),
    ("DELETE", "/v1/health", 405),
])  # fmt: skip
def test_errors_are_signed_too(sidecar: Sidecar, method: str, target: str, status: int) -> None:
    answer = sidecar.caller().send(method, target)
    assert answer.status == status
    assert answer.headers["X-Bridge-Signature"] == sign_response(
        sidecar.pairing.chat_secret, status, answer.nonce, answer.body
    )


@pytest.mark.parametrize(("method", "target", "status"), [("GET", "/v1/nowhere", 404), ("DELETE", "/v1/health", 405)])
def test_whoever_calls_where_there_is_nothing_is_told_so_and_a_stranger_without_a_signature(
    sidecar: Sidecar, method: str, target: str, status: int
) -> None:
    for how in ({"secret": "x" * 43}, {"headers": {"X-Bridge-Nonce": ""}}, {"raw": b" " * 2_000_000}):
        answer = sidecar.caller().send(method, target, **how)
        assert (answer.status, answer.headers.get("X-Bridge-Signature")) == (status, None)


def test_a_body_that_is_too_large_is_not_read_and_so_its_refusal_is_not_signed(sidecar: Sidecar) -> None:
    answer = sidecar.caller().send("POST", "/v1/sessions", raw=b" " * 100_000)
    assert (answer.status, answer.headers.get("X-Bridge-Signature")) == (413, None)


UNSIGNED: dict[str, dict[str, Any]] = {
    "another secret": {"secret": "x" * 43},
    "a site that does not exist": {"site": "nobody"},
    "no signature": {"headers": {"X-Bridge-Signature": ""}},
    "no nonce": {"headers": {"X-Bridge-Nonce": ""}},
    "another method's signature": {"headers": {"X-Bridge-Signature": "A" * 43}},
    "another time than was signed": {"headers": {"X-Bridge-Timestamp": "1"}},
    "an old call by a wrong secret": {"secret": "x" * 43, "at": 1},
}


@pytest.mark.parametrize("how", UNSIGNED.values(), ids=UNSIGNED)
def test_one_constant_unsigned_body_answers_every_wrong_signature(sidecar: Sidecar, how: dict[str, Any]) -> None:
    answer = sidecar.caller().send("GET", "/v1/health", **how)
    assert answer.status == 401
    assert "X-Bridge-Signature" not in answer.headers
    assert answer.json == {
        "type": "urn:escalation-bridge:problem:unauthorized",
        "title": "The call is not signed as it has to be.",
        "status": 401,
    }


def test_a_changed_body_is_refused(sidecar: Sidecar) -> None:
    chat = sidecar.chat()
    chat.start()
    nonce, now = "n" * 22, int(time.time())
    target = f"/v1/sessions/{chat.id}/turns"
    signature = sign_request(sidecar.pairing.chat_secret, "POST", target, now, nonce, b'{"turn_id":"1","text":"a"}')
    headers = {"X-Bridge-Signature": signature}
    answer = chat.caller.send("POST", target, {"turn_id": "1", "text": "b"}, nonce=nonce, at=now, headers=headers)
    assert answer.status == 401


@pytest.mark.parametrize("target", [
    "/v1/escalations?limit=5&state=all", "/v1/escalations?state=all&limit=5", "/v1/escalations?state=%61ll",
    "/v1/escalations?state=all&x=a%20b+c%2F", "/v1/escalations?",
])  # fmt: skip
def test_the_target_is_signed_as_it_stands_in_the_request_line(sidecar: Sidecar, target: str) -> None:
    assert sidecar.caller(Scope.ADMIN).send("GET", target).status == 200


def test_a_stale_call_is_told_the_servers_time_in_a_signed_answer(sidecar: Sidecar) -> None:
    answer = sidecar.caller().send("GET", "/v1/health", at=int(time.time()) - 1000)
    assert (answer.status, answer.slug) == (401, "stale-timestamp")
    assert abs(answer.json["server_time"] - time.time()) < 5
    assert "X-Bridge-Signature" in answer.headers


def test_a_call_signed_with_the_servers_time_is_let_in(sidecar: Sidecar) -> None:
    told = sidecar.caller().send("GET", "/v1/health", at=1).json["server_time"]
    assert sidecar.caller().send("GET", "/v1/health", at=told).status == 200


def test_a_rehearsal_that_shifts_the_clock_leaves_signatures_alone(sidecar: Sidecar) -> None:
    sidecar.clock.set("2031-01-01T00:00:00Z")
    assert sidecar.caller().send("GET", "/v1/health").status == 200


def test_a_nonce_serves_once(sidecar: Sidecar) -> None:
    nonce = "once" * 6
    assert sidecar.caller().send("GET", "/v1/health", nonce=nonce).status == 200
    again = sidecar.caller().send("GET", "/v1/health", nonce=nonce)
    assert (again.status, again.slug) == (409, "replayed-nonce")


def test_a_replayed_call_has_no_effect(sidecar: Sidecar) -> None:
    chat = sidecar.chat()
    chat.start()
    how = {"nonce": "once" * 6, "at": int(time.time())}
    target = f"/v1/sessions/{chat.id}/turns"
    assert chat.caller.send("POST", target, {"turn_id": "t1", "text": "hello"}, **how).status == 200
    assert chat.caller.send("POST", target, {"turn_id": "t2", "text": "hello"}, **how).status == 409
    with sidecar.bridge.store.read() as tx:
        assert [turn.turn_id for turn in tx.sessions.turns(SHOP.id, chat.id)] == ["t1"]


def test_a_replayed_session_start_makes_no_session(sidecar: Sidecar) -> None:
    how = {"nonce": "once" * 6, "at": int(time.time())}
    for status in (201, 409):
        number = new_session_id()
        body = {"session_id": number, "visitor": {"identity": "anonymous"}}
        assert sidecar.caller().send("POST", "/v1/sessions", body, **how).status == status
    with sidecar.bridge.store.read() as tx:
        assert tx.sessions.get(SHOP.id, number) is None


@pytest.mark.parametrize("end", [Live.stop, Live.kill], ids=["stopped", "killed"])
def test_s02_a_nonce_serves_once_also_when_the_sidecar_has_been_started_anew(
    tmp_path: Path, end: Callable[[Live], None]
) -> None:
    with running_sidecar(tmp_path, f"sqlite:///{tmp_path / 'bridge.db'}") as live:
        chat = live.chat()
        chat.start()
        how = {"nonce": "once" * 6, "at": int(time.time())}
        target = f"/v1/sessions/{chat.id}/turns"
        assert chat.caller.send("POST", target, {"turn_id": "t1", "text": "hello"}, **how).status == 200
        end(live)
        live.serve()
        again = chat.caller.send("POST", target, {"turn_id": "t2", "text": "hello"}, **how)
        assert (again.status, again.slug) == (409, "replayed-nonce")
        with looking(live) as store, store.read() as tx:
            assert [turn.turn_id for turn in tx.sessions.turns(SHOP.id, chat.id)] == ["t1"]


@pytest.mark.parametrize(("scope", "method", "target"), [
    (Scope.CHAT, "GET", "/v1/escalations"), (Scope.CHAT, "GET", "/v1/policy"),
    (Scope.CHAT, "PUT", "/v1/agents/3/presence"), (Scope.CHAT, "POST", "/v1/escalations/x/claim"),
    (Scope.ADMIN, "POST", "/v1/sessions"), (Scope.ADMIN, "POST", "/v1/sessions/x/turns"),
    (Scope.ADMIN, "GET", "/v1/sessions/x/events"),
])  # fmt: skip
def test_a_secret_is_good_for_its_own_scope_alone(sidecar: Sidecar, scope: Scope, method: str, target: str) -> None:
    answer = sidecar.caller(scope).send(method, target, None if method == "GET" else {})
    assert (answer.status, answer.slug) == (403, "wrong-scope")


@pytest.mark.parametrize("scope", list(Scope))
def test_health_takes_either_secret_and_says_which_it_was(sidecar: Sidecar, scope: Scope) -> None:
    told = sidecar.caller(scope).ask("GET", "/v1/health")
    assert (told["site"], told["scope"], told["policy_version"], told["scheduler_alive"]) == ("shop", scope, 1, False)
    assert told["url"] == SHOP.url


# ------------------------------------------------------------------------------------------------- rotation


def test_during_a_rotation_both_secrets_hold_and_each_answers_with_its_own(sidecar: Sidecar, no_memory: None) -> None:
    old = sidecar.caller()
    assert old.send("GET", "/v1/health").status == 200
    new = sidecar.caller(pairing=rotate_site(sidecar.bridge, SHOP.id, ""))
    assert new.secret != old.secret
    assert new.send("GET", "/v1/health").status == 200
    assert old.send("GET", "/v1/health").status == 200  # `send` has checked the answer's signature against its secret


def test_after_a_rotation_the_old_secret_is_gone(sidecar: Sidecar, no_memory: None) -> None:
    old = sidecar.caller()
    new = sidecar.caller(pairing=rotate_site(sidecar.bridge, SHOP.id, ""))
    assert revoke(sidecar.bridge, SHOP.id, everything=False) == 2
    assert old.send("GET", "/v1/health").status == 401
    assert new.send("GET", "/v1/health").status == 200


def test_a_revoked_site_cannot_call_any_more(sidecar: Sidecar, no_memory: None) -> None:
    revoke(sidecar.bridge, SHOP.id, everything=True)
    assert sidecar.caller().send("GET", "/v1/health").status == 401
