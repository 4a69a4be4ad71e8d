"""Who may do what: every route and every page of wp-admin, as guest, subscriber, editor and administrator; with another
visitor's token, from another site's page, and with a nonce that is stale or missing."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from installation import Installation
from loopback import direct_session
from test_rest import Visitor, nonce_for, route_of
from wordpress_site import Site

pytestmark = pytest.mark.wordpress

EVIL = "https://evil.example"
A_SESSION = "/sessions/(?P<id>[A-Za-z0-9_-]{16,64})"
OF_VISITORS: dict[str, dict[str, Any]] = {
    f"{A_SESSION}/turns": {"client_turn_id": str(uuid.uuid4()), "message": "Hello"},
    f"{A_SESSION}/events": {},
    f"{A_SESSION}/contact": {"email": "visitor@example.test"},
    f"{A_SESSION}/slots": {},
    f"{A_SESSION}/close": {},
}
"""They want the token of the conversation, whoever is logged in."""
HEALTH = ("answers", "alarms", "kept", "addresses", "guests")
OF_THE_TEAM = {("POST", "/test"): {}, ("POST", "/pages"): {}, ("POST", "/presence"): {"available": False}} | {
    ("GET", f"/site-health/{test}"): {} for test in HEALTH
}
OF_ANYBODY = {"/sessions", "/hooks/(?P<desk>[a-z]{2,20})"}
"""The page's own visitors, and a helpdesk, whose signature the sidecar checks."""
ROLES = {"guest": 401, "subscriber": 403, "editor": 403, "administrator": 200}
PAGES = ("admin.php?page=escbridge-escalations", "options-general.php?page=escalation-bridge")
FORMS = ("escbridge_act", "escbridge_hours", "escbridge_renew")


@pytest.fixture
def people(installed: Installation) -> Iterator[dict[str, requests.Session]]:
    """One of each role, logged in by the form, with a REST nonce; the guest has neither."""
    site = installed.site
    for role in ("subscriber", "editor"):
        site.add_user(role, f"{role}-pass", role=role)
    with (
        direct_session() as guest,
        site.login("subscriber", "subscriber-pass") as subscriber,
        site.login("editor", "editor-pass") as editor,
        site.login() as administrator,
    ):
        yield {"guest": guest, "subscriber": subscriber, "editor": editor, "administrator": administrator}


def ask(site: Site, who: requests.Session, method: str, route: str, body: Any, **headers: str) -> requests.Response:
    known = {"Origin": site.url, **{name.replace("_", "-"): value for name, value in headers.items()}}
    sent = None if method == "GET" else body
    return who.request(method, route_of(site, route.lstrip("/")), json=sent, headers=known, timeout=60)


def fill(route: str, session: str) -> str:
    return route.replace(A_SESSION, f"/sessions/{session}")


def test_no_route_is_left_out_of_this_sweep(installed: Installation) -> None:
    listing = "echo wp_json_encode( array_keys( rest_get_server()->get_routes( 'escalation-bridge/v1' ) ) );"
    known = {route.removeprefix("/escalation-bridge/v1") for route in json.loads(installed.site.php_eval(listing))}
    health = {f"/site-health/(?P<test>{'|'.join(HEALTH)})"}
    team = {route for _, route in OF_THE_TEAM if not route.startswith("/site-health")}
    assert known - {""} == OF_VISITORS.keys() | team | health | OF_ANYBODY


def test_routes_of_the_team_are_for_administrators(
    installed: Installation, people: dict[str, requests.Session]
) -> None:
    for (method, route), body in OF_THE_TEAM.items():
        got = {role: ask(installed.site, who, method, route, body).status_code for role, who in people.items()}
        assert got == ROLES, route


def test_an_administrators_cookie_alone_does_nothing_on_a_route_of_the_team(
    installed: Installation, people: dict[str, requests.Session]
) -> None:
    owner = people["administrator"]
    for (method, route), body in OF_THE_TEAM.items():
        stale = ask(installed.site, owner, method, route, body, X_WP_Nonce="0123456789")
        assert (stale.status_code, stale.json()["code"]) == (403, "rest_cookie_invalid_nonce"), route
        without = ask(installed.site, owner, method, route, body, X_WP_Nonce="", Origin=EVIL)
        assert without.status_code in {401, 403}, route


@pytest.mark.parametrize("role", ROLES)
def test_a_route_of_visitors_wants_the_conversations_own_token_whoever_is_logged_in(
    installed: Installation, people: dict[str, requests.Session], role: str
) -> None:
    site, who = installed.site, people[role]
    visitor, other = Visitor(site, who), Visitor(site, who)
    visitor.begin()
    other.begin()
    own, others = visitor.headers["X-Escbridge-Token"], other.headers["X-Escbridge-Token"]
    for route, body in OF_VISITORS.items():
        path = fill(route, visitor.id)
        refused = {
            "none": ask(site, who, "POST", path, body),
            "forged": ask(site, who, "POST", path, body, X_Escbridge_Token=own[:-4] + "AAAA"),
            "other": ask(site, who, "POST", path, body, X_Escbridge_Token=others),
            "foreign": ask(site, who, "POST", path, body, X_Escbridge_Token=own, Origin=EVIL),
            "stale": ask(site, who, "POST", path, body, X_Escbridge_Token=own, X_WP_Nonce="0123456789"),
        }
        assert {name: (answer.status_code, answer.json()["code"]) for name, answer in refused.items()} == {
            "none": (401, "escbridge_token_expired"),
            "forged": (401, "escbridge_token_expired"),
            "other": (403, "escbridge_other_session"),
            "foreign": (403, "escbridge_foreign_origin"),
            "stale": (403, "rest_cookie_invalid_nonce"),
        }, route


def test_nobody_reads_a_route_of_visitors_by_get(installed: Installation, people: dict[str, requests.Session]) -> None:
    for who in people.values():
        for route in ("/sessions", *(fill(route, "a" * 20) for route in OF_VISITORS)):
            assert ask(installed.site, who, "GET", route, None).status_code == 404, route


def test_a_helpdesks_call_that_nobody_signed_is_refused_from_everybody(
    installed: Installation, people: dict[str, requests.Session]
) -> None:
    for who in people.values():
        assert ask(installed.site, who, "POST", "/hooks/zendesk", {"ticket_id": "1"}).status_code == 401


def test_pages_of_wp_admin_are_for_administrators(installed: Installation, people: dict[str, requests.Session]) -> None:
    for page in PAGES:
        url = f"{installed.site.url}/wp-admin/{page}"
        got = {role: who.get(url, timeout=60, allow_redirects=False).status_code for role, who in people.items()}
        assert got == {"guest": 302, "subscriber": 403, "editor": 403, "administrator": 200}, page


@pytest.mark.parametrize("action", FORMS)
def test_forms_of_wp_admin_are_for_administrators_and_want_their_nonce(
    installed: Installation, people: dict[str, requests.Session], action: str
) -> None:
    site, url = installed.site, f"{installed.site.url}/wp-admin/admin-post.php"
    named = f"{action}_esc_1" if action == "escbridge_act" else action
    form = {"action": action, "escalation": "esc_1", "op": "claim", "what": "close", "why": "x"}
    for role in ("subscriber", "editor"):
        number = int(site.php_eval("echo get_user_by( 'login', $role )->ID;", role=role))
        own = nonce_for(site, people[role], number, named)
        refused = people[role].post(url, data={**form, "_wpnonce": own}, timeout=60)
        assert (refused.status_code, "You may not do this." in refused.text) == (403, True), role
    foreign = {"Origin": EVIL, "Referer": f"{EVIL}/?{site.url}/wp-admin/"}
    for nonce in ("", "0123456789"):
        stale = people["administrator"].post(url, data={**form, "_wpnonce": nonce}, headers=foreign, timeout=60)
        assert stale.status_code == 403
    assert people["guest"].post(url, data=form, timeout=60, allow_redirects=False).status_code == 400
