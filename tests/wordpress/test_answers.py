"""A site that answers from its own pages: what it publishes becomes known, nothing else does, and visitors read it.

The sidecar's responder asks a model's server of ours that knows nothing but what it is given.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from installation import eventually
from playwright.sync_api import Browser, expect
from shop import Shop, running_shop
from support.reading_model import reading_model
from visiting import log_in, open_chat, say

pytestmark = pytest.mark.wordpress

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
