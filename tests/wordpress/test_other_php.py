"""The main job on the oldest and the newest PHP that the plugin declares, which no machine here has: WordPress
installs plugin and echo bot on it, and is served by it, beside a real sidecar and scheduler.

Everything else in this folder runs on such a PHP, too: `ESCBRIDGE_PHP=8.0 pytest tests/wordpress`.
"""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from installation import Installation, eventually
from loopback import direct_session
from machine import php_or_skip
from other_php import CHOSEN
from team import A_PERSON, newest_escalation
from test_kept import come_in_vain, write
from test_rest import OFFLINE, PROMISE, SETTINGS_PAGE, route_of, save_settings
from test_story import DELETE_AND_LOOK
from visiting import TUESDAY_MORNING
from visitor import Visitor, code_of, without_sidecar

pytestmark = [pytest.mark.wordpress, pytest.mark.slow]

VERSIONS = (CHOSEN,) if CHOSEN else ("7.4", "8.4")
DESK = "wp-admin/admin.php?page=escbridge-escalations"
PAGES = {
    "wp-admin/": "Open escalations",
    SETTINGS_PAGE: "Test the connection",
    DESK: "Nobody is waiting",
    "wp-admin/site-health.php": "site-health/answers",
    "wp-admin/site-health.php?tab=debug": "Escalation Bridge",
    "wp-admin/plugins.php": "Escalation Bridge",
    "wp-admin/privacy-policy-guide.php": "Escalation Bridge",
}
PROBE = """<?php
if ( isset( $_GET['probe'] ) ) {
    trigger_error( 'A deprecation of escalation-bridge', E_USER_DEPRECATED );
    exit( PHP_VERSION );
}"""

A_MINUTE_LATER = """
    DELETE FROM wp_options WHERE option_name LIKE '%escbridge_breaker';
    UPDATE wp_options SET option_value = '1' WHERE option_name = 'escbridge_waits';"""


@pytest.fixture(scope="module", params=VERSIONS)
def php(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def running(
    php: str, wp_core: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, requests.Session]]:
    """A shop whose owner has pasted the pairing code, and that owner."""
    folder = tmp_path_factory.mktemp("other-php")
    with Installation(wp_core, folder, php=php_or_skip(php), paired=False).running() as installed:
        site = installed.site
        installed.move_clock_to(TUESDAY_MORNING)
        with site.login() as owner:
            assert f"Site shop at {installed.sidecar.url}" in save_settings(
                site, owner, installed.pairing["pairing_code"]
            )
            yield installed, owner


@pytest.fixture
def shop(running: tuple[Installation, requests.Session]) -> Iterator[Installation]:
    yield running[0]
    assert running[0].site.debug_log("escalation-bridge") == []


@pytest.fixture
def owner(running: tuple[Installation, requests.Session]) -> requests.Session:
    return running[1]


@pytest.fixture
def visitor(shop: Installation) -> Iterator[Visitor]:
    with direct_session() as http:
        yield Visitor(shop.site, http)


def test_it_is_that_php_and_its_log_tells_what_is_wrong(php: str, shop: Installation) -> None:
    probe = shop.site.content / "mu-plugins" / "probe.php"
    probe.write_text(PROBE)
    with direct_session() as guest:
        assert guest.get(f"{shop.site.url}/?probe", timeout=30).text.startswith(f"{php}.")
    probe.unlink()
    (line,) = shop.site.debug_log("escalation-bridge")
    assert "PHP Deprecated:  A deprecation of escalation-bridge" in line
    (shop.site.content / "debug.log").unlink()


def test_the_owners_pages_and_checks_are_well(shop: Installation, owner: requests.Session) -> None:
    for path, text in PAGES.items():
        page = owner.get(f"{shop.site.url}/{path}", timeout=60)
        told = page.text.replace("\\/", "/")  # 7.1 leaves the slashes of JSON as they are
        assert (page.status_code, text in told) == (200, True), path
    assert owner.post(route_of(shop.site, "test"), json={}, timeout=30).json()["ok"] is True
    for name in ("answers", "alarms", "kept"):
        told = owner.get(route_of(shop.site, f"site-health/{name}"), timeout=30).json()
        assert told["status"] == "good", told


def test_a_visitor_is_answered_promised_a_person_and_answered_by_one(
    shop: Installation, owner: requests.Session, visitor: Visitor
) -> None:
    front = visitor.http.get(shop.site.url, timeout=30).text
    launcher = re.search(r"""src=["']([^"']+/launcher\.js[^"']*)""", front)  # 6.1 has the other quotes
    assert launcher
    assert visitor.http.get(launcher[1], timeout=30).ok
    assert visitor.begin(locale="en-US", timezone="America/New_York")["state"] == "open"
    assert visitor.says("Do you ship to Canada?").json()["reply"] == "You said: Do you ship to Canada?"
    promised = visitor.says(A_PERSON).json()
    assert promised["state"] == "escalated"
    assert PROMISE.fullmatch(promised["commitment"]["text"])
    later = visitor.says("Is anybody there?").json()
    assert (later["state"], "reply" in later) == ("escalated", False)
    with without_sidecar(shop):
        alone = visitor.says("Hello?").json()
    assert (alone["state"], alone["undelivered"], "reply" in alone) == ("escalated", True, False)
    assert promised["commitment"]["text"] in alone["notice"]

    one = newest_escalation(shop)["id"]
    desk = f"{shop.site.url}/{DESK}&escalation={one}"
    for op, said in (("claim", "claimed"), ("reply", "sent"), ("resolve", "resolved")):
        form = owner.get(desk, timeout=30).text
        nonce = re.search(rf'class="escbridge-form-{op}".*?name="_wpnonce" value="(\w+)"', form, re.DOTALL)
        assert nonce, op
        sent = {"action": "escbridge_act", "op": op, "escalation": one, "_wpnonce": nonce[1]}
        sent |= {"text": "Yes, I am: Maya.", "reply_id": str(uuid.uuid4())} if op == "reply" else {}
        done = owner.post(f"{shop.site.url}/wp-admin/admin-post.php", data=sent, timeout=60)
        assert f"escbridge_result=done-{op}" in done.url, said
    events = visitor.post(f"sessions/{visitor.id}/events", {"after": 0}).json()["events"]
    assert [event["text"] for event in events if event["kind"] == "agent"] == ["Yes, I am: Maya."]


def test_what_was_written_during_an_outage_is_handed_over_after_it(shop: Installation, visitor: Visitor) -> None:
    with without_sidecar(shop):
        come_in_vain(visitor)
        refused = visitor.says("Do you ship to Canada?")
        assert code_of(refused) == (503, "bridge_unavailable")
        assert refused.json()["message"].startswith(OFFLINE)
        write(visitor, A_PERSON)
    assert kept(shop) == 2
    shop.site.database.sql(A_MINUTE_LATER)
    visitor.http.get(shop.site.url, timeout=30)
    eventually(lambda: kept(shop) == 0)
    lines = newest_escalation(shop)["conversation"]
    assert [line["text"] for line in lines if line["who"] == "visitor"] == ["Do you ship to Canada?", A_PERSON]


def kept(shop: Installation) -> int:
    """How many messages wait in WordPress."""
    return int(shop.site.database.sql("SELECT COUNT(*) FROM wp_posts WHERE post_type = 'escbridge_kept';"))


def test_cron_runs_and_deleting_the_plugin_leaves_nothing_of_it(shop: Installation) -> None:
    with direct_session() as http:
        assert http.get(f"{shop.site.url}/wp-cron.php?doing_wp_cron", timeout=60).ok
    assert shop.site.php_eval(DELETE_AND_LOOK) == ""
