"""What only the newest WordPress has, or what may be different there: abilities, Site Health, our pages in wp-admin."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from loopback import direct_session
from machine import CHOSEN, VERSIONS, core_or_skip
from pairing import php_sees
from shop import Shop, running_shop

pytestmark = pytest.mark.wordpress

READ = "escalation-bridge/get-status", "escalation-bridge/get-escalation-stats"
LISTED = "<?php add_filter( 'escbridge_ability_listed', '__return_true' );"
PAGES = (
    "index.php",
    "admin.php?page=escbridge-escalations",
    "options-general.php?page=escalation-bridge",
    "site-health.php",
    "site-health.php?tab=debug",
    "plugins.php",
)


@pytest.fixture(scope="module")
def newest(require_wordpress: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if CHOSEN not in (None, "newest"):
        pytest.skip("another WordPress was chosen, and these are about the newest")
    with running_shop(core_or_skip(VERSIONS["newest"]), tmp_path_factory.mktemp("newest")) as shop:
        shop.site.snapshot()
        yield shop


@pytest.fixture
def shop(newest: Shop) -> Iterator[Shop]:
    yield newest
    assert newest.site.debug_log() == []
    newest.site.reset()


def ability(shop: Shop, name: str, user: int = 1) -> Any:
    """What somebody gets who calls an ability: its answer, or the code of the refusal."""
    code = """
        wp_set_current_user( $user );
        $got = wp_get_ability( $name )->execute();
        echo wp_json_encode( is_wp_error( $got ) ? $got->get_error_code() : $got );"""
    return json.loads(shop.site.php_eval(code, name=name, user=user))


def test_abilities_tell_the_state_and_the_numbers(shop: Shop) -> None:
    shop.site.php_eval("escbridge_turn( 'a-conversation-of-mine', 'visitor', 'I want to talk to a human' );")
    state, numbers = (ability(shop, name) for name in READ)
    assert state == {
        "connected": True, "answers": True, "cause": "", "scheduler": True, "waiting": "1", "look_at": ""
    }  # fmt: skip
    assert (numbers["conversations"], numbers["escalated"], numbers["rate"]) == (1, 1, 1)
    assert (numbers["band"], numbers["pending"]) == ("too_few", 1)


def test_abilities_only_read_and_are_for_the_team(shop: Shop) -> None:
    editor = shop.site.add_user("eve", "eve-pass", role="editor")
    ours = "echo wp_json_encode( array_values( array_filter( array_keys( wp_get_abilities() ), $is_ours ) ) );"
    listed = f"$is_ours = fn( $name ) => str_starts_with( $name, 'escalation-bridge/' ); {ours}"
    assert sorted(json.loads(shop.site.php_eval(listed))) == sorted(READ)
    for name in READ:
        meta = json.loads(shop.site.php_eval("echo wp_json_encode( wp_get_ability( $name )->get_meta() );", name=name))
        assert meta["annotations"] == {"readonly": True, "destructive": False, "idempotent": True}
        assert [ability(shop, name, user) for user in (0, editor)] == ["ability_invalid_permissions"] * 2


def test_abilities_tell_why_they_cannot_when_nothing_answers(shop: Shop) -> None:
    with php_sees(shop.site, ESCBRIDGE_PAIRING=None):
        state = ability(shop, READ[0])
        assert (state["connected"], state["answers"], state["look_at"]) == (False, False, "No pairing code is set.")
        assert ability(shop, READ[1]) == "escbridge_unavailable"


def test_the_rest_api_lists_an_ability_only_where_the_owner_says_so(shop: Shop) -> None:
    run = shop.site.rest(f"wp-abilities/v1/abilities/{READ[0]}/run")
    listed = shop.site.content / "mu-plugins" / "listed.php"
    with direct_session() as guest, shop.site.login() as owner:
        assert owner.get(run, timeout=30).status_code == requests.codes.not_found
        listed.write_text(LISTED)
        try:
            assert owner.get(run, timeout=30).json()["answers"] is True
            assert guest.get(run, timeout=30).status_code == requests.codes.unauthorized
        finally:
            listed.unlink()


def test_site_health_and_our_pages_work_on_the_newest_wordpress(shop: Shop) -> None:
    with shop.site.login() as owner:
        for name in ("answers", "alarms", "guests"):
            answer = owner.get(shop.site.rest(f"escalation-bridge/v1/site-health/{name}"), timeout=30)
            assert answer.json()["status"] == "good", answer.text
        for page in PAGES:
            answer = owner.get(f"{shop.site.url}/wp-admin/{page}", timeout=60)
            assert answer.status_code == requests.codes.ok, page
            assert "Escalation" in answer.text, page


def test_the_weekly_check_of_site_health_counts_our_tests(shop: Shop) -> None:
    run = """
        require_once ABSPATH . 'wp-admin/includes/class-wp-site-health.php';
        $tests = array_keys( WP_Site_Health::get_tests()['async'] );
        $ours  = array_filter( $tests, fn( $name ) => str_starts_with( $name, 'escbridge_' ) );
        WP_Site_Health::get_instance()->wp_cron_scheduled_check();
        $result = json_decode( get_transient( 'health-check-site-status-result' ) );
        echo wp_json_encode( array( count( $ours ), $result ) );"""
    number, counted = json.loads(shop.site.php_eval(run))
    assert number == 5
    assert counted["good"] >= 3
