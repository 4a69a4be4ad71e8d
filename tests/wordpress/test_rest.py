"""What anybody on the web can ask of the plugin, and what its functions for other chats say; beside a real sidecar."""

import json
import re
import secrets
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from installation import Installation, eventually
from loopback import direct_session, free_port
from pairing import code_with, php_sees, served_with
from team import A_PERSON, team_of
from visitor import Visitor, code_of, escalation_of, route_of, without_sidecar
from wordpress_site import Site, SiteError

pytestmark = pytest.mark.wordpress

PROMISE = re.compile(r"A support agent will contact you before 2:\d\d PM EST today, Tuesday, November 3\.")
OFFLINE = "We cannot reach our chat right now."
ADMIN_ROUTES = {"test": {}, "presence": {"available": False}}
SETTINGS_PAGE = "wp-admin/options-general.php?page=escalation-bridge"
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
STUB_OF_WOOCOMMERCE = """<?php
class Stub_Order {
    public function get_id() { return 8821; }
    public function get_total() { return '900.00'; }
    public function get_currency() { return 'USD'; }
    public function get_status() { return 'processing'; }
    public function get_date_created() { return new DateTime( '2026-10-30T12:00:00Z' ); }
}
function wc_get_orders( $query ) { return array( new Stub_Order() ); }
function wc_get_customer_total_spent( $user ) { return '900.00'; }
function get_woocommerce_currency() { return 'USD'; }
"""


@pytest.fixture
def visitor(installed: Installation) -> Iterator[Visitor]:
    with direct_session() as http:
        yield Visitor(installed.site, http)


@pytest.fixture
def unpaired(installed: Installation) -> Iterator[Installation]:
    """Nobody has set the pairing code: the owner is about to paste it."""
    with served_with(installed.site, ESCBRIDGE_PAIRING=None):
        yield installed


# Who may ask


def test_a_guest_of_a_cached_page_needs_no_nonce(visitor: Visitor) -> None:
    begun = visitor.begin(locale="en-US", timezone="America/New_York", page_url=f"{visitor.site.url}/cart/?secret=1")
    assert (begun["state"], begun["commitment"], begun["expires_in"]) == ("open", None, 24 * 60 * 60)
    assert visitor.says("Do you ship to Canada?").json()["reply"] == "You said: Do you ship to Canada?"


def test_a_stale_nonce_is_refused_by_name_so_that_the_script_can_go_on_without_it(visitor: Visitor) -> None:
    assert code_of(visitor.post("sessions", X_WP_Nonce="0123456789")) == (403, "rest_cookie_invalid_nonce")
    visitor.begin()


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "https://127.0.0.1.evil.example"])
def test_only_pages_of_the_site_itself_may_use_the_chat(visitor: Visitor, origin: str | None) -> None:
    assert code_of(visitor.post("sessions", Origin=origin)) == (403, "escbridge_foreign_origin")
    visitor.begin()
    assert code_of(visitor.says("hello", Origin=origin)) == (403, "escbridge_foreign_origin")


def test_a_page_under_another_name_of_the_site_may_send_the_token(visitor: Visitor) -> None:
    asked = {"Origin": "http://www.shop.example", "Access-Control-Request-Method": "POST"}
    answer = visitor.http.options(route_of(visitor.site, "sessions/x/turns"), headers=asked, timeout=30)
    assert "X-Escbridge-Token" in answer.headers["Access-Control-Allow-Headers"].split(", ")


def test_a_token_opens_its_own_conversation_only(visitor: Visitor) -> None:
    first = visitor.begin()["session_id"]
    visitor.begin()
    for route in ("turns", "events", "contact", "close"):
        body = {"client_turn_id": str(uuid.uuid4()), "message": "hello", "email": "thief@example.test"}
        assert code_of(visitor.post(f"sessions/{first}/{route}", body)) == (403, "escbridge_other_session"), route


def test_which_conversation_is_meant_is_told_by_the_path_alone(visitor: Visitor) -> None:
    first = visitor.begin()["session_id"]
    visitor.begin()
    for other in (first, {"id": first}):
        assert visitor.says("hello", more={"id": other}).ok, "what else a body holds is not looked at"
    body = {"client_turn_id": str(uuid.uuid4()), "message": "hello", "id": visitor.id}
    for route in ("turns", f"turns?id={visitor.id}"):
        assert code_of(visitor.post(f"sessions/{first}/{route}", body)) == (403, "escbridge_other_session")


def test_each_answer_has_a_fresh_token_which_lasts_a_week_once_a_person_was_promised(visitor: Visitor) -> None:
    visitor.begin()
    lasts = [visitor.says(text).json()["expires_in"] for text in ("Is it blue?", A_PERSON)]
    news = visitor.post(f"sessions/{visitor.id}/events").json()
    assert [*lasts, news["expires_in"]] == [24 * 60 * 60, 7 * 24 * 60 * 60, 7 * 24 * 60 * 60]
    assert visitor.says("And now?", X_Escbridge_Token=news["token"]).ok


def test_forged_expired_and_missing_tokens_are_refused(visitor: Visitor) -> None:
    token = visitor.begin()["token"]
    words, signature = token.split(".")
    tomorrow = words[:-1] + str((int(words[-1]) + 1) % 10)
    expired = visitor.site.php_eval(
        "echo EscalationBridge\\Signer::visitor_token( wp_salt( 'auth' ), $session, 0, time() - 1 );",
        session=visitor.id,
    )
    for wrong in (f"{tomorrow}.{signature}", f"{words}.{'A' * 43}", f"{words}.", "", None, expired):
        refused = visitor.says("hello", X_Escbridge_Token=wrong)
        assert code_of(refused) == (401, "escbridge_token_expired"), wrong
    assert visitor.says("hello").ok


def test_the_token_of_an_account_that_was_deleted_opens_nothing(installed: Installation, visitor: Visitor) -> None:
    site = installed.site
    site.add_user("cora", "cora-pass", email="cora@example.test")
    with site.login("cora", "cora-pass") as http:
        cora = Visitor(site, http, visitor.headers)
        cora.begin()
        assert cora.says("hello").ok
    site.php_eval(
        "require_once ABSPATH . 'wp-admin/includes/user.php'; wp_delete_user( get_user_by( 'login', $login )->ID );",
        login="cora",
    )
    stranger = Visitor(site, visitor.http, cora.headers, cora.id)
    assert code_of(stranger.says("hello")) == (401, "escbridge_token_expired")


@pytest.mark.parametrize(("route", "body"), ADMIN_ROUTES.items())
def test_routes_of_wp_admin_are_for_the_team(installed: Installation, route: str, body: dict[str, Any]) -> None:
    site = installed.site
    site.add_user("sub", "sub-pass")
    with direct_session() as guest, site.login("sub", "sub-pass") as subscriber, site.login() as admin:
        asked = [who.post(route_of(site, route), json=body, timeout=30) for who in (guest, subscriber, admin)]
        forged = admin.post(route_of(site, route), json=body, headers={"X-WP-Nonce": ""}, timeout=30)
    assert [answer.status_code for answer in asked] == [401, 403, 200]
    assert forged.status_code in {401, 403}, "a cookie without a nonce is anybody's page"


def test_the_index_of_the_rest_api_lists_no_route_of_the_chat(installed: Installation) -> None:
    with direct_session() as guest:
        for index in ("", "escalation-bridge/v1"):
            listed = guest.get(installed.site.rest(index), timeout=30).json()["routes"]
            assert [route for route in listed if route.startswith("/escalation-bridge/v1/")] == []


# What may be asked


def test_a_body_too_large_for_a_message_is_refused(visitor: Visitor) -> None:
    visitor.begin()
    assert code_of(visitor.says("hello", more={"x": "a" * 17_000})) == (413, "escbridge_too_large")
    assert code_of(visitor.says("a" * 4001)) == (400, "rest_invalid_param")
    assert visitor.says("語" * 4000).ok


def test_a_form_of_another_page_is_not_json(visitor: Visitor) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert code_of(visitor.post("sessions", "name=Anna", Content_Type=kind)) == (415, "escbridge_not_json")


@pytest.mark.parametrize(
    ("route", "body", "told"),
    [
        ("contact", {"phone": "call me please"}, "Please enter the phone number"),
        ("contact", {"phone": "030 123456 ext 5"}, "Please enter the phone number"),
        ("contact", {"email": "ann@b"}, "This address was not accepted."),
        ("turns", {"client_turn_id": str(uuid.UUID(int=1)), "message": "x" * 4001}, "This message was not accepted."),
    ],
)
def test_a_field_that_does_not_pass_is_refused_in_words_for_a_visitor(
    visitor: Visitor, route: str, body: dict[str, str], told: str
) -> None:
    visitor.begin()
    answer = visitor.post(f"sessions/{visitor.id}/{route}", body)
    assert code_of(answer) == (400, "rest_invalid_param")
    assert answer.json()["message"].startswith(told)


def test_answers_and_errors_are_never_cached(visitor: Visitor) -> None:
    visitor.begin()
    answers = [
        visitor.post("sessions"),
        visitor.says("hello"),
        visitor.post(f"sessions/{visitor.id}/events"),
        visitor.post("sessions", Origin=None),
        visitor.says("hello", X_Escbridge_Token=None),
        visitor.post("test"),
    ]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * len(answers)


def test_the_sixteenth_message_in_a_minute_has_to_wait(visitor: Visitor) -> None:
    visitor.begin()
    answers = [visitor.says(f"message {n}") for n in range(16)]
    assert [answer.status_code for answer in answers] == [200] * 15 + [429]
    assert code_of(answers[-1]) == (429, "escbridge_too_many")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_the_sixth_conversation_of_an_address_and_the_fourth_contact_have_to_wait(visitor: Visitor) -> None:
    for _ in range(5):
        visitor.begin()
    late = visitor.post("sessions")
    contacts = [visitor.post(f"sessions/{visitor.id}/contact", {"email": f"a{n}@example.test"}) for n in range(4)]
    assert [late.status_code, *(answer.status_code for answer in contacts)] == [429, 200, 200, 200, 429]
    assert 0 < int(late.headers["Retry-After"]) <= 600
    assert 0 < int(contacts[-1].headers["Retry-After"]) <= 600


def test_more_at_once_than_a_limit_allows_do_not_get_past_it(installed: Installation, visitor: Visitor) -> None:
    with ThreadPoolExecutor(12) as pool:
        begun = [answer.status_code for answer in pool.map(lambda _: visitor.post("sessions"), range(12))]
    assert sorted(begun) == [201] * 5 + [429] * 7
    installed.site.reset()
    visitor.begin()
    with ThreadPoolExecutor(20) as pool:
        sent = [answer.status_code for answer in pool.map(lambda n: visitor.says(f"message {n}"), range(20))]
    assert sorted(sent) == [200] * 15 + [429] * 5


def test_an_address_of_ipv6_counts_by_its_first_half(installed: Installation) -> None:
    hit = "foreach ( $who as $one ) { echo EscalationBridge\\Limits::hit( 'sessions', $one ) ? 'x' : '.'; }"
    one_line = [f"2001:db8:1:2:{n:x}::{n:x}" for n in range(1, 7)]
    others = ["2001:db8:1:3::1", "::ffff:198.51.100.7", *(f"::ffff:203.0.113.{n}" for n in range(6))]
    assert installed.site.php_eval(hit, who=[*one_line, *others]) == ".....x........"


def test_who_looks_for_news_or_ends_a_chat_too_often_has_to_wait(installed: Installation, visitor: Visitor) -> None:
    visitor.begin()
    hit = "foreach ( range( 1, 119 ) as $n ) { EscalationBridge\\Limits::hit( 'events', $session ); }"
    installed.site.php_eval(hit, session=visitor.id)
    answers = [visitor.post(f"sessions/{visitor.id}/{route}") for route in ("events", "events", "close")]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    for late in answers[1:]:
        assert (code_of(late), 0 < int(late.headers["Retry-After"]) <= 60) == ((429, "escbridge_too_many"), True)
    visitor.begin()
    assert visitor.post(f"sessions/{visitor.id}/events").ok, "another conversation has a limit of its own"


def test_a_filter_of_the_limits_that_names_one_leaves_the_others_as_they_are(
    installed: Installation, visitor: Visitor
) -> None:
    own = installed.site.content / "mu-plugins" / "limits.php"
    own.write_text("<?php add_filter( 'escbridge_limits', fn() => array( 'turns' => array( 2, 60 ) ) );")
    try:
        for _ in range(5):
            visitor.begin()
        late = visitor.post("sessions")
        answers = [visitor.says(f"message {n}") for n in range(3)]
    finally:
        own.unlink()
    assert [late.status_code, *(answer.status_code for answer in answers)] == [429, 200, 200, 429]
    assert installed.site.debug_log() == []


def test_a_message_sent_again_under_its_id_gets_the_same_answer_and_is_one_turn(
    installed: Installation, visitor: Visitor
) -> None:
    visitor.begin()
    turn = str(uuid.uuid4())
    assert visitor.says("Where is my parcel?", turn).json() == visitor.says("Where is my parcel?", turn).json()
    visitor.says(A_PERSON)
    spoken = [line["text"] for line in escalation_of(installed, visitor.id)["conversation"]]
    assert spoken.count("Where is my parcel?") == spoken.count("You said: Where is my parcel?") == 1


SLOW_BOT = """<?php
add_filter( 'escbridge_limits', function ( $limits ) {
    usleep( 400000 );
    return $limits;
} );
add_filter( 'escbridge_bot_reply', function ( $reply, $message ) {
    file_put_contents( WP_CONTENT_DIR . '/asked.txt', "$message\\n", FILE_APPEND | LOCK_EX );
    return $reply;
}, 1, 2 );
"""


@pytest.fixture
def asked(installed: Installation) -> Iterator[Path]:
    """What a slow bot was asked, a line each; a request waits where another one could come in between."""
    own, asked = installed.site.content / "mu-plugins" / "slow-bot.php", installed.site.content / "asked.txt"
    own.write_text(SLOW_BOT)
    yield asked
    own.unlink()
    asked.unlink(missing_ok=True)


def test_the_same_message_twice_at_once_asks_the_bot_once(visitor: Visitor, asked: Path) -> None:
    visitor.begin()
    turn = str(uuid.uuid4())
    with ThreadPoolExecutor(2) as pool:
        both = [answer.status_code for answer in pool.map(lambda _: visitor.says("Is it blue?", turn), range(2))]
    assert visitor.says("Is it blue?", turn).status_code == 200
    assert asked.read_text() == "Is it blue?\n"
    assert sorted(both) in ([200, 409], [200, 200])


def test_a_message_of_a_second_tab_does_not_make_the_bot_answer_the_first_ones_again(
    visitor: Visitor, asked: Path
) -> None:
    visitor.begin()
    turn = str(uuid.uuid4())
    first = visitor.says("Is it blue?", turn)
    visitor.says("Is it red?")
    assert visitor.says("Is it blue?", turn).json() == first.json()
    assert asked.read_text() == "Is it blue?\nIs it red?\n"


def test_a_bot_that_takes_minutes_is_not_asked_again_meanwhile(installed: Installation, visitor: Visitor) -> None:
    own, asked = installed.site.content / "mu-plugins" / "slow-bot.php", installed.site.content / "asked.txt"
    own.write_text("""<?php add_filter( 'escbridge_bot_reply', function ( $reply, $message ) {
        file_put_contents( WP_CONTENT_DIR . '/asked.txt', "$message\\n", FILE_APPEND | LOCK_EX );
        sleep( 3 );
        return $reply;
    }, 1, 2 );""")
    visitor.begin()
    turn = str(uuid.uuid4())
    try:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(visitor.says, "Is it blue?", turn)
            eventually(asked.exists)
            grow_older(installed.site, f"{visitor.id} {turn}", 170)
            assert code_of(visitor.says("Is it blue?", turn)) == (409, "escbridge_turn_in_progress")
        assert visitor.says("Is it blue?", turn).json() == first.result().json()
        assert asked.read_text() == "Is it blue?\n"
    finally:
        own.unlink()
        asked.unlink(missing_ok=True)


def grow_older(site: Site, turn: str, seconds: int) -> None:
    """A message was begun to be answered so much earlier."""
    code = """
        $key = 'escbridge_t_' . md5( $turn );
        $row = get_transient( $key );
        set_transient( $key, array( 'busy_until' => $row['busy_until'] - $seconds ) + $row, 600 );"""
    site.php_eval(code, turn=turn, seconds=seconds)


DYING_BOT = """
    add_filter( 'escbridge_bot_reply', fn() => posix_kill( getmypid(), SIGKILL ) );
    $turn = new WP_REST_Request( 'POST', "/escalation-bridge/v1/sessions/$session/turns" );
    $turn->set_headers( array( 'Content-Type' => 'application/json', 'Origin' => home_url() ) + $token );
    $turn->set_body( wp_json_encode( array( 'client_turn_id' => wp_generate_uuid4(), 'message' => 'Is it blue?' ) ) );
    rest_do_request( $turn );"""
LEFT_OF_TURNS = """
    global $wpdb;
    $names = "SELECT option_name FROM $wpdb->options WHERE option_name LIKE '%escbridge_t\\_%'";
    echo implode( ' ', $wpdb->get_col( $names ) );"""


def test_php_that_dies_while_a_bot_answers_leaves_nothing_for_good(installed: Installation, visitor: Visitor) -> None:
    visitor.begin()
    with pytest.raises(SiteError):
        installed.site.php_eval(DYING_BOT, session=visitor.id, token=visitor.headers)
    left = installed.site.php_eval(LEFT_OF_TURNS).split()
    assert left
    assert [name for name in left if not name.startswith("_transient_")] == []
    installed.site.php_eval("""
        global $wpdb;
        $wpdb->query( "UPDATE $wpdb->options SET option_value = 1 WHERE option_name LIKE '%timeout_escbridge_t%'" );
        delete_expired_transients();""")
    assert installed.site.php_eval(LEFT_OF_TURNS) == ""


TALKATIVE_BOT = """<?php add_filter( 'escbridge_bot_reply', function () {
    $more = array( 'raw' => function () {}, 'intent' => new stdClass(), 'signals' => array( 'a' => fn() => 1 ) );
    return array( 'text' => 'It is blue.', 'confidence' => 0.9 ) + $more;
}, 99 );"""


def test_what_a_bot_tells_beside_its_answer_may_be_anything(installed: Installation, visitor: Visitor) -> None:
    own = installed.site.content / "mu-plugins" / "talkative-bot.php"
    own.write_text(TALKATIVE_BOT)
    try:
        visitor.begin()
        answer = visitor.says("Is it blue?")
    finally:
        own.unlink()
    assert (answer.status_code, answer.json().get("reply")) == (200, "It is blue.")


A_PROXY = """
    add_filter( 'pre_http_request', function ( $answer, $args, $url ) use ( &$times ) {
        static $within = false;
        if ( ! $within && $times-- > 0 ) {
            $within = true;
            wp_remote_request( $url, $args );
            $within = false;
        }
        return $answer;
    }, 10, 3 );
    echo wp_json_encode( escbridge_turn( $session, 'visitor', 'Is it blue?' ) );"""


def test_a_call_that_a_proxy_has_sent_twice_is_signed_anew_and_sent_again(
    installed: Installation, visitor: Visitor
) -> None:
    visitor.begin()
    once, each = (json.loads(installed.site.php_eval(A_PROXY, session=visitor.id, times=n)) for n in (1, 9))
    assert (once["action"], once["error"]) == ("answer", "")
    assert (each["down"], each["kept"], each["error"]) == (True, True, "replayed-nonce"), "kept until it arrives"


def test_only_a_message_sent_before_with_another_text_is_told_so(visitor: Visitor) -> None:
    visitor.begin()
    turn = str(uuid.uuid4())
    told = {"turn-contradicted": "escbridge_turn_conflict", "session-taken": "rest_invalid_param"}
    refusal = "$r = new ReflectionMethod( 'EscalationBridge\\Rest', 'refusal' ); $r->setAccessible( true );"
    for slug, code in told.items():
        say = f"{refusal} echo $r->invoke( null, array( 'error' => $slug, 'status' => 409 ) )->get_error_code();"
        assert visitor.site.php_eval(say, slug=slug) == code
    assert visitor.says("One text", turn).ok
    visitor.site.php_eval("delete_transient( 'escbridge_t_' . md5( $key ) );", key=f"{visitor.id} {turn}")
    assert code_of(visitor.says("Another text", turn)) == (409, "escbridge_turn_conflict")


@pytest.mark.parametrize("status", [409, 422, 429])
def test_what_a_proxy_answers_in_the_sidecars_place_is_no_answer_and_the_message_is_kept(
    installed: Installation, visitor: Visitor, status: int
) -> None:
    visitor.begin()
    code = """
        $answer = array( 'headers' => array(), 'body' => '', 'cookies' => array(), 'filename' => null );
        $answer['response'] = array( 'code' => $status, 'message' => '' );
        add_filter( 'pre_http_request', fn() => $answer );
        echo wp_json_encode( escbridge_turn( $session, 'visitor', 'Is it blue?' ) );"""
    verdict = json.loads(installed.site.php_eval(code, session=visitor.id, status=status))
    assert (verdict["down"], verdict["kept"], verdict["error"]) == (True, True, "unsigned")


# Who is believed


def test_a_body_that_claims_a_user_changes_nothing_about_a_guest(installed: Installation, visitor: Visitor) -> None:
    claim = {"email": "anna@example.test", "name": "Anna", "user_id": 1, "visitor": {"identity": "verified"}}
    visitor.begin(**claim)
    assert visitor.says(A_PERSON, more=claim).ok
    customer = escalation_of(installed, visitor.id)["packet"]["customer"]
    assert (customer["identity"], customer["email"], customer["name"]) == ("anonymous", None, None)


def test_whoever_is_logged_in_is_who_wordpress_says(installed: Installation) -> None:
    site = installed.site
    site.add_user("berta", "berta-pass", email="berta@example.test")
    with site.login("berta", "berta-pass") as http:
        berta = Visitor(site, http)
        berta.begin(email="anna@example.test", user_id=1, visitor={"email": "anna@example.test"})
        berta.says(A_PERSON)
    customer = escalation_of(installed, berta.id)["packet"]["customer"]
    assert (customer["identity"], customer["email"], customer["name"]) == ("verified", "berta@example.test", "berta")


def test_a_guest_who_has_logged_in_since_stays_one_and_is_reached_at_the_accounts_address(
    installed: Installation, visitor: Visitor
) -> None:
    installed.site.add_user("berta", "berta-pass", email="berta@example.test")
    visitor.begin()
    with installed.site.login("berta", "berta-pass") as http:
        berta = Visitor(installed.site, http, visitor.headers, visitor.id)
        assert berta.says(A_PERSON).json()["needs_contact"] is False
    one = escalation_of(installed, visitor.id)
    assert (one["customer"]["identity"], one["customer"]["email"]) == ("claimed", "berta@example.test")
    assert one["packet"]["customer"]["identity"] == "anonymous"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("+49 (0)30 123456", "+49 30 123456"),
        ("0049(0)30 123456", "0049 30 123456"),
        ("(030) 123456", "030 123456"),
        ("030\u2013123456", "030-123456"),
        ("\u202a+49\u00a030\u202f123456\u202c", "+49 30 123456"),
        ("tel: 030 123456", "030 123456"),
    ],
)
def test_a_number_as_people_write_it_is_stored_as_it_can_be_dialled(
    installed: Installation, visitor: Visitor, typed: str, stored: str
) -> None:
    visitor.begin()
    visitor.says(A_PERSON)
    assert visitor.post(f"sessions/{visitor.id}/contact", {"phone": typed}).ok
    assert escalation_of(installed, visitor.id)["customer"]["phone"] == stored


def test_the_mail_about_a_form_on_a_chat_that_has_ended_says_so(installed: Installation, visitor: Visitor) -> None:
    visitor.begin()
    visitor.says(A_PERSON)
    team_of(installed).does("resolve", escalation_of(installed, visitor.id)["id"])
    assert visitor.post(f"sessions/{visitor.id}/contact", {"email": "ann@example.test"}).json()["mail"] is True
    (mail,) = [mail["message"] for mail in installed.site.mails() if "ann@example.test" in mail["message"]]
    assert mail.startswith("The conversation had ended before this was sent")
    assert "No ticket exists" not in mail


def test_a_log_in_cookie_without_its_nonce_counts_as_a_guest(installed: Installation) -> None:
    with installed.site.login() as http:
        del http.headers["X-WP-Nonce"]
        passer_by = Visitor(installed.site, http)
        passer_by.begin()
        passer_by.says(A_PERSON)
    assert escalation_of(installed, passer_by.id)["packet"]["customer"]["identity"] == "anonymous"


def test_an_order_of_900_dollars_travels_with_the_customer_and_weighs(installed: Installation) -> None:
    site = installed.site
    stub = site.content / "mu-plugins" / "stub-of-woocommerce.php"
    stub.write_text(STUB_OF_WOOCOMMERCE)
    try:
        site.add_user("carl", "carl-pass", email="carl@example.test")
        with site.login("carl", "carl-pass") as http:
            carl = Visitor(site, http)
            carl.begin()
            assert carl.says("Where is it? [confidence=0.30]").json()["state"] == "escalated"
    finally:
        stub.unlink()
    one = escalation_of(installed, carl.id)
    order = one["packet"]["account"]["orders"][0]
    assert (order["id"], order["total"], order["currency"], order["status"]) == ("8821", 900, "USD", "processing")
    assert (one["rule"], one["priority"]) == ("valuable-and-unsure", "urgent")
    with site.login() as admin:
        assert re.search(r"8821[^<]* 900\b[^<]*USD", detail_page(site, admin, one["id"]))


# What the team says of a decision


def test_an_administrator_labels_an_escalation_in_wp_admin_and_a_subscriber_cannot(
    installed: Installation, visitor: Visitor
) -> None:
    site, team = installed.site, team_of(installed)
    visitor.begin()
    visitor.says(A_PERSON)
    one = escalation_of(installed, visitor.id)["id"]
    subscriber_id = site.add_user("sub", "sub-pass")
    with site.login("sub", "sub-pass") as subscriber, site.login() as admin:
        assert "Nobody has said yet." in detail_page(site, admin, one)
        nonce = nonce_for(site, subscriber, subscriber_id, f"escbridge_act_{one}")
        refused = label(site, subscriber, one, "needed", nonce)
        assert (refused.status_code, "You may not do this." in refused.text) == (403, True)
        assert team.read(one)["label"] is None
        for verdict, words in (("needed", "Needed a person"), ("unneeded", "The bot could have done it")):
            told = label(site, admin, one, verdict, form_nonce(detail_page(site, admin, one)))
            assert "Noted. The last answer counts." in told.text
            assert f"{words} · admin (wp-1) · November 3, 2026" in told.text
            assert team.read(one)["label"]["verdict"] == verdict
        forged = label(site, admin, one, "needed", nonce)
    assert forged.status_code == 403
    assert (team.read(one)["label"]["verdict"], team.read(one)["label"]["author"]) == ("unneeded", "admin (wp-1)")


def test_the_link_in_the_teams_mails_finds_wp_admin_where_wordpress_has_an_address_of_its_own(
    installed: Installation, visitor: Visitor
) -> None:
    site = installed.site
    visitor.begin()
    visitor.says(A_PERSON)
    one = escalation_of(installed, visitor.id)["id"]
    mail = eventually(lambda: [mail for mail in installed.mails_to("team@example.test") if one in mail.text])[0]
    links = re.findall(rf"{re.escape(site.url)}/\S*{one}", mail.text)
    with site.login() as admin, direct_session() as guest:
        assert "Nobody has said yet." in admin.get(links[0], timeout=30).text
        for address in (f"{site.url}/wp", "https://desk.example.test"):
            with wordpress_at(site, address):
                led = guest.get(links[0], timeout=30, allow_redirects=False).headers["Location"]
            assert led == f"{address}/wp-admin/admin.php?page=escbridge-escalations&escalation={one}"


@contextmanager
def wordpress_at(site: Site, address: str) -> Iterator[None]:
    """WordPress takes this for its own address, but not for the site's."""
    own = site.content / "mu-plugins" / "address.php"
    own.write_text(f"<?php add_filter( 'option_siteurl', fn() => '{address}', 20 );")
    try:
        yield
    finally:
        own.unlink()


def detail_page(site: Site, who: requests.Session, escalation: str) -> str:
    address = f"{site.url}/wp-admin/admin.php?page=escbridge-escalations&escalation={escalation}"
    return who.get(address, timeout=30).text


def label(site: Site, who: requests.Session, escalation: str, verdict: str, nonce: str) -> requests.Response:
    """What one of the two buttons sends."""
    form = {"action": "escbridge_act", "op": "label", "escalation": escalation, "verdict": verdict, "_wpnonce": nonce}
    return who.post(f"{site.url}/wp-admin/admin-post.php", data=form, timeout=30)


def form_nonce(page: str) -> str:
    """The nonce in the form of the label buttons."""
    found = re.search(r'class="escbridge-form-label".*?name="_wpnonce" value="(\w+)"', page)
    assert found
    return found[1]


def nonce_for(site: Site, who: requests.Session, user: int, action: str) -> str:
    """A nonce that is truly theirs, so that only their rights can be lacking."""
    cookie = next(one.value for one in who.cookies if one.name.startswith("wordpress_logged_in_"))
    code = "$_COOKIE[LOGGED_IN_COOKIE] = $cookie; wp_set_current_user($user); echo wp_create_nonce($action);"
    return site.php_eval(code, cookie=unquote(cookie or ""), user=user, action=action)


# While the sidecar is down


def test_a_locked_conversation_keeps_its_waiting_text_while_the_sidecar_is_down(
    installed: Installation, visitor: Visitor
) -> None:
    visitor.begin()
    promised = visitor.says(A_PERSON).json()
    assert PROMISE.fullmatch(promised["commitment"]["text"])
    with without_sidecar(installed):
        answers = [visitor.says(f"message {n}") for n in range(4)]  # the fourth comes after the breaker has opened
    for answer in answers:
        said = answer.json()
        assert (answer.status_code, said["state"], said["undelivered"]) == (200, "escalated", True)
        assert promised["commitment"]["text"] in said["notice"]
        assert said["commitment"] == promised["commitment"]
        assert "reply" not in said


def test_without_the_sidecar_no_bot_answers_an_unlocked_conversation(installed: Installation, visitor: Visitor) -> None:
    visitor.begin()
    with without_sidecar(installed):
        refused = visitor.says("Do you ship to Canada?")
        begun = visitor.post("sessions")
    assert code_of(refused) == (503, "bridge_unavailable")
    assert refused.json()["message"].startswith(OFFLINE)
    assert "You said" not in refused.text
    assert (begun.status_code, bool(begun.json()["data"]["token"])) == (503, True), "the contact form needs a token"


FACADE = """
    $turn = escbridge_turn( $session, 'visitor', 'Hello' );
    $bot  = escbridge_turn( $session, 'bot', 'Hi!', array( 'confidence' => 0.9, 'turn_id' => $turn['turn_id'] ) );
    echo wp_json_encode( array( $turn, $bot, escbridge_is_locked( $session ) ) );
"""


def test_the_functions_for_other_chats_fail_closed_without_the_sidecar(installed: Installation) -> None:
    site, mine, locked = installed.site, f"my-chat:{secrets.token_hex(8)}", f"my-chat:{secrets.token_hex(8)}"
    turn, bot, is_locked = json.loads(site.php_eval(FACADE, session=mine))
    assert (turn["action"], bot["action"], is_locked) == ("answer", "answer", False)
    site.php_eval("escbridge_turn( $session, 'visitor', $text );", session=locked, text=A_PERSON)
    with php_sees(site, ESCBRIDGE_PAIRING=code_with(installed, url=f"http://127.0.0.1:{free_port()}")):
        free, waiting = (json.loads(site.php_eval(FACADE, session=session)) for session in (mine, locked))
    for verdict in (*free[:2], *waiting[:2]):
        assert (verdict["action"], verdict["down"]) == ("say", True)
    assert free[0]["say"].startswith(OFFLINE)
    assert PROMISE.search(waiting[0]["say"])
    assert (free[2], waiting[2]) == (True, True), "what cannot be asked counts as locked"


def test_a_bots_reply_without_a_turn_gets_a_whole_verdict_that_lets_nobody_speak(installed: Installation) -> None:
    both = """
        add_filter( 'doing_it_wrong_trigger_error', '__return_false' );
        $bot  = escbridge_turn( $session, 'bot', 'Hi!' );
        $turn = escbridge_turn( $session, 'visitor', 'Hello' );
        $more = escbridge_turn( $session, 'bot', 'Hi!' );
        echo wp_json_encode( array( $bot, $more ) );"""
    without, whole = json.loads(installed.site.php_eval(both, session=f"my-chat:{secrets.token_hex(8)}"))
    assert whole.keys() <= without.keys()
    assert (without["action"], without["down"], without["error"], without["turn_id"]) == ("say", True, "no-turn", "")
    assert without["say"].startswith(OFFLINE)


def test_a_role_that_is_neither_is_refused_and_nobody_is_taken_for_the_visitor(installed: Installation) -> None:
    told = """
        add_filter( 'doing_it_wrong_trigger_error', '__return_false' );
        add_action( 'doing_it_wrong_run', function ( $name, $message ) use ( &$said ) { $said = $message; }, 10, 2 );
        $verdict = escbridge_turn( $session, 'assistant', $text );
        echo wp_json_encode( array( $verdict, $said, escbridge_is_locked( $session ) ) );"""
    session = f"my-chat:{secrets.token_hex(8)}"
    verdict, said, locked = json.loads(installed.site.php_eval(told, session=session, text=A_PERSON))
    assert (verdict["action"], verdict["down"], verdict["error"]) == ("say", True, "unknown-role")
    assert (said.startswith("The role is “visitor”, or “bot”"), locked) == (True, False)


# Beside other plugins


MISTAKES = """
    apply_filters( 'load_textdomain_mofile', null, 'another-plugin' );
    apply_filters( 'user_has_cap', null, array(), array(), wp_get_current_user() );
    apply_filters( 'site_status_tests', null );
    apply_filters( 'debug_information', null );
    apply_filters( 'wp_privacy_personal_data_exporters', null );
    apply_filters( 'wp_privacy_personal_data_erasers', null );
    remove_all_actions( 'admin_enqueue_scripts' );
    EscalationBridge\\Plugin::boot_admin();
    $links = apply_filters( 'plugin_action_links_escalation-bridge/escalation-bridge.php', null );
    wp_set_current_user( 1 );
    $beat = apply_filters( 'heartbeat_received', null, array( 'escbridge' => 1 ), 'front' );
    apply_filters( 'heartbeat_received', null, null, 'front' );
    do_action( 'admin_enqueue_scripts', null );
    do_action( 'admin_enqueue_scripts' );
    echo wp_json_encode( array( count( $links ), array_keys( $beat ) ) );
"""


def test_what_another_plugin_makes_of_a_filter_by_mistake_ends_no_page(installed: Installation) -> None:
    assert json.loads(installed.site.php_eval(MISTAKES)) == [1, ["escbridge"]]


def test_what_every_request_reads_is_loaded_with_all_options_and_asks_the_database_for_nothing(
    installed: Installation,
) -> None:
    site = installed.site
    asked = """
        wp_cache_flush();
        wp_load_alloptions();
        global $wpdb;
        $before = $wpdb->num_queries;
        EscalationBridge\\Outbox::boot();
        EscalationBridge\\Settings::all();
        echo $wpdb->num_queries - $before;"""
    assert site.php_eval(asked) == "0"
    site.php_eval("delete_option( 'escbridge_waits' ); delete_option( 'escbridge_settings' );")
    assert site.php_eval(asked) == "2", "as where the plugin was updated without being activated"
    with direct_session() as guest:
        assert guest.get(site.url, timeout=30).ok
    with site.login() as owner:
        assert owner.get(f"{site.url}/wp-admin/", timeout=60).ok
    assert site.php_eval(asked) == "0"


# The owner's settings


def findings_of(installed: Installation, **env: str) -> tuple[list[str], str]:
    """The causes that the connection test finds, and its words."""
    with php_sees(installed.site, **env):
        run = "echo wp_json_encode( EscalationBridge\\ConnectionTest::run( EscalationBridge\\Settings::pairing() ) );"
        lines = json.loads(installed.site.php_eval(run))["lines"]
    return [line["cause"] for line in lines], " ".join(line["text"] for line in lines)


def test_the_connection_test_names_the_cause(installed: Installation) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert findings_of(installed)[0] == ["", ""]
    causes, words = findings_of(installed, ESCBRIDGE_PAIRING=code_with(installed, url=nowhere))
    assert causes == ["unreachable"] * 2
    assert nowhere in words
    causes, words = findings_of(installed, ESCBRIDGE_PAIRING=code_with(installed, chat_secret="x" * 43))
    assert causes == ["refused", ""]
    assert "refused the signature" in words
    causes, words = findings_of(installed, ESCBRIDGE_PAIRING=code_with(installed, url=installed.site.url))
    assert causes == ["unsigned"] * 2
    assert "something else than the sidecar" in words


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed (tests/install_system.sh installs it)")
def test_the_connection_test_names_clocks_apart_and_they_are_evened_out(installed: Installation) -> None:
    causes, words = findings_of(installed, LD_PRELOAD=str(FAKETIME), FAKETIME="-3600s")
    assert causes == ["", ""]
    assert re.search(r"clocks differ by 3(600|599|601) seconds", words)


def test_a_pasted_pairing_code_pairs_and_is_in_no_page_afterwards(unpaired: Installation) -> None:
    site, code = unpaired.site, unpaired.pairing["pairing_code"]
    with site.login() as owner:
        assert "escbridge-config" not in owner.get(site.url, timeout=30).text, "a chat that nobody answers"
        assert "not a whole pairing code" in save_settings(site, owner, code[:-8])
        said = save_settings(site, owner, code)
        assert f"Site shop at {unpaired.sidecar.url}" in said
        seen = [said] + [owner.get(f"{site.url}/{path}", timeout=30).text for path in PAGES_OF_THE_OWNER]
        assert owner.post(route_of(site, "test"), json={}, timeout=30).json()["ok"] is True
    with direct_session() as guest:
        seen.append(guest.get(site.url, timeout=30).text)
    assert "escbridge-config" in seen[-1]
    for secret in (code[5:], unpaired.pairing["chat_secret"], unpaired.pairing["admin_secret"]):
        assert [page[:200] for page in seen if secret in page] == []


PAGES_OF_THE_OWNER = (
    SETTINGS_PAGE,
    "wp-admin/options.php",
    "wp-admin/admin.php?page=escbridge-escalations",
    "wp-json/wp/v2/settings",
)


def save_settings(site: Site, owner: requests.Session, code: str, **more: Any) -> str:
    """Paste a pairing code and save, as a browser does; the page that comes then."""
    form = owner.get(f"{site.url}/{SETTINGS_PAGE}", timeout=30).text
    nonce = re.search(r'name="_wpnonce" value="(\w+)"', form)
    assert nonce
    sent = {
        "option_page": "escbridge",
        "action": "update",
        "_wpnonce": nonce[1],
        "_wp_http_referer": f"/{SETTINGS_PAGE}",
        "escbridge_settings[pairing_code]": code,
        "escbridge_settings[where]": "all",
        **more,
    }
    return owner.post(f"{site.url}/wp-admin/options.php", data=sent, timeout=30).text


def test_chosen_pages_stay_chosen_where_there_are_more_than_are_listed(installed: Installation) -> None:
    site = installed.site
    made = """
        foreach ( range( 1, 205 ) as $n ) {
            $page = array( 'post_type' => 'page', 'post_status' => $n > 203 ? 'draft' : 'publish' );
            $ids[] = wp_insert_post( $page + array( 'post_title' => sprintf( 'Page %03d', $n ) ) );
        }
        $chosen = array( $ids[0], $ids[202], $ids[204] );
        $set = array( 'where' => 'pages', 'pages' => $chosen );
        update_option( 'escbridge_settings', $set + EscalationBridge\\Settings::all() );
        echo wp_json_encode( $chosen );"""
    chosen = json.loads(site.php_eval(made))
    with site.login() as owner:
        form = owner.get(f"{site.url}/{SETTINGS_PAGE}", timeout=30).text
        boxes = re.findall(r'name="escbridge_settings\[pages\]\[\]" value="(\d+)"([^>]*)>', form)
        ticked = [page for page, how in boxes if "checked" in how]
        save_settings(site, owner, "", **{"escbridge_settings[where]": "pages", "escbridge_settings[pages][]": ticked})
    assert sorted(site.option("escbridge_settings")["pages"]) == sorted(chosen)
    assert len(boxes) > 200
    assert len({page for page, _ in boxes}) == len(boxes)


def test_deleting_the_plugin_takes_its_options_and_transients_along(installed: Installation) -> None:
    site = installed.site
    site.php_eval("""
        update_option( 'escbridge_settings', array( 'where' => 'all' ) );
        update_option( 'escbridge_pairing', array( 'code' => 'esc1.x' ), false );
        set_transient( 'escbridge_breaker', array( 'failures' => 1, 'until' => 0 ), 60 );
        set_transient( 'escbridge_clock', 5, 60 );""")
    left = site.php_eval("""
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        uninstall_plugin( 'escalation-bridge/escalation-bridge.php' );
        global $wpdb;
        $names = "SELECT option_name FROM $wpdb->options WHERE option_name LIKE '%escbridge%'";
        echo implode( ' ', $wpdb->get_col( $names ) );""")
    assert left == ""
