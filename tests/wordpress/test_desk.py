"""The team's pages in wp-admin, in a real browser beside a real sidecar: who is here."""

from collections.abc import Iterator

import pytest
from installation import Installation, eventually
from playwright.sync_api import Browser, BrowserContext, Page, expect
from team import A_PERSON, lines_of, listen_for_faults, newest_escalation, team_of
from visiting import TUESDAY_MORNING, log_in, open_chat, say

pytestmark = [pytest.mark.wordpress, pytest.mark.browser]

FOUR_MINUTES_LATER, EIGHT_MINUTES_LATER = "2026-11-03T10:04:00", "2026-11-03T10:08:00"
THIRTEEN_MINUTES_LATER = "2026-11-03T10:13:00"
SWITCH = ".escbridge-presence label"


@pytest.fixture
def owner(installed: Installation, browser: Browser) -> Iterator[BrowserContext]:
    """An administrator who is logged in."""
    context = log_in(browser, installed.site, "admin", "admin-pass")
    yield context
    context.close()
    installed.move_clock_to(TUESDAY_MORNING)


def page_of(owner: BrowserContext, installed: Installation, path: str) -> Page:
    page = owner.new_page()
    page.goto(f"{installed.site.url}/wp-admin/{path}")
    return page


def desk_of(owner: BrowserContext, installed: Installation) -> Page:
    return page_of(owner, installed, "admin.php?page=escbridge-escalations")


def way_of_a_new_visitor(installed: Installation, browser: Browser) -> str:
    """Which rung somebody gets who asks for a person now."""
    context = browser.new_context(timezone_id="America/New_York")
    chat = open_chat(context, installed.site)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_be_visible()
    context.close()
    return str(newest_escalation(installed)["channel"])


def test_the_switch_makes_a_daytime_escalation_live_and_says_who_is_seen_as_here(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    desk = desk_of(owner, installed)
    faults = listen_for_faults(desk)
    expect(desk.get_by_text("You are away: nobody is connected to you.")).to_be_visible()
    assert way_of_a_new_visitor(installed, browser) == "email"
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("admin is seen as here until 10:04 AM")).to_be_visible()
    assert way_of_a_new_visitor(installed, browser) == "live"
    desk.reload()
    expect(desk.get_by_role("switch", name="I am here for live chats")).to_be_checked()
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("You are away: nobody is connected to you.")).to_be_visible()
    assert way_of_a_new_visitor(installed, browser) == "email"
    assert faults == []


def test_any_page_of_wp_admin_keeps_somebody_here_and_closing_the_last_lets_it_run_out(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    desk = desk_of(owner, installed)
    desk.locator(SWITCH).click()
    expect(desk.get_by_text("admin is seen as here until 10:04 AM")).to_be_visible()
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
    installed.kill("scheduler")
    try:
        eventually(lambda: not team_of(installed).caller.ask("GET", "/v1/health")["scheduler_alive"], seconds=60)
        expect(desk_of(owner, installed).get_by_text("The scheduler is not running")).to_be_visible()
    finally:
        installed.start("scheduler")
