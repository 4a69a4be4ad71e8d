"""The chat's window where a page makes it hard: a strict Content-Security-Policy, right to left, forced colours; in the
block editor; read by axe-core; and what a page's own scripts and the visitor can have of it."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from installation import Installation
from loopback import direct_session
from playwright.sync_api import Page, Route, expect
from team import A_PERSON, lines_of, listen_for_faults
from visiting import log_in, say, unfold
from visitor import without_sidecar

pytestmark = [pytest.mark.wordpress, pytest.mark.browser]

AXE = files("axe_playwright_python").joinpath("axe.min.js")
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
IN_CHAT = "document.querySelector('#escbridge-chat').shadowRoot"
STRICT = """<?php
add_action( 'send_headers', function () {
    is_admin() || header( "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
        . "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'" );
} );
"""
UNKNOWN_LOCALE = "<?php add_filter( 'locale', fn() => 'pt_PT_ao90' );"
VIOLATIONS = """
    window.refused = [];
    document.addEventListener('securitypolicyviolation', e => refused.push([e.effectiveDirective, e.sourceFile || '']));
"""
BOUNDARIES = f"""() => ['.panel', '.composer', '.send', '.bot .text', '.me .text', '.promise'].filter(which => {{
    const found = {IN_CHAT}.querySelector(which);
    return !found || getComputedStyle(found).borderTopWidth === '0px';
}})"""
RUNS_TO_THE_RIGHT = f"""() => {{
    const text = [...{IN_CHAT}.querySelector('.item.bot .text').childNodes].find(one => one.data);
    const at = place => {{
        const one = document.createRange();
        one.setStart(text, place);
        one.setEnd(text, place + 1);
        return one.getBoundingClientRect().x;
    }};
    return at(0) < at(text.length - 1);
}}"""
RULES_FOR_ALL = """
    body > * { position: relative; z-index: 1; transform: translateZ(0); opacity: .9; }
    div { max-inline-size: 600px; font-size: 40px; line-height: 3; letter-spacing: 5px; text-align: center; }
"""
LOOK_OF_THE_HOST = """(() => {
    const look = getComputedStyle(document.querySelector('#escbridge-chat'));
    return [...look].map(name => name + ': ' + look.getPropertyValue(name)).filter(line => !line.startsWith('--'));
})()"""
EVENTS = """() => {
    window.heard = [];
    for (const name of ['open', 'close', 'state', 'message'])
        document.addEventListener('escbridge:' + name, e => heard.push([name, e.detail]));
}"""


@pytest.fixture
def shop_page(installed: Installation, page: Page) -> Iterator[Page]:
    faults = listen_for_faults(page)
    page.goto(installed.site.url)
    yield page
    assert [fault for fault in faults if "net::ERR_" not in fault and "503" not in fault] == []


def escalate(page: Page) -> None:
    unfold(page)
    say(page, "Do you ship to Canada?")
    expect(lines_of(page, "bot").last).to_contain_text("You said: Do you ship to Canada?")
    say(page, A_PERSON)
    expect(lines_of(page, "promise")).to_be_visible()
    page.wait_for_function(f"{IN_CHAT}.getAnimations().length === 0")


def test_it_works_behind_a_strict_content_security_policy(installed: Installation, page: Page) -> None:
    policy = installed.site.content / "mu-plugins" / "strict.php"
    policy.write_text(STRICT)
    try:
        page.add_init_script(VIOLATIONS)
        page.goto(installed.site.url)
        unfold(page)
        say(page, A_PERSON)
        expect(lines_of(page, "promise")).to_be_visible()
        ours = [one for one in page.evaluate("refused") if "escalation-bridge" in one[1]]
        look = page.evaluate(f"getComputedStyle({IN_CHAT}.querySelector('.launcher')).position")
        panel = page.evaluate(f"getComputedStyle({IN_CHAT}.querySelector('.panel')).display")
    finally:
        policy.unlink()
    assert (ours, look, panel) == ([], "fixed", "flex")


def test_a_locale_that_no_browser_knows_stops_nothing(installed: Installation, page: Page) -> None:
    """WordPress has one for Portuguese after the reform of 1990, whose name is no language tag."""
    locale = installed.site.content / "mu-plugins" / "locale.php"
    locale.write_text(UNKNOWN_LOCALE)
    faults = listen_for_faults(page)
    try:
        page.goto(installed.site.url)
        unfold(page)
        say(page, "one")
        expect(lines_of(page, "bot").last).to_contain_text("You said: one")
    finally:
        locale.unlink()
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_any_state(shop_page: Page, size: Any, scheme: Any) -> None:
    shop_page.set_viewport_size(size)
    shop_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    assert broken_rules(shop_page) == []
    escalate(shop_page)
    expect(shop_page.locator("form.contact")).to_be_visible()
    assert broken_rules(shop_page) == []


def test_axe_finds_nothing_while_the_sidecar_is_away(installed: Installation, shop_page: Page) -> None:
    unfold(shop_page)
    with without_sidecar(installed):
        say(shop_page, "Do you ship to Canada?")
        expect(lines_of(shop_page, "me").last).to_contain_text("Kept. It is delivered as soon as possible.")
        shop_page.wait_for_function(f"{IN_CHAT}.getAnimations().length === 0")
        assert broken_rules(shop_page) == []


def broken_rules(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    report = page.evaluate("axe.run('#escbridge-chat')")
    assert report["passes"], "axe looked at nothing"
    return [f"{one['id']}: {node['html'][:120]}" for one in report["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_the_browser_draws_in_the_window_is_as_dark_as_the_window(shop_page: Page, scheme: Any) -> None:
    """The window says so and not its host, all of which the launcher's sheet resets."""
    shop_page.emulate_media(color_scheme=scheme)
    unfold(shop_page)
    drawn = shop_page.evaluate(f"getComputedStyle({IN_CHAT}.querySelector('.panel')).colorScheme")
    assert (drawn == "dark") is (scheme == "dark")


def test_from_right_to_left_the_chat_stands_on_the_other_side_and_turns_its_arrow(shop_page: Page) -> None:
    shop_page.evaluate("document.documentElement.dir = 'rtl'")
    escalate(shop_page)
    button = shop_page.locator("button.launcher").bounding_box()
    mine, bot = (shop_page.locator(f".item.{kind} .body > .text").first.bounding_box() for kind in ("me", "bot"))
    assert button
    assert mine
    assert bot
    assert button["x"] < 100
    assert mine["x"] < bot["x"]
    assert shop_page.evaluate(RUNS_TO_THE_RIGHT), "a sentence in English keeps its full stop at its end"
    turned = f"getComputedStyle({IN_CHAT}.querySelector('.send svg')).transform"
    assert shop_page.evaluate(turned) == "matrix(-1, 0, 0, 1, 0, 0)"


def test_what_is_being_written_runs_as_its_own_script_does(shop_page: Page) -> None:
    """Else a question in Arabic stands in the field with its words in the wrong order, on a page in English."""
    unfold(shop_page)
    field, sent = (f"getComputedStyle({IN_CHAT}.querySelector('{of}')).unicodeBidi" for of in ("textarea", ".text"))
    assert [shop_page.evaluate(field), shop_page.evaluate(sent)] == ["plaintext", "plaintext"]


def test_a_theme_that_hides_what_is_empty_hides_no_chat(shop_page: Page) -> None:
    shop_page.add_style_tag(content="div:empty { display: none !important; }")
    unfold(shop_page)


def test_a_themes_rules_for_all_that_is_on_a_page_leave_the_chat_as_it_is(shop_page: Page) -> None:
    unfold(shop_page)
    before = shop_page.evaluate(LOOK_OF_THE_HOST)
    assert "z-index: 2147483000" in before, "it lies above whatever a theme has"
    shop_page.add_style_tag(content=RULES_FOR_ALL)
    assert shop_page.evaluate(LOOK_OF_THE_HOST) == before


def test_the_chat_is_not_printed(shop_page: Page) -> None:
    unfold(shop_page)
    shop_page.emulate_media(media="print")
    expect(shop_page.locator("button.launcher")).to_be_hidden()
    expect(shop_page.locator("#panel")).to_be_hidden()


def test_in_forced_colours_everything_keeps_its_boundary(shop_page: Page) -> None:
    shop_page.emulate_media(forced_colors="active")
    escalate(shop_page)
    assert shop_page.evaluate(BOUNDARIES) == []


def test_the_conversation_can_be_kept_as_a_text(shop_page: Page) -> None:
    escalate(shop_page)
    with shop_page.expect_download() as kept:
        shop_page.get_by_role("button", name="Save conversation").click()
    text = Path(kept.value.path()).read_text("utf-8")
    assert kept.value.suggested_filename.endswith(".txt")
    said = ["You: Do you ship to Canada?", "Assistant: You said: Do you ship to Canada?", f"You: {A_PERSON}"]
    assert all(re.search(rf"^\w{{3}} \d+, \d{{4}}, .*  {re.escape(line)}$", text, re.MULTILINE) for line in said)
    assert "A support agent will contact you before" in text


def test_a_pages_own_scripts_open_and_close_it_and_hear_what_happens_but_no_word_of_it(shop_page: Page) -> None:
    shop_page.evaluate(EVENTS)
    shop_page.evaluate("escbridge.open()")
    expect(shop_page.locator("textarea#message")).to_be_visible()
    say(shop_page, "Do you ship to Canada?")
    expect(lines_of(shop_page, "bot").last).to_contain_text("You said")
    say(shop_page, A_PERSON)
    expect(lines_of(shop_page, "promise")).to_be_visible()
    shop_page.evaluate("escbridge.close()")
    expect(shop_page.locator("#panel")).to_be_hidden()
    heard = shop_page.evaluate("heard")
    assert [name for name, _ in heard if name in {"open", "close"}] == ["open", "close"]
    assert [detail["state"] for name, detail in heard if name == "state"][-1] == "escalated"
    assert "assistant" in [detail["from"] for name, detail in heard if name == "message"]
    assert all(set(detail) <= {"session_id", "state", "from"} for _, detail in heard)


def test_the_shortcode_and_the_block_open_it_where_the_button_shows_on_no_page(
    installed: Installation, page: Page
) -> None:
    site = installed.site
    site.set_option("escbridge_settings", {"where": "shortcode", "paired": True})
    page.goto(site.url)
    assert page.locator("#escbridge-chat").count() == 0
    for content in ("[escalation_bridge]", "<!-- wp:escalation-bridge/chat /-->"):
        code = (
            "echo get_permalink( wp_insert_post( array( 'post_type' => 'page', 'post_title' => 'Help', 'post_status' "
        )
        page.goto(site.php_eval(code + "=> 'publish', 'post_content' => $content ) ) );", content=content))
        page.get_by_role("button", name="Chat with us").click()
        expect(page.locator("textarea#message")).to_be_focused()
        page.evaluate("localStorage.clear(); sessionStorage.clear()")


def test_a_feed_has_no_button_for_there_it_opens_nothing(installed: Installation) -> None:
    site = installed.site
    code = "echo get_permalink( wp_insert_post( array( 'post_title' => 'News', 'post_status' => 'publish', "
    content = "Ask us. [escalation_bridge] <!-- wp:escalation-bridge/chat /-->"
    post = site.php_eval(code + "'post_content' => $content ) ) );", content=content)
    with direct_session() as reader:
        read, feed = (reader.get(address, timeout=30).text for address in (post, f"{site.url}/feed/"))
    assert read.count("data-escbridge-open") == 2
    assert "Ask us." in feed
    assert "Chat with us" not in feed


def test_a_shortcode_that_a_pop_up_brings_at_the_end_of_the_page_opens_it_too(
    installed: Installation, page: Page
) -> None:
    installed.site.set_option("escbridge_settings", {"where": "shortcode", "paired": True})
    pop_up = installed.site.content / "mu-plugins" / "pop-up.php"
    pop_up.write_text("<?php add_action( 'wp_footer', function () { echo do_shortcode( '[escalation_bridge]' ); } );")
    try:
        page.goto(installed.site.url)
        page.get_by_role("button", name="Chat with us").click()
        expect(page.locator("textarea#message")).to_be_focused()
    finally:
        pop_up.unlink()


@pytest.mark.parametrize("times", [1, 2])
def test_a_plugin_that_puts_scripts_before_the_page_hides_no_chat(
    installed: Installation, page: Page, times: int
) -> None:
    def move_script(route: Route) -> None:
        answer = route.fetch()
        source = re.search(r'<script src="([^"]*launcher\.js[^"]*)"[^>]*></script>', answer.text())
        assert source
        early = f'<head><script src="{source[1]}"></script>'
        route.fulfill(response=answer, body=answer.text().replace(source[0], "").replace("<head>", early * times, 1))

    page.route(f"{installed.site.url}/", move_script)
    page.goto(installed.site.url)
    unfold(page)
    expect(page.locator("button.launcher")).to_have_count(1)


def test_who_closes_it_is_where_it_was_opened(shop_page: Page) -> None:
    shop_page.evaluate("document.body.insertAdjacentHTML('afterbegin', '<button data-escbridge-open>Help</button>')")
    shop_page.get_by_role("button", name="Help").press("Enter")
    expect(shop_page.locator("textarea#message")).to_be_focused()
    shop_page.keyboard.press("Escape")
    expect(shop_page.get_by_role("button", name="Help")).to_be_focused()


def test_the_block_can_be_put_on_a_page_in_the_editor(installed: Installation, page: Page) -> None:
    assert page.context.browser
    context = log_in(page.context.browser, installed.site, "admin", "admin-pass")
    editor = context.new_page()
    faults = listen_for_faults(editor)
    editor.goto(f"{installed.site.url}/wp-admin/post-new.php?post_type=page")
    editor.wait_for_function("window.wp && wp.blocks && wp.blocks.getBlockType('escalation-bridge/chat')")
    insert = "wp.data.dispatch('core/block-editor').insertBlocks(wp.blocks.createBlock('escalation-bridge/chat'))"
    editor.evaluate(f"() => {{ {insert}; }}")
    written = "wp.data.select('core/editor').getEditedPostContent()"
    editor.wait_for_function(f"{written}.includes('wp:escalation-bridge/chat')")
    assert [fault for fault in faults if "escalation" in fault.lower()] == []
    context.close()


def test_the_script_and_its_data_are_the_same_for_every_guest(installed: Installation, page: Page) -> None:
    shown = []
    for _ in range(2):
        page.context.clear_cookies()
        page.goto(installed.site.url)
        shown.append(page.evaluate("document.getElementById('escbridge-config').textContent"))
    assert shown[0] == shown[1]
    assert '"nonce"' not in shown[0]
