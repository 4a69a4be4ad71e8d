"""The main job, seen from outside: a real WordPress, a real browser, real HTTP and SMTP, and everything may die.

A logged-in enterprise customer, Saturday 31 October 2026 at 21:00 in New York, with an unsure billing bot.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from installation import Installation, eventually
from machine import core_or_skip, suite, suites
from pairing import served_with
from playwright.sync_api import Browser, BrowserContext, Page, expect
from visiting import (
    ANSWERED,
    COMPLAINT,
    LEASES_OVER,
    MONDAY_LATER,
    MONDAY_OPENING,
    PROMISE,
    QUESTION,
    SATURDAY_NIGHT,
    SCRIPT,
    log_in,
    open_chat,
    say,
)
from wordpress_site import Site

pytestmark = [pytest.mark.wordpress, pytest.mark.browser, pytest.mark.slow]

KILLED_BESIDE = suite()
"""Sidecar and scheduler are the same beside each WordPress: it is enough that they die beside one of them."""
DELETE_AND_LOOK = """
    global $wpdb;
    require_once ABSPATH . 'wp-admin/includes/plugin.php';
    uninstall_plugin( 'escalation-bridge/escalation-bridge.php' );
    $names = "SELECT option_name FROM $wpdb->options WHERE option_name REGEXP 'escbridge|echo_bot'";
    echo implode( ' ', $wpdb->get_col( $names ) );"""
SHOTS = os.environ.get("ESCBRIDGE_SCREENSHOTS")


@pytest.fixture(scope="module", params=suites())
def installation(
    request: pytest.FixtureRequest, require_wordpress: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """All of it, on the oldest WordPress that the plugin declares, on 6.8, and on the newest that Debian carries."""
    core = core_or_skip(request.param)
    with Installation(core, tmp_path_factory.mktemp("story")).running() as installed:
        installed.site.set_option("echo_bot_script", json.dumps(SCRIPT))
        installed.site.add_user("anna", "anna-pass", email="anna@example.test")
        installed.site.snapshot()
        yield installed


@pytest.fixture
def died(installation: Installation, request: pytest.FixtureRequest) -> Callable[[], None]:
    """What goes on between two steps."""
    return installation.kill_and_start if request.node.callspec.params["installation"] == KILLED_BESIDE else _nothing


def _nothing() -> None:
    pass


def test_the_main_job_end_to_end_and_beside_one_wordpress_with_everything_killed_between_any_two_steps(
    installation: Installation, browser: Browser, died: Callable[[], None]
) -> None:
    installed = installation
    installed.move_clock_to(SATURDAY_NIGHT)
    context = log_in(browser, installed.site)
    chat = open_chat(context, installed.site)
    died()

    say(chat, QUESTION)
    expect(chat.locator(".item.bot").last).to_contain_text("four to six days")
    died()

    say(chat, COMPLAINT)
    expect(chat.locator(".item.promise")).to_contain_text(PROMISE)
    assert chat.get_by_text("looks correct to me").count() == 0, "the unsure answer was shown"
    _shot(chat, "escalation")
    died()

    installed.move_clock_to(LEASES_OVER)  # whoever was killed while it sent held a lease for a minute
    ticket = eventually(installed.tickets)[0]
    _assert_ticket(ticket)
    died()

    second = open_chat(context, installed.site)
    say(second, "Is anybody there?")
    expect(second.locator(".item.me").last).to_contain_text("Is anybody there?")
    expect(second.locator(".item.note").last).to_contain_text("was added to your request")
    assert second.get_by_text("You said").count() == 0, "the bot answered in the second tab"
    died()

    assert installed.mails_to("anna@example.test") == [], "the follow-up left before it was due"
    installed.move_clock_to(MONDAY_OPENING)
    mail = eventually(lambda: installed.mails_to("anna@example.test"))[0]
    assert PROMISE in mail.text
    assert mail.message["Message-ID"]
    died()

    installed.move_clock_to(MONDAY_LATER)
    team = log_in(browser, installed.site, "admin", "admin-pass")
    _answer_in_wordpress(team, installed.site, "Hello Anna, the second charge is cancelled.")
    expect(chat.locator(".item.agent")).to_contain_text("the second charge is cancelled", timeout=20_000)
    died()

    installed.move_clock_to(ANSWERED)
    eventually(lambda: len(installed.mails_to("anna@example.test")) == 2)
    assert [mail.text.count("the second charge is cancelled") for mail in installed.mails_to("anna@example.test")] == [
        0,
        1,
    ]
    assert len(installed.tickets()) == 1
    assert installed.site.debug_log("escalation-bridge") == []
    context.close()
    team.close()


def test_a_chat_survives_a_reload_and_shows_the_promise_again(installation: Installation, browser: Browser) -> None:
    installation.site.reset()  # who was killed above may have left the breaker open
    installation.move_clock_to(SATURDAY_NIGHT)
    context = browser.new_context(timezone_id="America/New_York")
    chat = open_chat(context, installation.site)
    say(chat, "I want to talk to a human")
    expect(chat.locator(".item.promise")).to_contain_text("on Monday, November 2")
    chat.reload()
    expect(chat.locator(".item.promise")).to_contain_text("on Monday, November 2")
    expect(chat.locator(".item.me")).to_contain_text("I want to talk to a human")
    context.close()


def test_without_its_sidecar_the_chat_offers_the_contact_form_and_no_bot(
    installation: Installation, browser: Browser
) -> None:
    installation.kill("sidecar")
    try:
        context = browser.new_context(timezone_id="America/New_York")
        chat = open_chat(context, installation.site)
        say(chat, QUESTION)
        expect(chat.locator("form.contact")).to_be_visible(timeout=15_000)
        assert chat.get_by_text("four to six days").count() == 0, "the bot answered without the sidecar"
        chat.fill("form.contact input[name=email]", "guest@example.test")
        chat.click("form.contact button[type=submit]")
        expect(chat.locator(".item.note").last).to_contain_text("Your message is kept")
        mails = eventually(installation.site.mails)
        assert "Chat messages are waiting" in mails[0]["subject"]
        context.close()
    finally:
        installation.start("sidecar")


def test_a_pasted_code_is_kept_and_works_and_nothing_of_ours_is_left_after_the_plugin_is_deleted(
    installation: Installation, browser: Browser
) -> None:
    site = installation.site
    with served_with(site, ESCBRIDGE_PAIRING=None):
        owner = log_in(browser, site, "admin", "admin-pass")
        page = owner.new_page()
        page.goto(f"{site.url}/wp-admin/options-general.php?page=escalation-bridge")
        expect(page.get_by_text("Not connected")).to_be_visible()
        page.fill("#escbridge-code", installation.pairing["pairing_code"])
        page.click("#submit")
        expect(page.get_by_text("Settings saved.")).to_be_visible()  # the address forgets `settings-updated`
        page.click("#escbridge-test")
        expect(page.locator("#escbridge-test-result .escbridge-good")).to_have_count(2, timeout=30_000)
        owner.close()
        assert site.php_eval(DELETE_AND_LOOK).split() == ["echo_bot_script"]
    assert site.debug_log("escalation-bridge") == []
    site.reset()


def _assert_ticket(ticket: dict[str, Any]) -> None:
    """One ticket in Zendesk's own ledger: right priority, private, with the six items."""
    filed = ticket["asked"]
    assert filed["priority"] == "urgent"
    assert filed["external_id"] == ticket["key"]
    assert filed["comment"]["public"] is False
    text = filed["comment"]["body"]
    for item in ("SUMMARY", "CUSTOMER", "REASON", "ACCOUNT", "LAST ATTEMPT BY THE BOT", "CONVERSATION"):
        assert item in text, item
    for fact in (
        "anna@example.test",
        "enterprise",
        "past due",
        "invoice #8821",
        "Your invoice looks correct to me.",
        PROMISE,
    ):
        assert fact in text, fact


def _answer_in_wordpress(team: BrowserContext, site: Site, answer: str) -> None:
    page = team.new_page()
    page.goto(f"{site.url}/wp-admin/admin.php?page=escbridge-escalations")
    _shot(page, "wp-admin-list")
    page.locator("table").get_by_role("link", name=re.compile("anna")).first.click()
    page.get_by_role("button", name="Claim").click()
    page.fill("textarea[name=text]", answer)
    _shot(page, "wp-admin-detail", full=True)
    page.get_by_role("button", name="Send to the visitor").click()
    expect(page.get_by_text(answer)).to_be_visible()


def _shot(page: Page, name: str, *, full: bool = False) -> None:
    """A picture for a person to look at, where ESCBRIDGE_SCREENSHOTS names a folder."""
    if SHOTS:
        page.wait_for_timeout(400)
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=full)
