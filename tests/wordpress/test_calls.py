"""A time for a call: chosen in the chat's window, and changed on the page behind the link of a mail, beside a real
sidecar. The page is met without JavaScript, as a mail program's own browser may show it."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from installation import Installation, eventually
from loopback import direct_session
from playwright.sync_api import APIResponse, Browser, Locator, Page, Route, expect
from support.sidecar import Caller, Chat, over_http
from team import A_PERSON, clear_the_desk, lines_of, listen_for_faults, newest_escalation, policy_with, team_of
from visiting import TUESDAY_MORNING, log_in, open_chat, say, unfold

pytestmark = [pytest.mark.wordpress, pytest.mark.browser]

PHONE = "+1 212 555 0134"
BEFORE_TEN = "2026-11-03T09:50:00"
ELEVEN, HALF_PAST_ELEVEN = "2026-11-03T16:00:00Z", "2026-11-03T16:30:00Z"
IN_A_YEAR = "2027-11-03T10:00:00"
CLASSIC_THEME = {
    "style.css": "/* Theme Name: Classic */",
    "index.php": "<?php get_header(); get_footer();",
    "header.php": "<!DOCTYPE html><html><head><?php wp_head(); ?></head><body><p>Top of old</p>",
    "footer.php": "<p>End of old</p><?php wp_footer(); ?></body></html>",
}


@dataclass(frozen=True)
class Customer:
    """Somebody who asked for a person in a chat, from New York if nothing else is said."""

    installed: Installation
    chat: Chat
    email: str

    def books(self, slot: str) -> None:
        self.chat.contact(email=self.email, phone=PHONE, callback_slot=slot)

    def link(self) -> str:
        """The address in the newest mail about the call."""
        found = eventually(lambda: [
            address
            for mail in self.installed.mails_to(self.email)
            for address in re.findall(r"http\S+escbridge_call=[\w.-]+", mail.text)
        ])  # fmt: skip
        return str(found[-1])

    def call(self) -> dict[str, Any]:
        """As the team sees it."""
        found = next(one for one in team_of(self.installed).list("all") if one["session_id"] == self.chat.id)
        return {**(found["call"] or {}), "promise": found["commitment"]["state"], "channel": found["channel"]}


@pytest.fixture
def offering(installed: Installation) -> Iterator[Installation]:
    """The shop offers calls when nobody is there for a live chat; every seat is free."""
    installed.move_clock_to(BEFORE_TEN)
    with policy_with(installed, "ladder: [live, email]", "ladder: [live, callback, email]"):
        yield installed
    installed.move_clock_to(TUESDAY_MORNING)
    clear_the_desk(installed)


@pytest.fixture
def customer(offering: Installation) -> Customer:
    return customer_of(offering)


def customer_of(installed: Installation, **how: str) -> Customer:
    chat = Chat(Caller(over_http(installed.sidecar.url), installed.pairing["chat_secret"]))
    chat.start(**{"timezone": "America/New_York", "locale": "en-US", **how})
    chat.says(A_PERSON)
    return Customer(installed, chat, f"c-{secrets.token_hex(4)}@example.test")


def take_every_slot_at(installed: Installation, slot: str) -> None:
    """Somebody else was faster."""
    customer_of(installed).books(slot)


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A browser without JavaScript."""
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    yield context.new_page()
    context.close()


# In the chat's window


@pytest.fixture
def chat(offering: Installation, browser: Browser) -> Iterator[Page]:
    """The window of a visitor in New York who has asked for a person."""
    context = browser.new_context(timezone_id="America/New_York", locale="en-US")
    chat = open_chat(context, offering.site)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_be_visible()
    yield chat
    context.close()


def choose(chat: Page) -> Locator:
    """Open the list of times; its labels."""
    chat.get_by_role("button", name="Choose a time for a call").click()
    times = chat.locator(".times label")
    expect(times.first).to_be_visible()
    return times


def move_to_one(chat: Page) -> None:
    """Choose another time by keys: a pinned line that comes into sight just then would shift what a mouse aims at."""
    chat.get_by_role("button", name="Choose another time").press("Enter")
    one = chat.get_by_role("radio", name=re.compile("^1:00.PM")).first
    one.press("Space")
    expect(one).to_be_checked()
    expect(chat.locator(".call input[type=tel]")).to_be_hidden()
    chat.get_by_role("button", name="Book this call").press("Enter")


def test_a_visitor_books_a_call_and_the_team_sees_when_and_where_to_call(offering: Installation, chat: Page) -> None:
    times = choose(chat)
    expect(times.first).to_contain_text("11:00 AM")
    times.first.click()
    chat.fill(".call input[type=tel]", PHONE)
    chat.get_by_role("button", name="Book this call").click()
    expect(lines_of(chat, "promise").last).to_contain_text("We will call you")
    expect(lines_of(chat, "promise").last).to_contain_text("11:00 AM EST")
    expect(chat.get_by_role("heading", name="Your call is booked.")).to_be_visible()
    expect(chat.get_by_role("button", name="Choose another time")).to_be_visible()
    call = newest_escalation(offering)["call"]
    assert (call["state"], call["starts_at"], call["phone"]) == ("booked", ELEVEN, PHONE)


def test_a_booked_call_can_be_moved_in_the_window_without_the_number_again(offering: Installation, chat: Page) -> None:
    choose(chat).first.click()
    chat.fill(".call input[type=tel]", PHONE)
    chat.get_by_role("button", name="Book this call").click()
    expect(lines_of(chat, "promise").last).to_contain_text("11:00 AM EST")
    with chat.expect_response("**/contact") as moved:
        move_to_one(chat)
    assert moved.value.json()["commitment"]["due_at"] == "2026-11-03T18:00:00Z"
    expect(lines_of(chat, "promise").last).to_contain_text("1:00 PM EST")
    ground = "e => getComputedStyle(e).backgroundColor"
    *former, stands = (one.evaluate(ground) for one in lines_of(chat, "promise").all())
    assert {*former} == {"rgba(0, 0, 0, 0)"}, "what does not stand any more is not filled in"
    assert stands not in former
    assert newest_escalation(offering)["call"]["starts_at"] == "2026-11-03T18:00:00Z"


def test_news_that_were_on_their_way_while_a_call_was_moved_do_not_bring_the_former_time_back(chat: Page) -> None:
    choose(chat).first.click()
    chat.fill(".call input[type=tel]", PHONE)
    chat.get_by_role("button", name="Book this call").click()
    expect(lines_of(chat, "promise").last).to_contain_text("11:00 AM EST")
    held: list[tuple[Route, APIResponse]] = []
    chat.route("**/events", lambda route: None if held else held.append((route, route.fetch())))
    while not held:
        chat.wait_for_timeout(100)
    move_to_one(chat)
    expect(lines_of(chat, "promise").last).to_contain_text("1:00 PM EST")
    number = lines_of(chat, "promise").count()
    route, answer = held[0]
    route.fulfill(response=answer)
    chat.wait_for_timeout(500)
    assert lines_of(chat, "promise").count() == number
    expect(lines_of(chat, "promise").last).to_contain_text("1:00 PM EST")


def test_a_time_that_was_taken_meanwhile_is_told_and_the_list_is_read_anew(offering: Installation, chat: Page) -> None:
    times = choose(chat)
    taken = times.first.inner_text()
    times.first.click()
    chat.fill(".call input[type=tel]", PHONE)
    take_every_slot_at(offering, ELEVEN)
    chat.get_by_role("button", name="Book this call").click()
    expect(chat.locator(".call [role=alert]")).to_have_text("That time has just been taken. Please choose another one.")
    expect(times.first).not_to_have_text(taken)
    expect(chat.locator(".call input[type=tel]")).to_have_value(PHONE)
    times.first.click()
    chat.get_by_role("button", name="Book this call").click()
    expect(lines_of(chat, "promise").last).to_contain_text("11:30 AM EST")


def test_without_a_time_or_a_number_nothing_is_sent_and_the_focus_goes_where_it_is_missing(
    offering: Installation, chat: Page
) -> None:
    sent: list[str] = []
    chat.on("request", lambda request: sent.append(request.url) if request.url.endswith("/contact") else None)
    times, book = choose(chat), chat.get_by_role("button", name="Book this call")
    amiss = chat.locator(".call [role=alert]")
    book.click()
    expect(amiss).to_have_text("Please choose a time.")
    expect(amiss).to_be_in_viewport(ratio=1)
    times.first.click()
    book.click()
    expect(amiss).to_contain_text("Please enter the phone number")
    expect(amiss).to_be_in_viewport(ratio=1)
    expect(chat.locator(".call input[type=tel]")).to_be_focused()
    chat.fill(".call input[type=tel]", "call me")
    book.click()
    expect(amiss).to_contain_text("Please enter the phone number")
    assert len(sent) == 1, "only what could be a number is asked about"
    assert newest_escalation(offering)["call"] is None


def test_the_keyboard_alone_books_a_call(offering: Installation, chat: Page) -> None:
    chat.get_by_role("button", name="Choose a time for a call").focus()
    chat.keyboard.press("Enter")
    expect(chat.locator(".times input").first).to_be_focused()
    chat.keyboard.press("ArrowDown")
    expect(chat.locator(".times input").nth(1)).to_be_checked()
    for _ in range(20):
        chat.keyboard.press("Tab")
        if chat.locator(".call input[type=tel]").evaluate("e => e === e.getRootNode().activeElement"):
            break
    chat.keyboard.type(PHONE)
    chat.keyboard.press("Enter")
    expect(lines_of(chat, "promise").last).to_contain_text("11:30 AM EST")
    expect(chat.locator("textarea#message")).to_be_focused()
    assert newest_escalation(offering)["call"]["starts_at"] == HALF_PAST_ELEVEN


def test_times_stand_under_the_visitors_own_days_with_the_teams_time_beside(
    offering: Installation, browser: Browser
) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="en-US")
    chat = open_chat(context, offering.site)
    say(chat, A_PERSON)
    first = choose(chat).first
    expect(chat.locator(".call summary").first).to_have_text("Wednesday, November 4")
    expect(chat.get_by_role("group", name="Wednesday, November 4")).to_be_visible()
    assert re.sub(r"\s+", " ", first.inner_text()) == "1:00 AM Tue, 11:00 AM EST"
    context.close()


def offered(chat: Page, **other: Any) -> None:
    """The free times are answered with parts of the answer replaced."""
    chat.route("**/slots", lambda route: route.fulfill(json={**route.fetch().json(), **other}))


def test_times_can_be_chosen_where_the_browser_does_not_know_the_teams_zone(chat: Page) -> None:
    offered(chat, timezone="America/Coyhaique_New")
    assert re.sub(r"\s+", " ", choose(chat).first.inner_text()) == "11:00 AM"


def test_two_times_that_the_clocks_show_alike_are_told_apart(chat: Page) -> None:
    night = [f"2026-11-01T0{hour}:30:00Z" for hour in (5, 6)]
    offered(chat, slots=[{"id": at, "starts_at": at} for at in night])
    labels = choose(chat).all_inner_texts()
    assert [re.sub(r"\s+", " ", label) for label in labels] == ["1:30 AM EDT", "1:30 AM EST"]


def test_nothing_is_offered_where_the_team_calls_nobody(installed: Installation, page: Page) -> None:
    page.goto(installed.site.url)
    unfold(page)
    say(page, A_PERSON)
    expect(lines_of(page, "promise")).to_be_visible()
    expect(page.locator(".call")).to_be_hidden()


# Behind the link of a mail


def test_a_customer_confirms_moves_and_cancels_without_javascript(customer: Customer, plain: Page) -> None:
    customer.books(ELEVEN)
    plain.goto(customer.link())
    expect(plain).to_have_title("Your call – Demo shop")
    expect(plain.get_by_role("heading", name="Your call", exact=True)).to_be_visible()
    expect(plain.locator(".escbridge-call-text")).to_contain_text("11:00 AM EST")
    plain.get_by_role("button", name="Confirm this call").click()
    expect(plain.get_by_text("Thank you, you have confirmed this call.")).to_be_visible()
    assert customer.call()["confirmed"]

    plain.select_option("select[name=slot]", HALF_PAST_ELEVEN)
    plain.get_by_role("button", name="Move the call").click()
    expect(plain.get_by_role("status")).to_have_text("Your call has been moved.")
    expect(plain.locator(".escbridge-call-text")).to_contain_text("11:30 AM EST")
    assert (customer.call()["starts_at"], customer.call()["state"]) == (HALF_PAST_ELEVEN, "booked")
    plain.reload()
    assert customer.call()["starts_at"] == HALF_PAST_ELEVEN, "a reload does nothing again"

    plain.get_by_role("link", name="Cancel the call").click()
    assert customer.call()["state"] == "booked", "it asks once more"
    plain.get_by_role("button", name="Yes, cancel the call").click()
    expect(plain.get_by_role("status")).to_have_text("Your call has been cancelled.")
    expect(plain.get_by_role("heading", name="The call is cancelled")).to_be_visible()
    assert customer.call()["state"] == "cancelled"

    plain.select_option("select[name=slot]", ELEVEN)
    plain.get_by_role("button", name="Book this call").click()
    expect(plain.get_by_role("status")).to_have_text("Your call is booked.")
    assert (customer.call()["state"], customer.call()["phone"]) == ("booked", PHONE)


def test_looking_at_the_page_changes_nothing(customer: Customer) -> None:
    customer.books(ELEVEN)
    before, link = customer.call(), customer.link()
    with direct_session() as scanner:
        assert "has been cancelled" not in scanner.get(f"{link}&said=cancel", timeout=30).text
        for more in ("", "&step=cancel", "&said=cancel", "&do=cancel", "&do=confirm&sequence=1"):
            assert scanner.get(link + more, timeout=30).status_code == 200, more
            assert scanner.head(link + more, timeout=30).status_code == 200, more
        unsigned = scanner.post(link, data={"do": "cancel", "sequence": "1"}, timeout=30)
    assert (unsigned.status_code, "nothing was changed" in unsigned.text) == (403, True)
    assert customer.call() == before


def test_what_is_done_on_an_old_copy_of_the_page_is_refused_and_the_present_state_shown(
    customer: Customer, plain: Page
) -> None:
    customer.books(ELEVEN)
    plain.goto(customer.link())
    customer.books(HALF_PAST_ELEVEN)
    with plain.expect_response(customer.link()) as answer:
        plain.get_by_role("button", name="Confirm this call").click()
    assert answer.value.status == 409
    expect(plain.get_by_role("alert")).to_contain_text("This call was changed in the meantime.")
    expect(plain.locator(".escbridge-call-text")).to_contain_text("11:30 AM EST")
    assert not customer.call()["confirmed"]


def test_a_time_taken_meanwhile_is_told_on_the_page_and_the_typed_number_stays(customer: Customer, plain: Page) -> None:
    customer.books(HALF_PAST_ELEVEN)
    plain.goto(customer.link())
    plain.select_option("select[name=slot]", ELEVEN)
    plain.fill("input[name=phone]", "+1 212 555 0199")
    take_every_slot_at(customer.installed, ELEVEN)
    plain.get_by_role("button", name="Move the call").click()
    expect(plain.get_by_role("alert")).to_have_text("That time has just been taken. Please choose another one.")
    expect(plain.locator("input[name=phone]")).to_have_value("+1 212 555 0199")
    assert plain.locator(f"option[value='{ELEVEN}']").count() == 0
    assert customer.call()["starts_at"] == HALF_PAST_ELEVEN


def test_a_tampered_link_and_one_that_is_too_old_lead_nowhere(customer: Customer, plain: Page) -> None:
    customer.books(ELEVEN)
    link = customer.link()
    middle = link.index("escbridge_call=") + 25
    other = "A" if link[middle] != "A" else "B"
    tampered = (link[:middle] + other + link[middle + 1 :], link[:-3], link[:middle], link + "%3Cscript%3E")
    bare = link[: link.index("escbridge_call=")] + "escbridge_call="
    for wrong in (*tampered, bare + "..", bare + "."):  # as a path, two dots lead elsewhere
        answer = plain.goto(wrong)
        assert answer
        assert answer.status == 404, wrong
        expect(plain.get_by_role("heading", name="This link is not valid")).to_be_visible()
        assert "11:00" not in plain.inner_text("main")
    customer.installed.move_clock_to(IN_A_YEAR)
    answer = plain.goto(link)
    assert answer
    assert answer.status == 404


def test_the_page_is_for_no_cache_no_search_engine_no_frame_and_no_other_site(customer: Customer) -> None:
    customer.books(ELEVEN)
    with direct_session() as http:
        for link in (customer.link(), customer.link()[:-3]):
            answer = http.get(link, timeout=30)
            told = {name: answer.headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")}
            assert told == {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
            assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
            assert re.search(r"<meta name='robots' content='[^']*noindex", answer.text)
            assert "Set-Cookie" not in answer.headers


def test_without_the_sidecar_the_page_says_that_the_agreement_stands(customer: Customer) -> None:
    customer.books(ELEVEN)
    link, site = customer.link(), customer.installed.site
    customer.installed.kill("sidecar")
    try:
        with direct_session() as http:
            bare = http.get(link, timeout=30)
            site.set_option("escbridge_settings", {"contact_email": "help@example.test"})
            answer = http.get(link, timeout=30)
    finally:
        customer.installed.start("sidecar")
    assert (bare.status_code, answer.status_code) == (503, 503)
    assert "What was agreed stands." in answer.text
    assert "mailto:" not in bare.text, "the administrator's address is nobody's business"
    assert "mailto:help@example.test" in answer.text


def test_the_page_speaks_the_customers_language_whatever_the_sites_is(offering: Installation, plain: Page) -> None:
    german = customer_of(offering, locale="de-DE", timezone="Europe/Berlin")
    german.books(ELEVEN)
    plain.goto(german.link())
    expect(plain.get_by_role("heading", name="Ihr Rückruf")).to_be_visible()
    expect(plain.locator("main")).to_have_attribute("lang", "de")
    plain.get_by_role("button", name="Rückruf bestätigen").click()
    expect(plain.get_by_text("Vielen Dank, Sie haben diesen Rückruf bestätigt.")).to_be_visible()
    page = plain.inner_text("main")
    assert not re.search(r"\b(call|time|please|Monday|Tuesday|November \d)\b", page, re.IGNORECASE), page


def test_the_page_stands_between_header_and_footer_of_a_classic_theme_too(customer: Customer) -> None:
    customer.books(ELEVEN)
    site = customer.installed.site
    folder = site.content / "themes" / "classic"
    folder.mkdir(exist_ok=True)
    for name, text in CLASSIC_THEME.items():
        (folder / name).write_text(text)
    site.php_eval("switch_theme( 'classic' );")
    with direct_session() as http:
        answer = http.get(customer.link(), timeout=30)
    order = [answer.text.find(part) for part in ("Top of old", "11:00 AM EST", "End of old")]
    assert (answer.status_code, order == sorted(order), -1 in order) == (200, True, False)


def test_a_zone_that_this_server_does_not_know_yet_costs_the_days_and_not_the_page(installed: Installation) -> None:
    options = """
        $slots = array( array( 'id' => 'a', 'starts_at' => '2026-11-03T16:00:00Z', 'text' => 'today, 11:00 AM' ) );
        $of    = new ReflectionMethod( 'EscalationBridge\\CallPage', 'slot_options' );
        $of->setAccessible( true );
        foreach ( array( 'America/New_York', 'Mars/Olympus' ) as $timezone ) {
            echo $of->invoke( null, compact( 'timezone', 'slots' ) ), "\\n";
        }"""
    known, unknown = installed.site.php_eval(options).splitlines()
    option = '<option value="a">today, 11:00 AM</option>'
    assert known == f'<optgroup label="Tuesday, November 3, 2026">{option}</optgroup>'
    assert unknown == option


# For the team


def test_a_person_sees_the_call_in_wp_admin_and_says_that_it_was_made(customer: Customer, browser: Browser) -> None:
    customer.books(ELEVEN)
    owner = log_in(browser, customer.installed.site, "admin", "admin-pass")
    desk = owner.new_page()
    faults = listen_for_faults(desk)
    desk.goto(f"{customer.installed.site.url}/wp-admin/admin.php?page=escbridge-escalations")
    desk.locator(".escbridge-list a.row-title").first.click()
    box = desk.locator(".escbridge-call")
    expect(box).to_contain_text("November 3, 2026 11:00 am EST – 11:30 am")
    expect(box.get_by_role("link", name=PHONE)).to_have_attribute("href", "tel:+12125550134")
    expect(desk.get_by_text("Nobody has answered yet; the promise stands.")).to_be_visible()
    box.get_by_role("button", name="Called").click()
    expect(desk.get_by_text("Noted: the call was made, and the promise is kept.")).to_be_visible()
    expect(desk.get_by_text("A person took care of it in time: the promise was kept.")).to_be_visible()
    expect(box).to_contain_text("Done.")
    assert (customer.call()["state"], customer.call()["promise"]) == ("done", "kept")
    assert faults == []
    owner.close()
