"""The chat's window as a visitor meets it: a real browser on a real shop, beside a real sidecar."""

import re
import secrets
from collections.abc import Iterator

import pytest
from installation import Installation, eventually
from playwright.sync_api import Page, Route, expect
from team import A_PERSON, lines_of, listen_for_faults, newest_escalation, team_of
from visiting import say, unfold

pytestmark = [pytest.mark.wordpress, pytest.mark.browser]

PROMISED = re.compile(r"A support agent will contact you before .* EST today, Tuesday, November 3\b")
PHONE = {"width": 390, "height": 844}
MAYA = {"id": "wp-7", "name": "Maya Okafor"}
IN_CHAT = "document.querySelector('#escbridge-chat').shadowRoot"
WHAT_IS_READ_OUT = f"""() => {{
    window.readOut = [];
    new MutationObserver(changes => changes.forEach(c => c.addedNodes.forEach(n => readOut.push(n.textContent))))
        .observe({IN_CHAT}.querySelector('[aria-live=polite]'), {{childList: true}});
}}"""


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


def come_back(chat: Page) -> None:
    """As a visitor who was on another tab: what is new is asked for at once, not at the next poll."""
    chat.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def focused(page: Page) -> str:
    """Id or class of what has the focus inside the chat, empty when it is elsewhere on the page."""
    return str(page.evaluate(f"(e => e ? e.id || e.className : '')({IN_CHAT}.activeElement)"))


def test_nothing_is_asked_for_or_stored_before_the_chat_is_opened(installed: Installation, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.goto(installed.site.url, wait_until="networkidle")
    expect(page.locator("button.launcher")).to_be_visible()
    own = re.escape(installed.site.url)
    static = re.compile(rf"GET ({own}/|{own}/wp-(content|includes)/[^?]+(\?ver=[\w.-]+)?|data:.*)")
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


def assert_one_turn(installed: Installation, chat: Page, text: str) -> None:
    """The window and the sidecar have the message once, and one answer to it."""
    expect(lines_of(chat, "me").filter(has_text=text)).to_have_count(1)
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    spoken = [line["text"] for line in newest_escalation(installed)["conversation"]]
    assert (spoken.count(text), spoken.count(f"You said: {text}")) == (1, 1)


def test_a_guest_is_asked_for_an_address_and_it_reaches_the_team(installed: Installation, chat: Page) -> None:
    address = f"ann-{secrets.token_hex(4)}@example.test"
    expect(chat.locator("form.contact")).to_be_hidden()
    say(chat, A_PERSON)
    expect(chat.locator("form.contact")).to_be_visible()
    chat.click("form.contact button[type=submit]")
    expect(chat.locator("form.contact [role=alert]")).to_contain_text("enter an e-mail address or a phone number")
    chat.fill("form.contact input[name=email]", address)
    chat.click("form.contact button[type=submit]")
    expect(chat.locator("form.contact")).to_be_hidden()
    assert focused(chat) == "message"
    mails = eventually(lambda: [mail for mail in installed.mails_to("team@example.test") if address in mail.text])
    assert mails[0].subject.startswith("Contact given")
    assert f"The customer can be reached at: {address}" in mails[0].text
    customer = newest_escalation(installed)["customer"]
    assert (customer["email"], customer["identity"] == "verified") == (address, False), "nobody has checked it"


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


def test_what_is_written_is_text_and_never_markup(installed: Installation, chat: Page) -> None:
    attack = "<img src=x onerror=alert(1)><b>bold</b>"
    say(chat, attack)
    expect(lines_of(chat, "bot").last).to_contain_text(f"You said: {attack}")
    say(chat, A_PERSON)
    expect(lines_of(chat, "promise")).to_contain_text(PROMISED)
    team_of(installed).does("reply", newest_escalation(installed)["id"], MAYA, text=attack, reply_id="r2")
    come_back(chat)
    expect(lines_of(chat, "agent")).to_contain_text(attack)
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
