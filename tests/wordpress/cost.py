"""`make cost`: what the plugin costs a site. The same pages and calls with it and without it, in turn, on a real site.

    make cost COST="[--pairs N] [--version 6.1|6.8|newest]"

Bytes are as a web server sends them, compressed. A request that carries `X-Without` is answered as if the plugin were
not activated, so each pair differs by nothing else. Times are medians of the differences within the pairs, with the
middle half of these beside them: they belong to this machine, and want a quiet one. Of PHP the processor's time is
told, and apart from it what a turn waits for the sidecar. Writes build/cost.json.
"""

import argparse
import gzip
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import requests
from loopback import direct_session
from machine import USUAL, VERSIONS, chromium, chromium_args
from playwright.sync_api import Page, sync_playwright
from shop import Shop, running_shop
from wordpress_core import wordpress_core
from wordpress_site import PLUGINS, Site

ASSETS = PLUGINS / "escalation-bridge" / "assets"
OUTPUT = Path(__file__).parents[2] / "build" / "cost.json"
INSTALL_SYSTEM = Path(__file__).parents[1] / "install_system.sh"
WITHOUT = {"X-Without": "1"}
UNCOUNTED = 3
"""Pairs at the beginning, which fill the caches."""
PROBE = """<?php
// Without the plugin where the request says so. What PHP computes and how long it waits for the sidecar is noted.
if ( isset( $_SERVER['HTTP_X_WITHOUT'] ) ) {
    $others = fn( $active ) => preg_grep( '#^escalation-bridge/#', $active, PREG_GREP_INVERT );
    add_filter( 'option_active_plugins', $others );
}
function cost_computed() {
    $used = getrusage();
    return 1000 * ( $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec'] )
        + ( $used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec'] ) / 1000;
}
$cost_before  = cost_computed();
$cost_outside = 0.0;
$cost_began   = 0.0;
add_filter( 'http_request_args', function ( $args ) { $GLOBALS['cost_began'] = microtime( true ); return $args; }, 99 );
add_action( 'http_api_debug', function () { $GLOBALS['cost_outside'] += microtime( true ) - $GLOBALS['cost_began']; } );
add_filter( 'escbridge_limits', fn( $limits ) => array_map( fn( $limit ) => array( 1000000, $limit[1] ), $limits ) );
register_shutdown_function( function () {
    $times = array( cost_computed() - $GLOBALS['cost_before'], 1000 * $GLOBALS['cost_outside'] );
    file_put_contents( WP_CONTENT_DIR . '/cost.jsonl', json_encode( $times ) . "\\n", FILE_APPEND );
} );
"""
LOADED = """() => {
    const n = performance.getEntriesByType('navigation')[0];
    return [n.domContentLoadedEventEnd - n.responseEnd, n.loadEventEnd];
}"""


def in_pairs(pairs: int, look: Callable[[bool], float]) -> list[float]:
    """Differences, with the plugin less without; which of the two goes first changes from pair to pair."""
    differences = []
    for n in range(UNCOUNTED + pairs):
        order = (False, True) if n % 2 else (True, False)
        seen = {plugin: look(plugin) for plugin in order}
        differences.append(seen[True] - seen[False])
    return differences[UNCOUNTED:]


def told(values: Sequence[float]) -> dict[str, float]:
    low, _, high = quantiles(values, n=4)
    return {"median": round(median(values), 2), "from": round(low, 2), "to": round(high, 2)}


def gz(data: bytes) -> int:
    return len(gzip.compress(data, 9, mtime=0))


# -- bytes and requests ------------------------------------------------------------------------------------------------


def weights(site: Site) -> dict[str, int]:
    """Bytes, compressed: of each file, and what a page's own HTML grows by."""
    with direct_session() as guest:
        page = {
            plugin: guest.get(site.url, headers={} if plugin else WITHOUT, timeout=60).content
            for plugin in (True, False)
        }
    files = {name: gz((ASSETS / name).read_bytes()) for name in ("launcher.js", "chat.js", "chat.css")}
    return {"html": gz(page[True]) - gz(page[False]), **files}


def requests_of(page: Page, url: str, *, open_chat: bool) -> list[str]:
    """Paths of ours that a page asks for, up to when the chat is open."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url, wait_until="networkidle")
    if open_chat:
        with page.expect_response("**/escalation-bridge/v1/sessions"):
            page.click("button.launcher")
        page.wait_for_load_state("networkidle")
    return [one.removeprefix(url).partition("?")[0] for one in asked if "escalation-bridge" in one]


# -- time --------------------------------------------------------------------------------------------------------------


def in_the_browser(page: Page, url: str, plugin: bool, which: int) -> float:
    """Milliseconds of a view of the front page: `which` of LOADED."""
    page.set_extra_http_headers({} if plugin else WITHOUT)
    page.goto(url, wait_until="load")
    page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    return float(page.evaluate(LOADED)[which])


class Php:
    """What the last request took of PHP, read from the probe's file."""

    def __init__(self, site: Site) -> None:
        self._file = site.content / "cost.jsonl"

    def after(self, answer: requests.Response) -> tuple[float, float]:
        """Milliseconds: computed, and waited for the sidecar."""
        assert answer.ok, answer.text[:500]
        computed, waited = json.loads(self._file.read_text().splitlines()[-1])
        self._file.unlink()
        return computed, waited


def of_a_page(site: Site, guest: requests.Session, php: Php, plugin: bool) -> float:
    return php.after(guest.get(site.url, headers={} if plugin else WITHOUT, timeout=60))[0]


def first_message(site: Site, guest: requests.Session, php: Php) -> requests.Response:
    """Of a conversation of its own, for whoever repeats a question is soon handed over."""
    sessions = site.rest("escalation-bridge/v1/sessions")
    begun = guest.post(sessions, json={}, timeout=60)
    php.after(begun)
    message = {"client_turn_id": str(uuid.uuid4()), "message": "Do you ship to Canada?"}
    token = {"X-Escbridge-Token": begun.json()["token"]}
    return guest.post(f"{sessions}/{begun.json()['session_id']}/turns", json=message, headers=token, timeout=60)


def of_turns(site: Site, guest: requests.Session, php: Php, pairs: int) -> dict[str, Any]:
    """A message that the bot answers, beside the bare REST answer of a WordPress without the plugin."""
    waits = []

    def look(plugin: bool) -> float:
        if not plugin:
            return php.after(guest.get(site.rest(""), params={"_fields": "name"}, headers=WITHOUT, timeout=60))[0]
        computed, waited = php.after(first_message(site, guest, php))
        waits.append(waited)
        return computed

    return {"computed": told(in_pairs(pairs, look)), "waited": told(waits[UNCOUNTED:])}


# -- together ----------------------------------------------------------------------------------------------------------


@contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=list(chromium_args))
        yield running.new_context(viewport={"width": 1280, "height": 800}).new_page()
        running.close()


def measure(shop: Shop, pairs: int) -> dict[str, Any]:
    site = shop.site
    (site.content / "mu-plugins" / "cost.php").write_text(PROBE)
    php = Php(site)
    with direct_session() as guest, browser_page() as page:
        guest.headers["Origin"] = site.url
        found: dict[str, Any] = {"wordpress": site.version, "pairs": pairs, "bytes": weights(site)}
        found["requests"] = {
            "page": requests_of(page, site.url, open_chat=False),
            "until_open": requests_of(page, site.url, open_chat=True),
        }
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        found["browser_ms"] = {
            "dom_ready": told(in_pairs(pairs, lambda plugin: in_the_browser(page, site.url, plugin, 0))),
            "loaded": told(in_pairs(pairs, lambda plugin: in_the_browser(page, site.url, plugin, 1))),
        }
        site.php_eval("")
        (site.content / "cost.jsonl").unlink(missing_ok=True)
        found["php_page_ms"] = told(in_pairs(pairs, lambda plugin: of_a_page(site, guest, php, plugin)))
        found["php_turn_ms"] = of_turns(site, guest, php, pairs)
    return found


def shown(found: dict[str, Any]) -> Iterator[str]:
    size, asked, turn = found["bytes"], found["requests"], found["php_turn_ms"]
    launcher, html, script, styles = (size[name] for name in ("launcher.js", "html", "chat.js", "chat.css"))
    yield f"WordPress {found['wordpress']}, {found['pairs']} pairs"
    yield f"a page           {launcher + html:>9} bytes: launcher {launcher}, HTML {html}"
    yield f"the opened chat  {script + styles:>9} bytes more: script {script}, styles {styles}"
    yield f"requests         {len(asked['page']):>9} on a page, {len(asked['until_open'])} with the chat opened"
    for name, times in (
        ("DOM ready, browser", found["browser_ms"]["dom_ready"]),
        ("loaded, browser", found["browser_ms"]["loaded"]),
        ("a page, PHP", found["php_page_ms"]),
        ("a turn, PHP", turn["computed"]),
        ("a turn, two calls", turn["waited"]),
    ):
        yield f"{name:<19} {times['median']:>+7.2f} ms   ({times['from']:+.2f} to {times['to']:+.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="What the plugin costs a site.")
    parser.add_argument("--pairs", type=int, default=60, help="how many of each")
    parser.add_argument("--version", choices=VERSIONS, default=USUAL, help="of WordPress")
    options = parser.parse_args()
    subprocess.run([INSTALL_SYSTEM], check=False)
    with (
        TemporaryDirectory(prefix="escb-cost-", dir="/tmp") as folder,
        running_shop(wordpress_core(VERSIONS[options.version]), Path(folder)) as shop,
    ):
        found = measure(shop, options.pairs)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(found, indent=2) + "\n")
    sys.stdout.write("\n".join(shown(found)) + "\n")


if __name__ == "__main__":
    main()
