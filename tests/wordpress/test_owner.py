"""What an owner of a site sees of the bridge: Site Health, the dashboard, WP-CLI; in a real WordPress beside a real
sidecar and scheduler. WP-CLI itself is in no package registry: its commands run on the few functions that they use."""

import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import wordpress_site
from installation import Installation, eventually
from loopback import direct_session, free_port
from pairing import code_with, php_sees, served_with
from team import A_PERSON, clear_the_desk, dead_scheduler, team_of
from test_rest import SETTINGS_PAGE, Visitor, without_sidecar
from visiting import TUESDAY_MORNING
from wordpress_site import Site

pytestmark = pytest.mark.wordpress

FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
PLUGIN_DOCS = Path(__file__).parents[2] / "docs" / "plugin.md"
TUESDAY_EVENING = "2026-11-03T21:00:00"
TESTS = ("answers", "alarms", "kept", "addresses", "guests")


SEND_PAGES = """
    update_option( 'escbridge_settings', array( 'knowledge' => true ) + EscalationBridge\\Settings::all() );
    delete_option( 'escbridge_pages' ); // As old as what a copy has: the comparison is due.
    for ( $n = 0; $n < 4; $n++ ) {
        EscalationBridge\\Pages::sync_step( 5.0 );
    }"""
COME_ON_DUTY = "wp_set_current_user( 1 ); echo wp_json_encode( EscalationBridge\\Presence::set_available( true ) );"


@contextmanager
def silent_sidecar(installed: Installation) -> Iterator[str]:
    """Nothing listens where the pairing code points to."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    with php_sees(installed.site, ESCBRIDGE_PAIRING=code_with(installed, url=nowhere)):
        yield nowhere


@contextmanager
def known_as(installed: Installation, address: str) -> Iterator[None]:
    """The sidecar has another address of the site."""
    installed.sidecar.command("site", "set", "shop", "--url", address)
    try:
        yield
    finally:
        installed.sidecar.command("site", "set", "shop", "--url", installed.site.url)


@contextmanager
def broken_promise(installed: Installation) -> Iterator[str]:
    """Somebody waits whose promise nobody kept; the alarm's own words."""
    handed_over(installed)
    installed.move_clock_to(TUESDAY_EVENING)
    try:
        alarms = eventually(lambda: stats_of(installed)["alarms"], seconds=60)
        yield str(alarms[0]["text"])
    finally:
        installed.move_clock_to(TUESDAY_MORNING)
        clear_the_desk(installed)


def handed_over(installed: Installation) -> str:
    """The conversation of somebody who asked for a person."""
    conversation = f"ses_{secrets.token_hex(12)}"
    installed.site.php_eval("escbridge_turn($id, 'visitor', $text);", id=conversation, text=A_PERSON)
    return conversation


def stats_of(installed: Installation) -> dict[str, Any]:
    found: dict[str, Any] = team_of(installed).caller.ask("GET", "/v1/stats?days=7")
    return found


# Site Health


def test_of(site: Site, name: str) -> dict[str, Any]:
    """What WP-Cron's weekly run of Site Health is told."""
    run = """
        $tests = EscalationBridge\\Health::add_tests( array() )['async'];
        echo wp_json_encode( $tests[ 'escbridge_' . $name ]['async_direct_test']() );"""
    found: dict[str, Any] = json.loads(site.php_eval(run, name=name))
    return found


test_of.__test__ = False  # type: ignore[attr-defined]


def debug_section(site: Site) -> dict[str, Any]:
    run = (
        "echo wp_json_encode( EscalationBridge\\Health::debug_information( array() )['escalation-bridge']['fields'] );"
    )
    fields: dict[str, Any] = json.loads(site.php_eval(run))
    return fields


def test_site_health_asks_for_its_tests_once_its_page_stands_and_all_are_well(installed: Installation) -> None:
    site = installed.site
    with site.login() as owner:
        page = owner.get(f"{site.url}/wp-admin/site-health.php", timeout=30).text
        for name in TESTS:
            route = f"escalation-bridge/v1/site-health/{name}"
            assert f'"{site.rest(route)}"' in page.replace("\\/", "/")  # 7.1 leaves the slashes as they are
            answer = owner.get(site.rest(route), timeout=30)
            assert answer.json()["status"] == "good", answer.text
            assert "no-cache" in answer.headers["Cache-Control"]  # core's own words for who is logged in
            assert answer.json()["test"] == f"escbridge_{name}"


def test_only_who_may_see_site_health_may_ask_for_its_tests(installed: Installation) -> None:
    site = installed.site
    site.add_user("sam", "sam-pass")
    site.add_user("eve", "eve-pass", role="editor")
    with (
        direct_session() as guest,
        site.login("sam", "sam-pass") as reader,
        site.login("eve", "eve-pass") as editor,
    ):
        for who, status in ((guest, 401), (reader, 403), (editor, 403)):
            for name in TESTS:
                answer = who.get(site.rest(f"escalation-bridge/v1/site-health/{name}"), timeout=30)
                assert answer.status_code == status, (name, answer.text)


def test_which_test_is_asked_for_is_told_by_the_path_alone(installed: Installation) -> None:
    with installed.site.login() as owner:
        answer = owner.get(installed.site.rest("escalation-bridge/v1/site-health/kept?test=zzz"), timeout=30)
    assert (answer.status_code, answer.json()["test"]) == (200, "escbridge_kept")


CLOSED_TO_GUESTS = """<?php
    add_filter( 'rest_authentication_errors', function ( $error ) {
        return is_user_logged_in() ? $error : new WP_Error( 'rest_closed', 'Members only.', array( 'status' => 401 ) );
    } );"""


def test_a_rest_api_that_is_closed_to_guests_is_told_with_its_cure(installed: Installation) -> None:
    own = installed.site.content / "mu-plugins" / "closed.php"
    own.write_text(CLOSED_TO_GUESTS)
    try:
        found = test_of(installed.site, "guests")
    finally:
        own.unlink()
    assert (found["status"], found["label"]) == ("critical", "Visitors who are not logged in cannot use the chat")
    assert "HTTP 401 rest_closed" in found["description"]
    assert "escalation-bridge/v1" in found["description"]


def test_a_firewall_that_answers_in_its_own_json_is_told_too(installed: Installation) -> None:
    own = installed.site.content / "mu-plugins" / "firewall.php"
    own.write_text(
        "<?php 'cli' === PHP_SAPI || add_action( 'rest_api_init', fn() => wp_send_json( array( 'code' => 7 ), 403 ) );"
    )
    try:
        found = test_of(installed.site, "guests")
    finally:
        own.unlink()
    assert found["status"] == "critical"
    assert "HTTP 403" in found["description"]


@pytest.mark.parametrize("header", ["X-Escbridge-Token", "Origin"])
def test_a_header_of_the_chat_that_is_lost_on_the_way_is_named(installed: Installation, header: str) -> None:
    """By a proxy or a security plugin. Without the token each message is refused, and begins a conversation anew."""
    of_php = f"HTTP_{header}".upper().replace("-", "_")
    own = installed.site.content / "mu-plugins" / "strips.php"
    own.write_text(f"<?php unset( $_SERVER['{of_php}'] );")
    try:
        found = test_of(installed.site, "guests")
    finally:
        own.unlink()
    assert (found["status"], found["label"]) == ("critical", "Visitors who are not logged in cannot use the chat")
    assert f"without the header {header}" in found["description"]
    assert "exception" not in found["description"]


WARNING = "<br /><b>Warning</b>: Undefined variable $x in /srv/theme/functions.php on line 7<br />"
BYTE_ORDER_MARK = "\ufeff"


@pytest.mark.parametrize(
    ("hook", "printed", "status"),
    [("init", WARNING, "critical"), ("shutdown", WARNING, "critical"), ("init", BYTE_ORDER_MARK, "good")],
    ids=["before", "after", "a mark that browsers skip"],
)
def test_what_another_plugin_prints_beside_the_answers_is_told_with_its_cure(
    installed: Installation, hook: str, printed: str, status: str
) -> None:
    own = installed.site.content / "mu-plugins" / "prints.php"
    own.write_text(
        f"<?php 'cli' === PHP_SAPI || add_action( '{hook}', function () {{ echo '{printed}'; }} );", encoding="utf-8"
    )
    try:
        found = test_of(installed.site, "guests")
    finally:
        own.unlink()
    assert found["status"] == status
    for told in ("“Warning: Undefined variable $x in /srv/theme/functions.php", "WP_DEBUG_DISPLAY"):
        assert (told in found["description"]) is (status == "critical")


def test_a_site_that_does_not_reach_itself_cannot_tell_whether_guests_reach_the_chat(installed: Installation) -> None:
    own = installed.site.content / "mu-plugins" / "deaf.php"
    own.write_text("<?php add_filter( 'pre_http_request', fn() => new WP_Error( 'x', 'Connection refused' ) );")
    try:
        found = test_of(installed.site, "guests")
    finally:
        own.unlink()
    assert (found["status"], "Connection refused" in found["description"]) == ("recommended", True)


THE_CLIENT = "203.0.113.7"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-For": THE_CLIENT}, "recommended"),
        ({"CF-Connecting-IP": THE_CLIENT}, "recommended"),
        ({"X-Forwarded-For": f"{THE_CLIENT}, 127.0.0.1", "CF-Connecting-IP": THE_CLIENT}, "recommended"),
        ({"X-Forwarded-For": f"{THE_CLIENT}, 127.0.0.1"}, "good"),  # the web server has restored it, as real_ip does
    ],
)
def test_a_proxy_behind_which_all_visitors_count_as_one_is_told_with_its_cure(
    installed: Installation, headers: dict[str, str], status: str
) -> None:
    site = installed.site
    with site.login() as owner:
        route = site.rest("escalation-bridge/v1/site-health/addresses")
        found = owner.get(route, headers=headers, timeout=30).json()
    assert found["status"] == status
    assert ("mod_remoteip" in found["description"]) is (status == "recommended")
    assert "options-general.php?page=escalation-bridge" in found["actions"]


def test_whoever_says_by_the_filter_which_address_counts_hears_no_more_of_the_proxy(installed: Installation) -> None:
    site = installed.site
    own = site.content / "mu-plugins" / "addresses.php"
    own.write_text("<?php add_filter( 'escbridge_visitor_address', fn( $address ) => $address );")
    try:
        with site.login() as owner:
            route = site.rest("escalation-bridge/v1/site-health/addresses")
            found = owner.get(route, headers={"X-Forwarded-For": THE_CLIENT}, timeout=30).json()
    finally:
        own.unlink()
    assert found["status"] == "good"


EXAMPLES = re.findall(r"```php\n(.*?)```", PLUGIN_DOCS.read_text().partition("### Behind a proxy")[2], re.DOTALL)[:2]
ADDRESSES = {
    "its own proxy": (1, "10.0.0.2", {"X_FORWARDED_FOR": f"9.9.9.9, {THE_CLIENT}"}, THE_CLIENT),
    "its own proxy, which says nothing": (1, "10.0.0.2", {}, "10.0.0.2"),
    "somebody who forges the header": (1, "198.51.100.9", {"X_FORWARDED_FOR": THE_CLIENT}, "198.51.100.9"),
    "Cloudflare": (0, "104.23.1.1", {"CF_CONNECTING_IP": THE_CLIENT}, THE_CLIENT),
    "Cloudflare by IPv6": (0, "2606:4700:10::1", {"CF_CONNECTING_IP": "2001:db8::7"}, "2001:db8::7"),
    "somebody who forges Cloudflare's": (0, "104.28.1.1", {"CF_CONNECTING_IP": THE_CLIENT}, "104.28.1.1"),
    "the same by IPv6": (0, "2a06:98c8::1", {"CF_CONNECTING_IP": THE_CLIENT}, "2a06:98c8::1"),
    "Cloudflare, which says nothing": (0, "104.23.1.1", {}, "104.23.1.1"),
}


@pytest.mark.parametrize("case", ADDRESSES)
def test_the_examples_of_the_filter_take_the_address_of_a_header_from_their_proxy_alone(
    installed: Installation, case: str
) -> None:
    example, remote, headers, counted = ADDRESSES[case]
    ask = "foreach ( $server as $name => $value ) { $_SERVER[ $name ] = $value; }"
    server = {"REMOTE_ADDR": remote, **{f"HTTP_{name}": value for name, value in headers.items()}}
    code = f"{EXAMPLES[example]}{ask} echo EscalationBridge\\Limits::visitor_address();"
    assert installed.site.php_eval(code, server=server) == counted


def test_a_sidecar_that_does_not_answer_is_critical_with_the_cause_of_the_connection_test(
    installed: Installation,
) -> None:
    with silent_sidecar(installed) as nowhere:
        found = test_of(installed.site, "answers")
        assert (found["status"], found["label"]) == ("critical", "Escalation Bridge does not answer")
        assert f"Nothing answers at {nowhere}." in found["description"]
        assert "options-general.php?page=escalation-bridge" in found["actions"]
        untold = test_of(installed.site, "alarms")
        assert untold["status"] == "recommended"
        assert "cannot be told" in untold["label"]


def test_a_wrong_secret_is_critical_with_its_cure(installed: Installation) -> None:
    with php_sees(installed.site, ESCBRIDGE_PAIRING=code_with(installed, chat_secret="x" * 43)):
        found = test_of(installed.site, "answers")
    assert found["status"] == "critical"
    assert "refused the signature" in found["description"]


def test_a_sidecar_that_wordpress_may_not_call_is_told_with_the_line_that_lets_it(installed: Installation) -> None:
    """The test site's own wp-config.php has WP_HTTP_BLOCK_EXTERNAL."""
    with php_sees(installed.site, ESCBRIDGE_PAIRING=code_with(installed, url="https://bridge.example")):
        found = test_of(installed.site, "answers")
    assert found["status"] == "critical"
    assert "Add bridge.example to WP_ACCESSIBLE_HOSTS in wp-config.php" in found["description"]


def test_a_call_that_an_older_sidecar_does_not_know_is_told_with_its_cure(installed: Installation) -> None:
    ask = """
        $pairing = EscalationBridge\\Settings::pairing();
        $answer  = ( new EscalationBridge\\Client( $pairing ) )->admin( 'GET', '/v1/of-a-later-version' );
        echo EscalationBridge\\ConnectionTest::error_text( $answer, $pairing );"""
    assert installed.site.php_eval(ask).startswith("The sidecar does not know this call: it is older than this plugin.")


def test_an_address_with_a_path_is_critical_with_its_cure(installed: Installation) -> None:
    with php_sees(installed.site, ESCBRIDGE_PAIRING=code_with(installed, url=f"{installed.sidecar.url}/bridge")):
        found = test_of(installed.site, "answers")
    assert found["status"] == "critical"
    assert "The address has the path /bridge, which the sidecar does not know." in found["description"]


def test_an_address_that_redirects_is_told_with_the_setting_that_mends_it(site: Site) -> None:
    redirected = {"error": "redirected", "detail": "HTTP 301 https://bridge.example/v1/health", "data": []}
    cure = site.php_eval("echo EscalationBridge\\ConnectionTest::error_text( $answer, null );", answer=redirected)
    assert "(HTTP 301 https://bridge.example/v1/health)" in cure
    assert "(BRIDGE_PUBLIC_URL)" in cure


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:8765", True),
        ("http://127.1.2.3:8765", True),
        ("http://[::1]:8765", True),
        ("http://localhost", True),
        ("https://127.0.0.1.shop.example", False),
        ("https://localhost.example", False),
    ],
)
def test_an_address_of_this_server_at_which_nothing_answers_is_told_with_the_setting_that_mends_it(
    site: Site, url: str, told: bool
) -> None:
    """It is what a code holds where nobody set an address, and wrong where WordPress is on another machine."""
    unreachable = {"error": "unreachable", "detail": "cURL error 7", "data": []}
    ask = "echo EscalationBridge\\ConnectionTest::error_text( $answer, array( 'url' => $url ) );"
    cure = site.php_eval(ask, answer=unreachable, url=url)
    assert cure.startswith(f"Nothing answers at {url}.")
    assert ("(BRIDGE_PUBLIC_URL)" in cure) is told
    assert ("(“bridge site rotate”)" in cure) is told


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed (tests/install_system.sh installs it)")
def test_clocks_apart_are_worth_a_look(installed: Installation) -> None:
    with php_sees(installed.site, LD_PRELOAD=str(FAKETIME), FAKETIME="-3600s"):
        found = test_of(installed.site, "answers")
    assert (found["status"], found["label"]) == ("recommended", "Escalation Bridge answers, but the clocks differ")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://shop.example", "shop.example"),
        ("https://127.0.0.1.shop.example", "127.0.0.1.shop.example"),
        ("https://127.0.0.1/live/", "127.0.0.1/live"),
        ("https://WWW.127.0.0.1:8443/", None),
    ],
)
def test_a_pairing_code_of_another_address_is_worth_a_look_and_no_failure(
    installed: Installation, address: str, told: str | None
) -> None:
    with known_as(installed, address):
        found = test_of(installed.site, "answers")
        assert wp(installed, "test")[0] == 0
    assert found["status"] == ("recommended" if told else "good")
    assert ("pairing code is for another address" in found["label"]) is bool(told)
    links = f"made for {told}, and links in mails lead there; this site is 127.0.0.1."
    assert (links in found["description"]) is bool(told)


def test_a_copy_of_the_site_takes_away_no_page_and_puts_nobody_on_duty(installed: Installation) -> None:
    pages = ("pages", "list", "--json")
    installed.site.php_eval(SEND_PAGES)
    known = json.loads(installed.sidecar.command(*pages))["pages"]
    with known_as(installed, "https://live.example"):
        installed.site.php_eval(SEND_PAGES)
        said = json.loads(installed.site.php_eval(COME_ON_DUTY))
    assert known
    assert json.loads(installed.sidecar.command(*pages))["pages"] == known
    assert not said["ok"]
    assert "Test the connection tells why" in said["text"]
    assert team_of(installed).caller.ask("GET", "/v1/agents")["agents"] == []


def test_a_site_that_is_not_paired_has_one_test_that_says_so_and_calls_nobody(installed: Installation) -> None:
    with php_sees(installed.site, ESCBRIDGE_PAIRING=None):
        names = installed.site.php_eval(
            "echo implode( ' ', array_keys( EscalationBridge\\Health::add_tests( array() )['async'] ) );"
        )
        assert names == "escbridge_answers"
        assert test_of(installed.site, "answers")["label"] == "Escalation Bridge is not connected"
        assert {name: field["value"] for name, field in debug_section(installed.site).items()} == {
            "version": "0.1.0",
            "paired": "no",
        }


def test_half_a_code_of_the_environment_shows_no_chat_and_is_told(installed: Installation) -> None:
    half = installed.pairing["pairing_code"][:-8]
    with php_sees(installed.site, ESCBRIDGE_PAIRING=half):
        assert installed.site.php_eval("echo (int) EscalationBridge\\Settings::is_paired();") == "0"
        told = test_of(installed.site, "answers")
        state = installed.site.php_eval("EscalationBridge\\Settings::show_state();")
    assert (told["status"], told["label"]) == ("recommended", "Escalation Bridge is not connected")
    for text in (told["description"], state):
        assert "ESCBRIDGE_PAIRING" in text
        assert "not a whole pairing code" in text


def test_the_debug_information_holds_no_secret_and_keeps_the_address_private(installed: Installation) -> None:
    fields = debug_section(installed.site)
    assert fields["address"]["value"] == installed.sidecar.url
    assert fields["address"]["private"] is True
    assert fields["kept_in"]["value"] == "ESCBRIDGE_PAIRING"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ HTTP 200", fields["answer"]["value"])
    assert fields["breaker"]["debug"] == "closed"
    assert fields["scheduler"]["value"] == "runs"
    whole = json.dumps(fields)
    for secret in secrets_of(installed):
        assert secret not in whole


def test_the_debug_information_tells_an_open_breaker(installed: Installation) -> None:
    with silent_sidecar(installed):
        for _ in range(3):
            installed.site.php_eval("escbridge_turn('my-chat:1', 'visitor', 'Hello');")
        fields = debug_section(installed.site)
    assert fields["breaker"]["debug"] == "open: unreachable"
    assert fields["answer"]["value"].endswith("Z unreachable")


def secrets_of(installed: Installation) -> list[str]:
    return [
        installed.pairing["pairing_code"].removeprefix("esc1."),
        installed.pairing["chat_secret"],
        installed.pairing["admin_secret"],
    ]


# Names


def test_a_name_goes_out_as_its_owner_wrote_it_and_not_as_wordpress_keeps_it(site: Site) -> None:
    ask = """
        wp_update_user( array( 'ID' => 1, 'display_name' => $name ) );
        wp_set_current_user( 1 );
        $customer = EscalationBridge\\Context::session( 'ses_1', 1 );
        echo wp_json_encode( array( EscalationBridge\\Admin::agent()['name'], $customer['visitor']['name'] ) );"""
    name = 'Zoë O\'Neil & "Sons"'
    assert json.loads(site.php_eval(ask, name=name)) == [name, name]
    account = (
        "wp_update_user( array( 'ID' => 1, 'display_name' => $name ) ); echo EscalationBridge\\Context::account( 1 );"
    )
    assert site.php_eval(account, name=name) == f"{name} <admin@example.test>"


# Settings


def test_a_bot_that_is_not_watched_stays_so_when_settings_are_saved_while_it_is_switched_off(site: Site) -> None:
    save = """
        update_option( 'escbridge_settings', array( 'unwatched' => array( 'mxchat' ) ) );
        $saved = EscalationBridge\\Settings::sanitize( array( 'watched' => array( '' ) ) );
        echo wp_json_encode( $saved['unwatched'] );"""
    assert json.loads(site.php_eval(save)) == ["mxchat"]


# The dashboard


def dashboard(site: Site, user: requests.Session) -> str:
    """The box, as text; empty where there is none."""
    page = user.get(f"{site.url}/wp-admin/", timeout=60).text
    found = re.search(r'<div class="escbridge-glance">(.*?)</div>\s*</div>\s*</div>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def test_the_dashboard_tells_rate_promises_and_who_waits(installed: Installation) -> None:
    handed_over(installed)
    with installed.site.login() as owner:
        said = dashboard(installed.site, owner)
        assert "Open escalations 1 " in said
        assert re.search(r"Handed over in seven days [\d.]+% of \d+ conversations? too few to tell", said)
        assert re.search(r"Promises in seven days \d+ kept, \d+ broken, 1 pending", said)
        assert "A share of 15% to 30% is healthy." in said
        clear_the_desk(installed)
        assert "Open escalations 1 " in dashboard(installed.site, owner), "kept for five minutes"


def test_the_dashboard_is_for_those_who_work_on_escalations(installed: Installation) -> None:
    installed.site.add_user("eve", "eve-pass", role="editor")
    with installed.site.login("eve", "eve-pass") as editor:
        page = editor.get(f"{installed.site.url}/wp-admin/", timeout=60).text
    assert "dashboard-widgets" in page
    assert "escbridge" not in page


@pytest.mark.alone
def test_a_silent_sidecar_costs_the_dashboard_little_and_once_in_a_minute(installed: Installation) -> None:
    show = "$began = microtime(true); EscalationBridge\\Dashboard::show(); echo microtime(true) - $began;"
    with hanging_address() as nowhere, php_sees(installed.site, ESCBRIDGE_PAIRING=code_with(installed, url=nowhere)):
        first, second = installed.site.php_eval(show), installed.site.php_eval(show)
    assert "The sidecar cannot be reached. No answer in time." in first
    assert float(first.rsplit(">", 1)[1]) < 3
    assert float(second.rsplit(">", 1)[1]) < 0.5


@contextmanager
def hanging_address() -> Iterator[str]:
    """It takes connections and says nothing."""

    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


# WP-CLI


def wp(installed: Installation, *arguments: str, text: str = "") -> tuple[int, str, str]:
    done = installed.site.wp_cli("escbridge", *arguments, text=text)
    for secret in secrets_of(installed):
        assert secret not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def test_status_ends_with_0_where_nothing_needs_a_person(installed: Installation) -> None:
    code, said, _ = wp(installed, "status", "--format=json")
    facts = json.loads(said)
    assert (code, facts["answers"], facts["scheduler"], facts["breaker"]) == (0, "yes", "runs", "closed"), facts
    assert (facts["paired"], facts["site"], facts["look_at"]) == ("yes", "shop", "")
    code, said, _ = wp(installed, "status")
    assert (code, "scheduler\truns" in said.splitlines()) == (0, True)


def test_status_ends_with_1_and_says_why_where_nothing_answers(installed: Installation) -> None:
    with silent_sidecar(installed) as nowhere:
        code, said, _ = wp(installed, "status", "--format=json")
    assert (code, json.loads(said)["answers"]) == (1, "unreachable")
    assert f"Nothing answers at {nowhere}." in json.loads(said)["look_at"]


def test_test_tells_of_each_secret(installed: Installation) -> None:
    code, said, _ = wp(installed, "test", "--format=json")
    assert (code, [line["ok"] for line in json.loads(said)]) == (0, ["yes", "yes"])
    with php_sees(installed.site, ESCBRIDGE_PAIRING=code_with(installed, admin_secret="x" * 43)):
        code, said, _ = wp(installed, "test", "--format=json")
    assert (code, [line["cause"] for line in json.loads(said)]) == (1, ["", "refused"])


def test_pair_keeps_a_code_from_standard_input_and_no_half_one(installed: Installation) -> None:
    whole = installed.pairing["pairing_code"]
    with php_sees(installed.site, ESCBRIDGE_PAIRING=None):
        code, said, fault = wp(installed, "pair", whole[:-8])
        assert (code, said) == (1, "")
        assert "not a whole pairing code" in fault
        assert installed.site.option("escbridge_pairing") is None
        code, said, _ = wp(installed, "pair", "-", text=whole + "\n")
        assert (code, said.startswith("Success: ")) == (0, True)
        assert wp(installed, "test")[0] == 0
        assert installed.site.php_eval("echo (int) EscalationBridge\\Settings::is_paired();") == "1"


def test_pair_does_not_hide_a_code_that_the_environment_sets(installed: Installation) -> None:
    code, _, fault = wp(installed, "pair", installed.pairing["pairing_code"])
    assert code == 1
    assert "ESCBRIDGE_PAIRING" in fault
    assert installed.site.option("escbridge_pairing") is None


def test_session_says_who_has_a_conversation(installed: Installation) -> None:
    conversation = handed_over(installed)
    code, said, _ = wp(installed, "session", conversation, "--format=json")
    facts = json.loads(said)
    assert (code, facts["state"], facts["locked_here"], facts["error"]) == (0, "escalated", "yes", "")
    assert facts["promise"].startswith("A support agent will contact you before ")
    clear_the_desk(installed)
    code, said, _ = wp(installed, "session", "ses_nobody_ever_had_this", "--format=json")
    assert (code, json.loads(said)["error"]) == (1, "session-not-found")


# What a person has to look at, everywhere the same


def test_a_dead_scheduler_is_told_by_site_health_dashboard_and_status(installed: Installation) -> None:
    with dead_scheduler(installed):
        found = test_of(installed.site, "answers")
        assert (found["status"], "The scheduler is not running" in found["description"]) == ("critical", True)
        assert "The scheduler is not running" in installed.site.php_eval("EscalationBridge\\Dashboard::show();")
        code, said, _ = wp(installed, "status", "--format=json")
    assert (code, json.loads(said)["scheduler"]) == (1, "does not run")


def test_a_standing_alarm_is_told_by_site_health_dashboard_and_status(installed: Installation) -> None:
    with broken_promise(installed) as words:
        found = test_of(installed.site, "alarms")
        assert (found["status"], found["label"]) == ("critical", "Escalation Bridge raises an alarm")
        shown = installed.site.php_eval("EscalationBridge\\Dashboard::show();")
        code, said, _ = wp(installed, "status", "--format=json")
    for text in (found["description"], shown, json.loads(said)["look_at"]):
        assert words.split("'")[0] in text
    assert code == 1
    assert re.search(r"\d+ kept, [1-9]\d* broken", shown)


def test_what_is_parked_and_who_takes_nothing_is_worth_a_look(installed: Installation) -> None:
    def troubles(parked: int, *, paused: bool) -> list[str]:
        numbers = {
            "alarms": [],
            "delivery": {"parked": parked},
            "upstreams": [{"target": "zendesk", "paused": paused, "cause": "HTTP 503"}],
        }
        run = "echo wp_json_encode( EscalationBridge\\Stats::problems( $numbers ) );"
        found: list[str] = json.loads(installed.site.php_eval(run, numbers=numbers))
        return found

    assert troubles(0, paused=False) == []
    assert troubles(1, paused=False)[0].startswith("1 ticket, note or mail of the last seven days is parked:")
    both = troubles(2, paused=True)
    assert both[0].startswith("2 tickets, notes or mails of the last seven days are parked:")
    assert both[1] == "zendesk takes nothing at the moment: HTTP 503"


# New secrets


@pytest.fixture
def pasted(installed: Installation) -> Iterator[Installation]:
    """The code is in the database, as most owners have it, and put back there and at the sidecar afterwards."""
    with served_with(installed.site, ESCBRIDGE_PAIRING=None):
        assert wp(installed, "pair", "-", text=installed.pairing["pairing_code"])[0] == 0
        yield installed
    installed.sidecar.command("site", "revoke", "shop", "--everything")
    installed.pairing = json.loads(installed.sidecar.command("site", "rotate", "shop", "--json"))
    installed.site.env["ESCBRIDGE_PAIRING"] = installed.pairing["pairing_code"]
    installed.site.end_serving()
    installed.site.serve()
    eventually(lambda: wp(installed, "test")[0] == 0)  # a process of the sidecar knows its secrets for two seconds


def kept_code(installed: Installation) -> str:
    code: str = installed.site.option("escbridge_pairing")["code"]
    return code


def test_rotate_changes_both_secrets_while_visitors_go_on_talking(pasted: Installation) -> None:
    before, served, over = kept_code(pasted), [], threading.Event()

    def visitors() -> None:
        with direct_session() as http:
            visitor = Visitor(pasted.site, http)
            visitor.begin()
            while not over.is_set() or len(served) < 2:
                served.append(visitor.says("Do you ship to Canada?").status_code)
                time.sleep(0.4)

    unlimited = pasted.site.content / "mu-plugins" / "no-limits.php"
    unlimited.write_text(
        "<?php add_filter( 'escbridge_limits', fn( $l ) => array_map( fn() => array( 999, 9 ), $l ) );"
    )
    talking = threading.Thread(target=visitors)
    talking.start()
    try:
        code, said, fault = wp(pasted, "rotate")
    finally:
        over.set()
        talking.join()
        unlimited.unlink()
    assert (code, said) == (0, "Success: The secrets are renewed. The former ones end in 10 minutes.\n"), fault
    assert kept_code(pasted) != before
    assert set(served) == {200}
    assert wp(pasted, "test")[0] == 0
    assert kept_code(pasted).removeprefix("esc1.") not in said


def test_the_button_does_the_same_and_shows_no_secret(pasted: Installation) -> None:
    site, before = pasted.site, kept_code(pasted)
    with site.login() as owner:
        form = owner.get(f"{site.url}/{SETTINGS_PAGE}", timeout=30).text
        nonce = re.search(r'id="escbridge-renewal"><input[^>]* name="_wpnonce" value="(\w+)"', form)
        assert nonce
        sent = {"action": "escbridge_renew", "_wpnonce": nonce[1]}
        done = owner.post(f"{site.url}/wp-admin/admin-post.php", data=sent, timeout=60)
    after = kept_code(pasted)
    assert "The secrets are renewed. The former ones end in 10 minutes." in done.text
    assert after != before
    decoded = json.loads(
        site.php_eval("echo wp_json_encode( EscalationBridge\\Settings::decode( $kept ) );", kept=after)
    )
    for secret in (after.removeprefix("esc1."), decoded["chat_secret"], decoded["admin_secret"]):
        assert secret not in done.text + done.url + pasted.sidecar.log.read_text()


def test_a_renewal_that_fails_leaves_the_former_secrets_in_place(pasted: Installation) -> None:
    before = kept_code(pasted)
    with without_sidecar(pasted):
        code, _, fault = wp(pasted, "rotate")
    assert code == 1
    assert "The secrets were not renewed; the former ones stay." in fault
    assert kept_code(pasted) == before
    assert wp(pasted, "test")[0] == 0


def test_the_secrets_are_renewed_where_the_host_has_switched_php_sleeping_off(
    pasted: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept_code(pasted)
    awake = (*wordpress_site.SETTINGS, "-d", "disable_functions=sleep,usleep,set_time_limit,getmypid")
    monkeypatch.setattr(wordpress_site, "SETTINGS", awake)
    code, _, fault = wp(pasted, "rotate")
    assert code == 0, fault
    assert kept_code(pasted) != before


def test_a_copy_of_the_site_leaves_the_site_its_secrets(pasted: Installation) -> None:
    with known_as(pasted, "https://live.example"):
        code, said, fault = wp(pasted, "rotate")
    assert (code, said) == (1, "")
    assert "The secrets were not renewed; the former ones stay." in fault
    assert "other-address" in fault
    assert "bridge site set" in fault


def test_a_code_that_the_environment_sets_is_not_renewed_behind_its_back(installed: Installation) -> None:
    code, _, fault = wp(installed, "rotate")
    assert code == 1
    assert "set by ESCBRIDGE_PAIRING, which WordPress cannot change" in fault
    assert installed.site.option("escbridge_pairing") is None


def test_the_settings_page_says_why_a_code_of_the_environment_cannot_be_renewed_there(installed: Installation) -> None:
    with installed.site.login() as owner:
        page = owner.get(f"{installed.site.url}/{SETTINGS_PAGE}", timeout=30).text
    assert "disabled='disabled'>Renew the secrets" in page
    assert "set by ESCBRIDGE_PAIRING, which WordPress cannot change. Run “bridge site rotate”" in page
    assert "Renewing takes some seconds" not in page


def test_only_an_administrator_renews_and_only_from_the_page_itself(installed: Installation) -> None:
    site = installed.site
    site.add_user("eve", "eve-pass", role="editor")
    with site.login("eve", "eve-pass") as editor, site.login() as owner, direct_session() as guest:
        form = {"action": "escbridge_renew"}
        answers = [who.post(f"{site.url}/wp-admin/admin-post.php", data=form, timeout=30) for who in (editor, owner)]
        unknown = guest.post(f"{site.url}/wp-admin/admin-post.php", data=form, timeout=30)
    assert [answer.status_code for answer in answers] == [403, 403]
    assert "renewed" not in unknown.text
