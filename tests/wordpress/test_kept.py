"""What visitors send while the sidecar is away: kept in a real WordPress, and handed over later, once, in order."""

import json
import re
import sqlite3
import uuid
import xmlrpc.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from installation import Installation, eventually
from loopback import direct_session
from playwright.sync_api import Page, expect
from team import A_PERSON, lines_of, team_of
from visiting import say, unfold
from visitor import Visitor, escalation_of, without_sidecar
from wordpress_site import Site, SiteError

pytestmark = pytest.mark.wordpress

BUTTON = "Talk to a person"
THREE_MESSAGES = ("Do you sell hats?", "<b>&amp; \\ 'é' 語 😀</b>", "When do you open on Saturdays?")
"""None is like another, or the third would bring a person before the button does."""
KEPT = "EscalationBridge\\Outbox::"
HALF_A_MINUTE_LATER = """
    delete_transient( 'escbridge_breaker' );
    get_option( 'escbridge_kept.lock' ) && update_option( 'escbridge_kept.lock', time() - 31 );"""
A_MINUTE_LATER = f"{HALF_A_MINUTE_LATER} update_option( 'escbridge_waits', '1' );"
OUT_FIRST = "out-first.php"
LITESPEED = "<?php function litespeed_finish_request() { do_action( 'answer_is_out' ); }"
DELETE = """
    $set = EscalationBridge\\Settings::all();
    update_option( 'escbridge_settings', array( 'contact_email' => 'owner@example.test' ) + $set );
    require_once ABSPATH . 'wp-admin/includes/plugin.php';
    uninstall_plugin( 'escalation-bridge/escalation-bridge.php' );"""
DIE = """
    add_filter( $hook, function ( $answer ) use ( &$n ) {
        0 === --$n && posix_kill( getmypid(), SIGKILL );
        return $answer;
    } );"""


@pytest.fixture(scope="module")
def whole(wp_core: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation on the true time: what was sent keeps its own."""
    with Installation(wp_core, tmp_path_factory.mktemp("kept")).running() as installed:
        (installed.site.content / "mu-plugins" / OUT_FIRST).write_text(LITESPEED)
        installed.site.snapshot()
        yield installed


@pytest.fixture
def shop(whole: Installation) -> Iterator[Installation]:
    """With WordPress as new, and nothing of ours in its log afterwards."""
    yield whole
    assert whole.site.debug_log("escalation-bridge") == []
    whole.site.reset()


@pytest.fixture
def two(shop: Installation) -> Iterator[tuple[Visitor, Visitor]]:
    """One whose conversation began before the outage, and one who comes during it."""
    with direct_session() as first, direct_session() as second:
        visitors = Visitor(shop.site, first), Visitor(shop.site, second)
        visitors[0].begin()
        yield visitors


def come_in_vain(visitor: Visitor) -> None:
    """Open the chat while the sidecar is away: it gives an id and a token all the same."""
    answer = visitor.post("sessions", {"locale": "en-US", "timezone": "Europe/Berlin"})
    assert answer.status_code == 503
    begun = answer.json()["data"]
    visitor.id, visitor.headers = begun["session_id"], {"X-Escbridge-Token": begun["token"]}


def write(visitor: Visitor, *texts: str) -> list[tuple[str, datetime, datetime]]:
    """Messages that WordPress keeps, each with the span of time in which it was sent."""
    sent = []
    for text in texts:
        began = datetime.now(UTC)
        answer = visitor.says(text)
        assert (answer.status_code, answer.json()["data"]["kept"]) == (503, True), answer.text
        sent.append((text, began, datetime.now(UTC)))
    return sent


def leave_address(visitor: Visitor, email: str) -> tuple[str, datetime, datetime]:
    began = datetime.now(UTC)
    answer = visitor.post(f"sessions/{visitor.id}/contact", {"email": email, "transcript": []})
    assert (answer.status_code, answer.json()["kept"]) == (200, True), answer.text
    assert answer.json()["notice"].startswith("Thank you. Your message is kept")
    return BUTTON, began, datetime.now(UTC)


def waiting(site: Site) -> int:
    return int(site.php_eval(f"echo {KEPT}count();"))


def failures(site: Site) -> int:
    return int(site.php_eval("echo EscalationBridge\\Client::breaker()['failures'];"))


def later(site: Site) -> None:
    """Half a minute later: the breaker lets a call through, and whoever died has lost the lock."""
    site.php_eval(HALF_A_MINUTE_LATER)


def somebody_comes(shop: Installation) -> None:
    with direct_session() as http:
        Visitor(shop.site, http).begin()


def said(shop: Installation, visitor: Visitor) -> list[tuple[str, datetime]]:
    """What the sidecar has of the visitor, with the time of each message."""
    talk = escalation_of(shop, visitor.id)["conversation"]
    return [(one["text"], datetime.fromisoformat(one["at"])) for one in talk if one["who"] == "visitor"]


def assert_each_once(shop: Installation, visitor: Visitor, sent: list[tuple[str, datetime, datetime]]) -> None:
    """In order, and with the time at which it was sent; instants have whole milliseconds."""
    has = said(shop, visitor)
    assert [text for text, _ in has] == [text for text, _, _ in sent]
    for (text, at), (_, began, ended) in zip(has, sent, strict=True):
        assert began - timedelta(milliseconds=1) <= at <= ended + timedelta(milliseconds=1), text


def test_a_kept_message_that_the_browser_asks_for_again_and_again_is_no_new_one(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    """The window asks until it hears that the message has arrived; that is not the visitor's haste."""
    visitor, turn = two[0], str(uuid.uuid4())
    with without_sidecar(shop):
        answers = [visitor.says("hats", turn).status_code for _ in range(20)]
        answers.append(visitor.says("boots").status_code)
    assert answers == [503] * 21


def outage(shop: Installation, two: tuple[Visitor, Visitor]) -> list[list[tuple[str, datetime, datetime]]]:
    """Three messages and an address of each, sent to and fro."""
    first, second = two
    sent: list[list[tuple[str, datetime, datetime]]] = [[], []]
    with without_sidecar(shop):
        come_in_vain(second)
        for words in THREE_MESSAGES:
            sent[0] += write(first, f"First: {words}")
            sent[1] += write(second, f"Second: {words}")
        sent[0].append(leave_address(first, "first@example.test"))
        sent[1].append(leave_address(second, "second@example.test"))
    assert waiting(shop.site) == 8
    later(shop.site)
    return sent


def test_r21_what_two_visitors_sent_while_the_sidecar_was_away_is_handed_over_once_in_order_with_its_times(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    sent = outage(shop, two)
    somebody_comes(shop)
    assert eventually(lambda: waiting(shop.site) == 0)
    for visitor, theirs, email in zip(two, sent, ("first@example.test", "second@example.test"), strict=True):
        assert_each_once(shop, visitor, theirs)
        one = escalation_of(shop, visitor.id)
        assert (one["customer"]["email"], one["rule"]) == (email, "explicit_request")
    somebody_comes(shop)
    assert [len(said(shop, visitor)) for visitor in two] == [4, 4]
    assert shop.site.option("escbridge_kept.lock") is None


def test_r21_the_owner_gets_one_mail_an_outage_that_says_how_many_wait_and_no_visitors_word(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    for _ in range(2):
        with without_sidecar(shop):
            write(two[0], *(f"message {n}" for n in range(6)))
        later(shop.site)
        somebody_comes(shop)
        assert eventually(lambda: waiting(shop.site) == 0)
    mails = shop.site.mails()
    assert len(mails) == 2
    for mail in mails:
        assert (mail["to"], "Chat messages are waiting" in mail["subject"]) == ("admin@example.test", True)
        assert "3 messages of visitors wait in WordPress." in mail["message"]
        assert "message 1" not in mail["message"]


@pytest.mark.parametrize("hook", ["pre_http_request", "http_response"])
def test_r21_php_that_dies_before_or_after_any_call_loses_nothing_and_sends_nothing_twice(
    shop: Installation, two: tuple[Visitor, Visitor], hook: str
) -> None:
    sent = outage(shop, two)
    for n in count(1):
        with suppress(SiteError):
            shop.site.php_eval(f"{DIE} {KEPT}deliver();", hook=hook, n=n)
        if waiting(shop.site) == 0:
            break
        assert n < 12, "it never ends"
        later(shop.site)
    assert n > 1, "nothing died"
    for visitor, theirs in zip(two, sent, strict=True):
        assert_each_once(shop, visitor, theirs)


def test_r21_requests_that_hand_over_at_once_do_it_once_and_in_order(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    sent = outage(shop, two)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: shop.site.php_eval(f"{KEPT}deliver();"), range(4)))
    assert eventually(lambda: waiting(shop.site) == 0)
    for visitor, theirs in zip(two, sent, strict=True):
        assert_each_once(shop, visitor, theirs)


def test_what_a_visitor_writes_next_comes_after_what_waits(shop: Installation, two: tuple[Visitor, Visitor]) -> None:
    with without_sidecar(shop):
        sent = write(two[0], "one", "two")
    later(shop.site)
    began = datetime.now(UTC)
    assert two[0].says(A_PERSON).json()["state"] == "escalated"
    assert_each_once(shop, two[0], [*sent, (A_PERSON, began, datetime.now(UTC))])


def test_while_another_request_hands_over_a_new_message_waits_behind_the_others(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    with without_sidecar(shop):
        sent = write(two[0], "one", "two")
    later(shop.site)
    shop.site.php_eval("add_option( 'escbridge_kept.lock', time(), '', false );")
    sent += write(two[0], A_PERSON)
    later(shop.site)
    somebody_comes(shop)
    assert eventually(lambda: waiting(shop.site) == 0)
    assert_each_once(shop, two[0], sent)


def test_a_message_sent_again_by_the_browser_is_kept_once_and_answered_by_the_bot_afterwards(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    turn = str(uuid.uuid4())
    with without_sidecar(shop):
        assert [two[0].says("Do you ship?", turn).json()["data"]["kept"] for _ in range(3)] == [True] * 3
    assert waiting(shop.site) == 1
    later(shop.site)
    assert two[0].says("Do you ship?", turn).json()["reply"] == "You said: Do you ship?"
    two[0].says(A_PERSON)
    assert [text for text, _ in said(shop, two[0])] == ["Do you ship?", A_PERSON]


def test_a_kept_question_of_somebody_known_who_has_left_goes_to_the_team(shop: Installation) -> None:
    shop.site.add_user("berta", "berta-pass")
    with shop.site.login("berta", "berta-pass") as http:
        berta = Visitor(shop.site, http)
        berta.begin()
        with without_sidecar(shop):
            write(berta, "Do you sell hats?", "With feathers?")
    later(shop.site)
    somebody_comes(shop)
    assert eventually(lambda: waiting(shop.site) == 0)
    assert [text for text, _ in said(shop, berta)] == ["Do you sell hats?", BUTTON, "With feathers?"]


def test_one_id_of_two_conversations_is_two_messages_and_a_row_of_a_former_version_goes_too(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    two[1].begin()
    say_first = "escbridge_turn( $session, 'visitor', $text, array( 'turn_id' => '1' ) );"
    former = """
        $row  = array( 'kind' => 'turn', 'id' => '2', 'session' => $session, 'user' => 0, 'text' => $text );
        $post = array( 'post_type' => 'escbridge_kept', 'post_status' => 'private', 'post_title' => $session );
        $row['at'] = EscalationBridge\\Client::now_ms();
        wp_insert_post( $post + array( 'post_name' => '2', 'post_content' => wp_json_encode( $row ) ) );"""
    with without_sidecar(shop):
        for visitor, text in zip(two, ("one of the first", "one of the second"), strict=True):
            for _ in range(2):
                shop.site.php_eval(say_first, session=visitor.id, text=text)
        shop.site.php_eval(former, session=two[0].id, text="an old one of the first")
    assert waiting(shop.site) == 3
    later(shop.site)
    somebody_comes(shop)
    assert eventually(lambda: waiting(shop.site) == 0)
    for visitor in two:
        visitor.says(A_PERSON)
    assert [[text for text, _ in said(shop, visitor)] for visitor in two] == [
        ["one of the first", "an old one of the first", A_PERSON],
        ["one of the second", A_PERSON],
    ]


def test_a_locked_conversation_stays_mute_and_what_is_added_joins_its_ticket(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    visitor = two[0]
    promised = visitor.says(A_PERSON).json()["commitment"]
    with without_sidecar(shop):
        added = visitor.says("My order is 8821")
        assert (added.status_code, added.json()["kept"], added.json()["undelivered"]) == (200, True, True)
        assert (added.json()["commitment"], "reply" in added.json()) == (promised, False)
        leave_address(visitor, "late@example.test")
    later(shop.site)
    somebody_comes(shop)
    assert eventually(lambda: waiting(shop.site) == 0)
    assert [text for text, _ in said(shop, visitor)] == [A_PERSON, "My order is 8821"]
    assert escalation_of(shop, visitor.id)["customer"]["email"] == "late@example.test"


@pytest.mark.parametrize("place", ["", "wp-admin/admin-ajax.php"])
def test_where_nobody_chats_anybodys_request_hands_over_what_waits_for_a_minute_and_each_row_once(
    shop: Installation, two: tuple[Visitor, Visitor], place: str
) -> None:
    with without_sidecar(shop):
        sent = [*write(two[0], "one"), leave_address(two[0], "first@example.test")]
    with direct_session() as passer_by:
        later(shop.site)
        passer_by.get(f"{shop.site.url}/{place}", timeout=30)
        assert waiting(shop.site) == 2, "a minute is not over"
        shop.site.php_eval(A_MINUTE_LATER)
        for _ in range(2):
            passer_by.get(f"{shop.site.url}/{place}", timeout=30)
            assert waiting(shop.site) == 0
    assert_each_once(shop, two[0], sent)


def test_where_a_cache_answers_everybody_the_scheduler_has_wordpress_hand_over_what_waits(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    with without_sidecar(shop):
        sent = [*write(two[0], "one"), leave_address(two[0], "first@example.test")]
    shop.site.php_eval(A_MINUTE_LATER)
    forget_calls(shop)
    shop.kill("scheduler")
    shop.start("scheduler")
    rows = "SELECT COUNT(*) FROM wp_posts WHERE post_type = 'escbridge_kept';"  # nor does this ask PHP
    assert shop.site.database.sql(rows).strip() == "2"
    assert eventually(lambda: shop.site.database.sql(rows).strip() == "0", seconds=30)
    assert_each_once(shop, two[0], sent)


def forget_calls(shop: Installation) -> None:
    """As if the last signed call had come long ago."""
    with sqlite3.connect(shop.folder / "bridge.db") as database:
        database.execute("UPDATE nonce SET seen_at = 0")
    database.close()


@contextmanager
def mod_php(shop: Installation) -> Iterator[None]:
    """A server that gives no answer out before PHP has ended, as PHP's own one and Apache's mod_php."""
    own = shop.site.content / "mu-plugins" / OUT_FIRST
    own.unlink()
    yield
    own.write_text(LITESPEED)


AT_THE_END = f"""
    add_action( 'answer_is_out', function () {{ echo 'out '; }} );
    add_filter( 'pre_http_request', function ( $answer, $args ) {{
        echo $args['timeout'];
        return new WP_Error( 'http_request_failed', 'timed out' );
    }}, 10, 2 );
    {KEPT}on_shutdown();"""


def test_a_view_of_a_page_waits_for_a_sidecar_that_hangs_a_second_and_not_at_all_where_its_answer_is_out(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    with without_sidecar(shop):
        write(two[0], "one", "two")
    later(shop.site)
    assert shop.site.php_eval(AT_THE_END) == "out 2"
    with mod_php(shop):
        assert shop.site.php_eval(AT_THE_END) == "1"


def test_where_a_page_waits_for_it_what_is_kept_is_handed_over_for_a_second_at_a_time(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    slowly = "add_filter( 'pre_http_request', function ( $answer ) { usleep( 1100000 ); return $answer; } );"
    with without_sidecar(shop):
        sent = write(two[0], *(f"message {n}" for n in range(3)))
    later(shop.site)
    with mod_php(shop):
        shop.site.php_eval(f"{slowly} {KEPT}on_shutdown(); remove_all_actions( 'shutdown' );")
    assert waiting(shop.site) == 2
    shop.site.php_eval(f"{KEPT}on_shutdown();")
    two[0].says(A_PERSON)
    assert [text for text, _ in said(shop, two[0])] == [*(text for text, _, _ in sent), A_PERSON]


def test_while_the_sidecar_is_still_away_one_view_of_a_page_in_a_minute_looks_for_it(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    with without_sidecar(shop), direct_session() as passer_by:
        write(two[0], "one")
        shop.site.php_eval(A_MINUTE_LATER)
        tries = [passer_by.get(shop.site.url, timeout=30) and failures(shop.site) for _ in range(3)]
    assert tries == [1, 1, 1]
    assert waiting(shop.site) == 1


def test_where_nothing_waits_a_view_of_a_page_asks_the_database_for_nothing(shop: Installation) -> None:
    asked = """
        define( 'SAVEQUERIES', true );
        EscalationBridge\\Outbox::boot();
        EscalationBridge\\Outbox::deliver_at_shutdown();
        do_action( 'shutdown' );
        echo strpos( wp_json_encode( $GLOBALS['wpdb']->queries ), 'escbridge_kept' ) ? 'asked' : 'not asked';"""
    assert shop.site.php_eval(asked) == "not asked"


def test_where_nothing_waits_a_message_asks_the_database_for_nothing(shop: Installation) -> None:
    asked = f"""
        define( 'SAVEQUERIES', true );
        {KEPT}deliver_earlier( 'ses_0123456789abcdef' );
        echo strpos( wp_json_encode( $GLOBALS['wpdb']->queries ), 'escbridge_kept' ) ? 'asked' : 'not asked';"""
    assert shop.site.php_eval(asked) == "not asked"


def test_php_that_dies_while_it_looks_whether_something_waits_leaves_that_it_does(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    dies = "add_action( 'update_option_escbridge_waits', fn() => posix_kill( getmypid(), SIGKILL ) );"
    with without_sidecar(shop):
        write(two[0], "one")
        with suppress(SiteError):
            shop.site.php_eval(f"{dies} {KEPT}on_shutdown();")
    assert int(shop.site.option("escbridge_waits")) > 0


def refuse(shop: Installation, visitor: Visitor) -> None:
    """A message is kept that no sidecar takes."""
    row = {"kind": "turn", "id": str(uuid.uuid4()), "session": visitor.id, "user": 0, "text": "x" * 4001, "page": []}
    shop.site.php_eval(f"{KEPT}add( $row );", row=row)


@contextmanager
def broken_mail(shop: Installation) -> Iterator[Path]:
    """No mail goes out; the file has a line for each try, which says whether the visitor had the answer by then."""
    own, tries = shop.site.content / "mu-plugins" / "broken-mail.php", shop.site.content / "tries.txt"
    own.write_text("""<?php
        add_action( 'answer_is_out', fn() => defined( 'OUT' ) || define( 'OUT', 1 ) );
        add_filter( 'pre_wp_mail', function () {
            file_put_contents( WP_CONTENT_DIR . '/tries.txt', defined( 'OUT' ) ? "after\n" : "before\n", FILE_APPEND );
            return false;
        }, 1 );""")
    tries.write_text("")
    try:
        yield tries
    finally:
        own.unlink()
        tries.unlink()


MINUTES_LATER = """
    foreach ( array( 'escbridge_away.lock', 'escbridge_mail.lock' ) as $lock ) {
        get_option( $lock ) && update_option( $lock, get_option( $lock ) - 301 );
    }"""


def test_mail_that_does_not_work_is_tried_once_in_some_minutes_and_never_while_the_visitor_waits(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    with broken_mail(shop) as tries, without_sidecar(shop):
        write(two[0], *(f"message {n}" for n in range(6)))
        assert tries.read_text() == "after\n"
        shop.site.php_eval(MINUTES_LATER)
        write(two[0], "one more", "and another")
        assert tries.read_text() == "after\nafter\n"
    with without_sidecar(shop):
        shop.site.php_eval(MINUTES_LATER)
        write(two[0], *(f"again {n}" for n in range(3)))
    assert [mail["subject"].endswith("Chat messages are waiting") for mail in shop.site.mails()] == [True]


def test_a_refused_message_waits_for_mail_to_work_and_no_newer_one_waits_for_it(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    visitor, site = two[0], shop.site
    with broken_mail(shop) as tries, site.login() as owner:
        refuse(shop, visitor)
        assert [visitor.says(text).status_code for text in THREE_MESSAGES] == [200] * 3
        assert tries.read_text() == "after\n"
        told = owner.get(site.rest("escalation-bridge/v1/site-health/kept"), timeout=30).json()
        page = owner.get(f"{site.url}/wp-admin/admin.php?page=escbridge-escalations", timeout=30).text
    for text in (told["description"], page):
        assert "The sidecar does not take this" in text
    assert (told["status"], "xxxx" in page) == ("critical", True)
    site.php_eval(MINUTES_LATER)
    somebody_comes(shop)
    assert eventually(lambda: waiting(site) == 0)
    assert ["xxxx" in mail["message"] for mail in site.mails()] == [True]


def test_a_row_that_cannot_be_read_goes_to_the_owner_as_it_is_and_holds_nobody_up(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    site = shop.site
    for content in ("half a row {", '{"kind":"turn"}'):
        site.php_eval(
            """
            $post = array( 'post_type' => 'escbridge_kept', 'post_status' => 'private', 'post_title' => $session );
            wp_insert_post( $post + array( 'post_content' => $content ) );""",
            session=two[0].id, content=content,
        )  # fmt: skip
    with without_sidecar(shop), site.login() as owner:
        sent = write(two[0], "one")
        page = owner.get(f"{site.url}/wp-admin/admin.php?page=escbridge-escalations", timeout=30)
        assert (page.status_code, "half a row {" in page.text) == (200, True)
    later(site)
    somebody_comes(shop)
    assert eventually(lambda: waiting(site) == 0)
    began = datetime.now(UTC)
    two[0].says(A_PERSON)
    assert_each_once(shop, two[0], [*sent, (A_PERSON, began, datetime.now(UTC))])
    mails = [mail["message"] for mail in site.mails()]
    assert [("half a row {" in mail, '{"kind":"turn"}' in mail) for mail in mails] == [(True, False), (False, True)]


def test_what_the_sidecar_never_takes_and_what_has_waited_for_a_month_goes_to_the_owner_by_mail(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    keep = "EscalationBridge\\Outbox::add( $row );"
    for text in ("x" * 4001, "An old one", "A young one"):
        row = {"kind": "turn", "id": str(uuid.uuid4()), "session": two[0].id, "user": 0, "text": text, "page": []}
        shop.site.php_eval(keep, row=row)
    shop.site.php_eval("""
        $old = get_posts( array( 'post_type' => 'escbridge_kept', 'post_status' => 'private', 's' => 'An old one' ) );
        $long_ago = array( 'post_date_gmt' => '2020-01-01 00:00:00', 'edit_date' => true );
        wp_update_post( array( 'ID' => $old[0]->ID ) + $long_ago );""")
    somebody_comes(shop)
    assert eventually(lambda: waiting(shop.site) == 0)
    mails = [mail["message"] for mail in shop.site.mails()]
    assert [("xxxx" in mail, "An old one" in mail) for mail in mails] == [(True, False), (False, True)]
    assert all(mail.startswith("The sidecar did not take this message") for mail in mails)
    two[0].says(A_PERSON)
    assert [text for text, _ in said(shop, two[0])] == ["A young one", A_PERSON]


def test_what_is_kept_has_a_limit_and_then_the_browser_keeps_it_and_the_form_goes_by_mail(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    shop.site.php_eval(
        """
        $row = array( 'kind' => 'turn', 'session' => $session, 'user' => 0, 'text' => 'x' );
        foreach ( range( 1, 50 ) as $n ) {
            EscalationBridge\\Outbox::add( $row + array( 'id' => "t$n" ) );
        }""",
        session=two[0].id,
    )
    with without_sidecar(shop):
        assert two[0].says("one more").json()["data"]["kept"] is False
        form = two[0].post(f"sessions/{two[0].id}/contact", {"email": "full@example.test", "transcript": []})
    assert form.json()["mail"] is True
    (mail,) = [mail["message"] for mail in shop.site.mails() if "full@example.test" in mail["message"]]
    assert mail.startswith("The chat could not reach its sidecar")
    assert waiting(shop.site) == 50


def test_the_owner_reads_what_waits_and_site_health_tells_of_it(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    site = shop.site
    with site.login() as owner:
        health = site.rest("escalation-bridge/v1/site-health/kept")
        assert owner.get(health, timeout=30).json()["status"] == "good"
        with without_sidecar(shop):
            write(two[0], "Is it <script>alert(1)</script> here?")
            leave_address(two[0], "first@example.test")
            told = owner.get(health, timeout=30).json()
            page = owner.get(f"{site.url}/wp-admin/admin.php?page=escbridge-escalations", timeout=30).text
    assert (told["status"], told["label"]) == ("critical", "2 chat messages wait for Escalation Bridge")
    assert "Waiting in WordPress" in page
    assert "Is it &lt;script&gt;alert(1)&lt;/script&gt; here?" in page
    assert "first@example.test" in page


def test_nobody_else_reads_what_waits(shop: Installation, two: tuple[Visitor, Visitor]) -> None:
    site = shop.site
    site.add_user("eve", "eve-pass", role="editor")
    with without_sidecar(shop):
        write(two[0], "My secret question")
        post = site.php_eval(f"echo array_key_first( {KEPT}rows() );")
        places = (
            f"?p={post}",
            f"?post_type=escbridge_kept&p={post}",
            "?s=secret",
            "feed/",
            f"wp-json/wp/v2/search?search={two[0].id}",
            f"wp-json/wp/v2/posts/{post}",
            f"wp-admin/post.php?post={post}&action=edit",
            "wp-admin/edit.php?post_type=escbridge_kept",
        )
        with direct_session() as guest, site.login("eve", "eve-pass") as editor:
            for who in (guest, editor):
                for place in places:
                    assert "My secret question" not in who.get(f"{site.url}/{place}", timeout=30).text, place


def test_an_editor_neither_reads_nor_changes_what_waits_over_xml_rpc(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    site = shop.site
    site.add_user("eve", "eve-pass", role="editor")
    with without_sidecar(shop), direct_session() as http:
        write(two[0], "My secret question")
        post = int(site.php_eval(f"echo array_key_first( {KEPT}rows() );"))
        calls: dict[str, tuple[Any, ...]] = {
            "wp.getPosts": ({"post_type": "escbridge_kept", "post_status": "private"},),
            "wp.getPost": (post,),
            "wp.editPost": (post, {"post_content": "changed"}),
            "wp.deletePost": (post,),
        }
        for name, arguments in calls.items():
            body = xmlrpc.client.dumps((1, "eve", "eve-pass", *arguments), name)
            answer = http.post(f"{site.url}/xmlrpc.php", data=body.encode(), timeout=30).text
            assert "<name>faultCode</name>" in answer, (name, answer)
            assert "secret" not in answer, name
        assert (
            site.php_eval(f"echo wp_json_encode( array_column( {KEPT}rows(), 'text' ) );") == '["My secret question"]'
        )


def test_what_is_kept_of_a_person_is_found_and_erased_by_the_address(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    site = shop.site
    site.add_user("anna", "anna-pass", email="anna@example.test")
    with site.login("anna", "anna-pass") as http, without_sidecar(shop):
        anna = Visitor(site, http)
        come_in_vain(anna)
        write(anna, "Anna writes")
        write(two[0], "Somebody writes")
        leave_address(two[0], "First@example.test")
        come_in_vain(two[1])
        write(two[1], "Another writes")
    found = json.loads(
        site.php_eval(f"echo wp_json_encode( array_column( {KEPT}rows_of_person( 'first@example.test' ), 'text' ) );")
    )
    assert found == ["Somebody writes", BUTTON]
    assert site.php_eval(f"echo {KEPT}erase( 'first@example.test' ), {KEPT}erase( 'anna@example.test' );") == "21"
    assert json.loads(site.php_eval(f"echo wp_json_encode( array_column( {KEPT}rows(), 'text' ) );")) == [
        "Another writes"
    ]


def test_deleting_the_plugin_takes_what_is_kept_along(shop: Installation, two: tuple[Visitor, Visitor]) -> None:
    with without_sidecar(shop):
        write(two[0], "one", "two", "three")
    left = shop.site.php_eval("""
        $rows = EscalationBridge\\Outbox::rows();
        wp_update_post( array( 'ID' => array_key_first( $rows ), 'post_status' => EscalationBridge\\Outbox::REFUSED ) );
        add_option( 'escbridge_t_0123.lock', time(), '', false );
        set_transient( 'escbridge_lock_0123', array( 'text' => '' ), 60 );
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        uninstall_plugin( 'escalation-bridge/escalation-bridge.php' );
        global $wpdb;
        echo $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->posts WHERE post_type = 'escbridge_kept'" );
        $names = "SELECT option_name FROM $wpdb->options WHERE option_name LIKE '%escbridge%'";
        echo implode( $wpdb->get_col( $names ) );""")
    assert left == "0"


def test_what_waits_when_the_plugin_is_deleted_goes_to_the_owner_a_conversation_a_mail(
    shop: Installation, two: tuple[Visitor, Visitor]
) -> None:
    with without_sidecar(shop):
        write(two[0], "one", "two")
        come_in_vain(two[1])
        write(two[1], "three")
        leave_address(two[1], "guest@example.test")
        shop.site.php_eval(DELETE)
    first, second = (mail for mail in shop.site.mails() if "waiting for an answer" in mail["subject"])
    assert [re.findall(r"UTC: (.*)", mail["message"]) for mail in (first, second)] == [
        ["one", "two"],
        ["three", BUTTON],
    ]
    assert {mail["to"] for mail in (first, second)} == {"owner@example.test"}
    assert "guest@example.test" in second["message"]
    assert "could not reach its sidecar" in first["message"]


@pytest.mark.browser
def test_the_window_says_that_a_message_is_kept_and_shows_the_answer_once_it_arrived(
    shop: Installation, page: Page
) -> None:
    page.goto(shop.site.url)
    unfold(page)
    with without_sidecar(shop):
        say(page, "Do you ship to Canada?")
        expect(lines_of(page, "me").last).to_contain_text("Kept. It is delivered as soon as possible.")
        expect(page.locator("form.contact")).to_be_visible()
        page.fill("form.contact input[name=email]", "guest@example.test")
        page.click("form.contact button[type=submit]")
        expect(lines_of(page, "note").last).to_contain_text("Your message is kept and reaches our team")
        with page.expect_response("**/turns"):
            page.evaluate("window.dispatchEvent(new Event('online'))")  # asked again, and still in vain
        expect(lines_of(page, "me").last).to_contain_text("Kept. It is delivered")
        expect(page.locator("form.contact")).to_be_hidden()
    later(shop.site)
    page.reload()
    unfold(page) if page.locator("#panel").is_hidden() else None
    expect(lines_of(page, "promise")).to_contain_text("will contact you", timeout=30_000)
    expect(page.get_by_text("Kept. It is delivered")).to_have_count(0)
    talk: Any = team_of(shop).list()[0]
    assert talk["customer"]["email"] == "guest@example.test"
