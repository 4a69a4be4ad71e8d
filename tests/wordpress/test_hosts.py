"""The plugin where hosts, other plugins and owners do what is not foreseen: a REST API under another
name, a slow proxy, an object cache that forgets."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from installation import Installation, eventually
from loopback import direct_session
from playwright.sync_api import Browser, Page, Route, expect
from team import A_PERSON, clear_the_desk, lines_of, newest_escalation
from test_owner import test_of
from visiting import log_in, open_chat, say, unfold
from visitor import Visitor, without_sidecar
from wordpress_site import Site

pytestmark = [pytest.mark.wordpress, pytest.mark.browser]

OBJECT_CACHE = (Path(__file__).parent / "php" / "object_cache.php").read_text()
A_MINUTE_LATER = "UPDATE wp_options SET option_value = '1' WHERE option_name = 'escbridge_waits';"


@contextmanager
def owned(site: Site, name: str, code: str) -> Iterator[None]:
    """A few lines of the owner's or the host's, below wp-content."""
    file = site.content / name
    file.write_text(code if code.startswith("<?php") else f"<?php {code}")
    try:
        yield
    finally:
        file.unlink()


RENAMED = "add_filter( 'rest_url_prefix', fn() => 'data' );"
PERMALINKS = """
    $GLOBALS['wp_rewrite']->init();
    $GLOBALS['wp_rewrite']->set_permalink_structure( $structure );
    flush_rewrite_rules( false );"""


@pytest.mark.parametrize(
    ("code", "structure"), [(RENAMED, "/%postname%/"), ("", ""), (RENAMED, "/index.php/%postname%/")]
)
def test_the_chat_works_wherever_the_rest_api_is(
    installed: Installation, page: Page, code: str, structure: str
) -> None:
    site = installed.site
    with owned(site, "mu-plugins/renamed.php", code):
        site.php_eval(PERMALINKS, structure=structure)
        page.goto(site.url)
        unfold(page)
        say(page, "hats")
        expect(lines_of(page, "bot").last).to_contain_text("You said: hats")
        assert test_of(site, "guests")["status"] == "good"
    site.php_eval(PERMALINKS, structure="/%postname%/")


def test_a_proxy_that_takes_half_a_minute_for_each_answer_loses_nothing(installed: Installation, page: Page) -> None:
    page.clock.install()
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.route("**/escalation-bridge/v1/**", hold)
    page.goto(installed.site.url)
    unfold(page)
    say(page, "hats")
    for _ in range(2):  # the beginning, and the message
        eventually(lambda: page.wait_for_timeout(50) or late)
        page.clock.fast_forward(30_000)
        page.wait_for_timeout(300)
        late.pop(0).continue_()
    expect(lines_of(page, "bot").last).to_contain_text("You said: hats")
    assert late == []


@pytest.mark.parametrize("how", ["forgets", "never lets go of what is over"])
def test_an_object_cache_that_is_no_good_loses_no_message_and_no_lock(installed: Installation, how: str) -> None:
    """What has to last is in the database and in the sidecar: the cache holds what can be found out again."""
    site = installed.site
    mark, file = site.content / "cache-forgets", site.content / "cache.bin"
    if how == "forgets":
        mark.write_text("")
    try:
        with owned(site, "object-cache.php", OBJECT_CACHE), direct_session() as http:
            visitor = Visitor(site, http)
            visitor.begin()
            assert visitor.says("hats").json()["reply"] == "You said: hats"
            turn = str(uuid.uuid4())
            once, twice = visitor.says("boots", turn), visitor.says("boots", turn)
            assert once.json()["reply"] == twice.json()["reply"]
            assert visitor.says(A_PERSON).json()["state"] == "escalated"
            with without_sidecar(installed):
                assert ["reply" in visitor.says(word).json() for word in ("lamps", "tea")] == [False, False]
            site.database.sql(A_MINUTE_LATER)
            assert "reply" not in visitor.says("maps").json()
    finally:
        for left in (mark, file):
            left.unlink(missing_ok=True)
    spoken = [line["text"] for line in newest_escalation(installed)["conversation"] if line["who"] == "visitor"]
    clear_the_desk(installed)
    assert spoken == ["hats", "boots", A_PERSON, "lamps", "tea", "maps"]


WORKER = """
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (e) => {
    if (e.request.method === 'GET') {
        e.respondWith(caches.open('all').then(async (cache) => {
            const kept = await cache.match(e.request);
            const answer = kept || await fetch(e.request);
            kept || cache.put(e.request, answer.clone());
            return answer;
        }));
    }
});"""


def test_a_service_worker_that_keeps_pages_and_scripts_for_ever_keeps_nobody_from_the_team(
    installed: Installation, browser: Browser
) -> None:
    """Also somebody whose page, with its nonce, is from a log-in that has ended since."""
    site = installed.site
    worker = site.root / "worker.js"
    worker.write_text(WORKER)
    context = log_in(browser, site, "admin", "admin-pass")
    try:
        chat = context.new_page()
        chat.goto(site.url)
        chat.evaluate("navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)")
        for word in ("hats", "boots"):
            chat.goto(site.url)
            if word == "hats":
                unfold(chat)
            say(chat, word)
            expect(lines_of(chat, "bot").last).to_contain_text(f"You said: {word}")
        context.clear_cookies()
        chat.goto(site.url)
        say(chat, "lamps")
        expect(lines_of(chat, "bot").last).to_contain_text("You said: lamps")
    finally:
        context.close()
        worker.unlink()


TWO_FACTORS = """
add_filter( 'rest_authentication_errors', function ( $error ) {
    $half = is_user_logged_in() && ! is_file( WP_CONTENT_DIR . '/second-factor' );
    return $half ? new WP_Error( 'second_factor', 'Confirm that it is you.', array( 'status' => STATUS ) ) : $error;
}, 200 );"""


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_half_logged_in_can_send_once_the_second_factor_is_there(
    installed: Installation, browser: Browser, status: int
) -> None:
    site = installed.site
    second = site.content / "second-factor"
    context = log_in(browser, site, "admin", "admin-pass")
    try:
        with owned(site, "mu-plugins/two-factors.php", TWO_FACTORS.replace("STATUS", str(status))):
            chat = open_chat(context, site)
            say(chat, "hats")
            expect(lines_of(chat, "me").last).to_contain_text("Not delivered yet.")
            assert chat.get_by_text("Confirm that it is you").count() == 0
            second.write_text("")
            chat.get_by_role("button", name="Try again").click()
            expect(lines_of(chat, "bot").last).to_contain_text("You said: hats")
    finally:
        second.unlink(missing_ok=True)
        context.close()
