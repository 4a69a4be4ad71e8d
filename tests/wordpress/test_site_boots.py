"""The harness itself: a WordPress of each supported age installs, takes a plugin's zip, logs in, mails and forgets."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import direct_session
from machine import core_or_skip, suites
from mailcatcher import MailCatcher
from playwright.sync_api import Page
from visiting import sign_in
from wordpress_site import Site, SiteError

pytestmark = pytest.mark.wordpress

ADMIN_PAGES = ("", "plugins.php", "options-general.php", "site-health.php", "update-core.php", "users.php")
PROBE = """<?php
/**
 * Plugin Name: Harness probe
 */
add_action('rest_api_init', function () {
    register_rest_route('harness-probe/v1', '/seen', array(
        'permission_callback' => '__return_true',
        'callback' => fn() => array('user' => wp_get_current_user()->user_login, 'env' => getenv('ESCBRIDGE_PROBE')),
    ));
});
"""


@pytest.fixture(scope="module", params=suites())
def booted(
    request: pytest.FixtureRequest, require_wordpress: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site of each core with a plugin of this test's own, so that a fault here is the harness' fault."""
    core = core_or_skip(request.param)
    plugin = tmp_path_factory.mktemp("plugins") / "harness-probe"
    plugin.mkdir()
    (plugin / "harness-probe.php").write_text(PROBE)
    with Site(core, plugins=[plugin], env={"ESCBRIDGE_PROBE": "from the test"}).running() as site:
        site.snapshot()
        yield site


@pytest.fixture
def bare(booted: Site) -> Iterator[Site]:
    yield booted
    booted.reset()


def test_the_front_page_and_pretty_permalinks_answer(bare: Site) -> None:
    with direct_session() as visitor:
        assert "Demo shop" in visitor.get(f"{bare.url}/").text
        assert visitor.get(f"{bare.url}/hello-world/").status_code == 200
        assert visitor.get(f"{bare.url}/no-such-page/").status_code == 404


def test_configuration_and_logs_are_not_served(bare: Site) -> None:
    with direct_session() as visitor:
        for path in ("wp-config.php", "wp-content/debug.log", "wp-content/mail.jsonl"):
            assert visitor.get(f"{bare.url}/{path}").status_code == 403


def test_a_plugin_arrives_by_the_upgrader_and_sees_the_environment_and_the_user(bare: Site) -> None:
    probe = bare.rest("harness-probe/v1/seen")
    with direct_session() as guest, bare.login() as admin:
        assert guest.get(probe).json() == {"user": False, "env": "from the test"}
        assert admin.get(probe).json()["user"] == "admin"


def test_admin_pages_work_and_leave_the_debug_log_empty(bare: Site) -> None:
    with bare.login() as admin:
        assert [admin.get(f"{bare.url}/wp-admin/{name}").status_code for name in ADMIN_PAGES] == [200] * len(
            ADMIN_PAGES
        )
    bare.cron()
    old_core = bare.version.startswith("6.1.")  # logs its own deprecations of PHP 8.2
    assert bare.debug_log(only="harness-probe" if old_core else "") == []


def test_reset_takes_back_users_options_and_mail(bare: Site) -> None:
    assert bare.add_user("anna", "anna-pass") > 1
    bare.set_option("harness", {"quote": 'it\'s "ü"'})
    assert bare.option("harness") == {"quote": 'it\'s "ü"'}
    bare.php_eval("wp_mail($to, 'Hello', 'body');", to="anna@example.test")
    assert [mail["to"] for mail in bare.mails()] == ["anna@example.test"]
    bare.reset()
    assert bare.mails() == []
    assert bare.option("harness") is None
    with pytest.raises(SiteError, match="anna cannot log in"):
        bare.login("anna", "anna-pass")


def test_php_errors_come_back_by_name(bare: Site) -> None:
    with pytest.raises(SiteError, match="no_such_function"):
        bare.php_eval("no_such_function();")


def test_mail_can_go_through_a_real_smtp_server(bare: Site, tmp_path: Path) -> None:
    with MailCatcher(tmp_path / "mail.jsonl").running() as catcher:
        bare.env["ESCBRIDGE_TEST_SMTP"] = catcher.address
        bare.php_eval("wp_mail('anna@example.test', 'Grüße', 'Before 4:00 PM.');")
        del bare.env["ESCBRIDGE_TEST_SMTP"]
        (mail,) = catcher.mails()
    assert (mail.subject, mail.text.strip(), mail.recipients) == ("Grüße", "Before 4:00 PM.", ("anna@example.test",))
    assert bare.mails() == []


def test_nothing_is_left_of_a_stopped_site(wp_core: Path) -> None:
    other = Site(wp_core)
    with other.running():
        assert other.folder.exists()
    assert not other.folder.exists()
    mine = re.compile(re.escape(str(other.folder)).encode())
    deadline = time.monotonic() + 5
    while (left := _processes_naming(mine)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


@pytest.mark.browser
def test_a_browser_logs_in(bare: Site, page: Page) -> None:
    sign_in(page, bare, "admin", "admin-pass")
    assert "Dashboard" in page.title()


def _processes_naming(text: re.Pattern[bytes]) -> list[str]:
    commands = Path("/proc").glob("[0-9]*/cmdline")
    return [str(path) for path in commands if text.search(_read(path))]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""
