"""Fixtures for tests against a real WordPress; where one cannot run, they skip with the reason (or fail, when
ESCBRIDGE_REQUIRE_WORDPRESS=1 says that this machine must be able to)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation
from machine import cannot, chromium, chromium_args, core_or_skip, php_or_skip, suite
from other_php import CHOSEN as CHOSEN_PHP
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright
from shop import Shop, running_shop
from team import clear_the_desk
from visiting import TUESDAY_MORNING, log_in
from wordpress_site import ECHO_BOT, Site, build_plugin_zip, missing_for_wordpress

PATIENCE_MS = 15_000
"""How long a page may take to show what is expected of it, on a machine that is busy with other tests."""


@pytest.fixture(scope="session")
def require_wordpress() -> None:
    if missing := missing_for_wordpress():
        cannot(f"no WordPress here, missing: {', '.join(missing)} (tests/install_system.sh installs them)")
    if CHOSEN_PHP:
        php_or_skip(CHOSEN_PHP)


@pytest.fixture(scope="session")
def wp_core(require_wordpress: None) -> Path:
    """The core that most tests use; ESCBRIDGE_WORDPRESS=6.1|6.8|newest chooses it for the whole folder."""
    return core_or_skip(suite())


@pytest.fixture(scope="session")
def plugin_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_plugin_zip(tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="session")
def wordpress(wp_core: Path, plugin_zip: Path) -> Iterator[Site]:
    """One site for the whole run, with the plugin and the echo bot; not connected to any sidecar. Use `site`."""
    with Site(wp_core, plugins=[plugin_zip, ECHO_BOT]).running() as site:
        site.snapshot()
        yield site


@pytest.fixture
def site(wordpress: Site) -> Iterator[Site]:
    """The site of the run, as new after each test."""
    yield wordpress
    wordpress.reset()


@pytest.fixture(scope="session")
def shop(wp_core: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One whole installation for the run: the site is paired with a running sidecar, mail is caught in `shop.mail`."""
    with running_shop(wp_core, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="module")
def kept(wp_core: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for a module, on a Tuesday morning in New York, each process of it apart. Use `installed`."""
    with Installation(wp_core, tmp_path_factory.mktemp("installation")).running() as installed:
        installed.move_clock_to(TUESDAY_MORNING)
        installed.site.snapshot()
        yield installed


@pytest.fixture
def installed(kept: Installation) -> Iterator[Installation]:
    """The installation with WordPress as new: no limit has been counted, no lock is remembered."""
    yield kept
    assert kept.site.debug_log("escalation-bridge") == []
    kept.site.reset()


@pytest.fixture
def owner(installed: Installation, browser: Browser) -> Iterator[BrowserContext]:
    """An administrator who is logged in, in a browser; nobody waits afterwards, and it is Tuesday morning again."""
    context = log_in(browser, installed.site, "admin", "admin-pass")
    yield context
    context.close()
    installed.move_clock_to(TUESDAY_MORNING)
    clear_the_desk(installed)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=program, args=list(chromium_args))
        except Error as error:
            cannot(f"{program} does not start: {error}")
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, logged out."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()
