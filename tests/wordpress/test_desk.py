"""The team's pages in wp-admin, in a real browser beside a real sidecar: who is here, and when."""

import re
import time
from typing import Any

import pytest
from installation import Installation
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from support.sidecar import Caller, Chat, over_http
from team import A_PERSON, dead_scheduler, lines_of, listen_for_faults, newest_escalation, team_of
from visiting import open_chat, say, sign_in
from visitor import without_sidecar

pytestmark = [pytest.mark.wordpress, pytest.mark.browser]

FOUR_MINUTES_LATER, EIGHT_MINUTES_LATER = "2026-11-03T10:04:00", "2026-11-03T10:08:00"
THIRTEEN_MINUTES_LATER = "2026-11-03T10:13:00"
SWITCH = ".escbridge-presence label"
TYPED = "Is 3 < 5? Open https://x.test/a%20b?q=%2Fc and type <b>OK</b>,\n  then &amp;."
COLOURS = """() => ['', '::after'].map(
    part => getComputedStyle(document.querySelector('.escbridge-track'), part || null).backgroundColor)"""
NO_ANSWER = """
    $asked = array();
    add_filter( 'pre_http_request', function ( $answer, $how, $url ) use ( &$asked ) {
        $asked[] = $url;
        return new WP_Error( 'http_request_failed', 'cURL error 28: Operation timed out' );
    }, 10, 3 );
    EscalationBridge\\Outbox::add( $row );
    wp_set_current_user( 1 );
    EscalationBridge\\Admin::render();
    echo "\\n", count( $asked );"""


def page_of(owner: BrowserContext, installed: Installation, path: str) -> Page:
    page = owner.new_page()
    page.goto(f"{installed.site.url}/wp-admin/{path}")
    return page


def desk_of(owner: BrowserContext, installed: Installation) -> Page:
    return page_of(owner, installed, "admin.php?page=escbridge-escalations")


def new_escalation(installed: Installation, browser: Browser) -> dict[str, Any]:
    """What becomes of somebody who asks for a person now."""
    context = browser.new_context(timezone_id="America/New_York")
    chat = open_chat(context, installed.site)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_be_visible()
    context.close()
    return newest_escalation(installed)


def way_of_a_new_visitor(installed: Installation, browser: Browser) -> str:
    return str(new_escalation(installed, browser)["channel"])


def promise_to_a_new_visitor(installed: Installation, browser: Browser) -> str:
    return str(new_escalation(installed, browser)["commitment"]["text"])


def test_the_switch_makes_a_daytime_escalation_live_and_says_who_is_seen_as_here(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    desk = desk_of(owner, installed)
    faults = listen_for_faults(desk)
    expect(desk.get_by_text("You are away: nobody is connected to you.")).to_be_visible()
    assert way_of_a_new_visitor(installed, browser) == "email"
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("Seen as here: admin. You until 10:04 am")).to_be_visible()
    assert way_of_a_new_visitor(installed, browser) == "live"
    desk.reload()
    expect(desk.get_by_role("switch", name="I am here for live chats")).to_be_checked()
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("You are away: nobody is connected to you.")).to_be_visible()
    assert way_of_a_new_visitor(installed, browser) == "email"
    assert faults == []


def test_the_switch_speaks_though_a_script_of_another_plugin_comes_late(
    installed: Installation, owner: BrowserContext
) -> None:
    desk = desk_of(owner, installed)
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("Seen as here: admin.")).to_be_visible()
    faults = listen_for_faults(desk)
    desk.route("**/admin.php?*", with_a_late_script)
    desk.route("**/late.js", come_late)
    desk.reload()
    expect(desk.get_by_text("Seen as here: admin.")).to_be_visible()
    assert faults == []
    desk.unroute_all()
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("You are away: nobody is connected to you.")).to_be_visible()


def with_a_late_script(route: Route) -> None:
    page = route.fetch()
    route.fulfill(response=page, body=page.text().replace("</body>", "<script defer src='/late.js'></script></body>"))


def come_late(route: Route) -> None:
    time.sleep(1)
    route.fulfill(body="", content_type="text/javascript")


def test_who_is_due_first_stands_first_among_those_who_wait(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    answered, first = new_escalation(installed, browser), new_escalation(installed, browser)
    installed.move_clock_to(FOUR_MINUTES_LATER)
    second = new_escalation(installed, browser)
    team_of(installed).does("reply", answered["id"], text="It is on its way.", reply_id="answered-first")
    links = [str(link.get_attribute("href")) for link in desk_of(owner, installed).locator("a.row-title").all()]
    order = [one["id"] for one in (first, second, answered)]
    assert [one for link in links for one in order if one in link] == order


def test_who_is_due_first_stands_first_though_those_who_wait_fill_more_than_a_page(
    installed: Installation, owner: BrowserContext
) -> None:
    visitors = Caller(over_http(installed.sidecar.url), installed.pairing["chat_secret"])
    for minute in range(27):
        installed.move_clock_to(f"2026-11-03T10:{minute:02}:00")
        chat = Chat(visitors)
        chat.start()
        chat.says(A_PERSON)
    waiting = [one["id"] for one in reversed(team_of(installed).list())]
    desk = desk_of(owner, installed)
    seen = []
    for rows in (25, 2):
        expect(desk.locator("a.row-title")).to_have_count(rows)
        seen += [str(link.get_attribute("href")).split("escalation=")[1] for link in desk.locator("a.row-title").all()]
        if rows == 25:
            desk.get_by_role("link", name="Next page").click()
    expect(desk.get_by_role("link", name="Next page")).to_have_count(0)
    assert seen == waiting


def test_any_page_of_wp_admin_keeps_somebody_here_and_closing_the_last_lets_it_run_out(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    desk = desk_of(owner, installed)
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("Seen as here: admin. You until 10:04 am")).to_be_visible()
    desk.close()
    installed.move_clock_to(FOUR_MINUTES_LATER)
    other = owner.new_page()
    with other.expect_response("**/admin-ajax.php") as beat:
        other.goto(f"{installed.site.url}/wp-admin/edit.php")
    assert beat.value.json()["escbridge"]["on"]
    installed.move_clock_to(EIGHT_MINUTES_LATER)
    assert way_of_a_new_visitor(installed, browser) == "live"
    other.close()
    installed.move_clock_to(THIRTEEN_MINUTES_LATER)
    assert way_of_a_new_visitor(installed, browser) == "email"


def test_who_has_the_switch_off_sends_nothing_from_other_pages(installed: Installation, owner: BrowserContext) -> None:
    page = page_of(owner, installed, "edit.php")
    assert page.evaluate("typeof window.escbridgePresence") == "undefined"


def test_a_dead_scheduler_is_told_on_the_escalations_page(installed: Installation, owner: BrowserContext) -> None:
    told = desk_of(owner, installed).get_by_text("The scheduler is not running")
    expect(told).to_have_count(0)
    with dead_scheduler(installed):
        expect(desk_of(owner, installed).get_by_text("The scheduler is not running")).to_be_visible()


def answering(installed: Installation, browser: Browser, owner: BrowserContext) -> tuple[str, Page]:
    """A new escalation, and its page with an answer typed in."""
    one = str(new_escalation(installed, browser)["id"])
    desk = page_of(owner, installed, f"admin.php?page=escbridge-escalations&escalation={one}")
    desk.get_by_label("Your answer").fill(TYPED)
    return one, desk


def test_an_answer_reaches_the_customer_as_it_was_typed(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    one, desk = answering(installed, browser, owner)
    desk.get_by_role("button", name="Send to the visitor").click()
    expect(desk.get_by_text("Your answer was sent; the visitor sees it in the chat.")).to_be_visible()
    assert team_of(installed).read(one)["conversation"][-1]["text"] == TYPED
    desk.get_by_label("Note").fill("100%25 <sure>")
    desk.get_by_role("button", name="Resolve").click()
    expect(desk.get_by_text("Resolved.")).to_be_visible()


def test_an_answer_that_could_not_be_sent_is_offered_again_as_it_was_typed(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    another = new_escalation(installed, browser)["id"]
    one, desk = answering(installed, browser, owner)
    installed.kill("sidecar")
    try:
        desk.get_by_role("button", name="Send to the visitor").click()
        expect(desk.get_by_text("The sidecar did not do it (unreachable)").first).to_be_visible()
    finally:
        installed.start("sidecar")
    for escalation, offered in ((another, ""), (one, TYPED), (one, TYPED)):
        desk.goto(f"{installed.site.url}/wp-admin/admin.php?page=escbridge-escalations&escalation={escalation}")
        expect(desk.get_by_label("Your answer")).to_have_value(offered)
    desk.get_by_role("button", name="Send to the visitor").click()
    expect(desk.get_by_text("Your answer was sent; the visitor sees it in the chat.")).to_be_visible()
    expect(desk.get_by_label("Your answer")).to_have_value("")


def test_an_answer_on_a_page_whose_log_in_has_ended_is_offered_again_and_sent_once(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    one, desk = answering(installed, browser, owner)
    owner.clear_cookies()
    sign_in(owner.new_page(), installed.site, "admin", "admin-pass")
    desk.get_by_role("button", name="Send to the visitor").click()
    expect(desk.get_by_text("This page was open for too long, so nothing was changed.")).to_be_visible()
    assert TYPED not in texts_of(installed, one)
    expect(desk.get_by_label("Your answer")).to_have_value(TYPED)
    desk.get_by_role("button", name="Send to the visitor").click()
    expect(desk.get_by_text("Your answer was sent; the visitor sees it in the chat.")).to_be_visible()
    assert texts_of(installed, one).count(TYPED) == 1


def test_an_answer_sent_once_more_after_going_back_reaches_the_customer_once(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    one, desk = answering(installed, browser, owner)
    for _ in range(2):
        desk.get_by_role("button", name="Send to the visitor").click()
        expect(desk.get_by_text("Your answer was sent; the visitor sees it in the chat.")).to_be_visible()
        desk.go_back()
        if desk.get_by_label("Your answer").input_value() != TYPED:
            break
    assert texts_of(installed, one).count(TYPED) == 1


def texts_of(installed: Installation, escalation: str) -> list[str]:
    return [line["text"] for line in team_of(installed).read(escalation)["conversation"]]


def test_what_nobody_has_checked_is_explained_to_whoever_points_at_it_or_listens(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    one = new_escalation(installed, browser)
    installed.site.php_eval(
        "EscalationBridge\\Plugin::bridge()->contact( $session, array( 'email' => 'ann@example.test' ), 0 );",
        session=one["session_id"],
    )
    meaning = "The visitor typed this; nobody has checked it."
    for path in ("", f"&escalation={one['id']}"):
        desk = page_of(owner, installed, f"admin.php?page=escbridge-escalations{path}")
        mark = desk.locator(".escbridge-pill", has_text="UNVERIFIED")
        expect(mark).to_have_attribute("title", meaning)
        assert mark.locator(".screen-reader-text").inner_text().strip() == meaning


def test_a_sidecar_that_hangs_is_asked_once_and_what_waits_is_shown(installed: Installation) -> None:
    row = {"kind": "turn", "id": "1", "session": "ses_" + "a" * 20, "user": 0, "text": "Somebody waits", "page": []}
    page, _, asked = installed.site.php_eval(NO_ANSWER, row=row).rpartition("\n")
    assert "No answer in time." in page
    assert "did not do it" not in page
    assert "Somebody waits" in page
    assert asked == "1"


def test_a_name_that_does_not_end_keeps_the_list_on_the_screen(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    one = new_escalation(installed, browser)
    installed.site.php_eval(
        "EscalationBridge\\Plugin::bridge()->contact( $session, $contact, 0 );",
        session=one["session_id"],
        contact={"email": "ann@example.test", "name": "Wolfeschlegelsteinhausen" * 4},
    )
    desk = desk_of(owner, installed)
    expect(desk.get_by_role("link", name="Wolfeschlegelsteinhausen")).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_what_was_done_is_told_once(installed: Installation, browser: Browser, owner: BrowserContext) -> None:
    _, desk = answering(installed, browser, owner)
    desk.get_by_role("button", name="Claim").click()
    expect(desk.get_by_text("This one is yours now.")).to_be_visible()
    desk.reload()
    expect(desk.get_by_role("button", name="Send to the visitor")).to_be_visible()
    expect(desk.get_by_text("This one is yours now.")).to_have_count(0)


def test_a_link_puts_no_words_of_its_own_into_a_notice(installed: Installation, owner: BrowserContext) -> None:
    for code, told in (("CALL+0900-123456+AT+ONCE", 0), ("a" * 41, 0), ("store-unavailable", 1)):
        desk = page_of(owner, installed, f"admin.php?page=escbridge-escalations&escbridge_result={code}")
        expect(desk.locator(".notice-error")).to_have_count(told)


def test_in_forced_colours_the_switch_shows_whether_it_is_on(installed: Installation, owner: BrowserContext) -> None:
    desk = desk_of(owner, installed)
    desk.emulate_media(forced_colors="active", reduced_motion="reduce")
    off = desk.evaluate(COLOURS)
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("Seen as here: admin.")).to_be_visible()
    desk.wait_for_timeout(300)
    on = desk.evaluate(COLOURS)
    assert (off[0] != off[1], on[0] != on[1], off[0] != on[0]) == (True, True, True)
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("You are away: nobody is connected to you.")).to_be_visible()


def test_an_administrator_closes_by_command_and_revokes_it(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    desk = desk_of(owner, installed)
    faults = listen_for_faults(desk)
    panel = desk.locator(".escbridge-hours")
    expect(panel.locator("summary")).to_contain_text("support is open until November 3, 2026 5:00 pm EST")
    panel.locator("summary").click()
    panel.get_by_label("Until").fill("2026-11-05T12:00")
    panel.get_by_label("Reason").fill("  ")
    assert not panel.get_by_label("Reason").evaluate("field => field.checkValidity()")
    panel.get_by_label("Reason").fill(f"The office is flooded: < 10 %20 of us {'x' * 150}")
    panel.get_by_role("button", name="Do it").click()
    expect(desk.get_by_text("It counts from the next conversation on.")).to_be_visible()
    expect(panel.locator("summary")).to_contain_text("support is closed until November 5, 2026 12:00 pm EST")
    expect(panel).to_contain_text("All queues: closed by command")
    expect(panel).to_contain_text(f"The office is flooded: < 10 %20 of us {'x' * 150} (admin (wp-1))")
    assert desk.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert "Thursday, November 5" in promise_to_a_new_visitor(installed, browser)
    panel.get_by_role("button", name="Revoke").click()
    expect(desk.get_by_text("Revoked: the calendar counts again.")).to_be_visible()
    expect(panel.locator("summary")).to_contain_text("support is open until November 3, 2026 5:00 pm EST")
    assert "today, Tuesday, November 3" in promise_to_a_new_visitor(installed, browser)
    assert faults == []


@pytest.mark.parametrize("until", ["2026-11-02T12:00", "when all are back"])
def test_a_time_that_is_over_or_none_is_refused_in_words_and_changes_nothing(
    installed: Installation, owner: BrowserContext, until: str
) -> None:
    desk = desk_of(owner, installed)
    panel = desk.locator(".escbridge-hours")
    panel.locator("summary").click()
    panel.get_by_label("Until").evaluate("field => { field.type = 'text' }")  # as in old browsers
    panel.get_by_label("Until").fill(until)
    panel.get_by_label("Reason").fill("Yesterday")
    panel.get_by_role("button", name="Do it").click()
    expect(desk.get_by_text("The time must lie ahead, within 366 days; nothing was changed.")).to_be_visible()
    assert team_of(installed).caller.ask("GET", "/v1/hours")["commands"] == []


def test_what_keeps_both_secrets_from_working_is_said_once(installed: Installation, owner: BrowserContext) -> None:
    settings = page_of(owner, installed, "options-general.php?page=escalation-bridge")
    told = settings.locator("#escbridge-test-result")
    settings.get_by_role("button", name="Test the connection").click()
    expect(told).to_have_text(re.compile("^Chat secret: Connected.*Admin secret: Connected"))
    with without_sidecar(installed):
        settings.get_by_role("button", name="Test the connection").click()
        expect(told).to_have_text(re.compile("^Nothing answers at "))
        expect(told.get_by_text("Nothing answers at ")).to_have_count(1)


def test_a_log_in_that_is_lost_on_the_way_is_told_with_its_cure(installed: Installation, owner: BrowserContext) -> None:
    settings = page_of(owner, installed, "options-general.php?page=escalation-bridge")
    own = installed.site.content / "mu-plugins" / "strips.php"
    for change in ("unset( $_SERVER['HTTP_X_WP_NONCE'] );", "$_SERVER['HTTP_X_WP_NONCE'] = 'x';"):
        own.write_text(f"<?php {change}")
        try:
            settings.get_by_role("button", name="Test the connection").click()
            expect(settings.locator("#escbridge-test-result")).to_contain_text("takes the header X-WP-Nonce away")
        finally:
            own.unlink()
        settings.get_by_role("button", name="Test the connection").click()
        expect(settings.locator("#escbridge-test-result")).to_contain_text("Connected")
