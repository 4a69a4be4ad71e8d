"""A site that answers from its own pages: what it publishes becomes known, nothing else does, and visitors read it.

The sidecar's responder asks a model's server of ours that knows nothing but what it is given.
"""

import html
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from installation import eventually
from playwright.sync_api import Browser, expect
from shop import Shop, running_shop
from support.reading_model import reading_model
from visiting import log_in, open_chat, say

pytestmark = pytest.mark.wordpress

LOOKALIKES = Path(__file__).parent / "lookalikes"
WHAT_IS_TOLD = """() => {
    window.told = [];
    const result = document.getElementById('escbridge-pages-result');
    new MutationObserver(() => told.push(result.textContent)).observe(result, {childList: true});
}"""
PAGES = {
    "Shipping": "<p>We ship to all of Europe.</p><h2>Costs</h2><p>Shipping is free from 50 euros.</p>",
    "Returns": "<p>You can send back any item within 30 days.</p>",
    "Opening hours": "<p>Our store is open from Monday to Friday, nine to five.</p>",
}


@pytest.fixture(scope="module")
def answering(wp_core: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with three pages whose sidecar answers by itself, the owner's switch on."""
    with reading_model() as address:
        env = {
            "BRIDGE_RESPONDER": "openai",
            "BRIDGE_OPENAI_MODEL": "reading",
            "BRIDGE_OPENAI_URL": f"http://{address}",
        }
        with running_shop(wp_core, tmp_path_factory.mktemp("answers"), env=env, upstreams=[address]) as shop:
            switch(shop, on=True)
            for title, content in PAGES.items():
                save(shop, title=title, content=content)
            yield shop
            assert shop.site.debug_log("escalation-bridge") == []


def switch(shop: Shop, *, on: bool) -> None:
    shop.site.php_eval(
        "update_option('escbridge_settings', array('knowledge' => $on) + EscalationBridge\\Settings::all());", on=on
    )


def save(shop: Shop, kind: str = "pages", number: int | str = "", **fields: Any) -> int:
    """As the block editor saves: one request of somebody who may."""
    with shop.site.login() as owner:
        sent = {"status": "publish", **fields}
        answer = owner.post(shop.site.rest(f"wp/v2/{kind}/{number}".rstrip("/")), json=sent, timeout=60)
    assert answer.ok, answer.text
    return int(answer.json()["id"])


def delete(shop: Shop, number: int, **how: Any) -> None:
    with shop.site.login() as owner:
        assert owner.delete(shop.site.rest(f"wp/v2/pages/{number}"), params=how, timeout=60).ok


def known(shop: Shop) -> dict[str, str]:
    """Title and address of what the sidecar knows."""
    found = json.loads(shop.sidecar.command("pages", "list", "--json"))["pages"]
    return {one["title"]: one["url"] for one in found}


def texts_of(shop: Shop, question: str) -> str:
    found = json.loads(shop.sidecar.command("pages", "search", question, "--json"))["passages"]
    return "\n".join(one["text"] for one in found)


# -- what is known -----------------------------------------------------------------------------------------------------


def test_a_page_is_known_once_it_is_saved_and_has_its_new_text_once_it_is_changed(answering: Shop) -> None:
    number = save(answering, title="Engraving", content="<p>We engrave cups.</p><script>steal()</script>")
    assert known(answering)["Engraving"] == f"{answering.site.url}/engraving/"
    assert texts_of(answering, "Do you engrave cups?") == "We engrave cups."
    save(answering, number=number, content="<p>We engrave spoons and knives.</p>")
    assert "spoons" in texts_of(answering, "Do you engrave spoons?")
    delete(answering, number)
    assert "Engraving" not in known(answering)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "draft"},
        {"status": "pending"},
        {"status": "private"},
        {"status": "future", "date": "2090-01-01T00:00:00"},
        {"password": "secret"},
    ],
    ids=lambda fields: next(iter(fields.values())),
)
def test_what_is_not_public_never_leaves_and_is_forgotten_when_it_becomes_so(
    answering: Shop, fields: dict[str, Any]
) -> None:
    title = f"Plans, {next(iter(fields.values()))}"
    number = save(answering, title=title, content="<p>Secret plans for the warehouse.</p>", **fields)
    assert title not in known(answering)
    public = {"status": "publish", "password": "", "date": "2020-01-01T00:00:00"}
    save(answering, number=number, **public)
    assert title in known(answering)
    save(answering, number=number, **fields)
    assert title not in known(answering)
    assert texts_of(answering, "secret plans for the warehouse") == ""


def test_what_members_alone_see_of_a_page_stays_on_the_site(answering: Shop) -> None:
    plugin = answering.site.content / "mu-plugins" / "members.php"
    plugin.write_text(
        "<?php add_shortcode( 'members', function ( $a, $text ) { return is_user_logged_in() ? $text : 'Log in.'; } );"
        "add_shortcode( 'broken', function () { if ( ! is_user_logged_in() ) { throw new Exception( 'broken' ); } } );"
    )
    try:
        number = save(answering, title="Club", content="[members]The club's door code is 4711.[/members]")
        assert texts_of(answering, "club door code") == "Log in."
        save(answering, number=number, content="[broken]")
        assert "Club" not in known(answering)
        delete(answering, number, force="true")
    finally:
        plugin.unlink()


def test_what_could_not_be_sent_is_sent_with_a_later_request_of_wp_admin(answering: Shop) -> None:
    site = answering.site
    code = "wp_set_current_user(1); wp_update_post(array('ID' => $id, 'post_title' => 'Sending back'));"
    number = int(site.php_eval("echo get_page_by_path('returns')->ID;"))
    down = "add_filter('pre_http_request', function () { return new WP_Error('http_request_failed', 'down'); });"
    site.php_eval(down + code, id=number)
    assert "Sending back" not in known(answering)
    assert site.option("escbridge_pages")["dirty"] == [number]
    site.php_eval("$s = get_option('escbridge_pages'); $s['tried'] = 0; update_option('escbridge_pages', $s);")
    with site.login() as owner:
        assert owner.get(f"{site.url}/wp-admin/", timeout=60).ok
    assert "Sending back" in eventually(lambda: "Sending back" in known(answering) and known(answering))
    assert site.option("escbridge_pages")["dirty"] == []
    save(answering, number=number, title="Returns")


def test_only_what_may_have_been_sent_is_noted_when_it_is_deleted(answering: Shop) -> None:
    """Not by somebody who may edit, whose request would send it at once."""
    deleted = """
        register_post_type( 'ticket', array( 'public' => false ) );
        foreach ( array( 'ticket', 'page' ) as $type ) {
            $post = array( 'post_type' => $type, 'post_title' => 'Passing', 'post_status' => 'publish' );
            $ids[] = wp_insert_post( $post );
            wp_delete_post( end( $ids ), true );
        }
        EscalationBridge\\Pages::note_changes();
        echo wp_json_encode( array( $ids[1], EscalationBridge\\Pages::state()['dirty'] ) );
        EscalationBridge\\Pages::sync_step();"""
    page, noted = json.loads(answering.site.php_eval(deleted))
    assert noted == [page]


def test_what_changed_while_the_plugin_was_away_comes_right_with_the_daily_comparison(answering: Shop) -> None:
    site = answering.site
    quietly = "remove_all_actions('shutdown');"
    page = {"post_type": "page", "post_title": "Brought in", "post_content": "By import.", "post_status": "publish"}
    number = int(site.php_eval(f"{quietly} echo wp_insert_post($page);", page=page))
    assert "Brought in" not in known(answering)
    done = site.wp_cli("escbridge", "knowledge", "--all")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Brought in" in known(answering)
    site.php_eval(f"{quietly} wp_delete_post($id, true);", id=number)
    assert "Brought in" in known(answering)
    site.php_eval("$s = get_option('escbridge_pages'); $s['compared'] = 0; update_option('escbridge_pages', $s);")
    assert site.wp_cli("escbridge", "knowledge").returncode == 0
    assert "Brought in" not in known(answering)


def test_a_text_that_was_changed_behind_wordpress_comes_right_with_the_daily_comparison(answering: Shop) -> None:
    site = answering.site
    number = save(answering, title="Warranty", content="<p>Two years of warranty.</p>")
    site.php_eval(
        """
        global $wpdb;
        $wpdb->update( $wpdb->posts, array( 'post_content' => 'Five years of warranty.' ), array( 'ID' => $id ) );
        update_option( 'escbridge_pages', array( 'compared' => time() - 90000 ) + get_option( 'escbridge_pages' ) );""",
        id=number,
    )
    assert texts_of(answering, "warranty") == "Two years of warranty."
    assert site.wp_cli("escbridge", "knowledge").returncode == 0
    assert texts_of(answering, "warranty") == "Five years of warranty."
    assert site.option("escbridge_pages")["dirty"] == []
    delete(answering, number, force="true")


ANOTHER_REQUEST = """
    global $wpdb;
    $wpdb->update( $wpdb->posts, array( 'post_content' => 'Now in green.' ), array( 'ID' => $changed ) );
    $row = $wpdb->get_var( "SELECT option_value FROM $wpdb->options WHERE option_name = 'escbridge_pages'" );
    $now = maybe_unserialize( $row );
    $now = array( 'dirty' => array_values( array_unique( array_merge( $now['dirty'], array( $changed ) ) ) ) ) + $now;
    $value = array( 'option_value' => serialize( $now ) );
    $wpdb->update( $wpdb->options, $value, array( 'option_name' => 'escbridge_pages' ) );"""


@pytest.mark.parametrize("itself", [True, False], ids=["itself", "another"])
def test_a_page_that_is_changed_while_one_is_being_sent_is_sent_too(answering: Shop, *, itself: bool) -> None:
    site = answering.site
    sent, other = (save(answering, title=title, content=f"<p>{title} in blue.</p>") for title in ("Kettle", "Ladle"))
    changed = sent if itself else other
    site.php_eval(
        f"""
        EscalationBridge\\Pages::mark_changed( $sent );
        add_filter( 'pre_http_request', function ( $answer ) use ( $changed ) {{ {ANOTHER_REQUEST} return $answer; }} );
        wp_set_current_user( 1 );""",
        sent=sent,
        changed=changed,
    )
    assert site.option("escbridge_pages")["dirty"] == [changed]
    assert site.wp_cli("escbridge", "knowledge").returncode == 0
    assert "Now in green." in texts_of(answering, "green")
    for number in (sent, other):
        delete(answering, number, force="true")


def test_the_switch_off_empties_the_sidecar_and_on_again_fills_it(answering: Shop) -> None:
    switch(answering, on=False)
    assert known(answering) == {}
    save(answering, title="Not for the sidecar", content="<p>Not for the sidecar.</p>")
    assert known(answering) == {}
    switch(answering, on=True)
    assert answering.site.wp_cli("escbridge", "knowledge").returncode == 0
    assert {"Shipping", "Not for the sidecar"} <= known(answering).keys()
    answering.site.php_eval("wp_set_current_user(1); wp_trash_post(get_page_by_path('not-for-the-sidecar')->ID);")
    assert "Not for the sidecar" not in known(answering)


def test_what_the_switch_off_could_not_take_back_is_taken_back_with_a_later_request_of_wp_admin(
    answering: Shop,
) -> None:
    site = answering.site
    down = "add_filter('pre_http_request', function () { return new WP_Error('http_request_failed', 'down'); });"
    off = "update_option('escbridge_settings', array('knowledge' => false) + EscalationBridge\\Settings::all());"
    site.php_eval(down + off)
    assert "Shipping" in known(answering)
    settings = f"{site.url}/wp-admin/options-general.php?page=escalation-bridge"
    with site.login() as owner:
        assert "it still has what was sent" in owner.get(settings, timeout=60).text
        site.php_eval("update_option('escbridge_pages', array('tried' => 0) + get_option('escbridge_pages'));")
        assert owner.get(f"{site.url}/wp-admin/", timeout=60).ok
        eventually(lambda: known(answering) == {})
        assert "it still has what was sent" not in owner.get(settings, timeout=60).text
    assert site.option("escbridge_pages") is None
    switch(answering, on=True)
    assert site.wp_cli("escbridge", "knowledge").returncode == 0
    assert "Shipping" in known(answering)


# -- what is refused ---------------------------------------------------------------------------------------------------


def summary(shop: Shop) -> str:
    """What the owner reads on the settings page."""
    with shop.site.login() as owner:
        page = owner.get(f"{shop.site.url}/wp-admin/options-general.php?page=escalation-bridge", timeout=60).text
    return html.unescape(page.partition('id="escbridge-pages-result"')[2].partition(">")[2].partition("</p>")[0])


@contextmanager
def odd_page(shop: Shop, code: str, number: int | str = "") -> Iterator[int]:
    """A page that another plugin makes odd: a new one, or that of this number, which is written anew."""
    plugin = shop.site.content / "mu-plugins" / "odd.php"
    plugin.write_text(
        f"<?php function is_odd( $post ) {{ return 'Odd page' === get_post( $post )->post_title; }} {code}"
    )
    number = save(shop, number=number, title="Odd page", content="<p>Odd words.</p>")
    try:
        yield number
    finally:
        plugin.unlink()
        delete(shop, number, force="true")


ADDRESSED = "add_filter( 'page_link', function ( $url, $id ) {{ return is_odd( $id ) ? '{}' : $url; }}, 10, 2 );"
TOO_LARGE = """add_filter( 'pre_http_request', function ( $answer, $sent ) {
    $odd = is_string( $sent['body'] ?? null ) && str_contains( $sent['body'], 'Odd page' );
    $proxys = array( 'response' => array( 'code' => 413, 'message' => '' ), 'headers' => array(), 'body' => '' );
    return $odd ? $proxys : $answer;
}, 10, 2 );"""
ODD = {
    "of another site": (ADDRESSED.format("https://elsewhere.example/odd/"), "expected an address on"),
    "without an address": (ADDRESSED.format("no address"), ""),
    "too large for a proxy in between": (TOO_LARGE, "HTTP 413"),
}


@pytest.mark.parametrize("name", ODD)
def test_the_owner_reads_which_page_the_sidecar_does_not_take_and_why_and_no_other_waits_for_it(
    answering: Shop, name: str
) -> None:
    code, cause = ODD[name]
    with odd_page(answering, code):
        told = summary(answering)
        assert "The sidecar does not take 1: Odd page (" in told
        assert cause in told
        assert "failed" not in told
        assert "Odd page" not in known(answering)
        other = save(answering, title="Even page", content="<p>Even words.</p>")
        assert "Even page" in known(answering)
        assert "Odd page (" in summary(answering)
        delete(answering, other, force="true")
    assert "does not take" not in summary(answering)


def test_a_page_that_was_known_and_is_refused_now_is_no_longer_answered_from(answering: Shop) -> None:
    number = save(answering, title="Odd page", content="<p>Cobalt glaze.</p>")
    assert "Odd page" in known(answering)
    with odd_page(answering, ODD["of another site"][0], number):
        assert "The sidecar does not take 1: Odd page (" in summary(answering)
        assert answering.site.wp_cli("escbridge", "knowledge").returncode == 0
        assert "Odd page" not in known(answering)
        assert {"Shipping"} <= known(answering).keys()
        assert "Odd page (" in summary(answering)
    assert "does not take" not in summary(answering)


def test_a_page_that_is_too_large_for_a_proxy_keeps_no_other_of_the_same_call_from_being_sent(answering: Shop) -> None:
    with odd_page(answering, TOO_LARGE):
        assert answering.site.wp_cli("escbridge", "knowledge", "--all").returncode == 0
        assert "The sidecar does not take 1: Odd page (" in summary(answering)
        assert "failed" not in summary(answering)
        assert "Shipping" in known(answering)


def test_a_page_that_is_too_long_is_known_by_what_fits(answering: Shop) -> None:
    number = save(answering, title="Long page", content=f"<p>{'Porcelain lasts. ' * 20_000}</p>")
    assert "Porcelain" in texts_of(answering, "porcelain")
    assert "does not take" not in summary(answering)
    delete(answering, number, force="true")


def test_markup_that_is_broken_costs_a_page_nothing_but_its_markup(answering: Shop) -> None:
    number = save(answering, title="Broken page", content="<div><p>Marble <b>tables</i><td><script>x()<p>are heavy.")
    assert "Marble tables" in texts_of(answering, "marble tables")
    delete(answering, number, force="true")


# -- a shop and several languages: lookalikes of ours, by the public names of the plugins ------------------------------


@contextmanager
def beside(shop: Shop, name: str) -> Iterator[None]:
    """A lookalike is active."""
    plugin = shop.site.content / "mu-plugins" / f"{name}.php"
    plugin.write_text((LOOKALIKES / name / f"{name}.php").read_text())
    shop.site.php_eval("flush_rewrite_rules();")
    try:
        yield
    finally:
        plugin.unlink()


def product(shop: Shop, post: dict[str, Any], **meta: str) -> int:
    code = "wp_set_current_user(1); echo lookalike_save($post, $meta);"
    return int(shop.site.php_eval(code, post=post, meta=meta))


TEAPOT = {"post_title": "Teapot Ming", "post_content": "<p>Holds one litre.</p>", "post_excerpt": "Made of porcelain."}


def test_a_product_is_known_with_its_price_stock_and_descriptions_as_the_shop_shows_them(answering: Shop) -> None:
    with beside(answering, "woo-shop"):
        number = product(answering, TEAPOT, _price="49,90", _stock="Out of stock")
        assert known(answering)["Teapot Ming"] == f"{answering.site.url}/product/teapot-ming/"
        text = texts_of(answering, "How much is the Ming teapot?")
        assert text.split("\n\n") == ["49,90 €", "Out of stock", "Made of porcelain.", "Holds one litre."]
        code = "wp_set_current_user(1); update_post_meta($id, '_stock', '3 in stock');"
        answering.site.php_eval(f"{code} do_action('woocommerce_product_set_stock_status', $id);", id=number)
        assert "3 in stock" in texts_of(answering, "teapot")
        product(answering, {"ID": number, **TEAPOT}, _price="39,90")
        assert "39,90" in texts_of(answering, "teapot")
        answering.site.php_eval("wp_set_current_user(1); wp_delete_post($id, true);", id=number)
        assert "Teapot Ming" not in known(answering)


def test_a_reduced_price_can_be_told_from_the_former_one(answering: Shop) -> None:
    with beside(answering, "woo-shop"):
        number = product(answering, TEAPOT, _price="49,90", _sale_price="39,90")
        assert known(answering)["Teapot Ming"]
        told = "49,90 € Original price was: 49,90. 39,90 € Current price is: 39,90."
        assert texts_of(answering, "teapot").split("\n\n")[0] == told
        answering.site.php_eval("wp_set_current_user(1); wp_delete_post($id, true);", id=number)


@pytest.mark.parametrize(("shop_alone", "left"), [("yes", True), ("no", False)])
def test_what_a_shop_that_is_coming_soon_hides_is_forgotten_until_it_opens(
    answering: Shop, shop_alone: str, left: bool
) -> None:
    def opens(coming_soon: str) -> None:
        code = "update_option('woocommerce_store_pages_only', $alone); update_option('woocommerce_coming_soon', $soon);"
        sent = "for ($i = 0; $i < 9 && EscalationBridge\\Pages::sync_step()['left']; $i++);"
        answering.site.php_eval(f"wp_set_current_user(1); {code} {sent}", alone=shop_alone, soon=coming_soon)

    with beside(answering, "woo-shop"):
        page = save(answering, title="Porcelain care", content="<p>By hand.</p>")
        number = product(answering, TEAPOT, _price="49,90")
        assert {"Teapot Ming", "Porcelain care"} <= known(answering).keys()
        opens("yes")
        soon = known(answering)
        assert "Teapot Ming" not in soon
        assert ("Porcelain care" in soon) == left
        opens("no")
        assert {"Teapot Ming", "Porcelain care"} <= known(answering).keys()
        answering.site.php_eval("wp_set_current_user(1); wp_delete_post($id, true);", id=number)
        delete(answering, page, force="true")


@pytest.mark.parametrize(
    "fields",
    [
        {"post_status": "draft"},
        {"post_status": "private"},
        {"post_password": "secret"},
        {"_visibility": "hidden"},
    ],
    ids=lambda fields: next(iter(fields.values())),
)
def test_a_product_that_not_everybody_sees_is_forgotten(answering: Shop, fields: dict[str, str]) -> None:
    with beside(answering, "woo-shop"):
        number = product(answering, TEAPOT, _price="49,90")
        assert "Teapot Ming" in known(answering)
        post = {key: value for key, value in fields.items() if key.startswith("post")}
        meta = {key: value for key, value in fields.items() if key.startswith("_")}
        product(answering, {"ID": number, **TEAPOT, **post}, **meta)
        assert "Teapot Ming" not in known(answering)
        answering.site.php_eval("wp_set_current_user(1); wp_delete_post($id, true);", id=number)


def test_pages_that_hold_what_belongs_to_one_visitor_stay_on_the_site(answering: Shop) -> None:
    with beside(answering, "woo-shop"):
        number = save(answering, title="Checkout", slug="checkout", content="<p>Your cart.</p>")
        assert "Checkout" not in known(answering)
        delete(answering, number, force="true")


@pytest.mark.parametrize("kind", ["polylang", "wpml"])
def test_each_page_has_the_language_that_a_plugin_for_languages_says_and_all_are_sent(
    answering: Shop, kind: str
) -> None:
    answering.site.set_option("lookalike_languages", kind)
    with beside(answering, "two-languages"):
        code = (
            "wp_set_current_user(1); echo wp_insert_post(array('meta_input' => array('_locale' => $locale)) + $post);"
        )
        numbers = [
            answering.site.php_eval(
                code,
                locale=locale,
                post={"post_type": "page", "post_status": "publish", "post_title": title, "post_content": title},
            )
            for locale, title in (("en_US", "Glazing"), ("de_DE", "Glasur"))
        ]
        assert answering.site.wp_cli("escbridge", "knowledge", "--all").returncode == 0
        found = json.loads(answering.sidecar.command("pages", "list", "--json"))["pages"]
        languages = {one["title"]: one["language"] for one in found if one["title"] in ("Glazing", "Glasur")}
        assert languages == {"Glazing": "en", "Glasur": "de"}
        for number in numbers:
            answering.site.php_eval("wp_set_current_user(1); wp_delete_post($id, true);", id=int(number))
    answering.site.set_option("lookalike_languages", "")


@pytest.mark.browser
def test_the_button_shows_how_far_the_pages_are_and_how_it_ended_and_why_it_did_not(
    answering: Shop, browser: Browser
) -> None:
    site, quietly = answering.site, "remove_all_actions('shutdown');"
    many = "foreach (range(1, 12) as $n) wp_insert_post(array('post_title' => \"Item $n\", 'post_content' => 'x', "
    site.php_eval(f"{quietly} {many} 'post_type' => 'page', 'post_status' => 'publish'));")
    owner = log_in(browser, site, "admin", "admin-pass")
    page = owner.new_page()
    page.goto(f"{site.url}/wp-admin/options-general.php?page=escalation-bridge")
    button, result = page.get_by_role("button", name="Send everything again"), page.locator("#escbridge-pages-result")
    page.evaluate(WHAT_IS_TOLD)
    button.click()
    expect(result).to_contain_text("are known, last sent on", timeout=60_000)
    expect(button).to_be_enabled()
    assert any("waiting to be sent" in text for text in page.evaluate("told")[:-1]), "no progress was shown"
    assert {f"Item {n}" for n in range(1, 13)} <= known(answering).keys()

    broken = site.content / "mu-plugins" / "broken.php"
    broken.write_text("<?php add_filter('pre_http_request', fn() => new WP_Error('http_request_failed', 'down'));")
    try:
        button.click()
        expect(result).to_contain_text("the last try failed (unreachable)", timeout=60_000)
        expect(button).to_be_enabled()
    finally:
        broken.unlink()
    page.route("**/escalation-bridge/v1/pages", lambda route: route.abort())
    button.click()
    expect(result).to_have_text("That did not work. Please try again in a few minutes.")
    expect(button).to_be_enabled()
    owner.close()
    assert site.wp_cli("escbridge", "knowledge").returncode == 0


# -- what a visitor reads ----------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_visitor_is_answered_from_three_pages_with_links_and_a_fourth_topic_is_handed_over(
    answering: Shop, browser: Browser
) -> None:
    context = browser.new_context()
    chat = open_chat(context, answering.site)
    asked = {
        "Is shipping free?": ("Shipping is free from 50 euros.", "shipping"),
        "Can I send an item back?": ("You can send back any item within 30 days.", "returns"),
        "When is your store open?": ("Our store is open from Monday to Friday, nine to five.", "opening-hours"),
    }
    for question, (answer, page) in asked.items():
        say(chat, question)
        last = chat.locator(".item.bot").last
        expect(last).to_contain_text(answer, timeout=30_000)
        link = last.get_by_role("link")
        expect(link).to_have_attribute("href", f"{answering.site.url}/{page}/")
    say(chat, "Do you repair espresso machines?")
    expect(chat.locator(".item.bot")).to_have_count(4, timeout=30_000)
    expect(chat.locator(".item.bot").last).to_contain_text("I do not know that.")
    assert chat.locator(".item.promise").count() == 0
    say(chat, "And who mends broken grinders?")
    expect(chat.locator(".item.promise")).to_be_visible(timeout=30_000)
    context.close()
