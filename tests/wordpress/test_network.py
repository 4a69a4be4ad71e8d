"""A network (multisite): each site is paired, set up and spoken for by itself; a real one beside a real sidecar."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from loopback import direct_session
from mailcatcher import MailCatcher
from network_site import PLUGIN, Network
from pairing import php_sees, served_with
from sidecar import Sidecar
from support.sidecar import Caller, Team, over_http
from team import A_PERSON
from test_rest import Visitor, code_of
from wordpress_site import ECHO_BOT

pytestmark = pytest.mark.wordpress

MAIN, BOOKS, TOYS = "", "books", "toys"


@dataclass(frozen=True, slots=True)
class Shops:
    """A network of three shops, two of which have a pairing code of their own; none is paired yet."""

    network: Network
    sidecar: Sidecar
    ids: dict[str, int]
    pairings: dict[str, dict[str, Any]]

    def pair(self, shop: str, code: str = "") -> str:
        given = code or self.pairings[shop]["pairing_code"]
        return self.network.on(self.ids[shop], "echo EscalationBridge\\Settings::pair( $given );", given=given)

    def team(self, shop: str) -> Team:
        known = self.pairings[shop]
        return Team(Caller(over_http(self.sidecar.url), known["admin_secret"], known["site"]))


@pytest.fixture(scope="module")
def kept_shops(wp_core: Path, plugin_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    folder = tmp_path_factory.mktemp("network")
    with MailCatcher(folder / "mail.jsonl").running() as mail:
        sidecar = Sidecar(folder, smtp=mail.address)
        with Network(wp_core, plugins=[plugin_zip, ECHO_BOT]).running() as network:
            ids = {MAIN: 1, **{name: network.add_site(name) for name in (BOOKS, TOYS)}}
            pairings = {
                name: sidecar.add_site(name or "main", network.url_of(name) if name else network.url)
                for name in (MAIN, BOOKS)
            }
            with sidecar.running():
                network.snapshot()
                yield Shops(network, sidecar, ids, pairings)


@pytest.fixture
def shops(kept_shops: Shops) -> Iterator[Shops]:
    yield kept_shops
    assert kept_shops.network.debug_log("escalation-bridge") == []
    kept_shops.network.reset()


class AtShop(Visitor):
    """A visitor of one shop of the network."""

    shop = MAIN

    def post(self, route: str, body: Any = None, **headers: str | None) -> Any:
        known = {"Origin": self.site.url, "Content-Type": "application/json", **self.headers, **headers}
        url = f"{self.site.url}/{self.shop}".rstrip("/") + f"/wp-json/escalation-bridge/v1/{route}"
        return self.http.post(url, data=json.dumps(body or {}).encode(), headers=known, timeout=30)


def visitor_of(shops: Shops, shop: str, http: Any) -> AtShop:
    visitor = AtShop(shops.network, http)
    visitor.shop = shop
    return visitor


def shows_the_chat(shops: Shops, shop: str) -> bool:
    with direct_session() as guest:
        return "escbridge-config" in guest.get(shops.network.url_of(shop) + "/", timeout=30).text


# Pairing


def test_a_new_site_of_the_network_has_the_plugin_and_no_key(shops: Shops) -> None:
    assert shops.pair(MAIN) == ""
    state = """
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        $active = is_plugin_active_for_network( $plugin );
        echo wp_json_encode( array( $active, EscalationBridge\\Settings::pairing() ) );"""
    assert json.loads(shops.network.on(shops.ids[TOYS], state, plugin=PLUGIN)) == [True, None]
    assert [shows_the_chat(shops, shop) for shop in (MAIN, BOOKS, TOYS)] == [True, False, False]


def test_each_shop_speaks_with_its_own_key(shops: Shops) -> None:
    assert [shops.pair(shop) for shop in (MAIN, BOOKS)] == ["", ""]
    for shop in (MAIN, BOOKS):
        with direct_session() as http:
            visitor = visitor_of(shops, shop, http)
            visitor.begin()
            assert visitor.says(A_PERSON).json()["state"] == "escalated"
        other = BOOKS if shop == MAIN else MAIN
        assert visitor.id in {one["session_id"] for one in shops.team(shop).list()}
        assert visitor.id not in {one["session_id"] for one in shops.team(other).list()}


def test_code_that_goes_through_the_sites_of_a_network_uses_the_key_of_each(shops: Shops) -> None:
    shops.pair(MAIN)
    shops.pair(BOOKS)
    through = """
        escbridge_turn( 'a-conversation-of-main', 'visitor', $text );
        switch_to_blog( $books );
        escbridge_turn( 'a-conversation-of-books', 'visitor', $text );
        restore_current_blog();
        escbridge_turn( 'another-conversation-of-main', 'visitor', $text );"""
    shops.network.php_eval(through, text=A_PERSON, books=shops.ids[BOOKS])
    seen = {shop: {one["session_id"] for one in shops.team(shop).list()} for shop in (MAIN, BOOKS)}
    assert {"a-conversation-of-main", "another-conversation-of-main"} <= seen[MAIN]
    assert "a-conversation-of-books" in seen[BOOKS]
    assert "a-conversation-of-books" not in seen[MAIN]
    assert "another-conversation-of-main" not in seen[BOOKS]


def test_the_code_of_another_shop_is_refused_by_its_address(shops: Shops) -> None:
    shops.pair(BOOKS)
    fault = shops.pair(TOYS, shops.pairings[BOOKS]["pairing_code"])
    assert f"This code belongs to {shops.network.url_of(BOOKS)}." in fault
    assert shops.network.on(shops.ids[TOYS], "echo wp_json_encode( EscalationBridge\\Settings::pairing() );") == "null"
    assert shops.pair(BOOKS) == "", "its own code again is no fault"


def test_a_code_in_the_environment_is_that_of_one_shop(shops: Shops) -> None:
    which = "echo EscalationBridge\\Settings::pairing()['site'] ?? 'none';"
    books = shops.ids[BOOKS]
    env = {
        "ESCBRIDGE_PAIRING": shops.pairings[MAIN]["pairing_code"],
        f"ESCBRIDGE_PAIRING_{books}": shops.pairings[BOOKS]["pairing_code"],
    }
    with php_sees(shops.network, ESCBRIDGE_PAIRING=env["ESCBRIDGE_PAIRING"]):
        assert [shops.network.on(blog, which) for blog in shops.ids.values()] == ["main", "none", "none"]
    with served_with(shops.network, **env):
        assert [shops.network.on(blog, which) for blog in shops.ids.values()] == ["main", "books", "none"]
        assert [shows_the_chat(shops, shop) for shop in (MAIN, BOOKS, TOYS)] == [True, True, False]


# Visitors and people


def test_the_token_of_another_shops_visitor_opens_nothing(shops: Shops) -> None:
    shops.pair(MAIN)
    shops.pair(BOOKS)
    with direct_session() as http:
        visitor = visitor_of(shops, BOOKS, http)
        visitor.begin()
        assert visitor.says("Hello").ok
        for other in (MAIN, TOYS):
            visitor.shop = other
            assert code_of(visitor.says("Hello")) == (401, "escbridge_token_expired"), other
            assert code_of(visitor.post(f"sessions/{visitor.id}/events")) == (401, "escbridge_token_expired"), other


def test_who_manages_one_shop_manages_no_other(shops: Shops) -> None:
    network = shops.network
    made = """
        $id = wp_create_user( 'bo', 'bo-pass', 'bo@example.test' );
        remove_user_from_blog( $id, 1 );
        add_user_to_blog( $books, $id, 'administrator' );"""
    network.php_eval(made, books=shops.ids[BOOKS])
    with network.login_to(BOOKS, "bo", "bo-pass") as bo:
        for page in ("options-general.php?page=escalation-bridge", "admin.php?page=escbridge-escalations"):
            seen = [bo.get(f"{network.url_of(shop)}/wp-admin/{page}", timeout=60) for shop in (BOOKS, MAIN)]
            assert [answer.status_code for answer in seen] == [200, 403], page
        tested = [
            bo.post(f"{network.url_of(shop)}/wp-json/escalation-bridge/v1/test", json={}, timeout=30)
            for shop in (BOOKS, MAIN)
        ]
    assert [answer.status_code for answer in tested] == [200, 403]


def test_settings_and_presence_are_of_one_shop(shops: Shops) -> None:
    network = shops.network
    shops.pair(MAIN)
    shops.pair(BOOKS)
    network.on(
        shops.ids[BOOKS],
        """
        $own = array( 'greeting' => 'Hello reader' );
        update_option( 'escbridge_settings', $own + EscalationBridge\\Settings::all() );
        wp_set_current_user( 1 );
        EscalationBridge\\Presence::set_available( true );""",
    )
    told = """
        wp_set_current_user( 1 );
        $beat = EscalationBridge\\Presence::on_heartbeat( array(), array( 'escbridge' => 1 ) );
        echo wp_json_encode( array( EscalationBridge\\Settings::greeting(), $beat['escbridge']['on'] ) );"""
    assert json.loads(network.on(shops.ids[BOOKS], told)) == ["Hello reader", True]
    assert json.loads(network.on(shops.ids[MAIN], told)) == ["Hello! How can we help?", False]
    assert shops.team(MAIN).caller.ask("GET", "/v1/agents")["agents"] == []


def test_a_shop_in_which_nobody_activated_the_plugin_works_and_keeps_its_options_once_somebody_comes(
    shops: Shops,
) -> None:
    network = shops.network
    has = """
        $names = array( 'escbridge_settings', 'escbridge_waits' );
        echo count( array_intersect( $names, array_keys( wp_load_alloptions( true ) ) ) );"""
    with direct_session() as guest:
        assert guest.get(f"{network.url_of(TOYS)}/", timeout=30).ok
    assert network.on(shops.ids[TOYS], has) == "0"
    with network.login_to(TOYS) as owner:
        assert owner.get(f"{network.url_of(TOYS)}/wp-admin/", timeout=60).ok
    assert [network.on(blog, has) for blog in shops.ids.values()] == ["2", "0", "2"]


# The end


KEPT = """
    $row = array( 'kind' => 'turn', 'id' => 'turn-1', 'session' => 'ses_brief', 'user' => 0, 'text' => $text );
    echo EscalationBridge\\Outbox::add( $row + array( 'page' => array() ) ) ? 'kept' : 'lost';"""


def test_what_waits_in_a_shop_that_is_deleted_goes_to_its_owner_by_mail(shops: Shops) -> None:
    network = shops.network
    brief = network.add_site("brief")
    network.on(brief, "update_option( 'escbridge_settings', array( 'contact_email' => 'brief@example.test' ) );")
    assert network.on(brief, KEPT, text="Where is my order 4711?") == "kept"
    network.php_eval(f"wp_delete_site( {brief} );")
    (mail,) = network.mails()
    assert mail["to"] == "brief@example.test"
    assert "Where is my order 4711?" in mail["message"]


def test_deleting_the_plugin_clears_every_shop(shops: Shops) -> None:
    network = shops.network
    for shop in (MAIN, BOOKS):
        shops.pair(shop)
        network.on(shops.ids[shop], "wp_set_current_user( 1 ); EscalationBridge\\Presence::set_available( true );")
        network.on(shops.ids[shop], "set_transient( 'escbridge_stats', array( 'ok' => false ), 60 );")
        network.on(shops.ids[shop], "add_option( 'escbridge_t_0123.lock', time(), '', false );")
    left = network.php_eval(
        """
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        uninstall_plugin( $plugin );
        global $wpdb;
        $found = array();
        foreach ( get_sites( array( 'fields' => 'ids' ) ) as $site ) {
            $table   = $wpdb->get_blog_prefix( $site ) . 'options';
            $found[] = $wpdb->get_col( "SELECT option_name FROM $table WHERE option_name LIKE '%escbridge%'" );
        }
        $found[] = $wpdb->get_col( "SELECT meta_key FROM $wpdb->usermeta WHERE meta_key LIKE 'escbridge%'" );
        echo wp_json_encode( $found );""",
        plugin=PLUGIN,
    )
    assert json.loads(left) == [[], [], [], []]
