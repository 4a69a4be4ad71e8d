"""A helpdesk calls WordPress, which anybody can reach; the effect is in the sidecar, which nobody can."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from installation import HOOK_SECRET, Installation
from loopback import direct_session
from support.desks.vendor import Hook
from support.desks.zendesk import signed_event
from test_rest import Visitor, escalation_of

pytestmark = pytest.mark.wordpress

WITHIN = 20.0
HELPDESKS = Path(__file__).parents[2] / "docs" / "helpdesks.md"


@pytest.fixture
def visitor(installed: Installation) -> Iterator[Visitor]:
    with direct_session() as http:
        yield Visitor(installed.site, http)


def calls(installed: Installation, hook: Hook, desk: str = "zendesk") -> requests.Response:
    with direct_session() as http:
        return http.post(
            installed.site.rest(f"escalation-bridge/v1/hooks/{desk}"), data=hook.body, headers=hook.headers, timeout=30
        )


def zoe(installed: Installation, does: str, ref: str, text: str = "") -> None:
    with direct_session() as http:
        body = {"does": does, "ref": ref, "text": text}
        assert http.post(f"http://{installed.zendesk}/__person", json=body, timeout=5).ok


def handed_over(installed: Installation, visitor: Visitor) -> str:
    """A visitor waits for a person; the ticket's number in Zendesk."""
    visitor.begin()
    assert visitor.says("I want to talk to a human").json()["state"] == "escalated"
    ends = time.monotonic() + WITHIN
    while time.monotonic() < ends:
        ref = escalation_of(installed, visitor.id)["ticket"]["ref"]
        if ref:
            return str(ref)
        time.sleep(0.2)
    raise AssertionError("the ticket was not filed")


def lines(visitor: Visitor) -> list[str]:
    events = visitor.post(f"sessions/{visitor.id}/events", {"after": 0}).json()["events"]
    return [event["text"] for event in events if event["kind"] == "agent"]


def test_an_answer_in_zendesk_is_in_the_chat_as_soon_as_zendesk_calls(
    installed: Installation, visitor: Visitor
) -> None:
    ref = handed_over(installed, visitor)
    zoe(installed, "takes", ref)
    zoe(installed, "says", ref, "I have found your parcel.")
    answer = calls(installed, signed_event(ref, time.time(), HOOK_SECRET))
    assert (answer.status_code, answer.json()) == (202, {"tickets": 1})
    ends = time.monotonic() + WITHIN
    while time.monotonic() < ends and not lines(visitor):
        time.sleep(0.1)
    assert lines(visitor) == ["I have found your parcel."]
    assert escalation_of(installed, visitor.id)["commitment"]["state"] == "kept"


def test_what_zendesk_has_not_signed_is_refused(installed: Installation, visitor: Visitor) -> None:
    ref = handed_over(installed, visitor)
    assert calls(installed, signed_event(ref, time.time(), "guessed")).status_code == 401
    assert calls(installed, signed_event(ref, time.time() - 400, HOOK_SECRET)).status_code == 401
    assert calls(installed, signed_event(ref, time.time(), HOOK_SECRET), "freshdesk").status_code == 404


ELSEWHERE = "../../../healthz"
REFUSED = "urn:escalation-bridge:problem:hook-refused"


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (f"?desk={ELSEWHERE}", {}),
        ("", {"desk": f"{ELSEWHERE}?x=1"}),
        ("", {"desk": {"name": "Our team"}}),  # a helpdesk's own word
    ],
)
def test_where_a_call_is_handed_on_is_told_by_its_path_alone(
    installed: Installation, query: str, body: dict[str, Any]
) -> None:
    signed = {"Content-Type": "application/json", "X-Zendesk-Webhook-Signature": "guessed"}
    answer = calls(installed, Hook(signed, json.dumps(body).encode()), f"zendesk{query}")
    assert (answer.status_code, answer.json()["type"]) == (401, REFUSED), answer.text


def test_while_the_sidecar_is_away_the_helpdesk_is_told_to_call_again(installed: Installation) -> None:
    installed.kill("sidecar")
    try:
        assert calls(installed, signed_event("1000", time.time(), HOOK_SECRET)).status_code == 503
    finally:
        installed.start("sidecar")


def test_while_calls_are_paused_the_helpdesk_is_told_to_call_again_without_a_call(installed: Installation) -> None:
    pause = "set_transient( 'escbridge_breaker', array( 'failures' => 3, 'until' => time() + 30, 'cause' => '' ), 60 );"
    installed.site.php_eval(pause)
    assert calls(installed, signed_event("1000", time.time(), "guessed")).status_code == 503  # the sidecar says 401
    installed.site.php_eval(pause.replace("time() + 30", "time() - 1"))
    assert calls(installed, signed_event("1000", time.time(), "guessed")).status_code == 401
    left = installed.site.php_eval("echo EscalationBridge\\Client::breaker()['until'] - time();")
    assert int(left) < 0, "the first try after a pause is a visitor's"


def test_a_sidecar_that_hangs_holds_a_helpdesks_call_for_three_seconds(installed: Installation) -> None:
    forward = """
        add_filter( 'pre_http_request', function ( $answer, $args ) {
            echo $args['timeout'];
            return new WP_Error( 'http_request_failed', 'timed out' );
        }, 10, 2 );
        $client = new EscalationBridge\\Client( EscalationBridge\\Settings::pairing() );
        $answer = $client->forward_webhook( 'zendesk', array(), '' );
        echo ' ', $answer['status'];"""
    assert installed.site.php_eval(forward) == "3 0"


def test_a_call_without_any_helpdesks_signature_is_not_handed_on(installed: Installation) -> None:
    answer = calls(installed, Hook({"Content-Type": "application/json", "X-Other": "1"}, b"{}"))
    assert (answer.status_code, answer.json()["code"]) == (401, "escbridge_unsigned")


def test_each_call_of_a_helpdesk_counts_once(installed: Installation) -> None:
    own = installed.site.content / "mu-plugins" / "limits.php"
    own.write_text("<?php add_filter( 'escbridge_limits', fn() => array( 'hooks' => array( 3, 60 ) ) );")
    try:
        found = [calls(installed, signed_event("1000", time.time(), "guessed")).status_code for _ in range(4)]
    finally:
        own.unlink()
    assert found == [401, 401, 401, 429]


def test_a_helpdesk_that_calls_too_often_is_told_when_to_call_again(installed: Installation) -> None:
    own = installed.site.content / "mu-plugins" / "limits.php"
    own.write_text("<?php add_filter( 'escbridge_limits', fn() => array( 'hooks' => array( 1, 60 ) ) );")
    try:
        first, second = (calls(installed, signed_event("1000", time.time(), "guessed")) for _ in range(2))
    finally:
        own.unlink()
    assert (first.status_code, second.status_code, second.json()["code"]) == (401, 429, "escbridge_too_many")
    assert 0 < int(second.headers["Retry-After"]) <= 60


def test_a_helpdesk_that_looks_for_the_address_first_finds_it(installed: Installation) -> None:
    with direct_session() as http:
        answer = http.head(installed.site.rest("escalation-bridge/v1/hooks/intercom"), timeout=30)
    assert answer.status_code == 200


def set_permalinks(installed: Installation, structure: str) -> None:
    """As the settings page does."""
    code = "$GLOBALS['wp_rewrite']->set_permalink_structure($structure); flush_rewrite_rules(false);"
    installed.site.php_eval(code, structure=structure)


def test_where_permalinks_are_plain_the_address_is_the_other_one_that_the_docs_name(installed: Installation) -> None:
    (named,) = re.findall(r"<your site>(/\?rest_route=\S+)<helpdesk>", HELPDESKS.read_text("utf-8"))
    kept = installed.site.option("permalink_structure")
    set_permalinks(installed, "")
    try:
        with direct_session() as http:
            pretty = http.post(installed.site.rest("escalation-bridge/v1/hooks/zendesk"), data=b"{}", timeout=30)
            plain = http.post(f"{installed.site.url}{named}zendesk", data=b"{}", timeout=30)
    finally:
        set_permalinks(installed, kept)
    assert "escbridge_unsigned" not in pretty.text
    assert (plain.status_code, plain.json()["code"]) == (401, "escbridge_unsigned")
