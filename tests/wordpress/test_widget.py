"""The chat's window as a visitor meets it: a real browser on a real shop, beside a real sidecar."""

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from installation import Installation, eventually
from playwright.sync_api import APIResponse, Browser, Page, Route, expect
from team import A_PERSON, clear_the_desk, lines_of, listen_for_faults, newest_escalation, team_of
from visiting import DESKTOP, TUESDAY_MORNING, log_in, open_chat, say, sign_in, unfold

pytestmark = [pytest.mark.wordpress, pytest.mark.browser]

PROMISED = re.compile(r"A support agent will contact you before .* EST today, Tuesday, November 3\b")
TUESDAY_LATE, AFTER_MIDNIGHT = "2026-11-03T22:00:00", "2026-11-04T00:10:00"
PHONE = {"width": 390, "height": 844}
MAYA = {"id": "wp-7", "name": "Maya Okafor"}
TOO_MANY = '{"code": "escbridge_too_many", "message": "Please wait a moment.", "data": {"status": 429}}'
KEPT = '{"code": "bridge_unavailable", "message": "We cannot be reached.", "data": {"status": 503, "kept": true}}'
BARRED = "Something in front of this website refuses your message."
KEPT_SAFE = "Kept. It is delivered as soon as possible."
CRITICAL = '{"code": "internal_server_error", "message": "<p>A critical error.</p>", "data": {"status": 500}}'
IN_CHAT = "document.querySelector('#escbridge-chat').shadowRoot"
WHAT_IS_READ_OUT = f"""() => {{
    window.readOut = [];
    new MutationObserver(changes => changes.forEach(c => c.addedNodes.forEach(n => readOut.push(n.textContent))))
        .observe({IN_CHAT}.querySelector('[aria-live=polite]'), {{childList: true}});
}}"""
FULL = "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
THREE_DAYS_AHEAD = "const now = Date.now; Date.now = () => now() + 3 * 24 * 3600 * 1000;"
WRITTEN_BY_ANOTHER_PAGE = """text => {
    const key = Object.keys(localStorage).find(one => one.startsWith('escbridge'));
    const kept = JSON.parse(localStorage[key]);
    kept.items.push({ id: 'another', k: 'agent', name: 'Maya Okafor', text, at: Date.now() });
    localStorage[key] = JSON.stringify(kept);
}"""
STATES = """() => {
    window.states = [];
    document.addEventListener('escbridge:state', e => states.push([e.detail.state, e.detail.session_id]));
}"""
A_DAY_LATER = """left => {
    const key = Object.keys(left).find(one => one.startsWith('escbridge'));
    localStorage[key] = JSON.stringify({ ...JSON.parse(left[key]), until: Date.now() - 3600000 });
}"""
WRITTEN_LONG_AGO = """items => {
    const key = Object.keys(localStorage).find(one => one.startsWith('escbridge'));
    const kept = JSON.parse(localStorage[key]);
    kept.items = [...items.map(item => ({ at: Date.now(), ...item })), ...kept.items];
    localStorage[key] = JSON.stringify(kept);
}"""
COMPOSED = f"""keys => keys.forEach(key => {IN_CHAT}.querySelector('textarea')
    .dispatchEvent(new KeyboardEvent('keydown', {{...key, bubbles: true, cancelable: true}})))"""


@pytest.fixture
def shop_page(installed: Installation, page: Page) -> Iterator[Page]:
    """The shop's front page, for a guest, with the chat closed; no test may leave an error on its console."""
    faults = listen_for_faults(page)
    page.goto(installed.site.url)
    yield page
    assert [fault for fault in faults if "net::ERR_" not in fault] == []  # a lost network is no script's error


@pytest.fixture
def chat(shop_page: Page) -> Page:
    """The same, opened."""
    unfold(shop_page)
    return shop_page


@pytest.fixture
def late(installed: Installation) -> Iterator[Installation]:
    """Nobody of the team is there before tomorrow."""
    installed.move_clock_to(TUESDAY_LATE)
    yield installed
    clear_the_desk(installed)
    installed.move_clock_to(TUESDAY_MORNING)


@pytest.fixture
def refused_chat(installed: Installation, page: Page) -> Page:
    """The same where the site refuses, which a browser notes on its console."""
    page.goto(installed.site.url)
    unfold(page)
    return page


def come_back(chat: Page) -> None:
    """As a visitor who was on another tab: what is new is asked for at once, not at the next poll."""
    chat.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def meddle(page: Page, address: str, does: Callable[[Route], None]) -> None:
    """With the first request to an address; the others go their way."""
    met: list[Route] = []

    def meet(route: Route) -> None:
        met.append(route)
        does(route) if len(met) == 1 else route.fallback()

    page.route(address, meet)


def focused(page: Page) -> str:
    """Id or class of what has the focus inside the chat, empty when it is elsewhere on the page."""
    return str(page.evaluate(f"(e => e ? e.id || e.className : '')({IN_CHAT}.activeElement)"))


def test_nothing_is_asked_for_or_stored_before_the_chat_is_opened(installed: Installation, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.goto(installed.site.url, wait_until="networkidle")
    expect(page.locator("button.launcher")).to_be_visible()
    own = re.escape(installed.site.url)
    inside = rf"data:.*|blob:{own}/.*"  # no request at all: a blob is what WordPress tries its emoji with
    static = re.compile(rf"GET ({own}/|{own}/wp-(content|includes)/[^?]+(\?ver=[\w.-]+)?|{inside})")
    assert [request for request in asked if not static.fullmatch(request)] == []
    assert [request for request in asked if "escalation-bridge" in request and "/launcher.js" not in request] == []
    assert page.evaluate("Object.keys(localStorage)") == []
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('escbridge'))") == []
    assert page.context.cookies() == []
    with page.expect_response("**/escalation-bridge/v1/sessions"):
        unfold(page)
    assert page.context.cookies() == [], "the chat keeps its conversation in the browser's storage, not in a cookie"


def test_the_keyboard_alone_opens_writes_and_closes(shop_page: Page) -> None:
    for _ in range(80):
        shop_page.keyboard.press("Tab")
        if focused(shop_page) == "launcher":
            break
    shop_page.keyboard.press("Enter")
    expect(shop_page.locator("textarea#message")).to_be_focused()
    shop_page.keyboard.type("Do you ship to Canada?")
    shop_page.keyboard.press("Enter")
    expect(lines_of(shop_page, "bot").last).to_contain_text("You said: Do you ship to Canada?")
    assert focused(shop_page) == "message"
    shop_page.keyboard.press("Escape")
    expect(shop_page.locator("#panel")).to_be_hidden()
    assert focused(shop_page) == "launcher"
    expect(shop_page.locator("button.launcher")).to_have_attribute("aria-expanded", "false")


def test_a_key_that_belongs_to_an_input_method_neither_sends_nor_closes(chat: Page) -> None:
    chat.fill("textarea#message", "こんに")
    for mark in ({"keyCode": 229}, {"isComposing": True}):
        chat.evaluate(COMPOSED, [{"key": key, **mark} for key in ("Enter", "Escape")])
    expect(chat.locator("textarea#message")).to_have_value("こんに")
    expect(lines_of(chat, "me")).to_have_count(0)


def test_a_click_while_the_window_is_being_loaded_does_not_close_what_was_open_before(chat: Page) -> None:
    chat.wait_for_function("localStorage.length > 0")  # else there is no conversation, and nothing is loaded again
    held: list[Route] = []
    meddle(chat, "**/chat.js*", held.append)
    with chat.expect_request("**/chat.js*"):
        chat.reload(wait_until="domcontentloaded")
    chat.click("button.launcher")
    held[0].continue_()
    expect(chat.locator("#panel")).to_be_visible()
    chat.wait_for_timeout(300)
    expect(chat.locator("#panel")).to_be_visible()


def test_the_button_names_the_window_that_it_opens(chat: Page) -> None:
    named = chat.locator("button.launcher").get_attribute("aria-controls")
    assert named
    expect(chat.locator(f"[role=dialog]#{named}")).to_be_visible()


def test_a_screen_reader_is_told_the_promise_once_and_not_by_the_log(chat: Page) -> None:
    log = chat.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "off")
    assert log.locator("[aria-live=polite]").count() == 0, "the live region is apart from the log"
    chat.evaluate(WHAT_IS_READ_OUT)
    say(chat, A_PERSON)
    expect(log.locator(".item.promise")).to_contain_text(PROMISED)
    come_back(chat)  # the promise comes as an event too
    chat.wait_for_timeout(500)
    read_out = chat.evaluate("readOut")
    assert len([line for line in read_out if PROMISED.search(line)]) == 1, read_out
    expect(chat.locator("[aria-live=polite] p")).to_have_count(0)  # what was said does not stay to be found again


def test_a_promise_is_not_made_anew_where_its_tomorrow_becomes_today(late: Installation, browser: Browser) -> None:
    chat = open_chat(browser.new_context(timezone_id="America/New_York"), late.site)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text("tomorrow, Wednesday, November 4")
    late.move_clock_to(AFTER_MIDNIGHT)
    say(chat, "Are you still there?")
    expect(chat.locator(".pin")).to_contain_text("today, Wednesday, November 4")
    expect(lines_of(chat, "promise")).to_have_count(1)
    chat.context.close()


def test_a_second_tab_shows_the_same_conversation_and_no_bot_speaks_there(installed: Installation, chat: Page) -> None:
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    second = chat.context.new_page()
    second.goto(installed.site.url)
    unfold(second)
    expect(lines_of(second, "me")).to_contain_text(A_PERSON)
    expect(lines_of(second, "promise")).to_contain_text(PROMISED)
    say(second, "My order is 8821")
    expect(lines_of(second, "note").last).to_contain_text("was added to your request")
    expect(lines_of(chat, "me").last).to_contain_text("My order is 8821")
    assert second.get_by_text("You said").count() + chat.get_by_text("You said").count() == 0
    assert [line["text"] for line in newest_escalation(installed)["conversation"] if line["who"] == "visitor"] == [
        A_PERSON,
        "My order is 8821",
    ]


def test_a_message_typed_while_offline_is_sent_once_afterwards(installed: Installation, chat: Page) -> None:
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    chat.context.set_offline(True)
    say(chat, "two")
    expect(lines_of(chat, "me").last).to_contain_text("Not delivered yet.")
    chat.context.set_offline(False)
    expect(lines_of(chat, "bot").last).to_contain_text("You said: two")
    assert_one_turn(installed, chat, "two")


def test_an_answer_lost_on_its_way_is_asked_for_again_and_stays_one_turn(installed: Installation, chat: Page) -> None:
    tries: list[str] = []

    def lose_the_first(route: Route) -> None:
        tries.append(route.request.post_data or "")
        if len(tries) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    chat.route("**/turns", lose_the_first)
    say(chat, "three")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: three", timeout=15_000)
    assert tries == [tries[0]] * 2
    assert_one_turn(installed, chat, "three")


@pytest.mark.parametrize("answer", ["<html>Back in a minute.</html>", '{"error": "maintenance"}', "0"])
def test_what_stands_in_place_of_our_answer_delivers_nothing_and_the_message_goes_again(
    installed: Installation, chat: Page, answer: str
) -> None:
    meddle(chat, "**/turns", lambda route: route.fulfill(status=200, body=answer))
    say(chat, "four")
    expect(lines_of(chat, "me").last).to_contain_text("Not delivered yet.")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: four", timeout=15_000)
    assert_one_turn(installed, chat, "four")


def test_what_wordpress_says_of_a_broken_site_is_not_read_to_its_visitors(refused_chat: Page) -> None:
    meddle(refused_chat, "**/turns", lambda route: route.fulfill(status=500, body=CRITICAL))
    say(refused_chat, "four")
    expect(lines_of(refused_chat, "me").last).to_contain_text("Not delivered yet.")
    expect(lines_of(refused_chat, "bot").last).to_contain_text("You said: four", timeout=15_000)
    assert refused_chat.get_by_text("critical error").count() == 0


def test_more_messages_than_are_let_through_at_once_arrive_later_all_of_them_in_order(refused_chat: Page) -> None:
    shut = [True]
    wait = {"Retry-After": "1"}
    refused_chat.route(
        "**/turns",
        lambda route: route.fulfill(status=429, headers=wait, body=TOO_MANY) if shut else route.continue_(),
    )
    words = ["hats", "boots", "lamps", "tea", "maps", "ropes", "bells", "kites"]
    for word in words:
        say(refused_chat, word)
    expect(lines_of(refused_chat, "me").filter(has_text="Not delivered yet.")).to_have_count(len(words))
    shut.clear()
    expect(lines_of(refused_chat, "bot")).to_have_count(1 + len(words), timeout=20_000)
    answers = lines_of(refused_chat, "bot").all_inner_texts()[1:]
    assert [one.split("You said: ")[-1] for one in answers] == words


def test_what_did_not_get_through_goes_before_what_is_written_next(chat: Page) -> None:
    meddle(chat, "**/turns", Route.abort)
    say(chat, "hats")
    expect(lines_of(chat, "me").last).to_contain_text("Not delivered yet.")
    say(chat, "boots")
    expect(lines_of(chat, "bot")).to_have_count(3)
    assert [one.split("You said: ")[-1] for one in lines_of(chat, "bot").all_inner_texts()[1:]] == ["hats", "boots"]


@pytest.mark.parametrize("status", [403, 500])
def test_a_message_that_alone_is_refused_again_and_again_holds_up_no_other(refused_chat: Page, status: int) -> None:
    """By a firewall that does not like its words, or because a plugin dies of it."""
    refused = "hats' OR 1=1"
    refused_chat.route(
        "**/turns",
        lambda route: (
            route.fulfill(status=status, body="<html></html>")
            if refused in str(route.request.post_data)
            else route.continue_()
        ),
    )
    say(refused_chat, refused)
    expect(lines_of(refused_chat, "me").last).to_contain_text("Not delivered yet.")
    say(refused_chat, "boots")
    expect(lines_of(refused_chat, "bot").last).to_contain_text("You said: boots")


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, "<html>403 Forbidden</html>"), (406, '{"code": "waf_rule", "message": "Blocked."}'), (501, "")],
)
def test_what_a_firewall_refuses_is_tried_three_times_and_its_writer_and_the_owner_are_told(
    installed: Installation, page: Page, status: int, body: str
) -> None:
    refused: list[str] = []

    def guard(route: Route) -> None:
        if "hats' OR 1=1" in str(route.request.post_data):
            refused.append(route.request.url)
            route.fulfill(status=status, body=body)
        else:
            route.fallback()

    page.route("**/escalation-bridge/v1/**", guard)
    page.clock.install()
    page.goto(installed.site.url)
    unfold(page)
    say(page, "hats' OR 1=1")
    expect(lines_of(page, "note").last).to_contain_text(BARRED)
    expect(lines_of(page, "me").last).to_contain_text("Not delivered yet.")
    expect(page.locator("form.contact")).to_be_visible()
    for n in (2, 3):
        page.clock.fast_forward(61_000)
        eventually(lambda n=n: page.wait_for_timeout(50) or len(refused) >= n)
        expect(lines_of(page, "me").last).to_contain_text("Not delivered yet.")
    for _ in range(3):
        page.clock.fast_forward(121_000)
        page.wait_for_timeout(300)
    assert len(refused) == 3
    expect(lines_of(page, "note").filter(has_text=BARRED)).to_have_count(1)
    page.get_by_role("button", name="Try again").click()
    expect(lines_of(page, "me").last).to_contain_text("Not delivered yet.")
    assert len(refused) == 4

    for word in ("boots", "lamps"):  # what passes tells the owner, once
        say(page, word)
        expect(lines_of(page, "bot").last).to_contain_text(f"You said: {word}")
    (mail,) = eventually(installed.site.mails)
    assert mail["subject"].endswith("Chat messages are refused")
    assert f"HTTP {status}" in mail["message"]
    assert "hats" not in mail["message"]
    with installed.site.login() as owner:
        health = owner.get(installed.site.rest("escalation-bridge/v1/site-health/guests"), timeout=30).json()
    assert health["label"] == "Some messages of chat visitors do not reach WordPress"
    assert f"HTTP {status}" in health["description"]

    expect(page.locator("form.contact")).to_be_visible()
    page.fill("form.contact input[name=email]", "ann@example.test")
    page.click("form.contact button[type=submit]")
    expect(page.locator("form.contact")).to_be_hidden()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert newest_escalation(installed)["customer"]["email"] == "ann@example.test"
    clear_the_desk(installed)


def test_a_message_that_a_firewall_lets_pass_later_takes_its_form_away(refused_chat: Page) -> None:
    meddle(refused_chat, "**/turns", lambda route: route.fulfill(status=403, body="<html></html>"))
    say(refused_chat, "hats")
    expect(refused_chat.locator("form.contact")).to_be_visible()
    expect(lines_of(refused_chat, "bot").last).to_contain_text("You said: hats", timeout=15_000)
    expect(refused_chat.locator("form.contact")).to_be_hidden()


def test_a_message_is_tried_again_for_as_long_as_its_page_is_open(shop_page: Page) -> None:
    shop_page.clock.install()
    unfold(shop_page)
    tries: list[str] = []
    shop_page.route("**/turns", lambda route: (tries.append(route.request.url), route.abort()))
    say(shop_page, "hats")
    for n in range(1, 10):
        eventually(lambda n=n: shop_page.wait_for_timeout(50) or len(tries) >= n)
        expect(lines_of(shop_page, "me").last).to_contain_text("Not delivered yet.")
        shop_page.clock.fast_forward(121_000)
    assert len(tries) >= 9


def test_a_plugin_that_closes_the_rest_api_is_not_quoted_to_visitors(refused_chat: Page) -> None:
    closed = '{"code": "rest_cannot_access", "message": "DRA: Members only.", "data": {"status": 401}}'
    refused_chat.route("**/escalation-bridge/v1/**", lambda route: route.fulfill(status=401, body=closed))
    say(refused_chat, "hats")
    expect(lines_of(refused_chat, "me").last).to_contain_text("Not delivered yet.")
    assert refused_chat.get_by_text("DRA").count() == 0


def test_a_message_whose_tab_was_closed_while_it_was_sent_is_sent_by_the_next_tab(
    installed: Installation, chat: Page
) -> None:
    never_answered: list[Route] = []
    meddle(chat, "**/turns", never_answered.append)
    with chat.expect_request("**/turns"):
        say(chat, "two")
    left = chat.evaluate("({...localStorage})")
    second = chat.context.new_page()
    second.clock.install()
    chat.goto(f"{installed.site.url}/robots.txt")
    chat.evaluate("left => Object.assign(localStorage, left)", left)  # a tab that is closed notes no failure
    second.goto(installed.site.url)
    unfold(second)
    expect(lines_of(second, "me").last).to_contain_text("Sending…")
    second.clock.fast_forward(71_000)
    expect(lines_of(second, "bot").last).to_contain_text("You said: two")


def test_of_a_text_longer_than_a_message_may_be_nothing_is_lost(installed: Installation, chat: Page) -> None:
    text = " ".join(f"{number}." for number in range(1200))
    chat.focus("textarea#message")
    chat.keyboard.insert_text(text)
    chat.keyboard.press("Enter")
    expect(lines_of(chat, "bot")).to_have_count(3)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    spoken = [one["text"] for one in newest_escalation(installed)["conversation"] if one["who"] == "visitor"]
    assert " ".join(spoken[:2]).split() == text.split()


def test_a_message_that_does_not_get_through_is_said_aloud_once(chat: Page) -> None:
    chat.evaluate(WHAT_IS_READ_OUT)
    tries: list[str] = []
    chat.route("**/turns", lambda route: (tries.append(route.request.url), route.abort()))
    say(chat, "hats")
    eventually(lambda: chat.wait_for_timeout(100) or len(tries) > 1)
    assert chat.evaluate("readOut") == ["Not delivered yet."]


def test_of_a_message_that_wordpress_keeps_nobody_hears_that_it_is_not_delivered(refused_chat: Page) -> None:
    refused_chat.evaluate(WHAT_IS_READ_OUT)
    refused_chat.route("**/turns", lambda route: route.fulfill(status=503, body=KEPT))
    say(refused_chat, "hats")
    expect(lines_of(refused_chat, "me").last).to_contain_text(KEPT_SAFE)
    assert refused_chat.evaluate("readOut") == [KEPT_SAFE, "Message: We cannot be reached."]


def test_what_stands_in_place_of_our_answer_does_not_end_the_asking_for_news(
    installed: Installation, chat: Page
) -> None:
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    with chat.expect_response("**/events"):
        meddle(chat, "**/events", lambda route: route.fulfill(status=200, body="<html></html>"))
        come_back(chat)
    team_of(installed).does("reply", newest_escalation(installed)["id"], MAYA, text="Here I am.", reply_id="r3")
    expect(lines_of(chat, "agent")).to_contain_text("Here I am.", timeout=30_000)


def test_who_asks_for_news_too_often_gets_them_a_little_later(installed: Installation, refused_chat: Page) -> None:
    own = installed.site.content / "mu-plugins" / "limits.php"
    own.write_text("<?php add_filter( 'escbridge_limits', fn() => array( 'events' => array( 1, 3 ) ) );")
    try:
        say(refused_chat, A_PERSON)
        expect(lines_of(refused_chat, "promise")).to_contain_text(PROMISED)
        with refused_chat.expect_response(lambda one: one.url.endswith("/events") and one.status == 429):
            come_back(refused_chat)
            refused_chat.wait_for_timeout(300)
            come_back(refused_chat)
        team_of(installed).does("reply", newest_escalation(installed)["id"], MAYA, text="Here I am.", reply_id="r4")
        refused_chat.wait_for_timeout(3_100)  # the limit's span; by itself it would look again after up to 40 s
        come_back(refused_chat)
        expect(lines_of(refused_chat, "agent")).to_contain_text("Here I am.")
    finally:
        own.unlink()


def test_a_page_that_is_come_back_to_shows_what_other_pages_have_written_meanwhile(chat: Page) -> None:
    """Firefox and WebKit tell a page that they kept for the way back nothing of it."""
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    chat.evaluate(WRITTEN_BY_ANOTHER_PAGE, "Here I am.")
    come_back(chat)
    expect(lines_of(chat, "agent")).to_contain_text("Here I am.")


def test_what_somebody_wrote_who_was_logged_in_is_not_shown_after_the_log_out(
    installed: Installation, browser: Browser
) -> None:
    installed.site.add_user("nora", "nora-pass")
    context = log_in(browser, installed.site, "nora", "nora-pass")
    chat = open_chat(context, installed.site)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    guest = context.new_page()
    guest.goto(f"{installed.site.url}/wp-login.php?action=logout")
    guest.get_by_role("link", name="log out").click()
    guest.goto(installed.site.url)
    guest.wait_for_function("Object.keys(localStorage).every(key => !key.startsWith('escbridge'))")
    with chat.expect_response("**/events"):
        come_back(chat)  # her own page is still open, and keeps what it knows
    guest.wait_for_function("Object.keys(localStorage).some(key => key.startsWith('escbridge'))")
    with guest.expect_response("**/sessions"):
        unfold(guest)
    expect(lines_of(guest, "bot")).to_have_count(1)
    assert lines_of(guest, "me").count() == 0
    context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_is_being_written_is_still_there_after_a_reload(shop_page: Page, size: Any) -> None:
    shop_page.set_viewport_size(size)
    unfold(shop_page)
    shop_page.wait_for_function("localStorage.length > 0")
    shop_page.fill("textarea#message", "My order is")
    reload(shop_page)
    expect(shop_page.locator("textarea#message")).to_have_value("My order is")
    say(shop_page, "My order is 8821")
    reload(shop_page)
    expect(shop_page.locator("textarea#message")).to_have_value("")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_message_whose_page_died_while_it_was_sent_is_sent_by_the_next_page_of_its_tab(
    installed: Installation, shop_page: Page, size: Any
) -> None:
    """As where a phone needs the memory of a page that nobody looks at, and loads it again later."""
    shop_page.set_viewport_size(size)
    unfold(shop_page)
    say(shop_page, "one")
    expect(lines_of(shop_page, "bot").last).to_contain_text("You said: one")
    never_answered: list[Route] = []
    meddle(shop_page, "**/turns", never_answered.append)
    with shop_page.expect_request("**/turns"):
        say(shop_page, "two")
    left = shop_page.evaluate("({...localStorage})")
    shop_page.goto(f"{installed.site.url}/robots.txt")
    shop_page.evaluate("left => Object.assign(localStorage, left)", left)  # a page that dies notes no failure
    shop_page.goto(installed.site.url)
    shop_page.evaluate("escbridge.open()")
    expect(lines_of(shop_page, "bot").last).to_contain_text("You said: two")


def test_what_somebody_was_writing_who_logs_out_is_gone(installed: Installation, browser: Browser) -> None:
    installed.site.add_user("nora", "nora-pass")
    context = log_in(browser, installed.site, "nora", "nora-pass")
    chat = open_chat(context, installed.site)
    chat.wait_for_function("localStorage.length > 0")
    chat.fill("textarea#message", "My order is")
    chat.goto(f"{installed.site.url}/wp-login.php?action=logout")
    chat.get_by_role("link", name="log out").click()
    with chat.expect_response("**/chat.js*"):
        chat.goto(installed.site.url)
    unfold(chat)
    expect(chat.locator("textarea#message")).to_have_value("")
    context.close()


def reload(chat: Page) -> None:
    """And open the window again where it does not stay open, as on a phone."""
    with chat.expect_response("**/chat.js*"):
        chat.reload()
    chat.evaluate("escbridge.open()")
    expect(chat.locator("textarea#message")).to_be_visible()


@pytest.mark.parametrize("as_left", ["with the window open", "with it closed"])
def test_what_did_not_arrive_is_sent_in_a_new_conversation_when_its_writer_comes_back_a_day_later(
    installed: Installation, chat: Page, as_left: str
) -> None:
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    chat.route("**/turns", lambda route: route.abort())
    say(chat, "Please cancel my order 4711")
    expect(lines_of(chat, "me").last).to_contain_text("Not delivered yet.")
    if as_left == "with it closed":
        chat.click("button.close")
    left = chat.evaluate("({...localStorage})")
    chat.goto(f"{installed.site.url}/robots.txt")
    chat.evaluate(A_DAY_LATER, left)
    chat.unroute("**/turns")
    with chat.expect_response("**/sessions"):
        chat.goto(installed.site.url)
    chat.evaluate("escbridge.open()")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: Please cancel my order 4711")
    expect(lines_of(chat, "me")).to_have_count(2)


def test_what_a_guest_wrote_after_the_log_in_is_not_shown_after_the_log_out(
    installed: Installation, browser: Browser
) -> None:
    installed.site.add_user("nora", "nora-pass")
    context = browser.new_context(viewport=DESKTOP)
    chat = open_chat(context, installed.site)
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    sign_in(chat, installed.site, "nora", "nora-pass")
    chat.goto(installed.site.url)
    say(chat, "My address is Elm Street 1")
    expect(lines_of(chat, "bot").last).to_contain_text("Elm Street")
    chat.goto(f"{installed.site.url}/wp-login.php?action=logout")
    chat.get_by_role("link", name="log out").click()
    with chat.expect_response("**/chat.js*"):
        chat.goto(installed.site.url)
    unfold(chat)
    expect(lines_of(chat, "bot")).to_have_count(1)
    assert lines_of(chat, "me").count() == 0
    context.close()


def as_of_yesterday(page: Route) -> None:
    """Served with a nonce that has expired."""
    html = re.sub(r'"nonce":"\w+"', '"nonce":"0123456789"', page.fetch().text())
    page.fulfill(body=html, content_type="text/html")


def test_a_page_that_is_older_than_its_nonce_still_knows_who_is_logged_in(
    installed: Installation, browser: Browser
) -> None:
    installed.site.add_user("nora", "nora-pass")
    context = log_in(browser, installed.site, "nora", "nora-pass")
    context.route(f"{installed.site.url}/", as_of_yesterday)
    chat = open_chat(context, installed.site)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    assert newest_escalation(installed)["packet"]["customer"]["identity"] == "verified"
    context.clear_cookies()
    say(chat, "And I am logged out")
    expect(lines_of(chat, "note").last).to_contain_text("was added to your request")
    context.close()


def test_a_full_storage_loses_no_message_and_a_reload_no_conversation(chat: Page) -> None:
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    chat.evaluate(FULL)
    for text in ("two", "three"):
        say(chat, text)
        expect(lines_of(chat, "bot").last).to_contain_text(f"You said: {text}")
    assert [line.split("\n")[-1] for line in lines_of(chat, "me").all_inner_texts()] == ["one", "two", "three"]
    chat.reload()
    expect(lines_of(chat, "me").first).to_contain_text("one")


def test_a_conversation_goes_on_when_the_owner_changes_the_permalinks(installed: Installation, chat: Page) -> None:
    say(chat, "Do you sell hats?")
    expect(lines_of(chat, "bot")).to_have_count(1)
    installed.site.set_option("permalink_structure", "")
    chat.reload()
    expect(lines_of(chat, "me")).to_have_text(re.compile("Do you sell hats"))
    say(chat, "And caps?")
    expect(lines_of(chat, "bot")).to_have_count(2)
    assert chat.evaluate("Object.keys(localStorage).length") == 1


def test_a_clock_that_is_days_ahead_makes_one_conversation(shop_page: Page) -> None:
    begun: list[str] = []
    shop_page.on("request", lambda request: begun.append(request.url) if request.url.endswith("/sessions") else None)
    shop_page.add_init_script(THREE_DAYS_AHEAD)
    shop_page.reload()
    unfold(shop_page)
    for text in ("one", "two"):
        say(shop_page, text)
        expect(lines_of(shop_page, "bot").last).to_contain_text(f"You said: {text}")
    shop_page.reload()
    expect(lines_of(shop_page, "me")).to_have_count(2)
    assert len(begun) == 1


def assert_one_turn(installed: Installation, chat: Page, text: str) -> None:
    """The window and the sidecar have the message once, and one answer to it."""
    expect(lines_of(chat, "me").filter(has_text=text)).to_have_count(1)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    spoken = [line["text"] for line in newest_escalation(installed)["conversation"]]
    assert (spoken.count(text), spoken.count(f"You said: {text}")) == (1, 1)


# A conversation ends, and the next one begins


def hold_the_first(chat: Page, route: str) -> list[tuple[Route, APIResponse]]:
    """The first answer of a route is kept back; in the list it can be given later."""
    held: list[tuple[Route, APIResponse]] = []
    meddle(chat, route, lambda asked: held.append((asked, asked.fetch())))
    return held


def end(chat: Page) -> None:
    chat.get_by_role("button", name="End conversation").click()
    expect(chat.get_by_role("button", name="Start a new conversation")).to_be_visible()


def begin_anew(chat: Page) -> None:
    with chat.expect_response("**/sessions"):
        chat.get_by_role("button", name="Start a new conversation").click()


def test_news_of_an_ended_conversation_that_come_late_do_not_end_the_next_one(chat: Page) -> None:
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    end(chat)
    held = hold_the_first(chat, "**/events")
    chat.click("button.close")
    with chat.expect_request("**/events"):
        chat.click("button.launcher")
    begin_anew(chat)
    say(chat, "two")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: two")
    asked, answer = held[0]
    asked.fulfill(response=answer)
    chat.wait_for_timeout(500)
    expect(lines_of(chat, "mark")).to_have_count(0)
    say(chat, "three")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: three")


def test_a_reply_of_an_ended_conversation_that_comes_late_is_not_shown_in_the_next_one(chat: Page) -> None:
    held = hold_the_first(chat, "**/turns")
    with chat.expect_request("**/turns"):
        say(chat, "one")
    end(chat)
    begin_anew(chat)
    say(chat, "two")
    asked, answer = held[0]
    asked.fulfill(response=answer)
    expect(lines_of(chat, "bot").last).to_contain_text("You said: two")
    assert chat.get_by_text("You said: one").count() == 0


def test_a_pages_scripts_are_told_that_the_next_conversation_is_open(chat: Page) -> None:
    chat.evaluate(STATES)
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    end(chat)
    begin_anew(chat)
    say(chat, "two")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: two")
    states = dict(chat.evaluate("states.slice(-2)"))
    assert [*states] == ["closed", "open"]
    assert states["open"]
    assert states["open"] != states["closed"]


def test_the_focus_goes_on_where_the_pressed_button_goes_away(chat: Page) -> None:
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    meddle(chat, "**/turns", Route.abort)
    say(chat, "two")
    chat.get_by_role("button", name="Try again").press("Enter")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: two")
    assert focused(chat) == "message"
    chat.get_by_role("button", name="End conversation").press("Enter")
    expect(chat.get_by_role("button", name="Start a new conversation")).to_be_focused()


def test_what_did_not_arrive_before_the_end_can_be_sent_in_the_next_conversation(chat: Page) -> None:
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    chat.route("**/turns", lambda route: route.abort())
    say(chat, "My order is 4711")
    expect(lines_of(chat, "me").last).to_contain_text("Not delivered yet.")
    end(chat)
    chat.unroute("**/turns")
    come_back(chat)
    expect(lines_of(chat, "me").last).to_contain_text("Not delivered yet.")
    begin_anew(chat)
    expect(chat.locator("textarea#message")).to_have_value("My order is 4711")


def test_what_is_written_before_the_page_knows_of_the_end_can_be_sent_in_the_next_conversation(
    installed: Installation, chat: Page
) -> None:
    chat.route("**/events", lambda route: route.abort())
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    team_of(installed).does("resolve", newest_escalation(installed)["id"])
    say(chat, "BUT it is still broken")
    expect(lines_of(chat, "mark")).to_have_text("This conversation has ended.")
    expect(lines_of(chat, "me").last).to_contain_text("Not delivered yet.")
    begin_anew(chat)
    expect(chat.locator("textarea#message")).to_have_value("BUT it is still broken")


def test_a_double_click_asks_for_a_person_once(chat: Page) -> None:
    held = hold_the_first(chat, "**/turns")
    chat.get_by_role("button", name="Talk to a person").dblclick()
    expect(lines_of(chat, "me")).to_have_count(1)
    eventually(lambda: chat.wait_for_timeout(50) or held)
    asked, answer = held[0]
    asked.fulfill(response=answer)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    assert lines_of(chat, "me").count() == 1


def test_what_waits_behind_a_slow_answer_is_not_taken_over_by_a_second_tab(
    installed: Installation, shop_page: Page
) -> None:
    shop_page.clock.install()
    unfold(shop_page)
    slow: list[Route] = []
    sent: list[str] = []
    shop_page.context.on("request", lambda asked: sent.append(str(asked.post_data)) if "/turns" in asked.url else None)
    shop_page.route("**/turns", lambda route: slow.append(route) if len(slow) < 2 else route.fallback())
    say(shop_page, "one")
    say(shop_page, "two")
    eventually(lambda: shop_page.wait_for_timeout(50) or slow)
    shop_page.clock.fast_forward(60_000)
    slow[0].continue_()
    eventually(lambda: shop_page.wait_for_timeout(50) or len(slow) == 2)
    second = shop_page.context.new_page()
    second.clock.install(time=shop_page.evaluate("Date.now()") / 1000 + 15)
    second.goto(installed.site.url)
    unfold(second)
    expect(lines_of(second, "me").last).to_contain_text("Sending…")
    second.wait_for_timeout(1_000)
    assert sum('"two"' in one for one in sent) == 1
    slow[1].continue_()
    expect(lines_of(shop_page, "bot").last).to_contain_text("You said: two")


def test_an_end_that_fails_says_so_and_can_be_tried_again(chat: Page) -> None:
    say(chat, "one")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: one")
    chat.context.set_offline(True)
    chat.get_by_role("button", name="End conversation").click()
    expect(lines_of(chat, "note").last).to_contain_text("That did not work. Please try again in a few minutes.")
    chat.context.set_offline(False)
    end(chat)


# A guest and the team


def test_a_guest_is_asked_for_an_address_and_it_reaches_the_team(installed: Installation, chat: Page) -> None:
    address = f"ann-{secrets.token_hex(4)}@example.test"
    expect(chat.locator("form.contact")).to_be_hidden()
    say(chat, A_PERSON)
    expect(chat.locator("form.contact")).to_be_visible()
    chat.locator("form.contact button[type=submit]").scroll_into_view_if_needed()
    expect(chat.locator(".pin")).to_be_visible()  # it comes with scrolling, and moves what is to be clicked
    chat.click("form.contact button[type=submit]")
    expect(chat.locator("form.contact [role=alert]")).to_contain_text("enter an e-mail address or a phone number")
    chat.fill("form.contact input[name=phone]", "+1 212 555 0134")
    chat.fill("form.contact input[name=email]", "ann@")
    chat.click("form.contact button[type=submit]")
    expect(chat.locator("form.contact [role=alert]")).to_have_text("This address was not accepted. Please check it.")
    chat.fill("form.contact input[name=phone]", "")
    chat.fill("form.contact input[name=email]", address)
    chat.click("form.contact button[type=submit]")
    expect(chat.locator("form.contact")).to_be_hidden()
    assert focused(chat) == "message"
    mails = eventually(lambda: [mail for mail in installed.mails_to("team@example.test") if address in mail.text])
    assert mails[0].subject.startswith("Contact given")
    assert f"The customer can be reached at: {address}" in mails[0].text
    customer = newest_escalation(installed)["customer"]
    assert (customer["email"], customer["identity"] == "verified") == (address, False), "nobody has checked it"


def test_a_long_conversation_in_any_script_goes_with_the_form(chat: Page) -> None:
    say(chat, A_PERSON)
    expect(chat.locator("form.contact")).to_be_visible()
    chat.evaluate(WRITTEN_LONG_AGO, [{"id": f"old{n}", "k": "bot", "text": "語" * 4000} for n in range(9)])
    come_back(chat)
    chat.fill("form.contact input[name=email]", "ann@example.test")
    with chat.expect_response("**/contact") as sent:
        chat.click("form.contact button[type=submit]")
    assert sent.value.status == 200
    expect(chat.locator("form.contact")).to_be_hidden()


def test_a_form_by_mail_carries_what_did_not_arrive_and_nothing_else_counts_as_sent(chat: Page) -> None:
    say(chat, A_PERSON)
    expect(chat.locator("form.contact")).to_be_visible()
    chat.route("**/turns", lambda route: route.abort())
    mailed: list[str] = []
    by_mail = '{"sent": true, "mail": true, "notice": "Thank you."}'
    chat.route("**/contact", lambda r: (mailed.append(r.request.post_data or ""), r.fulfill(status=200, body=by_mail)))
    long = [{"id": f"lost{n}", "k": "me", "st": "failed", "text": f"lost {n} {'é' * 3900}"} for n in range(9)]
    chat.evaluate(WRITTEN_LONG_AGO, [*long, *({"id": f"b{n}", "k": "bot", "text": "x" * 8000} for n in range(9))])
    come_back(chat)
    chat.fill("form.contact input[name=email]", "ann@example.test")
    chat.click("form.contact button[type=submit]")
    expect(lines_of(chat, "note").last).to_contain_text("Thank you.")
    carried = [number for number in range(9) if f"lost {number} " in mailed[0]]
    lost = lines_of(chat, "me").filter(has_text="Not delivered yet.")
    assert len(carried) >= 7
    expect(lost).to_have_count(9 - len(carried))
    assert [f"lost {number} " in lost.all_inner_texts()[0] for number in carried] == [False] * len(carried)


def test_a_firewall_that_minds_a_word_of_the_conversation_keeps_no_address_from_the_team(
    installed: Installation, page: Page
) -> None:
    """It takes "select ... from" for SQL, in the message and in what goes with the form."""

    def guard(route: Route) -> None:
        bad = "select one from" in (route.request.post_data or "")
        route.fulfill(status=403, body="<html>403 Forbidden</html>") if bad else route.fallback()

    page.route("**/escalation-bridge/v1/**", guard)
    page.goto(installed.site.url)
    unfold(page)
    say(page, "Please select one from the list")
    expect(lines_of(page, "me").last).to_contain_text("Not delivered yet.")
    say(page, A_PERSON)
    expect(page.locator("form.contact")).to_be_visible()
    address = f"ann-{secrets.token_hex(4)}@example.test"
    page.fill("form.contact input[name=email]", address)
    page.click("form.contact button[type=submit]")
    expect(page.locator("form.contact")).to_be_hidden()
    assert newest_escalation(installed)["customer"]["email"] == address
    expect(lines_of(page, "me").first).to_contain_text("Not delivered yet.")


def test_an_address_is_a_link_with_all_that_belongs_to_it(chat: Page) -> None:
    texts = "(see https://en.wikipedia.org/wiki/Foo_(bar)), 'https://example.test/it's?a=1' and https://example.test/x."
    say(chat, texts)
    expect(lines_of(chat, "bot").last).to_contain_text("You said:")
    links = lines_of(chat, "me").locator("a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links == [
        "https://en.wikipedia.org/wiki/Foo_(bar)",
        "https://example.test/it's?a=1",
        "https://example.test/x",
    ]


def test_a_persons_answer_shows_with_the_name_and_after_the_release_the_bot_answers(
    installed: Installation, chat: Page
) -> None:
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    team, escalation = team_of(installed), newest_escalation(installed)["id"]
    answer = "I can see both payments: https://shop.example.test/refunds/8821."
    team.does("reply", escalation, MAYA, text=answer, reply_id="r1")
    come_back(chat)
    expect(lines_of(chat, "agent")).to_contain_text("Maya Okafor")
    expect(lines_of(chat, "agent")).to_contain_text(answer)
    expect(lines_of(chat, "agent").get_by_role("link")).to_have_attribute(
        "href", "https://shop.example.test/refunds/8821"
    )
    say(chat, "Thank you")
    expect(lines_of(chat, "note").last).to_contain_text("added")
    assert chat.get_by_text("You said").count() == 0
    team.does("release", escalation, MAYA)
    come_back(chat)
    expect(lines_of(chat, "mark")).to_have_count(1)
    say(chat, "Do you ship to Canada?")
    expect(lines_of(chat, "bot").last).to_contain_text("You said: Do you ship to Canada?")


def test_an_answer_that_nobody_has_looked_at_is_told_of_on_every_page_and_in_every_tab(
    installed: Installation, chat: Page
) -> None:
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    chat.click("button.close")
    team_of(installed).does("reply", newest_escalation(installed)["id"], MAYA, text="Here I am.", reply_id="r4")
    come_back(chat)
    expect(chat.locator(".badge")).to_have_text("1")
    second = chat.context.new_page()
    for page in (chat, second):
        page.goto(installed.site.url)
        expect(page.locator(".badge")).to_have_text("1")
    unfold(second)
    for page in (chat, second):
        expect(page.locator(".badge")).to_be_hidden()
    expect(chat.get_by_role("button", name="Open chat", exact=True)).to_be_visible()


def test_an_answer_that_is_longer_than_the_window_is_read_from_its_first_line(chat: Page) -> None:
    say(chat, "parcel " * 200)
    answer = lines_of(chat, "bot").last
    expect(answer).to_contain_text("You said: parcel")
    expect(answer.locator(".who")).to_be_in_viewport(ratio=1)


def test_what_a_person_writes_is_in_sight_above_the_form_unless_somebody_reads_further_up(
    installed: Installation, chat: Page
) -> None:
    say(chat, A_PERSON)
    expect(chat.locator("form.contact")).to_be_visible()
    team, escalation = team_of(installed), newest_escalation(installed)["id"]
    for n in range(3):
        team.does("reply", escalation, MAYA, text=f"This is {n}. " * 30, reply_id=f"r{n}")
        come_back(chat)
        expect(lines_of(chat, "agent")).to_have_count(n + 1)
        expect(lines_of(chat, "agent").last).to_be_in_viewport(ratio=0.9)
    chat.evaluate(f"{IN_CHAT}.querySelector('.scroll').scrollTop = 0")
    team.does("reply", escalation, MAYA, text="And this.", reply_id="r9")
    come_back(chat)
    expect(lines_of(chat, "agent")).to_have_count(4)
    assert chat.evaluate(f"{IN_CHAT}.querySelector('.scroll').scrollTop") == 0


def test_what_is_written_is_text_and_never_markup(installed: Installation, chat: Page) -> None:
    attack = "<img src=x onerror=alert(1)><b>bold</b>"
    say(chat, attack)
    expect(lines_of(chat, "bot").last).to_contain_text(f"You said: {attack}")
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    woman = {"id": "wp-8", "name": "👩 Maya"}
    team_of(installed).does("reply", newest_escalation(installed)["id"], woman, text=attack, reply_id="r2")
    come_back(chat)
    expect(lines_of(chat, "agent")).to_contain_text(attack)
    expect(lines_of(chat, "agent").locator(".face")).to_have_text("👩")
    assert chat.locator(".log img, .log b:not(.who b)").count() == 0


def test_on_a_phone_the_panel_fills_the_screen_and_nothing_overflows(shop_page: Page) -> None:
    shop_page.set_viewport_size(PHONE)
    unfold(shop_page)
    say(shop_page, "Averylongwordwithoutanyspace" * 8)
    expect(lines_of(shop_page, "bot").last).to_contain_text("You said: Averylong")
    say(shop_page, A_PERSON)
    expect(lines_of(shop_page, "promise")).to_contain_text(PROMISED)
    expect(shop_page.locator("form.contact")).to_be_visible()
    shop_page.wait_for_function(f"{IN_CHAT}.getAnimations().length === 0")
    assert shop_page.locator("#panel").bounding_box() == {"x": 0, "y": 0, **PHONE}
    for wide in ("document.documentElement", f"{IN_CHAT}.querySelector('.scroll')"):
        assert shop_page.evaluate(f"{wide}.scrollWidth <= {wide}.clientWidth"), wide
    composer = shop_page.locator("textarea#message").bounding_box()
    assert composer
    assert composer["y"] + composer["height"] <= PHONE["height"]


def test_the_window_is_all_there_is_for_a_screen_reader_where_it_covers_the_page(shop_page: Page) -> None:
    unfold(shop_page)
    expect(shop_page.get_by_role("dialog")).to_have_attribute("aria-modal", "false")
    shop_page.click("button.close")
    shop_page.set_viewport_size(PHONE)
    shop_page.click("button.launcher")
    expect(shop_page.get_by_role("dialog")).to_have_attribute("aria-modal", "true")
    expect(shop_page.locator("[role=dialog] > [aria-live=polite]")).to_have_count(1)
    shop_page.click("button.close")
    expect(shop_page.locator("[role=dialog] [aria-live=polite]")).to_have_count(0)  # nor is it hidden with the window


def test_on_a_phone_the_focus_stays_in_the_window_that_covers_the_page(shop_page: Page) -> None:
    shop_page.set_viewport_size(PHONE)
    unfold(shop_page)
    say(shop_page, "one")
    expect(lines_of(shop_page, "bot").last).to_contain_text("You said: one")
    for key in ("Tab", "Shift+Tab"):
        met = set()
        for _ in range(15):
            shop_page.keyboard.press(key)
            met.add(focused(shop_page))
        assert "" not in met
        assert {"close", "message", "send"} <= met
    shop_page.keyboard.press("Escape")
    assert focused(shop_page) == "launcher"


def test_at_four_times_the_size_everything_of_the_window_can_be_reached(shop_page: Page) -> None:
    """1,280 by 1,024 pixels, enlarged to 400 %."""
    shop_page.set_viewport_size({"width": 320, "height": 256})
    unfold(shop_page)
    say(shop_page, "one")
    expect(lines_of(shop_page, "bot").last).to_contain_text("You said: one")
    height = shop_page.evaluate(f"{IN_CHAT}.querySelector('.scroll').clientHeight")
    assert height >= 90, "there is room to read in"
    for name in ("Close chat", "Send", "End conversation"):
        button = shop_page.locator("#panel").get_by_role("button", name=name)
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box
        assert box["y"] >= 0, name
        assert box["y"] + box["height"] <= 256, name
